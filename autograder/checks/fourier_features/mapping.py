"""Checks of the Fourier features: get_B_dict and input_mapping."""

from __future__ import annotations

import math

import numpy as np

from .. import Student, check, expect, fail_if
from ._fourier import near

KEYS = ("none", "basic", "gauss_1.0", "gauss_10.0")
# 5.5 standard errors: a right answer is further off in 4e-8 of all draws.
SIGMAS, DRAWS = 5.5, 2048

# --- get_B_dict


@check(
    "fourier_features.get_B_dict",
    hint="None, the identity of size 2, and two matrices with `size` rows.",
    weight=2,
)
def mappings_have_their_shapes(student, rng):
    """The keys are there: None, eye(2), and two matrices of shape (size, 2), for two sizes."""
    for size in (256, 5):
        found = _dict(student, size)
        fail_if(found["none"] is not None, "none: not None")
        basic = expect(found["basic"], "basic").has_shape(2, 2)
        fail_if(not np.array_equal(basic, np.eye(2)), "basic: not the identity")
        for key in KEYS[2:]:
            matrix = expect(found[key], key).is_numeric()
            fail_if(matrix.shape == (2, size), f"{key}: transposed")
            fail_if(
                matrix.ndim == 2 and matrix.shape[1] == 2 and len(matrix) != size,
                f"{key}: another number of rows",
            )
            expect(matrix, key).has_shape(size, 2)
            expect(matrix, key).is_finite()


@check(
    "fourier_features.get_B_dict",
    hint="np.random.normal takes the standard deviation, not the variance.",
    weight=2,
)
def entries_spread_by_sigma(student, rng):
    """Entries of gauss_1.0 and gauss_10.0 have mean 0 and standard deviation 1 and 10."""
    found = _dict(student, DRAWS)
    for key, sigma in (("gauss_1.0", 1.0), ("gauss_10.0", 10.0)):
        matrix = expect(found[key], key).has_shape(DRAWS, 2).astype(float)
        expect(matrix, key).is_finite()
        error, spread = sigma / math.sqrt(matrix.size), matrix.std()
        for symptom, wrong in (
            ("sigma is taken for the variance", math.sqrt(sigma)),
            ("sigma squared", sigma**2),
            ("sigma 1 for both", 1.0),
            ("uniform from -sigma to sigma", sigma / math.sqrt(3)),
            ("uniform from 0 to sigma", sigma / math.sqrt(12)),
            ("2 pi is in already", 2 * math.pi * sigma),
        ):
            fail_if(
                wrong != sigma and abs(spread - wrong) < SIGMAS * error * wrong / sigma, f"{key}: {symptom}"
            )
        fail_if(abs(spread - sigma) > SIGMAS * error / math.sqrt(2), f"{key}: another standard deviation")
        fail_if(abs(matrix.mean() - sigma) < SIGMAS * error, f"{key}: sigma is the mean")
        fail_if(abs(matrix.mean()) > SIGMAS * error, f"{key}: another mean than 0")


@check("fourier_features.get_B_dict", hint="Normal numbers, every entry a draw of its own.")
def entries_are_normal_and_independent(student, rng):
    """The two columns are independent, and as many entries are small as a normal distribution has."""
    found = _dict(student, DRAWS)
    for key, sigma in (("gauss_1.0", 1.0), ("gauss_10.0", 10.0)):
        matrix = expect(found[key], key).has_shape(DRAWS, 2) / sigma
        expect(matrix, key).is_finite()
        fail_if(
            abs(np.corrcoef(matrix.T)[0, 1]) > SIGMAS / math.sqrt(DRAWS),
            f"{key}: columns depend on each other",
        )
        inside = math.erf(1 / math.sqrt(2))
        share = np.mean(np.abs(matrix - matrix.mean()) < matrix.std())
        # The fitted spread makes the share steadier than a count alone.
        fail_if(
            abs(share - inside) > SIGMAS * math.sqrt(inside * (1 - inside) / matrix.size),
            f"{key}: not normal",
        )


def _dict(student: Student, size: int) -> dict:
    found = expect(student.get_B_dict(size), "the result").is_dict()
    fail_if("gauss_1" in found or "gauss_10" in found, "the result: keys without the point")
    return expect(found, "the result").is_dict(*KEYS)


# --- input_mapping


