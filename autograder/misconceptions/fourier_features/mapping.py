"""Mistakes in get_B_dict and input_mapping."""

from __future__ import annotations

import numpy as np

from .. import misconception

# --- get_B_dict


def matrices(size, draw=np.random.normal, sigmas=(1.0, 10.0), **others):
    drawn = {
        f"gauss_{sigma}": draw(0, given, (size, 2)) for sigma, given in zip((1.0, 10.0), sigmas, strict=True)
    }
    return {"none": None, "basic": np.eye(2)} | drawn | others


@misconception(
    "fourier_features.get_B_dict",
    "np.random.normal takes the standard deviation: for sigma 10 pass 10, not its root.",
    random=True,
)
def sigma_is_the_variance(size):
    return matrices(size, sigmas=(1.0, np.sqrt(10)))


@misconception(
    "fourier_features.get_B_dict",
    "Both of your Gaussian matrices have sigma 1. The entries of gauss_10.0 spread ten times as far.",
    random=True,
)
def one_sigma_for_both(size):
    return matrices(size, sigmas=(1.0, 1.0))


@misconception(
    "fourier_features.get_B_dict",
    "Your spread is sigma squared: 100 for sigma 10.",
    random=True,
)
def sigma_squared(size):
    return matrices(size, sigmas=(1.0, 100.0))


@misconception(
    "fourier_features.get_B_dict",
    "Your entries are uniform from 0 to 1 times sigma. They are normal with mean 0: np.random.normal(0, sigma, ...).",
    random=True,
)
def uniform_from_zero(size):
    return matrices(size, draw=lambda mean, sigma, shape: sigma * np.random.rand(*shape))


@misconception(
    "fourier_features.get_B_dict",
    "Your entries are uniform from -sigma to sigma. They are normal: np.random.normal(0, sigma, ...).",
    random=True,
)
def uniform_around_zero(size):
    return matrices(size, draw=lambda mean, sigma, shape: np.random.uniform(-sigma, sigma, shape))


@misconception(
    "fourier_features.get_B_dict",
    "Your Gaussian matrices are transposed: (size, 2), a row for each wave.",
    random=True,
)
def matrices_transposed(size):
    return matrices(size, draw=lambda mean, sigma, shape: np.random.normal(mean, sigma, shape[::-1]))


@misconception(
    "fourier_features.get_B_dict",
    "Your matrices have half of the rows that were asked for. size counts rows, not features.",
    random=True,
)
def half_of_the_rows(size):
    return matrices(size // 2)


@misconception(
    "fourier_features.get_B_dict",
    "Your basic matrix is as large as the others. It is the identity for two coordinates, np.eye(2).",
    random=True,
)
def identity_of_mapping_size(size):
    return matrices(size, basic=np.eye(size))


@misconception(
    "fourier_features.get_B_dict",
    "'none' is no matrix in your dictionary's place: it is None, so that input_mapping leaves x as it is.",
    random=True,
)
def none_is_a_matrix(size):
    return matrices(size, none=np.eye(2))


@misconception(
    "fourier_features.get_B_dict",
    "2 pi is in your matrices already, and input_mapping multiplies by it again. Leave it to input_mapping.",
    random=True,
)
def two_pi_in_the_matrix(size):
    return matrices(size, sigmas=(2 * np.pi, 20 * np.pi))


@misconception(
    "fourier_features.get_B_dict",
    "Your keys are gauss_1 and gauss_10. They have a point: 'gauss_1.0' and 'gauss_10.0'.",
    random=True,
)
def keys_without_the_point(size):
    found = matrices(size)
    return {key.removesuffix(".0"): matrix for key, matrix in found.items()}


@misconception(
    "fourier_features.get_B_dict",
    "sigma is the mean of your entries. np.random.normal takes the mean first: (0, sigma, (size, 2)).",
    random=True,
)
def sigma_is_the_mean(size):
    return matrices(size, draw=lambda mean, sigma, shape: np.random.normal(sigma, 1.0, shape))


# --- input_mapping


def waves(angle, axis=-1):
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=axis)


@misconception("fourier_features.input_mapping", "Your mapping lacks 2 pi: sin(2 pi x B^T).", by_symptom=True)
def two_pi_missing(x, B):
    return x if B is None else waves(x @ B.T)


@misconception("fourier_features.input_mapping", "Your mapping has pi. One period is 2 pi.", by_symptom=True)
def pi_only(x, B):
    return x if B is None else waves(np.pi * x @ B.T)


@misconception(
    "fourier_features.input_mapping", "You multiply by 2 pi twice: once is enough.", by_symptom=True
)
def two_pi_twice(x, B):
    return x if B is None else waves((2 * np.pi) ** 2 * x @ B.T)


