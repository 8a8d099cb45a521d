"""Checks of what comes before the network: psnr and get_image."""

from __future__ import annotations

import numpy as np

from .. import Student, check, expect, fail_if
from ._fourier import judge, psnr

# --- psnr


@check(
    "fourier_features.psnr", hint="-10 log10 of the mean over all pixels and all three channels.", weight=2
)
def psnr_is_in_decibels(student, rng):
    """The PSNR of flat rows (N, 3) is -10 log10 of the mean squared error."""
    _judge_psnr(student, rng, (40, 3))


@check(
    "fourier_features.psnr",
    hint="np.mean over everything: no shape is special, and the result is one number.",
)
def psnr_of_any_shape(student, rng):
    """A picture (h, w, 3) and a single row have a PSNR as well, one number each."""
    _judge_psnr(student, rng, (6, 5, 3))
    _judge_psnr(student, rng, (1, 3))


@check("fourier_features.psnr", hint="It must not matter how often, or in which order, it is called.")
def psnr_rises_with_quality(student, rng):
    """A tenth of the error is 20 dB more, and the arguments are the same after the call."""
    y, noise = rng.uniform(size=(12, 3)), rng.normal(scale=0.1, size=(12, 3))
    for error in (noise, noise / 10):
        kept_y, kept_p = student.array(y), student.array(y + error)
        judge(student.psnr(kept_y, kept_p), psnr(y, y + error), "psnr")
        expect(kept_y.value(), "y").unchanged(y)
        expect(kept_p.value(), "p").unchanged(y + error)


def _judge_psnr(student: Student, rng, shape: tuple[int, ...]) -> None:
    y = rng.uniform(size=shape)
    p = y + rng.normal(scale=rng.uniform(0.02, 0.3), size=shape) * np.linspace(0.2, 1, shape[-1])
    mean = np.mean((y - p) ** 2)
    mistakes = {
        "natural logarithm": -10 * np.log(mean),
        "base 2": -10 * np.log2(mean),
        "twice the decibels": -20 * np.log10(mean),
        "half the decibels": -5 * np.log10(mean),
        "wrong sign": 10 * np.log10(mean),
        "of twice the squared error": psnr(y, p) - 10 * np.log10(2),
        "averaged over the channels in decibels": np.mean(
            [psnr(y[..., channel], p[..., channel]) for channel in range(shape[-1])]
        ),
        "of half the squared error": psnr(y, p) + 10 * np.log10(2),
        "of the error summed over the channels": psnr(y, p) - 10 * np.log10(shape[-1]),
        "of the summed error": -10 * np.log10(np.sum((y - p) ** 2)),
        "of the mean absolute error": -10 * np.log10(np.mean(np.abs(y - p))),
        "for a range of 255": psnr(y, p) + 20 * np.log10(255),
    }
    judge(student.psnr(y, p), psnr(y, p), "psnr", mistakes)


# --- get_image


@check("fourier_features.get_image", hint="Pass size and source on to load_image: load_image(source, size).")
def get_image_loads_what_was_asked_for(student, rng):
    """The library's load_image gets the source and the size; what it gives is the test picture."""
    for size, source in ((6, "rocket"), (10, "a picture of yours.png")):
        asked: list[tuple[str, int]] = []
        picture = _lend_picture(student, rng, asked)
        _, (_, rgb) = _get_image(student, size=size, source=source)
        fail_if(not asked, "load_image is not called")
        fail_if(asked[-1][0] != source, "another source than asked for")
        fail_if(asked[-1][1] != size, "another size than asked for")
        _judge_pixels(rgb, picture(size), "test rgb")


@check(
    "fourier_features.get_image",
    hint="x = column / size in channel 0, y = row / size in channel 1.",
    weight=2,
)
def coordinates_of_all_pixels(student, rng):
    """Test coordinates are (size, size, 2): column / size first, row / size second, below 1."""
    size = 8
    _lend_picture(student, rng)
    _, (coords, _) = _get_image(student, size=size)
    c = np.arange(size)
    x, y = np.broadcast_to(c, (size, size)), np.broadcast_to(c[:, np.newaxis], (size, size))
    mistakes = {
        "x and y are exchanged": np.stack([y, x], -1) / size,
        "the end point 1 is included": np.stack([x, y], -1) / (size - 1),
        "pixel numbers, not divided by the size": np.stack([x, y], -1),
        "centres of pixels": np.stack([x + 0.5, y + 0.5], -1) / size,
        "from -1 to 1": 2 * np.stack([x, y], -1) / size - 1,
        "y runs upwards": np.stack([x, size - 1 - y], -1) / size,
    }
    judge(coords, np.stack([x, y], -1) / size, "test coordinates", mistakes)


@check(
    "fourier_features.get_image",
    hint="[::2, ::2] takes every second row and column, from the first.",
    weight=2,
)
def training_pixels_are_every_second(student, rng):
    """Training data are every second pixel both ways, from the first: coordinates and colours."""
    size = 8
    picture = _lend_picture(student, rng)(size)
    (coords, rgb), _ = _get_image(student, size=size)
    half, shift = np.arange(0, size, 2), np.arange(1, size, 2)
    mistakes = {
        "all pixels": picture,
        "starts at the second pixel": picture[np.ix_(shift, shift)],
        "every second row only": picture[::2],
        "every second column only": picture[:, ::2],
        "the upper left quarter": picture[: size // 2, : size // 2],
    }
    judge(rgb, picture[::2, ::2], "training rgb", mistakes)
    x, y = np.meshgrid(half / size, half / size)
    judge(
        coords, np.stack([x, y], -1), "training coordinates", {"x and y are exchanged": np.stack([y, x], -1)}
    )


@check("fourier_features.get_image", hint="Test data are all pixels, the training ones among them.")
def test_pixels_are_all(student, rng):
    """Test data hold all pixels; the training pixels are among them, with equal coordinates and colours."""
    size = 6
    picture = _lend_picture(student, rng)(size)
    (train_coords, train_rgb), (coords, rgb) = _get_image(student, size=size)
    mistakes = {
        "only the pixels between the training pixels": picture[1::2, 1::2],
        "the training pixels only": picture[::2, ::2],
    }
    rgb = judge(rgb, picture, "test rgb", mistakes)
    coords = expect(coords, "test coordinates").has_shape(size, size, 2)
    for part, whole, what in ((train_coords, coords, "coordinates"), (train_rgb, rgb, "colours")):
        judge(part, whole[::2, ::2], f"training {what}")


def _lend_picture(student: Student, rng, asked: list | None = None):
    """Give the student's load_image an unsymmetric picture; the function that gives it at a size."""
    seed = int(rng.integers(2**31))
    asked = [] if asked is None else asked

    def picture(size: int) -> np.ndarray:
        return np.random.default_rng(seed).uniform(size=(size, size, 3)).astype(np.float32)

    def load_image(source="chelsea", size=32):
        asked.append((str(source), int(size)))
        return picture(min(int(size), 64))

    student.bind(load_image=load_image)
    return picture


def _get_image(student: Student, **settings):
    """((coords, rgb), (coords, rgb)) of training and test data."""
    train, test = expect(student.get_image(**settings), "get_image").is_pair()
    return expect(train, "train_data").is_pair(), expect(test, "test_data").is_pair()


def _judge_pixels(rgb, right: np.ndarray, what: str) -> None:
    judge(rgb, right, what, {"in 0 to 255": 255 * right, "transposed": right.transpose(1, 0, 2)})