@check(
    "fourier_features.input_mapping",
    hint="sin and cos of 2 pi x B^T, side by side on the last axis.",
    weight=3,
)
def mapping_has_its_definition(student, rng):
    """Rows (N, 2) become (N, 2m): sin and cos of 2 pi x B^T, for m = 5 and for one row."""
    for rows in (7, 1):
        _judge_mapping(student, rng.uniform(size=(rows, 2)), rng.normal(size=(5, 2)))


@check("fourier_features.input_mapping", hint="if B is None: return x.")
def no_mapping_for_none(student, rng):
    """With B None, x comes back as it is; it is unchanged after every call."""
    x = rng.uniform(size=(4, 2))
    for B in (None, rng.normal(size=(3, 2))):
        kept = student.array(x)
        found = student.input_mapping(kept, B)
        expect(kept.value(), "x").unchanged(x)
        fail_if(found is None, "nothing is returned")
        if B is None:
            expect(found, "x").close_to(x)
        else:
            expect(found, "features").has_shape(4, 6)


@check(
    "fourier_features.input_mapping",
    hint="B.T, also where B is square: x @ B happens to fit, and is another mapping.",
)
def mapping_with_a_square_matrix(student, rng):
    """A square B, 2 by 2 but not symmetric, is transposed as every other; so is the identity."""
    for B in (rng.normal(size=(2, 2)), np.eye(2)):
        _judge_mapping(student, rng.uniform(size=(6, 2)), B)


@check("fourier_features.input_mapping", hint="np.concatenate(..., axis=-1): x may have any leading axes.")
def mapping_of_a_whole_picture(student, rng):
    """Coordinates of shape (h, w, 2), in float32, become (h, w, 2m)."""
    B = rng.normal(scale=3, size=(4, 2)).astype(np.float32)
    _judge_mapping(student, rng.uniform(size=(3, 5, 2)).astype(np.float32), B)


def _judge_mapping(student: Student, x: np.ndarray, B: np.ndarray) -> None:
    found = expect(student.input_mapping(x, B), "features").is_numeric()
    product = np.einsum("...d,md->...m", x.astype(float), B.astype(float))
    sin, cos = _waves(2 * math.pi * product)
    if any(near(found, right) for right in (_joined(sin, cos), _joined(cos, sin))):
        return
    for symptom, waves in _mapping_mistakes(x, B, product).items():
        fail_if(any(near(found, wrong) for wrong in (_joined(*waves), _joined(*waves[::-1]))), symptom)
    fail_if(near(found, _joined(sin, sin)), "the sine twice")
    fail_if(near(found, sin), "the sine alone")
    fail_if(near(found, cos), "the cosine alone")
    fail_if(near(found, sin + cos), "sine and cosine are added")
    fail_if(near(found, np.concatenate([sin, cos], axis=0)), "joined on the first axis")
    fail_if(near(found, np.stack([sin, cos], axis=-1)), "stacked on a new axis")
    fail_if(
        near(found, np.stack([sin, cos], axis=-1).reshape(found.shape))
        if found.size == 2 * sin.size
        else False,
        "sines and cosines alternate",
    )
    fail_if(near(found, np.concatenate([x, sin, cos], axis=-1)), "x itself is among the features")
    expect(found, "features").has_shape(*x.shape[:-1], 2 * len(B))
    expect(found, "features").is_finite()
    fail_if(True, "values differ")


def _mapping_mistakes(
    x: np.ndarray, B: np.ndarray, product: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    angles = {
        "without 2 pi": product,
        "pi, not 2 pi": math.pi * product,
        "2 without pi": 2 * product,
        "2 pi twice": (2 * math.pi) ** 2 * product,
        "degrees": 360 * product,
    }
    mistakes = {symptom: _waves(angle) for symptom, angle in angles.items()}
    if B.shape == (2, 2):
        mistakes["B is not transposed"] = _waves(2 * math.pi * (x.astype(float) @ B))
    mistakes["2 pi outside of the sine"] = tuple(2 * math.pi * wave for wave in _waves(product))
    turned = 2 * math.pi * x.astype(float)
    mistakes["2 pi and B outside of the sine"] = tuple(
        np.einsum("...d,md->...m", wave, B) for wave in _waves(turned)
    )
    return mistakes


def _waves(angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.sin(angle), np.cos(angle)


def _joined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.concatenate([first, second], axis=-1)
