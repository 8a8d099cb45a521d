"""The students' report: one page, one PDF, and words on what is missing."""

import base64
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from student_lib import report
from student_lib.report import FIGURES, ReportError, main, make_report

TEMPLATE = Path(__file__).resolve().parents[1] / "source" / "fourier_features" / "report.md"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the template and all of its figures."""
    (tmp_path / "figures").mkdir()
    for name in FIGURES:
        picture(tmp_path / name)
    (tmp_path / "report.md").write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def picture(path, size=(60, 30)):
    Image.fromarray(
        np.random.default_rng(list(path.name.encode())).integers(0, 255, (*size[::-1], 3), dtype=np.uint8)
    ).save(path)


def filled(text):
    """The template's text with something written in every place."""
    return re.sub(
        r"^> \*\*To write:\*\*(.*\n)(> .*\n)*", "What I found, in my own words.\n", text, flags=re.MULTILINE
    )


def make(text, figures=()):
    Path("report.md").write_text(text, encoding="utf-8")
    return make_report("report.md", figures)


def pages(pdf):
    return pdf.read_bytes().count(b"/Type /Page\n")


# --- the template -------------------------------------------------------------------------------------------


def test_a_filled_template_is_complete(folder, capsys):
    text = filled((folder / "report.md").read_text(encoding="utf-8"))
    (folder / "report.md").write_text(text, encoding="utf-8")
    assert main(["report.md"]) == 0
    assert capsys.readouterr().out == "wrote report.html and report.pdf\ncomplete\n"


