"""Drawn pages and their truth, the pages that ship, the photographs, and `chainrule pages`."""

import json
from pathlib import Path

import numpy as np
import pooch
import pytest
from click.testing import CliRunner

from autograder.cli.making import pages as command
from autograder.pipeline.make_pages import hidden_masters, make_pages
from student_lib.handpage import draw_page, random_text
from student_lib.handprint import CLASSES, TRAIN, VALID, load_masters
from student_lib.pages import PHOTOGRAPHS, load_page, load_pages, read_pages, save_pages

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "handwriting"
SHIPPED = Path(__file__).resolve().parents[1] / "student_lib" / "datasets" / "pages"


@pytest.fixture(autouse=True)
def no_photographs(monkeypatch, tmp_path):
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)


def brightness(page):
    return page.image.mean(axis=2)


def overlaps(a, b):
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


# --- drawing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_every_character_has_its_box_with_ink_in_it(level):
    page = draw_page(level, seed=level)
    assert page.image.dtype == np.uint8
    assert page.image.ndim == 3
    assert len(page.boxes) == len("".join(page.text).replace(" ", ""))
    height, width = page.image.shape[:2]
    assert page.boxes.min() >= 0
    assert (page.boxes[:, 2:] <= [height, width]).all()
    bright = brightness(page)
    for y1, x1, y2, x2 in page.boxes:
        inside = bright[y1:y2, x1:x2]
        around = bright[max(y1 - 6, 0) : y2 + 6, max(x1 - 6, 0) : x2 + 6]
        assert np.quantile(around, 0.9) - inside.min() > 40


def test_boxes_fit_the_ink_of_a_clean_page_exactly():
    page = draw_page(1, seed=4)
    ink = brightness(page) < 130
    for y1, x1, y2, x2 in page.boxes:
        rows, columns = (
            np.flatnonzero(ink[y1 - 4 : y2 + 4, x1 - 4 : x2 + 4].any(axis=axis)) for axis in (1, 0)
        )
        assert np.abs(np.array([rows[0], columns[0]]) - 4).max() <= 1
        assert np.abs(np.array([rows[-1], columns[-1]]) + 1 - 4 - np.array([y2 - y1, x2 - x1])).max() <= 1


@pytest.mark.parametrize("level", [1, 4])
def test_boxes_are_in_reading_order_and_apart(level):
    page = draw_page(level, seed=2)
    lengths = [len(line.replace(" ", "")) for line in page.text]
    lines = np.split(page.boxes, np.cumsum(lengths)[:-1])
    for line in lines:
        assert (np.diff(line[:, 1]) > 0).all()
    assert (np.diff([line[:, 2].mean() for line in lines]) > 20).all()
    assert not any(overlaps(a, b) for i, a in enumerate(page.boxes) for b in page.boxes[:i])


def test_spaces_are_wider_than_the_gaps_within_words():
    page = draw_page(4, seed=1, text=["ONE TWO", "SIX FIVE ZOO"])
    assert page.text == ("ONE TWO", "SIX FIVE ZOO")
    start = 0
    for line in page.text:
        boxes = page.boxes[start : start + len(line.replace(" ", ""))]
        start += len(boxes)
        gaps = boxes[1:, 1] - boxes[:-1, 3]
        ends = np.cumsum([len(word) for word in line.split()])[:-1] - 1
        assert gaps[ends].min() > np.delete(gaps, ends).max()


@pytest.mark.slow
def test_higher_levels_have_less_contrast_and_more_uneven_light():
    spread, contrast = [], []
    for level in (1, 2, 3, 4):
        pages = [draw_page(level, seed=[9, number]) for number in range(3)]
        blocks = [brightness(page)[:32, :32].mean() - brightness(page)[-32:, -32:].mean() for page in pages]
        spread.append(np.mean(np.abs(blocks)))
        contrast.append(np.mean([np.median(brightness(p)) - np.quantile(brightness(p), 0.01) for p in pages]))
    assert spread[0] < 3 < min(spread[1:])
    assert contrast == sorted(contrast, reverse=True)


def test_levels_3_and_4_are_ruled():
    for level, ruled in ((1, False), (2, False), (3, True), (4, True)):
        page = draw_page(level, seed=0)
        colour = page.image[..., 2].astype(float) - page.image[..., 0]  # rules are blue
        margin = colour[:, :20].mean(axis=1)
        smooth = np.convolve(margin, np.ones(3) / 3, "valid")
        assert (np.ptp(smooth) > 4) == ruled


def test_equal_seeds_give_equal_pages():
    first, again, other = (draw_page(3, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.image, again.image)
    assert first.text == again.text
    assert first.text != other.text


def test_the_size_is_a_characters_height():
    for size in (24, 80):
        page = draw_page(1, seed=0, text=["HELLO"], size=size)
        longer = np.maximum(page.boxes[:, 2] - page.boxes[:, 0], page.boxes[:, 3] - page.boxes[:, 1])
        assert np.median(longer) == pytest.approx(size, rel=0.15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"level": 5}, "there are the levels 1, 2, 3 and 4"),
        ({"text": ["Hello"]}, r"with \['e', 'l', 'o'\]; expected lines of A to Z"),
        ({"text": []}, "expected lines"),
        ({"text": ["A", " "]}, "expected lines"),
    ],
)
def test_what_cannot_be_written_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_page(**arguments)


def test_random_text_has_every_kind_of_character():
    text = random_text(np.random.default_rng(0), lines=200, width=12)
    assert all(0 < len(line) <= 12 for line in text)
    assert set("".join(text)) - {" "} == set(CLASSES)


