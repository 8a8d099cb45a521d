"""Mistakes in psnr and get_image."""

from __future__ import annotations

import numpy as np

from .. import misconception
from ._fourier import names_of_the_notebook

# --- psnr


@misconception(
    "fourier_features.psnr",
    "np.log is the natural logarithm: your decibels are 2.3 times too many. Use np.log10.",
    by_symptom=True,
)
def natural_logarithm(y, p):
    return -10 * np.log(np.mean((y - p) ** 2))


@misconception(
    "fourier_features.psnr",
    "20 log10 belongs to the root of the mean squared error. Of the mean squared error itself take 10 log10.",
    by_symptom=True,
)
def twice_the_decibels(y, p):
    return -20 * np.log10(np.mean((y - p) ** 2))


@misconception(
    "fourier_features.psnr",
    "Your PSNR is that of the loss with its factor 1/2: 3 dB too high. Whatever the loss, take the mean squared error.",
    by_symptom=True,
)
def of_half_the_error(y, p):
    return -10 * np.log10(0.5 * np.mean((y - p) ** 2))


@misconception(
    "fourier_features.psnr",
    "Your PSNR has the wrong sign: the smaller the error, the larger it must be. -10 log10(mse).",
    by_symptom=True,
)
def wrong_sign(y, p):
    return 10 * np.log10(np.mean((y - p) ** 2))


@misconception(
    "fourier_features.psnr",
    "Your error is a sum over the three channels and a mean over the pixels. Average over both: np.mean of everything.",
    by_symptom=True,
)
def summed_over_channels(y, p):
    return -10 * np.log10(np.mean(np.sum((y - p) ** 2, axis=-1)))


@misconception(
    "fourier_features.psnr",
    "You sum the squared errors; then a larger picture looks worse. Take their mean.",
    by_symptom=True,
)
def of_the_sum(y, p):
    return -10 * np.log10(np.sum((y - p) ** 2))


@misconception(
    "fourier_features.psnr",
    "Your PSNR takes the mean absolute difference. Square the differences first.",
    by_symptom=True,
)
def of_the_absolute_error(y, p):
    return -10 * np.log10(np.mean(np.abs(y - p)))


@misconception(
    "fourier_features.psnr",
    "Your formula is that for values from 0 to 255. Here colours go from 0 to 1, so the peak is 1.",
    by_symptom=True,
)
def peak_of_255(y, p):
    return 20 * np.log10(255) - 10 * np.log10(np.mean((y - p) ** 2))


@misconception(
    "fourier_features.psnr",
    "Your PSNR is of twice the squared error: 3 dB too low. Whatever the loss, take the mean squared error.",
    by_symptom=True,
)
def of_twice_the_error(y, p):
    return -10 * np.log10(2 * np.mean((y - p) ** 2))


@misconception(
    "fourier_features.psnr",
    "You average decibels over the channels. Average the squared errors over everything, then take the logarithm.",
    by_symptom=True,
)
def channels_averaged_in_decibels(y, p):
    errors = ((y - p) ** 2).reshape(-1, y.shape[-1])
    return np.mean(-10 * np.log10(errors.mean(axis=0)))


@misconception(
    "fourier_features.psnr",
    "Of the root of the mean squared error it is 20 log10; 10 log10 is for the mean squared error itself.",
    by_symptom=True,
)
def half_the_decibels(y, p):
    return -10 * np.log10(np.sqrt(np.mean((y - p) ** 2)))


# --- get_image


def loaded(size, source):
    return names_of_the_notebook()["load_image"](source, size)


def grid(steps):
    return np.stack(np.meshgrid(steps, steps), axis=-1).astype(np.float32)


def two_sets(coords, rgb, train=np.s_[::2, ::2], test=np.s_[:, :]):
    return [coords[train], rgb[train]], [coords[test], rgb[test]]


@misconception(
    "fourier_features.get_image",
    "Your coordinates are (row, column). The first channel is x, the column; np.meshgrid gives it first.",
    by_symptom=True,
)
def x_and_y_exchanged(size=32, source="chelsea"):
    steps = np.arange(size) / size
    return two_sets(np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1), loaded(size, source))