def test_the_untouched_template_names_every_section_that_is_missing(folder, capsys):
    assert main(["report.md"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("not written yet: ")] == [
        "not written yet: Memorizing an image",
        "not written yet: Low resolution: 32 x 32",
        "not written yet: High resolution: 128 x 128",
        "not written yet: Your own image",
        "not written yet: Discussion: How the mappings differ",
        "not written yet: Discussion: Sigma 1 and sigma 10",
        "not written yet: Discussion: An observation about the PSNR curves",
        "not written yet: Discussion: What my own image showed",
    ]
    assert lines[-1] == "the report is not complete yet"


def test_the_template_shows_every_figure_once(folder):
    shown = re.findall(r"!\[[^\]]+\]\((.*)\)", TEMPLATE.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(FIGURES)
    assert make_report("report.md").figures == ()


# --- figures ------------------------------------------------------------------------------------------------


def test_the_page_holds_its_figures_and_needs_no_other_file(folder):
    page = make_report("report.md").html.read_text(encoding="utf-8")
    addresses = re.findall(r'src="([^"]*)"', page)
    assert len(addresses) == len(FIGURES)
    assert (
        base64.b64decode(addresses[0].removeprefix("data:image/png;base64,"))
        == (folder / FIGURES[0]).read_bytes()
    )
    assert not re.search(r'(src|href)="(?!data:image/)|url\(|@import', page)


def test_the_pdf_holds_the_figures_too(folder):
    pdf = make_report("report.md").pdf
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert pdf.read_bytes().count(b"/Subtype /Image") == len(FIGURES)
    assert pages(pdf) > 2


def test_missing_and_unshown_figures_are_named_and_the_report_is_made(folder):
    (folder / FIGURES[1]).unlink()
    text = (folder / "report.md").read_text(encoding="utf-8")
    made = make(re.sub(r"!\[.*\]\(figures/frequency_error.png\)", "", text), FIGURES)
    assert made.figures == (
        "figures/low_reconstructions.png is missing: run the cell that draws it",
        "figures/frequency_error.png is not shown: put ![caption](figures/frequency_error.png) into the report",
    )
    assert "low_reconstructions.png is missing" in made.html.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("../outside.png", "lies outside of the report's folder"),
        ("/etc/hostname", "lies outside of the report's folder"),
        ("figures/link.png", "lies outside of the report's folder"),
        ("https://example.org/a.png", "is an address: save the picture in figures/"),
        ("data:image/png;base64,AAAA", "is an address"),
        ("figures", "is missing"),
        ("figures/text.png", "is no usable PNG or JPEG picture"),
        ("figures/cut.png", "is no usable PNG or JPEG picture"),
        ("figures/drawing.svg", "is no usable PNG or JPEG picture"),
        ("figures/film.gif", "is no usable PNG or JPEG picture"),
        ("figures/huge.png", "20 MB"),
    ],
)
def test_what_is_no_picture_in_the_folder_is_refused(folder, source, words, monkeypatch):
    picture(folder.parent / "outside.png")
    (folder / "figures" / "link.png").symlink_to(folder.parent / "outside.png")
    (folder / "figures" / "text.png").write_text("hello")
    (folder / "figures" / "cut.png").write_bytes((folder / FIGURES[0]).read_bytes()[:-900])
    (folder / "figures" / "drawing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    Image.new("L", (4, 4)).save(folder / "figures" / "film.gif")
    (folder / "figures" / "huge.png").write_bytes(b"\x89PNG" + bytes(report.MAX_BYTES))
    made = make(f"# Title\n\nText.\n\n![caption]({source})\n")
    assert len(made.figures) == 1
    assert words in made.figures[0]
    assert "<img" not in made.html.read_text(encoding="utf-8")
    assert b"/Subtype /Image" not in made.pdf.read_bytes()


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(folder, monkeypatch):
    monkeypatch.setattr(report, "MAX_PIXELS", 1000)
    assert "60 x 30 pixels are too many" in make(f"# T\n\n![c]({FIGURES[0]})\n").figures[0]


def test_jpeg_and_names_with_spaces_work(folder):
    picture(folder / "figures" / "my photo.jpg")
    made = make("# T\n\n![a cat](<figures/my photo.jpg>)\n")
    assert made.complete
    assert 'src="data:image/jpeg;base64,' in made.html.read_text(encoding="utf-8")


# --- text ---------------------------------------------------------------------------------------------------


def test_html_in_the_text_stays_text_and_links_cannot_run_code(folder):
    made = make(
        '# <b>T</b>\n\n<script>alert(1)</script> [x](javascript:alert(1)) ![" onload="x](figures/own_psnr_curve.png)\n'
    )
    page = made.html.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert 'href="javascript' not in page
    assert '" onload="' not in page
    assert "<title>&lt;b&gt;T&lt;/b&gt;</title>" in page


def test_lists_tables_code_and_letters_beyond_ascii_reach_the_pdf(folder):
    made = make(
        "# Ünïcode: σ = 1 → 28 dB ✓\n\n| a | **b** | `c` |\n|---|---|---|\n| *i* | [l](http://e.org) | σ |\n\n"
        "> - quoted\n\n1. one\n   - two\n\n```\ncode σ\n```\n\n---\n\ntext ![x](figures/own_psnr_curve.png) and more\n"
    )
    assert made.complete
    assert pages(made.pdf) == 1


def test_an_empty_section_counts_as_not_written_and_an_optional_one_may_be(folder):
    made = make(
        "# T\n\nText.\n\n## Empty\n\n## Parts\n\n### One\n\nText.\n\n### Two\n\n## Extra (optional)\n"
    )
    assert made.sections == ("Empty", "Parts: Two")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.md", None, "there is no none.md in"),
        ("report.html", b"<p>", "is no Markdown file"),
        ("latin.md", b"caf\xe9", "cannot be read as text (UTF-8)"),
    ],
)
def test_what_cannot_be_read_is_no_report(folder, capsys, name, content, words):
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(ReportError):
        make_report(name)
    assert main([name]) == 2
    assert words in capsys.readouterr().err
    assert content is None or (folder / name).read_bytes() == content


def test_the_command_explains_itself(folder, capsys):
    assert (main(["--help"]), main([])) == (0, 2)
    assert capsys.readouterr().out.count("python -m student_lib.report report.md") == 2


@pytest.mark.slow
def test_the_command_line_gives_the_exit_code(folder):
    done = subprocess.run(
        [sys.executable, "-m", "student_lib.report", "report.md"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("wrote report.html and report.pdf\n")