# --- files --------------------------------------------------------------------------------------------------


def test_pages_come_back_as_they_were_saved(tmp_path):
    pages = make_pages([2, 4], 1, VALID, seed=3)
    save_pages(pages, tmp_path)
    for page, saved in zip(pages, read_pages(tmp_path), strict=True):
        assert (saved.name, saved.level, saved.font, saved.text) == (
            page.name,
            page.level,
            page.font,
            page.text,
        )
        assert np.array_equal(saved.boxes, page.boxes)
        assert np.abs(saved.image.astype(int) - page.image).max() <= 5


def test_damaged_folders_are_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no .*pages\.json"):
        read_pages(tmp_path)
    save_pages(make_pages([1], 1), tmp_path)
    picture, truth = tmp_path / "level1_0.png", tmp_path / "pages.json"
    picture.write_bytes(picture.read_bytes()[:500])
    with pytest.raises(ValueError, match=r"level1_0\.png is no picture that can be read: 500 bytes"):
        read_pages(tmp_path)
    picture.unlink()
    with pytest.raises(FileNotFoundError, match=r"no .*level1_0\.png"):
        read_pages(tmp_path)
    truth.write_text(json.dumps([{"name": "level1_0"}]))
    with pytest.raises((ValueError, FileNotFoundError), match=r"level1_0|pages\.json"):
        read_pages(tmp_path)


def test_the_shipped_pages_are_two_of_each_level_in_validation_fonts(capsys):
    pages = load_pages()
    assert [page.level for page in pages] == [1, 1, 2, 2, 3, 3, 4, 4]
    masters = load_masters()
    assert {page.font for page in pages} == {masters.names[font] for font in masters.fonts(VALID)}
    assert all(len(page.boxes) == len("".join(page.text).replace(" ", "")) for page in pages)
    assert set("".join("".join(page.text) for page in pages)) - {" "} == set(CLASSES)
    assert "level3_1: a drawn page of level 3" in capsys.readouterr().out
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 600_000


def test_the_shipped_pages_are_what_the_command_draws():
    for shipped, drawn in zip(
        read_pages(SHIPPED), make_pages((1, 2, 3, 4), 2, VALID, seed=2, size=32), strict=True
    ):
        assert shipped.text == drawn.text
        assert np.abs(shipped.boxes - drawn.boxes).max() <= 1
        assert np.abs(shipped.image.astype(int) - drawn.image).mean() < 4


def test_a_photograph_is_found_where_an_instructor_put_it(tmp_path, monkeypatch, capsys):
    picture = tmp_path / "course" / "images" / "01_list.jpg"
    picture.parent.mkdir(parents=True)
    picture.write_bytes((SHIPPED / "level1_0.png").read_bytes())
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path / "course"))
    page = load_page("01_list.jpg")
    assert page.text == ()
    assert page.boxes.shape == (0, 4)
    assert "01_list.jpg: a photograph of" in capsys.readouterr().out
    assert [page.name for page in load_pages()][-1] == "01_list.jpg"
    assert load_page(str(picture)).image.shape == page.image.shape


def test_an_unknown_page_lists_what_there_is():
    with pytest.raises(
        FileNotFoundError, match=r"no 'level9'. Practice pages: level1_0, .*Photographs: 01_list"
    ):
        load_page("level9")


def test_the_photographs_are_downloaded_on_request(monkeypatch, tmp_path):
    def retrieve(url, known_hash, fname, path, processor, progressbar):
        assert url.endswith("/images.zip")
        folder = Path(path) / processor.extract_dir / "images"
        folder.mkdir(parents=True)
        for name in PHOTOGRAPHS:
            (folder / name).write_bytes((SHIPPED / "level2_0.png").read_bytes())

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    assert load_page("04_deep.jpg", fetch=True).name == "04_deep.jpg"
    assert [page.name for page in load_pages()][-4:] == list(PHOTOGRAPHS)


def test_real_photographs_load():
    if not SHARED.is_dir():
        pytest.skip(f"there is no {SHARED}: real photographs of handwriting")
    truth = json.loads((SHARED / "reference_boxes_and_text.json").read_text())
    for name in ("01_list", "03_haiku"):
        page = load_page(f"{name}.jpg", SHARED)
        assert page.image.shape == tuple(truth[name]["shape"])


# --- the command --------------------------------------------------------------------------------------------


def test_the_command_writes_pages_and_their_truth(tmp_path):
    folder = tmp_path / "exam"
    arguments = [str(folder), "--level=2", "--level=4", "--count=1", "--seed=7", "--fonts=hidden"]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    assert "2 pages, " in done.output
    pages = read_pages(folder)
    assert [page.name for page in pages] == ["level2_0", "level4_0"]
    assert {page.font for page in pages} <= set(hidden_masters().names)
    before = (folder / "level2_0.png").read_bytes()
    refused = CliRunner().invoke(command, arguments)
    assert refused.exit_code == 2
    assert "has pages already" in refused.output
    assert CliRunner().invoke(command, [*arguments, "--force"]).exit_code == 0
    assert (folder / "level2_0.png").read_bytes() == before


def test_more_pages_leave_the_first_ones_as_they_were():
    few, many = make_pages([3], 1, TRAIN, 5), make_pages([1, 3], 2, TRAIN, 5)
    assert np.array_equal(few[0].image, many[2].image)
    assert few[0].font in load_masters().names
