"""The bag of visual words: patches, histograms, and that it tells scenes apart."""

from pathlib import Path

import numpy as np
import pytest

from student_lib.folders import read_pictures
from student_lib.visual_words import VisualWords, describe

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="module")
def stripes():
    """60 pictures 32 x 32: horizontal, vertical or diagonal stripes of any colour and width, with noise."""
    rng = np.random.default_rng(0)
    down, across = np.mgrid[:32, :32]
    y = np.arange(60) % 3
    waves = [(down, across, down + across)[label] * rng.uniform(0.5, 1) + rng.uniform(0, 6) for label in y]
    x = 128 + 60 * np.sin(np.array(waves))[..., None] * rng.uniform(0.5, 1, (60, 1, 1, 3))
    return np.clip(x + rng.normal(0, 8, x.shape), 0, 255).astype(np.uint8), y


def test_it_tells_textures_apart_whatever_their_colour(stripes):
    x, y = stripes
    model = VisualWords(words=20).fit(x[:40], y[:40])
    assert (model.predict(x[40:]) == y[40:]).mean() >= 0.95
    assert model.predict(x[40:]).dtype == np.int64


def test_histograms_are_square_roots_of_shares(stripes):
    x, y = stripes
    model = VisualWords(words=20).fit(x[:40], y[:40])
    shares = model.histograms(x[40:]).reshape(20, 5, 20) ** 2
    assert np.allclose(shares.sum(axis=2), 1)
    assert np.all(shares >= 0)


def test_equal_seeds_give_equal_models(stripes):
    x, y = stripes
    first, again = (VisualWords(words=10, seed=2).fit(x, y).weights for _ in range(2))
    assert np.array_equal(first, again)


def test_a_descriptor_is_the_sum_of_gradients_in_each_cell():
    rng = np.random.default_rng(1)
    picture = rng.integers(256, size=(24, 30, 3), dtype=np.uint8)
    descriptors, quarters = describe(picture, step=6)
    assert descriptors.shape == (2 * 3, 16 * 8 + 3)
    grey = picture.astype(float).mean(axis=2) / 255
    down, across = np.gradient(grey)
    # Both bins beside a direction get a part: over all bins, each pixel counts its gradient's length once.
    lengths = np.hypot(down, across)[6:10, 12:16].sum()
    first_cell = descriptors[5, :8]  # the patch whose corner is (6, 12)
    norm = np.linalg.norm(descriptors[5, :128])
    whole = norm / (1 - norm) * 0.5  # undoes the division by (length + 0.5)
    assert first_cell.sum() * (whole + 0.5) == pytest.approx(lengths, rel=1e-4)
    assert np.allclose(descriptors[5, 128:], 0.7 * picture[6:22, 12:28].mean(axis=(0, 1)) / 255, atol=1e-5)
    assert quarters.tolist() == [0, 0, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((3, 32, 32), np.uint8), [0, 1, 2], r"x is \(3, 32, 32\) uint8"),
        (np.zeros((3, 32, 32, 3)), [0, 1, 2], "float64"),
        (np.zeros((3, 16, 32, 3), np.uint8), [0, 1, 2], "at least 24 pixels a side"),
        (np.zeros((3, 32, 32, 3), np.uint8), [0, 1], r"y is \(2,\) int64; expected 3 whole numbers"),
        (np.zeros((3, 32, 32, 3), np.uint8), [0, 1, -1], "from 0 on"),
        (np.zeros((3, 32, 32, 3), np.uint8), [0.5, 1, 1], "float64; expected 3"),
        (np.zeros((3, 32, 32, 3), np.uint8), [0, 1, 1], "patches are too few for 200 words"),
    ],
)
def test_what_does_not_fit_is_refused(x, y, message):
    with pytest.raises(ValueError, match=message):
        VisualWords().fit(x, y)


def test_predicting_before_fitting_is_refused(stripes):
    with pytest.raises(ValueError, match=r"before fit\(x, y\)"):
        VisualWords().predict(stripes[0])


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data in {REAL}")
def test_it_recognises_real_scenes():
    """A few pictures of each scene, small; the whole set at 128 pixels gives 0.765."""
    x, y = {}, {}
    for part, number in (("train", 25), ("test", 8)):
        paths, labels = (
            (REAL / "sun8_160px" / f"{part}_{name}.txt").read_text().split() for name in ("files", "labels")
        )
        y[part] = np.repeat(np.arange(8), number)
        few = np.concatenate([np.flatnonzero(np.array(labels, int) == label)[:number] for label in range(8)])
        x[part] = read_pictures([REAL / "sun8_160px" / paths[row] for row in few], 64)
    model = VisualWords(words=60, step=8).fit(x["train"], y["train"])
    assert (model.predict(x["test"]) == y["test"]).mean() > 0.5  # chance is 0.125
