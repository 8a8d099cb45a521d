"""Your report as one page and one PDF: `python -m student_lib.report report.md`, or `make_report("report.md")`.

report.html holds its figures, so it is one file to hand in or to send; report.pdf is the same on paper. The command
ends with 0 when the report is complete, with 1 when it was written but something is missing, with 2 when nothing
could be written.
"""

import base64
import html
import os
import sys
import tempfile
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from PIL import Image

from student_lib._report_pdf import pdf_of, plain

__all__ = ["FIGURES", "Figure", "Report", "ReportError", "make_report"]

FIGURES = (
    "figures/low_psnr_curves.png",
    "figures/low_reconstructions.png",
    "figures/frequency_error.png",
    "figures/high_psnr_curves.png",
    "figures/high_reconstructions.png",
    "figures/own_psnr_curve.png",
    "figures/own_reconstruction.png",
)
PROMPT = "To write:"
MAX_BYTES, MAX_PIXELS = 20_000_000, 50_000_000
_STYLE = """body { max-width: 46em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 sans-serif; color: #222 }
img { max-width: 100% } small { color: #555 }
table { border-collapse: collapse } td, th { border: 1px solid #bbb; padding: 0.2em 0.8em }
blockquote { border-left: 3px solid #bbb; margin-left: 0; padding-left: 1em } pre { overflow-x: auto }
.missing { border: 1px dashed #c92a2a; padding: 1em; color: #c92a2a }"""


class ReportError(Exception):
    """The report could not be made at all. The message says why, and what to do."""


@dataclass(frozen=True)
class Figure:
    """A picture of the report. `data` is None when it cannot be shown; `problem` then says why."""

    path: str
    caption: str
    data: bytes | None = None
    kind: str = ""
    problem: str = ""


@dataclass(frozen=True, repr=False)
class Report:
    """What was written, and what is missing: sentences on figures, headings of sections without your text."""

    html: Path
    pdf: Path
    figures: tuple[str, ...]
    sections: tuple[str, ...]

    @property
    def complete(self):
        """Whether every figure and every section is there."""
        return not self.figures and not self.sections

    def __repr__(self):
        lines = [f"wrote {self.html} and {self.pdf}"]
        lines += [f"figure: {problem}" for problem in self.figures]
        lines += [f"not written yet: {heading}" for heading in self.sections]
        return "\n".join([*lines, "complete" if self.complete else "the report is not complete yet"])


def make_report(path, figures=FIGURES):
    """Write the HTML page and the PDF of the Markdown file `path` beside it; return a `Report` of what is missing.

    `figures` are the pictures that the report should show. A figure is a PNG or JPEG file in the report's folder or
    below; in the place of one that is missing, outside or no picture stands a box that says so. HTML in the
    Markdown is shown as text. Raises ReportError when `path` cannot be read as text or is no .md file.

    >>> make_report("report.md")    # doctest: +SKIP
    wrote report.html and report.pdf
    figure: figures/own_reconstruction.png is missing: run the cell that draws it
    not written yet: Discussion: Sigma 1 and sigma 10
    the report is not complete yet
    """
    path = Path(path)
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(_text(path))
    shown = {id(token): _figure(path.parent, token) for token in _images(tokens)}
    problems = [figure.problem for figure in shown.values() if figure.problem]
    seen = {os.path.normpath(figure.path) for figure in shown.values()}
    problems += [
        f"{name} is not shown: put ![caption]({name}) into the report" for name in figures if name not in seen
    ]
    title = next(
        (plain(tokens[k + 1]) for k, token in enumerate(tokens) if token.type == "heading_open"), path.stem
    )
    markdown.add_render_rule("image", lambda self, tokens, k, options, env: _img(shown[id(tokens[k])]))
    page = _page(title, markdown.renderer.render(tokens, markdown.options, {}))
    report = Report(
        path.with_suffix(".html"),
        path.with_suffix(".pdf"),
        tuple(dict.fromkeys(problems)),
        tuple(_unwritten(tokens)),
    )
    _write(report.html, page.encode())
    _write(report.pdf, pdf_of(title, tokens, markdown, shown))
    return report


def _text(path):
    if path.suffix.lower() not in (".md", ".markdown"):
        raise ReportError(f"{path} is no Markdown file: expected a name that ends in .md, such as report.md")
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ReportError(
            f"there is no {path.name} in {path.parent.resolve()}: start in the report's folder"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path} cannot be read as text (UTF-8): {error}") from None


def _images(tokens):
    return [child for token in tokens for child in token.children or () if child.type == "image"]


def _figure(folder, token):
    """The picture of an image token, read and decoded once: what is no picture shall not reach the page."""
    source, caption = unquote(token.attrs["src"]), token.content
    if urlsplit(source).scheme:
        return Figure(
            source[:80], caption, problem=f"{source[:80]} is an address: save the picture in figures/"
        )
    file = (folder / source).resolve()
    if not file.is_relative_to(folder.resolve()):
        return Figure(
            source, caption, problem=f"{source} lies outside of the report's folder: copy it to figures/"
        )
    if not file.is_file():
        return Figure(source, caption, problem=f"{source} is missing: run the cell that draws it")
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES // 1_000_000} MB")
        data = file.read_bytes()
        with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError(f"{picture.width} x {picture.height} pixels are too many")
            picture.load()
            return Figure(source, caption, data, picture.format.lower())
    except Exception as error:  # Pillow raises many kinds for damaged files
        reason = "" if isinstance(error, Image.UnidentifiedImageError) else f" ({error})"
        return Figure(source, caption, problem=f"{source} is no usable PNG or JPEG picture{reason}")


def _img(figure):
    if figure.data is None:
        return f'<span class="missing">{html.escape(figure.problem)}</span>'
    address = f"data:image/{figure.kind};base64,{base64.b64encode(figure.data).decode()}"
    caption = html.escape(figure.caption)
    return f'<img src="{address}" alt="{caption}"><br><small>{caption}</small>'


def _page(title, body):
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        f"<style>\n{_STYLE}\n</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _unwritten(tokens):
    """Headings of sections that still ask for text, or are empty; one that calls itself optional may be."""
    sections, trail = [], {}
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            level = int(token.tag[1])
            trail = {depth: heading for depth, heading in trail.items() if depth < level} | {
                level: plain(inside)
            }
            name = ": ".join(heading for depth, heading in trail.items() if depth > 1) or trail[level]
            sections.append((level, name, []))
        elif inside.type == "inline" and sections:
            sections[-1][2].append(plain(inside).strip())
    for (level, name, texts), (next_level, _, _) in pairwise([*sections, (0, "", [])]):
        asked = any(text.startswith(PROMPT) for text in texts)
        empty = not texts and next_level <= level
        if (asked or empty) and "optional" not in name.lower():
            yield name


def _write(path, data):
    """Replace `path` at once: a browser that has it open never sees half of it."""
    try:
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.chmod(draft, 0o644)  # mkstemp's files are for nobody else
        os.replace(draft, path)
    except OSError as error:
        raise ReportError(f"{path} could not be written: {error}") from None


def main(arguments):
    """Run the command; return its exit code."""
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if arguments else 2
    try:
        report = make_report(arguments[0])
    except ReportError as error:
        print(f"no report: {error}", file=sys.stderr)
        return 2
    print(report)
    return 0 if report.complete else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
