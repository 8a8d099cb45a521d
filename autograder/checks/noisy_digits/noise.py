"""Hidden checks of the pictures: shuffle_pixels, the kinds of noise, augment. NumPy alone, no torch."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from .. import NotWritten, Remote, Student, check, expect, fail_if

_HIDDEN = Path(__file__).parents[2] / "data" / "mnist_hidden.npz"
_LEAST_KINDS, _MOST_KINDS = 4, 40


# --- shuffle_pixels


@check(
    "noisy_digits.shuffle_pixels", hint="images.reshape(N, 784)[:, order], then back to 28 x 28.", weight=2
)
def pixels_in_the_given_order(student, rng):
    """Pixel k of each result is pixel order[k] of its picture, for five pictures and for one."""
    for rows in (5, 1):
        images, order = rng.uniform(size=(rows, 28, 28)).astype(np.float32), rng.permutation(784)
        right = np.stack([image.ravel()[order].reshape(28, 28) for image in images])
        expect(student.shuffle_pixels(images, order), "pictures").close_to(right)


@check("noisy_digits.shuffle_pixels", hint="Indexing with an array of places makes a new array.")
def shuffling_leaves_its_arguments(student, rng):
    """The pictures and the order are the same after the call."""
    images, order = rng.uniform(size=(3, 28, 28)), rng.permutation(784)
    kept = student.array(images), student.array(order)
    expect(student.shuffle_pixels(*kept), "pictures").has_shape(3, 28, 28)
    expect(kept[0].value(), "images").unchanged(images)
    expect(kept[1].value(), "order").unchanged(order)


# --- noises


@check("noisy_digits.noises", hint="gaussian is one; write at least three functions with @noise above them.")
def at_least_four_kinds(student, rng):
    """There are at least four kinds, and no two of them do the same."""
    images, seed = _digits(rng, 20), int(rng.integers(2**31))
    made = {
        name: _noisy(student, name, images, rng, student.given("numpy.random", "default_rng")(seed))
        for name in _kinds(student)
    }
    fail_if(
        any(np.abs(pictures - images).mean() < 1e-3 for pictures in made.values()), "a noise does nothing"
    )
    alike = (np.abs(made[one] - made[other]).mean() < 1e-6 for one, other in combinations(made, 2))
    fail_if(any(alike), "two kinds are the same")


@check(
    "noisy_digits.noises", hint="np.clip(pictures, 0, 1), and one picture in for each picture out.", weight=2
)
def pictures_stay_pictures(student, rng):
    """Each kind gives as many pictures as it got, of their size, every value between 0 and 1; one picture too."""
    for rows in (12, 1):
        images = _digits(rng, rows)
        for name in _kinds(student):
            _noisy(student, name, images, rng)


@check("noisy_digits.noises", hint="Draw from rng inside the function, for each picture.", weight=2)
def noise_differs_each_time(student, rng):
    """Each kind draws anew at each call, and gives equal pictures different noise in at least one of two batches."""
    images = np.repeat(_digits(rng, 1), 8, axis=0)
    for name in _kinds(student):
        generator = _generator(student, rng)
        batches = [_noisy(student, name, images, rng, generator) for _ in range(3)]
        same = [np.array_equal(batches[0], batch) for batch in batches[1:]]
        fail_if(all(same), "the same noise at every call")


@check("noisy_digits.noises", hint="Start from images.copy() where you write into pictures.")
def noise_leaves_its_argument(student, rng):
    """The clean pictures are the same after each kind."""
    images = _digits(rng, 6)
    for name in _kinds(student):
        kept = student.array(images)
        expect(student.NOISES[name](kept, _generator(student, rng)), "pictures").has_shape(6, 28, 28)
        expect(kept.value(), "images").unchanged(images)


@check(
    "noisy_digits.noises", hint="If you cannot read the digit any more, neither can a network: less noise."
)
def digits_stay_readable(student, rng):
    """Of each kind's pictures, most are still more like their own digit than like others, wherever that has moved.

    One draw may turn a whole batch far, so the best of three counts; noise that leaves nothing stays at 1 in 24.
    """
    images = _digits(rng, 24)
    for name in _kinds(student):
        draws = (_likeness(_noisy(student, name, images, rng), images) for _ in range(3))
        own = max((likeness.argmax(axis=1) == np.arange(len(images))).mean() for likeness in draws)
        fail_if(own < 0.3, "nothing of the digit is left")


def _kinds(student: Student) -> list[str]:
    names = expect(student.NOISES.keys(), "NOISES").is_sequence()
    if names == ["gaussian"]:
        raise NotWritten("noises")
    fail_if(not _LEAST_KINDS <= len(names) <= _MOST_KINDS, "fewer than four kinds, or more than forty")
    return names


def _generator(student: Student, rng: np.random.Generator) -> Remote:
    return student.given("numpy.random", "default_rng")(int(rng.integers(2**31)))


def _noisy(
    student: Student, name: str, images: np.ndarray, rng: np.random.Generator, generator: Remote | None = None
) -> np.ndarray:
    function = student.NOISES[name]
    made = function(images, generator or _generator(student, rng))
    expect(made, "pictures").has_shape(*images.shape)
    return expect(made, "pictures").between(-1e-6, 1 + 1e-6).astype(float)


def _likeness(made: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Largest correlation of each noisy picture with each clean one, over all shifts: (N, N). In Fourier space."""
    noisy, clean = (
        part.reshape(len(part), 28, 28) - part.mean(axis=(1, 2), keepdims=True) for part in (made, images)
    )
    first, second = (np.fft.rfft2(part, s=(56, 56)) for part in (noisy, clean))
    norms = np.sqrt((clean**2).sum(axis=(1, 2)))
    peaks = [np.fft.irfft2(first[n] * second.conj(), s=(56, 56)).max(axis=(1, 2)) for n in range(len(made))]
    return np.array(peaks) / norms