@misconception(
    "fourier_features.input_mapping", "np.sin takes radians, not degrees: 2 pi, not 360.", by_symptom=True
)
def in_degrees(x, B):
    return x if B is None else waves(360 * x @ B.T)


@misconception(
    "fourier_features.input_mapping",
    "Your B is not transposed. Where it is square that fits and is another mapping: x @ B.T.",
    by_symptom=True,
    crashes_at="B",
)
def B_not_transposed(x, B):
    return x if B is None else waves(2 * np.pi * x @ (B if B.shape == (2, 2) else B.T))


@misconception(
    "fourier_features.input_mapping", "The cosine is missing: sin and cos, side by side.", by_symptom=True
)
def sine_only(x, B):
    return x if B is None else np.sin(2 * np.pi * x @ B.T)


@misconception(
    "fourier_features.input_mapping", "The sine is missing: sin and cos, side by side.", by_symptom=True
)
def cosine_only(x, B):
    return x if B is None else np.cos(2 * np.pi * x @ B.T)


@misconception(
    "fourier_features.input_mapping", "You add sine and cosine. Put them side by side.", by_symptom=True
)
def added(x, B):
    return x if B is None else np.sin(2 * np.pi * x @ B.T) + np.cos(2 * np.pi * x @ B.T)


@misconception(
    "fourier_features.input_mapping",
    "Your sines and cosines are joined on the first axis: twice as many pixels. Join on the last one, axis=-1.",
    by_symptom=True,
)
def joined_on_the_first_axis(x, B):
    return x if B is None else waves(2 * np.pi * x @ B.T, axis=0)


@misconception(
    "fourier_features.input_mapping",
    "axis=1 is the last axis of rows, but not of a whole picture. Use axis=-1.",
    by_symptom=True,
)
def joined_on_axis_one(x, B):
    return x if B is None else waves(2 * np.pi * x @ B.T, axis=1)


@misconception(
    "fourier_features.input_mapping",
    "The coordinates themselves are among your features. The mapping is sin and cos alone.",
    by_symptom=True,
)
def with_the_coordinates(x, B):
    return x if B is None else np.concatenate([x, waves(2 * np.pi * x @ B.T)], axis=-1)


@misconception(
    "fourier_features.input_mapping",
    "Your B acts on the sines. It belongs inside: sin(2 pi x B^T).",
    by_symptom=True,
)
def B_outside(x, B):
    if B is None:
        return x
    return np.concatenate([np.sin(2 * np.pi * x) @ B.T, np.cos(2 * np.pi * x) @ B.T], axis=-1)


@misconception(
    "fourier_features.input_mapping",
    "With B None you return sines, as for the identity. Return x itself.",
    by_symptom=True,
)
def none_is_the_identity(x, B):
    return waves(2 * np.pi * x @ (np.eye(2) if B is None else B).T)


@misconception(
    "fourier_features.input_mapping",
    "2 pi stands outside of your sines, where it only scales them. It belongs inside: sin(2 pi x B^T).",
    by_symptom=True,
)
def two_pi_outside(x, B):
    return x if B is None else 2 * np.pi * waves(x @ B.T)


@misconception(
    "fourier_features.input_mapping", "You have the sine twice: one of them is the cosine.", by_symptom=True
)
def sine_twice(x, B):
    return x if B is None else np.concatenate([np.sin(2 * np.pi * x @ B.T)] * 2, axis=-1)


@misconception(
    "fourier_features.input_mapping",
    "np.stack makes a new axis. Put sine and cosine side by side with np.concatenate(..., axis=-1).",
    by_symptom=True,
)
def stacked_on_a_new_axis(x, B):
    angle = None if B is None else 2 * np.pi * x @ B.T
    return x if B is None else np.stack([np.sin(angle), np.cos(angle)], axis=-1)


@misconception(
    "fourier_features.input_mapping",
    "x *= 2 * np.pi changes the caller's coordinates. Make a new array.",
    by_symptom=True,
)
def x_scaled_in_place(x, B):
    if B is None:
        return x
    x *= 2 * np.pi
    return waves(x @ B.T)


@misconception(
    "fourier_features.input_mapping",
    "Your mapping crashes for B None, the key 'none'. Then it returns x.",
    by_symptom=True,
    crashes_at=r"\bB\b",
)
def no_case_for_none(x, B):
    return waves(2 * np.pi * x @ B.T)


@misconception(
    "fourier_features.input_mapping",
    "With B None your mapping returns nothing. It returns x.",
    by_symptom=True,
)
def nothing_for_none(x, B):
    return None if B is None else waves(2 * np.pi * x @ B.T)
