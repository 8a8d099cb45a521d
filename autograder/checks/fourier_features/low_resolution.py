"""Checks of memorize: what it hands to NN_experiment, and the PSNR that comes out on pictures students do not have.

The PSNR of the student's own chain counts. A chain that is wrong in an earlier exercise has been paid for there: then
the check is repeated with a right NN_experiment and a right input_mapping. The true test pixels stay with the grader.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import CheckFailed, Student, StudentError, check, checks_of, expect, fail_if
from .._lending import lent
from ..thresholds import at_least, limit
from ._hidden_pictures import Picture, as_data, features, hidden_picture, train
from .experiment import last_prediction

# The measured limits belong to these settings. Half of the rate, for a loss with 1/2, is measured as well.
SETTINGS_32 = {"epochs": 240, "learning_rate": 2.0, "hidden_size": 64}
SETTINGS_64 = {"epochs": 80, "learning_rate": 2.0, "hidden_size": 64}
ROWS_OF_B = 64
_SECONDS = 60.0


def rescue(student: Student, rng) -> None:
    """Lend a right mapping and a right NN_experiment to a student who has lost points for one before."""
    if _has_paid(student, rng):
        student.bind(input_mapping=lent(student, features), NN_experiment=lent(student, train))
    student.transcript.clear()


_EARLIER = (
    *("psnr", "input_mapping", "linear", "relu", "sigmoid", "mse"),
    *("forward", "backward", "update", "NN_experiment"),
)


def _has_paid(student: Student, rng) -> bool:
    """Whether any check of an earlier exercise fails."""
    for name in _EARLIER:
        for earlier in checks_of(f"fourier_features.{name}"):
            try:
                earlier.function(student, rng)
            except (CheckFailed, StudentError):
                return True
    return False


class _Handed:
    """One call of memorize with NN_experiment watched: what it was given, and what memorize returned.

    With `train` the student's own NN_experiment runs, with what memorize passed on, provided that the rows are right;
    else a result comes back at once.
    """

    def __init__(
        self, student: Student, picture: Picture, B: Any, settings: dict[str, Any], train: bool = False
    ):
        self.picture, self.B, self.settings, self._train = picture, B, settings, train
        self.rows: dict[str, Any] = {}
        self.passed: dict[str, Any] = {}
        self._own = student.NN_experiment.value() if student.defines("NN_experiment") else None
        student.bind(NN_experiment=lent(student, self._watch), input_mapping=self._mapping(student))
        student.transcript.clear()
        try:
            self.result = student.memorize(picture.train, picture.test, B, **settings)
        finally:
            student.bind(NN_experiment=self._own, **self._own_mapping)
        # What comes back depends on the student's draws: misconceptions are compared by symptoms.
        student.transcript.clear()
        fail_if(not self.rows, "NN_experiment is not called")

    def _mapping(self, student: Student):
        own = student.input_mapping.value() if student.defines("input_mapping") else None
        self._own_mapping = {} if own is None else {"input_mapping": own}
        return own if self._train and own is not None else lent(student, features)

    def _watch(
        self, X_train, y_train, X_test, y_test, input_size, num_layers=4, hidden_size=256, output_size=3,
        epochs=300, learning_rate=None, opt="SGD", **rest,
    ):  # fmt: skip
        self.rows = {"X_train": X_train, "y_train": y_train, "X_test": X_test, "y_test": y_test}
        self.passed = {
            "input_size": input_size,
            "num_layers": num_layers,
            "output_size": output_size,
            "opt": opt,
        }
        self.passed |= {"hidden_size": hidden_size, "epochs": epochs, "learning_rate": learning_rate}
        if not self._train or self.wrong_rows("training") or self.wrong_rows("test"):
            return None, [1.5], [2.5], [3.5], [np.asarray(self.picture.test[1], dtype=float).reshape(-1, 3)]
        given = [np.asarray(value, dtype=np.float32) for value in self.rows.values()]
        return self._own(*given, **self._passed_within_reason())

    def _passed_within_reason(self) -> dict[str, Any]:
        """What memorize passed on, with no more epochs, layers and units than would be right."""
        most = self.settings | {"num_layers": 4, "output_size": 3, "input_size": 2 * ROWS_OF_B}
        return {
            name: min(value, most[name]) if isinstance(value, int) and name in most else value
            for name, value in self.passed.items()
        }

    def wrong_rows(self, which: str) -> str:
        """What is wrong with the rows of "training" or "test", or nothing."""
        coords, rgb = self.picture.train if which == "training" else self.picture.test
        X, y = (
            self.rows[name]
            for name in (("X_train", "y_train") if which == "training" else ("X_test", "y_test"))
        )
        flat = coords.reshape(-1, 2)
        if not (isinstance(X, np.ndarray) and isinstance(y, np.ndarray) and X.ndim == y.ndim == 2):
            return "not flattened to rows"
        if X.shape[0] != len(flat):
            whole = self.picture.test[1].size // 3
            return "all pixels" if which == "training" and len(X) == whole else "another number of rows"
        right = [features(flat, self.B), features(flat, self.B if self.B is None else -np.asarray(self.B))]
        halves = np.split(right[0], 2, axis=1) if self.B is not None else [right[0]]
        if not any(near_features(X, option) for option in (right[0], np.concatenate(halves[::-1], axis=1))):
            if near_features(X, flat):
                return "coordinates without the mapping"
            return "not the mapped coordinates"
        if not near_features(y, rgb.reshape(-1, 3)):
            by_column = near_features(y, rgb.transpose(1, 0, 2).reshape(-1, 3))
            mixed = near_features(y, rgb.reshape(3, -1).T)
            return "colours by column" if by_column else "channels mixed" if mixed else "other colours"
        return ""


def near_features(value: np.ndarray, right: np.ndarray) -> bool:
    """Equal to what float32 keeps of the sine of a large angle."""
    return value.shape == right.shape and np.allclose(value.astype(float), right, atol=2e-3)


@check(
    "fourier_features.low_resolution",
    hint="reshape(-1, 2) the coordinates, reshape(-1, 3) the colours, then map.",
    weight=2,
)
def training_rows_are_mapped(student, rng):
    """NN_experiment gets the training pixels as rows: mapped coordinates (N, 2m) and colours (N, 3)."""
    _judge_rows(student, rng, "training")


@check(
    "fourier_features.low_resolution",
    hint="The test coordinates go through input_mapping with the same B.",
    weight=2,
)
def test_rows_are_mapped_alike(student, rng):
    """The test pixels are mapped with the same B and stay in the picture's order."""
    _judge_rows(student, rng, "test")