@lru_cache(maxsize=1)
def _hidden() -> np.ndarray:
    with np.load(_HIDDEN) as file:
        return file["images"]


def _digits(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Clean digits (rows, 28, 28), float32 from 0 to 1, of the grader's own."""
    images = _hidden()
    return images[rng.choice(len(images), rows, replace=False)] / np.float32(255)


# --- augment


@check("noisy_digits.augment", hint="Write the results back to the rows they came from.", weight=2)
def pictures_keep_their_places(student, rng):
    """Every picture is at the place of its clean one, and its noise is of one of the kinds asked for."""
    images = _digits(rng, 50)
    same = _augmented(student, images, rng, {"same": _marking(0.0), "as it is": _marking(0.0)})
    expect(same, "pictures").close_to(images, atol=1e-6)
    marks = _marks(_augmented(student, images, rng, {"a": _marking(1.0), "b": _marking(2.0)}), images)
    fail_if(not np.isin(marks, (0, 1, 2, 3)).all(), "noise of another kind")


@check(
    "noisy_digits.augment",
    hint="Draw a kind for each picture: rng.integers(len(noises), size=len(images)).",
    weight=2,
)
def each_picture_its_own_kind(student, rng):
    """In one batch every kind occurs, about equally often, and at other pictures in the next batch."""
    images = _digits(rng, 90)
    noises = {"a": _marking(1.0), "b": _marking(2.0), "c": _marking(4.0)}
    first, second = (_marks(_augmented(student, images, rng, noises), images) for _ in range(2))
    shares = [np.mean((first.astype(int) & bit) > 0) for bit in (1, 2, 4)]
    fail_if(min(shares) == 0 and max(shares) == 1, "one kind for the whole batch")
    fail_if(min(shares) == 1, "every kind on every picture")
    fail_if(min(shares) < 0.08, "a kind is left out or rare")
    fail_if(np.array_equal(first, second), "the same kinds in every batch")


@check("noisy_digits.augment", hint="noises is an argument: use it, not NOISES.")
def only_the_kinds_asked_for(student, rng):
    """With one kind in noises, that one and no other is used; a batch of one picture works."""
    for rows in (20, 1):
        images = _digits(rng, rows)
        marks = _marks(_augmented(student, images, rng, {"only": _marking(3.0)}), images)
        fail_if(not np.isin(marks, (0, 3)).all() or (rows > 1 and not marks.any()), "noise of another kind")


@check("noisy_digits.augment", hint="Write into a copy.")
def augment_leaves_its_argument(student, rng):
    """The clean pictures are the same after the call."""
    images = _digits(rng, 10)
    kept = student.array(images)
    noises = student.dict({"a": _marking(1.0), "b": _marking(2.0)})
    expect(student.augment(kept, _generator(student, rng), noises), "pictures").has_shape(10, 28, 28)
    expect(kept.value(), "images").unchanged(images)


def _marking(step: float) -> Callable[..., Any]:
    """A noise that adds `step` to every pixel, so that what comes back tells which kind it had."""

    def mark(images: Any, generator: Any = None) -> np.ndarray:
        return expect(images, "what a noise gets").is_finite() + np.float32(step)

    return mark


def _augmented(
    student: Student, images: np.ndarray, rng: np.random.Generator, noises: dict[str, Callable[..., Any]]
) -> np.ndarray:
    made = student.augment(images, _generator(student, rng), student.dict(noises))
    expect(made, "pictures").has_shape(*images.shape)
    return expect(made, "pictures").is_finite()


def _marks(made: np.ndarray, images: np.ndarray) -> np.ndarray:
    """What was added to each picture, (N,), whole numbers; it must be the same for all of its pixels."""
    change = made.astype(float) - images
    marks = change.mean(axis=(1, 2)).round()
    fail_if(np.abs(change - marks[:, None, None]).max() > 1e-3, "pictures changed places")
    return marks
