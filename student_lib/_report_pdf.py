"""The report on paper: Markdown's blocks one after the other, each with its figures below it."""

from io import BytesIO
from pathlib import Path

import matplotlib
from fpdf import FPDF, FontFace, TextStyle
from markdown_it.token import Token
from PIL import Image

_HEIGHT = 105  # mm, at most, for a figure: two to a page
_SIZES = {"h1": 18, "h2": 14, "h3": 11}
_STYLES = {
    "code": FontFace("DejaVuMono"),
    "pre": TextStyle("DejaVuMono", "", 9),
    "blockquote": TextStyle(color="#555555", t_margin=0, b_margin=0, l_margin=6),
}


def pdf_of(title, tokens, markdown, figures):
    """Return the bytes of an A4 PDF. `figures` maps id(image token) to its Figure; DejaVu has the letters."""
    pdf = FPDF(format="A4")
    pdf.set_title(title)
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for style, ending in (("", ""), ("B", "-Bold"), ("I", "-Oblique"), ("BI", "-BoldOblique")):
        pdf.add_font("DejaVu", style, fonts / f"DejaVuSans{ending}.ttf")
        pdf.add_font("DejaVuMono", style, fonts / f"DejaVuSansMono{ending}.ttf")
    pdf.set_margin(20)
    pdf.add_page()
    for block in _blocks(tokens):
        if block[0].type == "heading_open":
            _heading(pdf, block[0].tag, plain(block[1]))
        elif not _images(block) or any(plain(token).strip() for token in block):
            pdf.set_font("DejaVu", size=10)
            text = markdown.renderer.render(_printable(block), markdown.options, {})
            pdf.write_html(text, tag_styles=_STYLES)
            pdf.ln(3)
        for image in _images(block):
            _draw(pdf, figures[id(image)])
    return bytes(pdf.output())


def _heading(pdf, level, text):
    """A bold line that stays with what follows it."""
    if pdf.will_page_break(30):
        pdf.add_page()
    pdf.ln(3)
    pdf.set_font("DejaVu", "B", _SIZES.get(level, 10))
    pdf.multi_cell(0, None, text, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(2)


def _blocks(tokens):
    """Split the tokens at the outermost level: a heading, a paragraph, a whole table."""
    block = []
    for token in tokens:
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield block
            block = []


def _images(block):
    return [child for token in block for child in token.children or () if child.type == "image"]


def _others(token):
    return [child for child in token.children or () if child.type != "image"]


def _printable(block):
    """The block without its images; and fpdf2 has no bold or code inside a table's cell."""
    if block[0].type != "table_open":
        return [token.copy(children=_others(token)) if token.children else token for token in block]
    return [
        token.copy(children=[Token("text", "", 0, content=plain(token))]) if token.children else token
        for token in block
    ]


def plain(inline):
    """The text of an inline token without its markup and its pictures."""
    return "".join(child.content for child in _others(inline))


def _draw(pdf, figure):
    """A figure in the page's width with its caption, or a line that says why it is not there."""
    if figure.data is None:
        pdf.set_font("DejaVu", "B", 9)
        pdf.set_text_color("#c92a2a")
        pdf.multi_cell(0, 5, f"[{figure.problem}]", new_x="LMARGIN", new_y="NEXT", border=1)
        pdf.set_text_color(0)
        pdf.ln(4)
        return
    with Image.open(BytesIO(figure.data)) as picture:
        ratio = picture.height / picture.width
    width = min(pdf.epw, _HEIGHT / ratio)
    if pdf.will_page_break(width * ratio + 12):
        pdf.add_page()
    pdf.image(BytesIO(figure.data), x=pdf.l_margin + (pdf.epw - width) / 2, w=width, alt_text=figure.caption)
    pdf.set_font("DejaVu", "I", 8)
    pdf.multi_cell(0, 4, figure.caption, align="C", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(4)
