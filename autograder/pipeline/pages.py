"""What every page needs: templates, the words for each verdict, safe names, and student output made safe.

Pages are whole by themselves: inline style, no script, no address outside the page.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
import nh3
from markupsafe import Markup, escape
from PIL import Image

from autograder.model import CellResult, SubmissionResult, Verdict

CONTENT_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class Wording:
    """How a verdict is said: `label` in tables, `sentence` to the student, `advice` for want of better."""

    label: str
    sentence: str
    advice: str = ""


WORDING = {
    Verdict.PASSED: Wording("right", "Your answer is right."),
    Verdict.FAILED: Wording("wrong", "Your answer is wrong."),
    Verdict.CRASHED: Wording(
        "crashed", "Your code crashed.", "Read the error, and the line of yours that raised it."
    ),
    Verdict.TIMED_OUT: Wording(
        "too slow",
        "We could not run it to the end.",
        "It used up its time and was stopped. Look for a loop that never ends, or for a slow one.",
    ),
    Verdict.NOT_WRITTEN: Wording("not written", "You have not written this yet."),
    Verdict.BROKEN: Wording(
        "grader broke",
        "The grader broke. This is our fault, not yours.",
        "What it could not check counts as right for the time being, and a person will look at it.",
    ),
}


@functools.cache
def _templates() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(when=when, points=points, prose=prose, plain=plain_text, href=href)
    templates.globals.update(WORDING=WORDING, VERDICTS=list(Verdict), CONTENT_POLICY=CONTENT_POLICY)
    return templates


def render(template: str, **values: Any) -> str:
    """One page, everything in it escaped unless it is `Markup`. Raises UndefinedError for a missing value."""
    return _templates().get_template(template).render(**values)


def points(value: float) -> str:
    """Points as people write them.

    >>> points(2.0), points(2.5), points(4 / 3), points(-0.0)
    ('2', '2.5', '1.33', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def when(moment: str) -> str:
    """An ISO moment as people write it; other text stays as it is.

    >>> when("2026-11-21T04:20:36+00:00")
    '21 November 2026, 04:20 UTC'
    """
    try:
        return datetime.fromisoformat(moment).strftime("%-d %B %Y, %H:%M %Z").strip()
    except ValueError:
        return moment


def prose(text: str) -> Markup:
    """Escaped text with `code` between backticks set as code.

    >>> prose("Use `x < 0`.")
    Markup('Use <code>x &lt; 0</code>.')
    """
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(plain_text(text)))))


def safe_name(name: str) -> str:
    """A file name for a student's or an assignment's id: no separators, no leading dot, at most 150 bytes.

    Ordinary ids stay as they are, other bytes become `%XX`, and what is too long ends in a hash, so that two
    ids never share a folder. Raises ValueError for an empty id.

    >>> safe_name("anna.k@uni.edu"), safe_name("../etc"), safe_name("Zoë")
    ('anna.k@uni.edu', '%2E.%2Fetc', 'Zo%C3%AB')
    """
    if not name:
        raise ValueError("an id must not be empty: it names a folder of the feedback")
    quoted = quote(name.encode("utf-8", "surrogatepass"), safe="@+,=")
    quoted = re.sub(r"^[.~-]", lambda match: f"%{ord(match[0]):02X}", quoted)
    if len(quoted) > 150:
        quoted = f"{quoted[:120]}%{sha256(quoted.encode()).hexdigest()[:24]}"
    return quoted


def href(path: str) -> str:
    """A relative address from a path of file names.

    >>> href("../feedback/100%25/index.html")
    '../feedback/100%2525/index.html'
    """
    return quote(path, safe="/@+,=")


def unread_notebooks(result: SubmissionResult) -> set[str]:
    """Names of notebooks that were not submitted or could not be read, by the flags that grading sets."""
    found = (re.match(r"(.+)\.ipynb (?:could not be read|was not submitted)", flag) for flag in result.flags)
    return {match[1] for match in found if match}


