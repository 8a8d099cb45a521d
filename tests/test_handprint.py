"""The handprint set: its masters, the samples drawn from them, the split of fonts, and its build script."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import load_tool

from autograder.pipeline.make_pages import hidden_masters
from student_lib.handprint import CLASSES, TRAIN, VALID, Hand, draw, load_masters, samples

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "student_lib" / "datasets"
HIDDEN = ROOT / "autograder" / "data"
STILL = Hand(rotation=0, slant=(0, 0), aspect=(0, 0), warp=0, box=(25.5, 0), shift=0, stroke=(1.6, 1.6))


@pytest.fixture(scope="module")
def build():
    """The module tools/build_handprint.py."""
    return load_tool("build_handprint")


@pytest.fixture(scope="module")
def drawn():
    return samples(VALID, per_class=6, seed=3)


def one(label, seed=0, size=32, hand=STILL, font=0):
    """A single character, (size, size)."""
    rng = np.random.default_rng(seed)
    return draw(load_masters().ink, np.array([font]), np.array([CLASSES.index(label)]), rng, size, hand)[0]


def box(image):
    rows, columns = np.flatnonzero((image > 0.5).any(1)), np.flatnonzero((image > 0.5).any(0))
    return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1


# --- masters ------------------------------------------------------------------------------------------------


def test_31_fonts_train_5_validate_and_5_others_are_the_graders():
    masters, hidden = load_masters(), hidden_masters()
    assert (len(masters.fonts(TRAIN)), len(masters.fonts(VALID)), len(hidden.names)) == (31, 5, 5)
    assert len({*masters.names, *hidden.names}) == 41
    known = {ink.tobytes() for font in masters.ink for ink in font}
    assert not known & {ink.tobytes() for font in hidden.ink for ink in font}


def test_a_master_has_ink_of_the_recorded_size_in_the_middle():
    ink = load_masters().ink
    rows, columns = ink.any(axis=3), ink.any(axis=2)
    spans = [
        (128 - marks[..., ::-1].argmax(-1), marks.argmax(-1)) for marks in (rows, columns)
    ]  # last and first
    longer = np.maximum(*(last - first for last, first in spans))
    assert longer.min() >= 80
    assert longer.max() <= 88
    assert max(np.abs(last + first - 128).max() for last, first in spans) <= 12


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found 0 bytes"),
        ((SHIPPED / "handprint.npz").read_bytes()[:100_000], "found 100000 bytes"),
        (b"\x89PNG and so on", "expected an npz file with the arrays names, parts and bits"),
    ],
)
def test_a_file_that_is_no_set_of_masters_is_refused(tmp_path, content, message):
    path = tmp_path / "handprint.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_masters(path)
    with pytest.raises(FileNotFoundError, match="copy student_lib again"):
        load_masters(tmp_path / "nowhere.npz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda bits: bits[:, :35], r"expected bits \(\(36, 36, 128, 16\)"),
        (lambda bits: bits.astype(float), "float64"),
        (lambda bits: bits * (np.arange(36) != 4)[:, None, None].astype(np.uint8), "expected ink in each of the 1296"),
    ],
)  # fmt: skip
def test_other_arrays_are_refused_with_what_was_found(tmp_path, change, message):
    with np.load(SHIPPED / "handprint.npz") as file:
        arrays = dict(file)
    np.savez(tmp_path / "other.npz", **arrays | {"bits": change(arrays["bits"])})
    with pytest.raises(ValueError, match=message):
        load_masters(tmp_path / "other.npz")


# --- samples ------------------------------------------------------------------------------------------------


def test_samples_have_the_format_of_nist36(drawn):
    x, y = drawn
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((216, 1024), np.float64, (216, 36), np.float64)
    assert x.min() >= 0
    assert x.max() <= 1
    assert (y.sum(axis=0) == 6).all()
    assert set(np.unique(y)) == {0, 1}
    assert (np.diff(y.argmax(axis=1)) == 0).mean() < 0.2, "rows are shuffled"


def test_paper_is_white_and_ink_is_black(drawn):
    x, _ = drawn
    images = x.reshape(-1, 32, 32)
    border = np.concatenate([images[:, :2].ravel(), images[:, -2:].ravel()])
    assert np.quantile(border, 0.02) > 0.98
    assert (images.min(axis=(1, 2)) < 0.1).all()
    assert 0.05 < (images < 0.5).mean() < 0.35


def test_rows_are_transposed_images():
    x, y = samples(TRAIN, 20, seed=0)
    mean = {letter: x[y[:, CLASSES.index(letter)] == 1].mean(axis=0).reshape(32, 32).T for letter in "LT"}
    assert mean["L"][22:].sum() < mean["L"][:10].sum(), "L has its ink at the bottom"
    assert mean["L"][:, 4:14].sum() < mean["L"][:, 18:28].sum(), "and at the left"
    assert mean["T"][:10].sum() < mean["T"][22:].sum(), "T has its bar at the top"


def test_equal_seeds_give_equal_samples_and_leave_the_global_state_alone():
    before = np.random.get_state()[1].copy()
    first, again, other = (samples(VALID, 1, seed)[0] for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(np.random.get_state()[1], before)


def test_unknown_parts_and_sizes_are_refused():
    with pytest.raises(ValueError, match="part 'test' has 0 fonts"):
        samples("test", 10)
    with pytest.raises(ValueError, match="per_class=0"):
        samples(VALID, 0)


def test_a_still_hand_fills_the_box_at_every_size():
    for size in (32, 64):
        y1, x1, y2, x2 = box(one("H", size=size))
        assert max(y2 - y1, x2 - x1) == pytest.approx(25.5 * size / 32, abs=0.1 * size)
        assert abs(y1 + y2 - size) <= 0.1 * size
        assert abs(x1 + x2 - size) <= 0.1 * size


def test_strokes_have_the_width_that_was_asked_for():
    thin, wide = (one("I", size=64, hand=replace(STILL, stroke=(half, half))) for half in (1.0, 2.2))
    widths = [np.median((image[20:44] > 0.5).sum(axis=1)) for image in (thin, wide)]
    assert widths[0] == pytest.approx(4, abs=1.6)
    assert widths[1] == pytest.approx(8.8, abs=2.5)


def test_a_slant_moves_the_top_to_the_right():
    upright, slanted = (one("I", hand=replace(STILL, slant=(slant, 0))) for slant in (0, 0.5))

    def lean(image):
        return image[:14].sum(axis=0).argmax() - image[18:].sum(axis=0).argmax()

    assert lean(slanted) > lean(upright) + 4


def test_a_turn_is_a_turn():
    angles = [one("I", seed=seed, hand=replace(STILL, rotation=20), size=64) for seed in range(12)]
    leans = [np.cov(*np.nonzero(image > 0.5))[0, 1] for image in angles]
    assert min(leans) < 0 < max(leans)


# --- the record ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "name"),
    [(SHIPPED, "handprint.npz"), (HIDDEN, "handprint_hidden.npz")],
    ids=["students", "grader"],
)
def test_the_record_and_the_credits_name_every_font(folder, name, build):
    record = json.loads((folder / "SOURCES.json").read_text(encoding="utf-8"))[name]
    assert record["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    with np.load(folder / name) as file:
        assert record["content_sha256"] == hashlib.sha256(file["bits"].tobytes()).hexdigest()
        names = file["names"].tolist()
    table = {font.name: font for font in build.fonts()}
    assert [source["name"] for source in record["sources"]] == [f"@fontsource/{font}" for font in names]
    for font, source in zip(names, record["sources"], strict=True):
        assert (source["sha256"], source["version"]) == (table[font].sha256, table[font].version)
        assert (folder / build.LICENCE_FILES[source["licence"]]).stat().st_size > 4000
    credits = (folder / "HANDPRINT.md").read_text(encoding="utf-8")
    assert credits.count("pyright") >= len(names)


def test_students_are_not_told_the_graders_fonts():
    texts = [
        path.read_text(encoding="utf-8") for path in SHIPPED.glob("*.*") if path.suffix in (".json", ".md")
    ]
    for name in hidden_masters().names:
        assert not any(name in text for text in texts)
        assert not any(name.replace("-", " ") in text.lower() for text in texts)


def test_a_package_with_another_checksum_is_refused(build, tmp_path):
    font = build.fonts()[0]
    (tmp_path / font.file).write_bytes(b"not the package")
    with pytest.raises(build.BuildError, match=f"expected {font.sha256}"):
        build.obtain(font, tmp_path)
