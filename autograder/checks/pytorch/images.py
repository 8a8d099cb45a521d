"""Hidden checks of `source/pytorch/images.ipynb`: from pixels to a network.

What is right is computed here with NumPy and torch in float64.
"""

from __future__ import annotations

import contextlib
import io
from functools import lru_cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from student_lib.drawn_objects import load_drawn_objects

from .. import Remote, Student, _torch, check, expect, fail_if
from ..thresholds import at_most, limit
from ._networks import Reference, expect_gradients, expect_logits, loss_after_training

STEPS = 40
_SIZES = {
    "W1": (16, 3, 3, 3),
    "b1": (16,),
    "W2": (32, 16, 3, 3),
    "b2": (32,),
    "W3": (64, 32, 3, 3),
    "b3": (64,),
}
# Sums of some hundred float32 terms, taken in another order than ours.
_NEAR = {"rtol": 1e-4, "atol": 1e-5}


def pictures(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Pictures (*shape, 3) of bytes, each colour with a range of its own."""
    values = rng.integers(256, size=(*shape, 3)) * np.array([1.0, 0.5, 0.3]) + np.array([0, 90, 20])
    return values.astype(np.uint8)


def linear_net(
    student: Student,
    rng: np.random.Generator,
    shape: tuple[int, ...],
    classes: int,
    dropout: float = 0.0,
    scale: float = 1.0,
) -> tuple[Remote, np.ndarray, np.ndarray]:
    """Flatten and Linear on the student's side for x (N, *shape), with its W (classes, D) and b (classes,)."""
    size = int(np.prod(shape))
    last = _torch.layer(student, "Linear", size, classes)
    named = _torch.fill(student, last, rng, scale * size**-0.5)
    layers = [_torch.layer(student, "Dropout", dropout)] if dropout else []
    net = _torch.layer(student, "Sequential", *layers, _torch.layer(student, "Flatten"), last)
    return net, named["weight"], named["bias"]


def numbers(value: Any, what: str) -> np.ndarray:
    """A finite array of what came back, a tensor or plain numbers."""
    return _torch.array(value, what) if isinstance(value, Remote) else expect(value, what).is_finite()


# --- channel_statistics


@check("pytorch.channel_statistics", hint="pictures / 255, then the mean over axes 0, 1 and 2.")
def means_of_three_colours(student, rng):
    """The means of red, green and blue, divided by 255, over pictures, rows and columns."""
    x = pictures(rng, 5, 4, 6)
    mean, _ = _statistics(student, x)
    expect(mean, "mean").close_to((x / 255).mean(axis=(0, 1, 2)), **_NEAR)


@check("pytorch.channel_statistics", hint="One standard deviation over all: not a mean of the pictures' own.")
def deviations_of_three_colours(student, rng):
    """The standard deviations (n or n - 1) over pictures, rows and columns together."""
    x = (
        pictures(rng, 5, 4, 6) // np.array([1, 2, 3, 4, 5], np.uint8)[:, None, None, None]
    )  # darker and darker
    _, std = _statistics(student, x)
    right = [(x / 255).std(axis=(0, 1, 2), ddof=ddof) for ddof in (0, 1)]
    fail_if(np.allclose(std, right[0] ** 2, rtol=1e-3), "std: the variance")
    near = right[np.argmin([abs(std - one).max() for one in right])]
    expect(std, "std").close_to(near, **_NEAR)


@check("pytorch.channel_statistics", hint="Work on pictures / 255, a new array.")
def pictures_keep_their_bytes(student, rng):
    """The pictures stay unchanged."""
    x = pictures(rng, 3, 2, 5)
    kept = student.array(x)
    student.channel_statistics(kept)
    expect(kept.value(), "the pictures").unchanged(x)


def _statistics(student: Student, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    answer = student.channel_statistics(x)
    pair = expect(answer, "the result").is_pair()
    found = [numbers(value, name) for value, name in zip(pair, ("mean", "std"), strict=True)]
    # (1, 1, 1, 3), as keepdims leaves it, spreads over pictures just as well.
    return tuple(value.reshape(3) if value.size == 3 else expect(value).has_shape(3) for value in found)


# --- to_batch


@check("pytorch.to_batch", hint="The axis of the colours moves: transpose(0, 3, 1, 2) or permute.", weight=2)
def colours_become_planes(student, rng):
    """Plane c holds colour c of every pixel at its place, for pictures that are not square."""
    x = pictures(rng, 4, 5, 7)
    found = _batch(student, x, np.zeros(3), np.ones(3))
    expect(found, "the tensor").close_to((x / 255).transpose(0, 3, 1, 2), **_NEAR)


@check(
    "pytorch.to_batch",
    hint="Subtract the mean, divide by the standard deviation, both as they were given.",
    weight=2,
)
def given_statistics_are_used(student, rng):
    """Each colour is normalised by the mean and the deviation that were given; one picture alone as well."""
    for count in (6, 1):
        x, mean, std = pictures(rng, count, 3, 4), rng.uniform(0.2, 0.7, 3), rng.uniform(0.1, 0.4, 3)
        found = _batch(student, x, mean, std)
        expect(found, "the tensor").close_to(
            ((x / 255 - mean) / std).transpose(0, 3, 1, 2), rtol=1e-3, atol=1e-4
        )


@check("pytorch.to_batch", hint="dtype=torch.float32, or .float() at the end.")
def a_float32_tensor(student, rng):
    """The result is a float32 tensor, and the pictures stay unchanged."""
    x = pictures(rng, 2, 3, 4)
    kept = student.array(x)
    found = _torch.array(
        _torch.quietly(student, student.to_batch, kept, np.full(3, 0.4), np.full(3, 0.2)), "the tensor"
    )
    fail_if(found.dtype != np.float32, "not float32")
    expect(kept.value(), "the pictures").unchanged(x)


def _batch(student: Student, x: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    return _torch.array(_torch.quietly(student, student.to_batch, x, mean, std), "the tensor")


# --- ObjectCNN


@check("pytorch.object_cnn", hint="Three nn.Conv2d(..., 3, padding=1) and one nn.Linear(1024, classes).")
def eight_parameters_of_the_asked_sizes(student, rng):
    """Three convolutions and a linear layer: 33,834 numbers for ten classes, and other classes when asked."""
    for classes in (None, 8):
        arguments = () if classes is None else (classes,)
        net = _torch.quietly(student, student.ObjectCNN, *arguments)
        _expect_sizes(_torch.arrays(student, net), classes or 10)


@check(
    "pytorch.object_cnn",
    hint="Three times convolution, ReLU, max-pool; mean over 4 x 4 fields; flatten(1); linear, and nothing after it.",
    weight=3,
)
def logits_of_the_network(student, rng):
    """In evaluation mode the logits are those of the table, for three pictures and for one."""
    net, right = _cnn(student, rng)
    for count in (3, 1):
        x = rng.normal(size=(count, 3, 32, 32)).astype(np.float32)
        logits = _torch.array(net(_torch.tensor(student, x)), "logits")
        expect_logits(logits, right(torch.tensor(x).double()))


@check("pytorch.object_cnn", hint="F.adaptive_avg_pool2d(x, 4) makes 4 x 4 fields of whatever is left.")
def larger_pictures_fit(student, rng):
    """Pictures of 64 x 64 and of 48 x 72 pixels get their logits as well."""
    net, right = _cnn(student, rng)
    for height, width in ((64, 64), (48, 72)):
        x = rng.normal(size=(2, 3, height, width)).astype(np.float32)
        logits = _torch.array(net(_torch.tensor(student, x)), "logits")
        expect_logits(logits, right(torch.tensor(x).double()))


@check("pytorch.object_cnn", hint="Stay with torch's operations: .detach() and NumPy cut the graph.")
def gradients_reach_all_layers(student, rng):
    """After backward all eight parameters hold the gradient of the cross entropy."""
    net, right = _cnn(student, rng)
    x, y = rng.normal(size=(4, 3, 32, 32)).astype(np.float32), rng.integers(10, size=4)
    expect_gradients(student, net, right, x, y)


@check(
    "pytorch.object_cnn",
    hint="nn.Dropout(0.5) between flatten and linear; F.dropout needs training=self.training.",
)
def dropout_in_training_only(student, rng):
    """In training mode half of the 1024 numbers are dropped, others each time; in evaluation mode none."""
    net = _torch.quietly(student, student.ObjectCNN)
    named = _torch.arrays(student, net)
    _expect_sizes(named, 10)
    # Every feature is 1, the first logit their sum over 1024, the others 0: dropout alone decides.
    for name, parameter in _torch.parameters(student, net):
        shape = named[name].shape
        filled = np.full(shape, 1.0 if shape == (64,) else 0.0, np.float32)
        if shape == (10, 1024):
            filled[0] = 1 / 1024
        _torch.put(student, parameter, filled)
    x = _torch.tensor(student, np.zeros((40, 3, 32, 32), np.float32))
    sums = {}
    for mode in ("train", "eval"):
        _torch.quietly(student, getattr(net, mode))
        logits = expect(_torch.array(net(x), "logits"), "logits").has_shape(40, 10)
        sums[mode] = logits[:, 0] - logits[:, 1]
        student.transcript.clear()  # drawn at random
    fail_if(np.ptp(sums["eval"]) > 1e-4, "dropout in evaluation mode")
    fail_if(np.ptp(sums["train"]) < 1e-4, "no dropout in training mode")
    # Each kept number is doubled: the deviation of a sum over 1024 is 1 / 32 for a half, 0.5 / 32 for a fifth.
    spread = sums["train"].std() * 32
    fail_if(not 0.65 < spread < 1.45, "another share is dropped")


@check(
    "pytorch.object_cnn",
    hint="Does the loss of a few pictures fall? If it stays near ln 10 = 2.3, look at what the last layer gives.",
    seconds=20,
)
def learns_some_objects(student, rng):
    """Forty steps of Adam teach the network forty pictures."""
    x, y = _objects(int(rng.integers(100)))
    x, y = _torch.tensor(student, x), _torch.tensor(student, y)
    net = _torch.quietly(student, student.ObjectCNN)
    moving = [value for _, value in _torch.parameters(student, net)]
    fail_if(not moving, "no parameters")
    reached = loss_after_training(student, net, moving, x, y, lr=0.005, steps=STEPS)
    # Differently drawn starts reach different losses: nothing here is to be compared with misconceptions.
    student.transcript.clear()
    what = "ObjectCNN's loss on 40 pictures after 40 steps"
    at_most(reached, limit("pytorch", "images_cnn_loss"), what, "learns too little")


class _Cnn(Reference):
    """The right network in evaluation mode, on parameters known by their shapes."""

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        by_shape = {tuple(value.shape): value for value in self.named.values()}
        W1, b1, W2, b2, W3, b3 = (by_shape[shape] for shape in _SIZES.values())
        for W, b in ((W1, b1), (W2, b2), (W3, b3)):
            x = F.max_pool2d(F.relu(F.conv2d(x, W, b, padding=1)), 2)
        x = F.adaptive_avg_pool2d(x, 4).flatten(1)
        return F.linear(x, by_shape[10, 1024], by_shape[10,])


def _cnn(student: Student, rng: Any) -> tuple[Remote, _Cnn]:
    """The student's network in evaluation mode with random parameters, and the right one with the same."""
    net = _torch.quietly(student, student.ObjectCNN)
    _expect_sizes(_torch.arrays(student, net), 10)
    _torch.quietly(student, net.eval)
    return net, _Cnn(_torch.fill(student, net, rng, 0.1))


def _expect_sizes(named: dict[str, np.ndarray], classes: int) -> None:
    found = sorted(value.shape for value in named.values())
    right = sorted([*_SIZES.values(), (classes, 1024), (classes,)])
    fail_if(not found, "no parameters")
    fail_if(classes != 10 and (10, 1024) in found, "the argument is ignored")
    fail_if(found == sorted([(classes, 1024), (classes,)]), "the convolutions are no parameters")
    fail_if(found != right, "parameters of other sizes")


@lru_cache(maxsize=4)
def _objects(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Forty pictures of drawn objects, normalised, and their labels."""
    with contextlib.redirect_stdout(io.StringIO()):
        x, y, *_ = load_drawn_objects(40, 1, 1000 + seed)
    values = (x / 255).astype(np.float32)
    normalised = (values - values.mean(axis=(0, 1, 2))) / values.std(axis=(0, 1, 2))
    return normalised.transpose(0, 3, 1, 2), y
