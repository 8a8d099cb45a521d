"""Torch objects on the student's side: how checks make them, and how their numbers come over.

Tensors and modules stay there as `Remote`s; what crosses the channel are NumPy arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import CheckFailed, Remote, Student, StudentCrashed, expect
from .._torch import layer

CLASSES, PIXELS = 10, 784


def tensor(student: Student, array: np.ndarray) -> Remote:
    """A tensor with the values of `array`."""
    return student.given("torch", "from_numpy")(np.ascontiguousarray(array))


def pictures(student: Student, images: np.ndarray) -> Remote:
    """Pictures (N, 28, 28) as a float32 tensor (N, 1, 28, 28)."""
    return tensor(student, np.asarray(images, np.float32)[:, None])


def numbers(value: Any, what: str) -> Any:
    """The values of a tensor, or what is no Remote, as it is; CheckFailed for any other object."""
    if not isinstance(value, Remote):
        return value
    try:
        return value.detach().cpu().numpy()
    except StudentCrashed:
        raise CheckFailed(f"{what}: not a tensor") from None


def softmax_layer(student: Student, weight: np.ndarray, bias: np.ndarray, *before: Remote) -> Remote:
    """The layers `before`, then one dense layer from 784 pixels to ten log-probabilities; weight (10, 784)."""
    dense = layer(student, "Linear", PIXELS, CLASSES)
    dense.load_state_dict(
        student.dict({"weight": tensor(student, weight.astype(np.float32)),
                      "bias": tensor(student, bias.astype(np.float32))})
    )  # fmt: skip
    parts = (*before, layer(student, "Flatten"), dense, layer(student, "LogSoftmax", dim=1))
    return layer(student, "Sequential", *parts)


def state(model: Remote) -> dict[str, np.ndarray]:
    """The arrays of a model's state_dict, by name."""
    found = expect(model.state_dict(), "state_dict").is_dict()
    return {name: np.array(numbers(value, name)) for name, value in found.items()}


def items(student: Student, several: Any) -> list[Any]:
    """What a generator on the student's side gives, as a list."""
    return student.given("builtins", "list")(several)


def count(student: Student, model: Remote) -> int:
    """The number of trainable and frozen parameters of a model."""
    sizes = [
        expect(part.numel(), "a parameter's size").is_number() for part in items(student, model.parameters())
    ]
    return int(sum(sizes))


def digits(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Pictures (rows, 28, 28) float32 from 0 to 1: a bright blob at a place of its own, on dark noise."""
    images = rng.uniform(0, 0.2, size=(rows, 28, 28))
    for image, (top, left) in zip(images, rng.integers(4, 18, size=(rows, 2)), strict=True):
        image[top : top + 7, left : left + 5] += 0.8
    return images.clip(0, 1).astype(np.float32)
