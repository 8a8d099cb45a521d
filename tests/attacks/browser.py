"""What a browser would make of a page: whatever runs, loads or sends, found in the parsed tree."""

from __future__ import annotations

import csv
import io
import re

# HTML's own parsing rules, as browsers follow them; nbconvert brings bleach along.
from bleach._vendor import html5lib

RUNS = {
    "script",
    "iframe",
    "frame",
    "object",
    "embed",
    "applet",
    "base",
    "form",
    "link",
    "portal",
    "audio",
    "video",
}
ADDRESSES = {
    "href",
    "src",
    "srcset",
    "action",
    "formaction",
    "poster",
    "background",
    "data",
    "ping",
    "manifest",
}
LOADS = re.compile(
    r"url\s*\((?!\s*['\"]?(?:data:|#))|@import|expression\s*\(|-moz-binding|behavior\s*:", re.IGNORECASE
)
HARMLESS = re.compile(r"(?!\s*//)(?:[^:?#]*$|[^:]*[?#]|[^:/?#]*/|data:image/png;base64,)", re.DOTALL)


def dangers(page: str) -> list[str]:
    """What in a page would run, load or send something: elements, handlers, addresses, styles."""
    found = []
    for element in html5lib.parse(page, namespaceHTMLElements=False).iter():
        if not isinstance(element.tag, str):
            continue
        tag = element.tag.rpartition("}")[2].lower()
        if tag in RUNS:
            found.append(f"<{tag}>")
        if tag == "style" and LOADS.search(element.text or ""):
            found.append(f"<style> that loads: {element.text[:80]}")
        for name, value in element.attrib.items():
            found += _of_attribute(tag, str(name).rpartition("}")[2].lower(), value)
    return found


def policy(page: str) -> str:
    """The page's content security policy, empty where there is none."""
    for element in html5lib.parse(page, namespaceHTMLElements=False).iter("meta"):
        if element.attrib.get("http-equiv", "").lower() == "content-security-policy":
            return element.attrib["content"]
    return ""


def formulas(table: str) -> list[str]:
    """Fields of a CSV file that a spreadsheet would compute; numbers are none."""
    fields = [field.strip() for row in csv.reader(io.StringIO(table)) for field in row]
    return [field for field in fields if field.startswith(tuple("=+-@|%＝＋－＠")) and not _is_number(field)]


def _of_attribute(tag: str, name: str, value: str) -> list[str]:
    if name.startswith("on"):
        return [f"<{tag} {name}={value[:60]}>"]
    if name == "srcdoc" or (name in ADDRESSES and not HARMLESS.match(value)):
        return [f"<{tag} {name}={value[:60]}>"]
    if name == "style" and LOADS.search(value):
        return [f"<{tag} style={value[:60]}>"]
    if (
        tag == "meta"
        and name == "http-equiv"
        and value.lower() not in ("content-security-policy", "content-type")
    ):
        return [f"<meta http-equiv={value}>"]
    return []


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
