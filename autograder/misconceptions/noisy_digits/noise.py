"""Mistakes in `shuffle_pixels`, in the kinds of noise, and in `augment`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import misconception

# --- shuffle_pixels


@misconception(
    "noisy_digits.shuffle_pixels",
    advice="You send pixel k to the place order[k]. Here the result's pixel k comes from the place order[k].",
)
def inverse_order(images, order):
    mixed = np.empty((len(images), 784), images.dtype)
    mixed[:, order] = images.reshape(len(images), -1)
    return mixed.reshape(images.shape)


@misconception(
    "noisy_digits.shuffle_pixels",
    advice="You shuffle the rows of pixels within a picture, or its columns. Each of the 784 pixels moves by itself.",
    variants=[{"axis": 2}],
)
def rows_for_pixels(images, order, axis=1):
    return np.take(images, order[order < 28], axis=axis)


@misconception(
    "noisy_digits.shuffle_pixels",
    advice="Your pictures stay flat, (N, 784). Bring them back to (N, 28, 28).",
)
def left_flat(images, order):
    return images.reshape(len(images), -1)[:, order]


@misconception(
    "noisy_digits.shuffle_pixels",
    advice="You write the shuffled pixels into the given pictures. Make a new array.",
)
def shuffled_in_place(images, order):
    images[:] = images.reshape(len(images), -1)[:, order].reshape(images.shape)
    return images


@misconception(
    "noisy_digits.shuffle_pixels",
    advice="You return the pictures as they are: rng.shuffle and others work in place, and on the wrong axis.",
)
def not_shuffled(images, order):
    return images


@misconception(
    "noisy_digits.shuffle_pixels",
    advice="Every picture gets an order of its own in your version, or one that you draw. Use the given order for all.",
    random=True,
)
def order_drawn_anew(images, order):
    flat = images.reshape(len(images), -1)
    return np.stack([np.random.permutation(row) for row in flat]).reshape(images.shape)


# --- noises


def _gaussian(images, rng):
    return np.clip(images + rng.normal(0, 0.3, images.shape), 0, 1)


def _salt(images, rng):
    return np.where(rng.random(images.shape) < 0.2, rng.integers(2, size=images.shape), images)


def _fade(images, rng):
    contrast = rng.uniform(0.2, 0.7, size=(len(images), 1, 1))
    return 0.2 + contrast * images


def _patch(images, rng):
    hidden = images.copy()
    for image in hidden:
        top, left = rng.integers(2, 16, size=2)
        image[top : top + 10, left : left + 10] = rng.random()
    return hidden


class _Noises(dict[str, Callable[..., Any]]):
    """The dictionary NOISES with one kind done wrong. It has a name and an identity, like the functions elsewhere."""

    __hash__, __eq__ = object.__hash__, object.__eq__

    def __init__(self, name: str, wrong: Callable[..., Any] | None):
        super().__init__(gaussian=_gaussian, salt=_salt, fade=_fade, patch=_patch)
        self.__name__ = name
        if wrong is None:
            self.pop("patch")
        else:
            self["patch"] = wrong


def _kinds(name: str, advice: str, wrong: Callable[..., Any] | None) -> None:
    register = misconception("noisy_digits.noises", advice=advice, replaces="NOISES", random=True)
    register(_Noises(name, wrong))


def _in_place(images, rng):
    images[:, 5:12, 8:20] = rng.random()
    return images


_kinds(
    "too_few_kinds",
    "There are fewer than four kinds in NOISES: is @noise above each of your functions, and has each its own name?",
    None,
)
_kinds(
    "not_clipped",
    "A kind gives values below 0 or above 1, which no picture has: clip what it returns.",
    lambda images, rng: images + rng.normal(0, 0.4, images.shape),
)
_kinds(
    "noise_written_in_place",
    "A kind writes into the clean pictures themselves: they are spoiled for all later epochs. Begin with a copy.",
    _in_place,
)
_kinds(
    "generator_made_anew",
    "A kind gives the same noise at every call: it makes a generator of its own with a fixed seed. Use rng.",
    lambda images, rng: _salt(images, np.random.default_rng(0)),
)
_kinds(
    "digit_destroyed",
    "A kind is so strong that nothing of the digit is left. What you cannot read, a network cannot learn.",
    lambda images, rng: rng.random(images.shape),
)
_kinds(
    "same_kind_twice",
    "Two of your kinds do the same: a function was entered under two names, or calls another.",
    _gaussian,
)
_kinds(
    "noise_without_effect",
    "One of your kinds returns the pictures as they are: is its result returned, and its strength above 0?",
    lambda images, rng: images.copy(),
)
_kinds(
    "pictures_lost",
    "A kind returns arrays of another shape than it got, (N, 28, 28): it must neither crop nor flatten.",
    lambda images, rng: images[:, 2:26, 2:26],
)


# --- augment


def _augment(name: str, advice: str, draw: Callable[..., Any]) -> None:
    draw.__name__ = name
    misconception("noisy_digits.augment", advice=advice, random=True)(draw)


def _filled(images, kinds, drawn, rng):
    noisy = images.copy()
    for number, function in enumerate(kinds):
        rows = np.flatnonzero(drawn == number)
        if len(rows):
            noisy[rows] = function(images[rows], rng)
    return noisy


def _whole_batch(images, rng, noises=None):
    return list(noises.values())[rng.integers(len(noises))](images, rng)


def _by_kind(images, rng, noises=None):
    drawn = rng.integers(len(noises), size=len(images))
    parts = [function(images[drawn == number], rng) for number, function in enumerate(noises.values())]
    return np.concatenate(parts)


def _own_noises(images, rng, noises=None):
    kinds = (_gaussian, _salt, _fade, _patch)
    return _filled(images, kinds, rng.integers(len(kinds), size=len(images)), rng)


def _one_after_another(images, rng, noises=None):
    for function in noises.values():
        images = function(images, rng)
    return images


def _into_images(images, rng, noises=None):
    images[:] = _filled(images, noises.values(), rng.integers(len(noises), size=len(images)), rng)
    return images


def _without_the_last(images, rng, noises=None):
    drawn = rng.integers(max(len(noises) - 1, 1), size=len(images))
    return _filled(images, noises.values(), drawn, rng)


def _by_place(images, rng, noises=None):
    return _filled(images, noises.values(), np.arange(len(images)) % len(noises), rng)


_augment(
    "one_kind_for_the_batch",
    "You draw one kind for the whole batch, so each step forgets the kind before. Draw one for each picture.",
    _whole_batch,
)
_augment(
    "places_lost",
    "You put the kinds one after another, so pictures get others' labels. Write them back to their rows.",
    _by_kind,
)
_augment(
    "argument_ignored",
    "You use NOISES whatever is passed: the argument noises decides, also when one kind is left out.",
    _own_noises,
)
_augment(
    "all_kinds_at_once",
    "Every picture goes through every kind, so hardly any digit survives. Draw one kind for each picture.",
    _one_after_another,
)
_augment(
    "clean_pictures_overwritten",
    "You write the noise into the clean pictures. Work on images.copy().",
    _into_images,
)
_augment(
    "last_kind_never_drawn",
    "One kind never occurs: rng.integers(n) leaves out n itself, so give it the number of kinds.",
    _without_the_last,
)
_augment(
    "kinds_by_place",
    "The same places get the same kinds in every batch. Draw the kinds from rng.",
    _by_place,
)