_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
# Control characters, those that reverse the direction of text, and half characters that UTF-8 cannot write.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def plain_text(text: str, limit: int = 20_000) -> str:
    """Text as a terminal would leave it, without its codes and control characters, cut to `limit` characters.

    >>> plain_text("\\x1b[31mred\\x1b[0m"), plain_text("10%\\r50%\\r100%\\n"), plain_text("abcdef", limit=3)
    ('red', '100%\\n', 'abc\\n[3 more characters]')
    """
    # A progress bar is thousands of characters for one visible line, hence the larger bound at first.
    shown = _ESCAPES.sub("", text[: 10 * limit])
    shown = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in shown.split("\n"))
    shown = _SURROGATES.sub("\ufffd", _UNPRINTABLE.sub("", shown))
    missing = len(shown[limit:]) + len(text[10 * limit :])
    return f"{shown[:limit]}\n[{missing} more characters]" if missing else shown


_TAGS = {"table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "ul", "ol", "li", "dl", "dt", "dd"}
_TAGS |= {"p", "br", "hr", "div", "span", "pre", "code", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}
_TAGS |= {"b", "strong", "i", "em", "u", "sub", "sup"}
_SPANS = {"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
_WITH_CONTENT = {"script", "style", "svg", "math", "template", "noscript", "iframe", "object", "title"}


def clean_html(html: str) -> Markup:
    """Tables and basic text; links, pictures, styles, classes, ids and programs are gone.

    Raises ValueError for more than 100 000 characters, or for nesting that browsers choke on.
    """
    if len(html) > 100_000:
        raise ValueError("it is longer than 100 000 characters")
    cleaned = nh3.clean(
        _SURROGATES.sub("\ufffd", _UNPRINTABLE.sub("", html)),
        tags=_TAGS,
        attributes=_SPANS,
        clean_content_tags=_WITH_CONTENT,
        attribute_filter=lambda tag, name, value: value if re.fullmatch(r"[1-9]\d?", value) else None,
        url_schemes=set(),
        link_rel=None,
    )
    if len(cleaned) > 200_000 or _deepest(cleaned) > 100:
        raise ValueError("it is nested too deeply")
    return Markup(cleaned)


def _deepest(cleaned: str) -> int:
    """The nesting of HTML that closes whatever it opens."""
    depth = deepest = 0
    for closing, tag in re.findall(r"<(/?)([a-z][a-z0-9]*)", cleaned):
        if tag not in ("br", "hr"):
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return deepest


def open_png(encoded: str) -> Image.Image:
    """The picture behind a base64 text, not decoded yet.

    Raises ValueError when it is not a PNG of at most 6 MB and 12 million pixels.
    """
    if len(encoded) > 8_000_000:
        raise ValueError("it is larger than 6 MB")
    with _decoding(), warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image = Image.open(
            io.BytesIO(base64.b64decode("".join(encoded.split()), validate=True)), formats=["PNG"]
        )
    if image.width * image.height > 12_000_000:
        raise ValueError(f"it has {image.width} x {image.height} pixels")
    return image


def png_address(image: Image.Image) -> str:
    """A `data:` address of the same pixels on white, encoded anew. Raises ValueError for damage."""
    with _decoding():
        pixels = image.convert("RGBA")
    page = Image.new("RGB", pixels.size, "white")
    page.paste(pixels, mask=pixels.getchannel("A"))
    buffer = io.BytesIO()
    page.save(buffer, "PNG", compress_level=4)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


@contextlib.contextmanager
def _decoding() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # given hostile bytes a decoder may raise anything: SyntaxError, struct.error
        raise ValueError("it is not a PNG, or is damaged") from error


@dataclass
class Shown:
    """One thing that a page shows of a cell's output. `kind`: text, error, html, image, note."""

    kind: str
    content: str


_LEFT_OUT = {
    "image/svg+xml": "An SVG picture was left out, because SVG can carry programs. PNG pictures are kept.",
    "application/javascript": "A script was left out: it does not run here.",
    "text/javascript": "A script was left out: it does not run here.",
    "application/vnd.jupyter.widget-view+json": "A widget was left out: it needs a running notebook.",
}


class _TooMuch(Exception):
    """A page's allowance is spent."""


class OutputCleaner:
    """Turns nbformat outputs into things that are safe to show, within one page's allowance.

    >>> OutputCleaner().clean([{"output_type": "stream", "name": "stdout", "text": "loss 3.9"}])
    [Shown(kind='text', content='loss 3.9')]
    """

    def __init__(self) -> None:
        self._left = {"text": 400_000, "html": 400_000, "image": 16_000_000, "pixels": 60_000_000}
        self._spent = False

    def clean(self, outputs: list[dict[str, Any]]) -> list[Shown]:
        """What remains of a cell's outputs, in order; never raises, whatever the student's code made.

        Once the allowance is spent one note says so, and later cells have nothing.
        """
        shown: list[Shown] = []
        if self._spent:
            return shown
        try:
            for output in _with_streams_joined(outputs):
                for item in self._one(output):
                    self._spend("image" if item.kind == "image" else "text", len(item.content))
                    shown.append(item)
        except _TooMuch:
            self._spent = True
            shown.append(Shown("note", "The rest was left out: the notebook put out too much."))
        return shown

    def _spend(self, kind: str, amount: int) -> None:
        self._left[kind] -= amount
        if self._left[kind] < 0:
            raise _TooMuch

    def _one(self, output: dict[str, Any]) -> Iterator[Shown]:
        kind = output.get("output_type")
        if kind == "stream":
            text = plain_text(_text(output.get("text")))
            if text.strip():
                yield Shown("text", text)
        elif kind == "error":
            text = _text(output.get("traceback"), "\n") or _text(output.get("evalue"))
            yield Shown("error", plain_text(text))
        elif kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
            yield from self._bundle(output["data"])

    def _bundle(self, data: dict[str, Any]) -> Iterator[Shown]:
        """The richest form that is safe: the picture, else the HTML, else the text."""
        if "image/png" in data:
            try:
                image = open_png(_text(data["image/png"]))
                self._spend("pixels", image.width * image.height)
                yield Shown("image", png_address(image))
                return
            except ValueError as error:
                yield Shown("note", f"A picture was left out: {error}.")
        yield from _notes(data)
        if "text/html" in data:
            try:
                self._spend("html", len(_text(data["text/html"])))
                html = clean_html(_text(data["text/html"]))
                if html.striptags().strip():
                    yield Shown("html", html)
                    return
            except ValueError as error:
                yield Shown("note", f"Formatted output is shown as text: {error}.")
        for kind in ("text/plain", "text/markdown", "text/latex"):
            text = plain_text(_text(data.get(kind)))
            if text.strip():
                yield Shown("text", text)
                return


def _notes(data: dict[str, Any]) -> Iterator[Shown]:
    for kind in data:
        if kind in _LEFT_OUT:
            yield Shown("note", _LEFT_OUT[kind])
        elif kind.startswith(("image/", "application/", "video/", "audio/")) and kind != "image/png":
            yield Shown("note", "Something was left out that is neither text nor a PNG picture.")


def _with_streams_joined(outputs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    run: list[str] = []
    name = None
    for output in outputs:
        if not isinstance(output, dict):
            continue
        stream = output.get("name") if output.get("output_type") == "stream" else None
        if run and (stream is None or stream != name):
            yield {"output_type": "stream", "text": "".join(run)}
            run = []
        if stream is None:
            yield output
        else:
            run.append(_text(output.get("text")))
            name = stream
    if run:
        yield {"output_type": "stream", "text": "".join(run)}


def _text(value: Any, separator: str = "") -> str:
    """nbformat's text is a string or a list of strings; anything else counts as empty."""
    if isinstance(value, list):
        return separator.join(item for item in value if isinstance(item, str))
    return value if isinstance(value, str) else ""


def cell_name(cell: CellResult) -> str:
    """How people find a cell again: its place, and its id when it has one."""
    return f"cell {cell.index + 1}" + (f" ({cell.grade_id})" if cell.grade_id else "")