@misconception(
    "fourier_features.get_image",
    "np.linspace(0, 1, size) includes 1. Coordinates are index / size, below 1: pass endpoint=False.",
    by_symptom=True,
)
def end_point_included(size=32, source="chelsea"):
    return two_sets(grid(np.linspace(0, 1, size)), loaded(size, source))


@misconception(
    "fourier_features.get_image",
    "Your coordinates are pixel numbers. Divide them by the size, so that they lie in [0, 1).",
    by_symptom=True,
)
def pixel_numbers(size=32, source="chelsea"):
    return two_sets(grid(np.arange(size)), loaded(size, source))


@misconception(
    "fourier_features.get_image",
    "Your coordinates are the centres of pixels, (index + 1/2) / size. Here they are index / size.",
    by_symptom=True,
)
def centres_of_pixels(size=32, source="chelsea"):
    return two_sets(grid((np.arange(size) + 0.5) / size), loaded(size, source))


@misconception(
    "fourier_features.get_image",
    "Your coordinates run from -1 to 1. They are index / size, from 0 to just below 1.",
    by_symptom=True,
)
def from_minus_one(size=32, source="chelsea"):
    return two_sets(grid(2 * np.arange(size) / size - 1), loaded(size, source))


@misconception(
    "fourier_features.get_image",
    "Your training data hold every pixel: nothing is left to test on. Take every second one both ways, [::2, ::2].",
    by_symptom=True,
)
def train_on_all_pixels(size=32, source="chelsea"):
    return two_sets(grid(np.arange(size) / size), loaded(size, source), train=np.s_[:, :])


@misconception(
    "fourier_features.get_image",
    "Your test data are the training pixels again. They are all pixels.",
    by_symptom=True,
)
def training_pixels_for_the_test(size=32, source="chelsea"):
    return two_sets(grid(np.arange(size) / size), loaded(size, source), test=np.s_[::2, ::2])


@misconception(
    "fourier_features.get_image",
    "Your test data are pixels between the training pixels only. They are all pixels, the training ones included.",
    by_symptom=True,
)
def other_pixels_for_the_test(size=32, source="chelsea"):
    return two_sets(grid(np.arange(size) / size), loaded(size, source), test=np.s_[1::2, 1::2])


@misconception(
    "fourier_features.get_image",
    "Your training pixels start at the second one. Start at the first: [::2, ::2].",
    by_symptom=True,
)
def training_starts_at_one(size=32, source="chelsea"):
    return two_sets(grid(np.arange(size) / size), loaded(size, source), train=np.s_[1::2, 1::2])


@misconception(
    "fourier_features.get_image",
    "You take every second row, but every column. Both ways: [::2, ::2].",
    by_symptom=True,
)
def every_second_row_only(size=32, source="chelsea"):
    return two_sets(grid(np.arange(size) / size), loaded(size, source), train=np.s_[::2])


@misconception(
    "fourier_features.get_image",
    "Your get_image loads the same picture whatever source says. Pass source and size on to load_image.",
    by_symptom=True,
)
def source_is_ignored(size=32, source="chelsea"):
    return two_sets(grid(np.arange(size) / size), loaded(size, "chelsea"))


@misconception(
    "fourier_features.get_image",
    "Your colours are numbers from 0 to 255. load_image gives them from 0 to 1: leave them so.",
    by_symptom=True,
)
def colours_to_255(size=32, source="chelsea"):
    return two_sets(grid(np.arange(size) / size), 255 * loaded(size, source))


@misconception(
    "fourier_features.get_image",
    "Your picture is transposed. load_image gives it row by row: leave it so.",
    by_symptom=True,
)
def picture_transposed(size=32, source="chelsea"):
    return two_sets(grid(np.arange(size) / size), loaded(size, source).transpose(1, 0, 2))


@misconception(
    "fourier_features.get_image",
    "Your training data are the upper left quarter. Take every second pixel both ways, [::2, ::2].",
    by_symptom=True,
)
def upper_left_quarter(size=32, source="chelsea"):
    half = size // 2
    return two_sets(grid(np.arange(size) / size), loaded(size, source), train=np.s_[:half, :half])


@misconception(
    "fourier_features.get_image",
    "You return the test data first. The training data come first.",
    by_symptom=True,
)
def test_data_first(size=32, source="chelsea"):  # noqa: PT028
    return two_sets(grid(np.arange(size) / size), loaded(size, source))[::-1]