@check(
    "fourier_features.low_resolution",
    hint="Pass epochs, learning_rate and hidden_size on; four layers, 'SGD'.",
)
def settings_are_passed_on(student, rng):
    """NN_experiment gets four layers, SGD, and the epochs, rate, hidden size and input size that belong here."""
    for B in (rng.normal(size=(4, 2)), None):
        settings = {
            "epochs": int(rng.integers(3, 99)),
            "learning_rate": 0.7,
            "hidden_size": int(rng.integers(9, 60)),
        }
        handed = _Handed(student, _small(rng), B, settings)
        right = settings | {
            "num_layers": 4,
            "output_size": 3,
            "opt": "SGD",
            "input_size": 2 if B is None else 8,
        }
        for name, value in right.items():
            fail_if(handed.passed[name] != value, f"{name}: not what was asked for")


@check("fourier_features.low_resolution", hint="return NN_experiment(...)")
def result_is_returned(student, rng):
    """memorize returns the five parts that NN_experiment returns, in that order."""
    handed = _Handed(student, _small(rng), None, {"epochs": 5, "learning_rate": 0.1, "hidden_size": 8})
    _, *lists, images = expect(handed.result, "memorize").is_sequence(5)
    for found, right in zip(lists, ([1.5], [2.5], [3.5]), strict=True):
        fail_if(found != right, "not the lists of NN_experiment")
    last_prediction(images, 6 * 4)


@check(
    "fourier_features.low_resolution",
    hint="Plain coordinates blur; the basic mapping is sharper.",
    seconds=_SECONDS,
    rescue=rescue,
)
def plain_and_basic_at_32(student, rng):
    """Without a mapping and with the basic one, a new 32x32 picture is learned as well as these can."""
    picture = hidden_picture(rng, 32)
    for name, B in (("none", None), ("basic", np.eye(2))):
        _judge_psnr(student, rng, picture, B, SETTINGS_32, name)


@check(
    "fourier_features.low_resolution",
    hint="Both Gaussian mappings memorize; sigma 1 also guesses between the pixels.",
    weight=2,
    seconds=_SECONDS,
    rescue=rescue,
)
def gauss_at_32(student, rng):
    """At 32x32 sigma 10 memorizes the training pixels best, and sigma 1 is better on all pixels."""
    _judge_gauss(student, rng, 32, SETTINGS_32)


@check(
    "fourier_features.low_resolution",
    hint="The mapping does not depend on the size: coordinates are in [0, 1).",
    seconds=_SECONDS,
    rescue=rescue,
)
def gauss_at_64(student, rng):
    """At 64x64, too, sigma 1 is better on all pixels than sigma 10."""
    _judge_gauss(student, rng, 64, SETTINGS_64)


def _small(rng) -> Picture:
    """Six rows and four columns: no square hides an exchange."""
    return as_data(rng.uniform(size=(6, 4, 3)).astype(np.float32))


def _judge_rows(student: Student, rng, which: str) -> None:
    for B in (rng.normal(size=(5, 2)), np.eye(2), None):
        handed = _Handed(student, _small(rng), B, {"epochs": 2, "learning_rate": 0.1, "hidden_size": 8})
        wrong = handed.wrong_rows(which)
        fail_if(wrong, f"{which}: {wrong}")


def _judge_gauss(student: Student, rng, size: int, settings: dict[str, Any]) -> None:
    picture = hidden_picture(rng, size)
    all_pixels = {}
    for sigma in (1, 10):
        B = rng.normal(scale=sigma, size=(ROWS_OF_B, 2))
        _, all_pixels[sigma] = _judge_psnr(student, rng, picture, B, settings, f"gauss_{sigma}_at_{size}")
    lead = all_pixels[1] - all_pixels[10]
    what = f"lead of sigma 1 at {size}"
    at_least(lead, limit("fourier_features", f"lead_at_{size}"), what, f"{what}: too small")


def _judge_psnr(
    student: Student, rng, picture: Picture, B: Any, settings: dict[str, Any], name: str
) -> tuple[float, float]:
    """PSNR on the training pixels and on all pixels, both far enough above what the picture's mean colour gives."""
    handed = _Handed(student, picture, B, settings, train=True)
    for which in ("training", "test"):
        wrong = handed.wrong_rows(which)
        fail_if(wrong, f"{which}: {wrong}")
    images = expect(handed.result, "memorize").is_sequence(5)[4]
    reached = picture.psnr_of(last_prediction(images, picture.rgb.size // 3))
    dull = picture.psnr_of(np.broadcast_to(picture.rgb.mean(axis=(0, 1)), picture.rgb.shape).reshape(-1, 3))
    for value, mean_colour, kind in zip(reached, dull, ("train", "test"), strict=True):
        least = limit("fourier_features", f"{name}_{kind}")
        what = f"{name} {kind} PSNR"
        at_least(value - mean_colour, least, f"{what} above the mean colour's", f"{what}: too low")
    return reached
