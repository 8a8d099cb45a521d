"""What the checks of the coordinate network share: what is right, the student's objects, judging with a diagnosis.

A student's step may be a method of NeuralNetwork or a plain function of the same name. The courses differ in a factor
of 1/2 in the loss: one factor, used consistently, is right. A float32 answer to a float64 question is right, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from .. import NotWritten, Remote, Student, StudentCrashed, expect, fail_if, oracles

Params = dict[str, np.ndarray]
# Ten times what float32 loses in these networks; the mistakes are larger by orders of magnitude.
RTOL, ATOL = 1e-4, 2e-5

# --- what is right


def depth_of(params: Mapping[str, Any]) -> int:
    return sum(name.startswith("W") for name in params)


def forward(params: Mapping[str, np.ndarray], X: np.ndarray) -> np.ndarray:
    """The output for X (N, D): ReLU in the hidden layers, the sigmoid in the last.

    Complex parameters work, and stacks of networks: W (..., n, m) with b (..., 1, m).
    """
    depth = depth_of(params)
    for k in range(1, depth + 1):
        z = X @ params[f"W{k}"] + params[f"b{k}"]
        X = z * (z.real > 0) if k < depth else 1 / (1 + np.exp(-z))
    return X


def right_loss(params: Mapping[str, np.ndarray], X: np.ndarray, y: np.ndarray) -> Any:
    """mean((y - p)**2) over all N*C entries, for each network of a stack."""
    return ((y - forward(params, X)) ** 2).sum(axis=(-2, -1)) / y.size


def right_gradients(params: Params, X: np.ndarray, y: np.ndarray) -> Params:
    """The loss's gradient for every parameter, exact: by a complex step in every single number.

    All numbers in a row give a stack of as many networks, each with a step in one of them.
    """
    numbers = np.concatenate([value.ravel() for value in params.values()]).astype(complex)
    steps = numbers + 1e-20j * np.eye(len(numbers))
    ends = np.cumsum([value.size for value in params.values()])[:-1]
    stack = {
        name: part.reshape(-1, *np.atleast_2d(value).shape)
        for (name, value), part in zip(params.items(), np.split(steps, ends, axis=1), strict=True)
    }
    slopes = np.split(right_loss(stack, X, y).imag / 1e-20, ends)
    return {
        name: slope.reshape(value.shape) for (name, value), slope in zip(params.items(), slopes, strict=True)
    }


def psnr(y: np.ndarray, p: np.ndarray) -> float:
    """-10 log10 of the mean squared error, in dB; equal pictures get 200."""
    error = np.asarray(p, dtype=float) - np.asarray(y, dtype=float)
    return float(-10 * np.log10(max(np.mean(error**2), 1e-20)))


# --- the student's objects


def random_params(rng, *sizes: int, dtype: Any = float) -> Params:
    """W1, b1, W2, b2, ... of layers with these sizes, all of them random."""
    params: Params = {}
    for k, (n, m) in enumerate(pairwise(sizes), start=1):
        params[f"W{k}"] = (rng.normal(size=(n, m)) / np.sqrt(n)).astype(dtype)
        params[f"b{k}"] = rng.normal(scale=0.5, size=m).astype(dtype)
    return params


def network(student: Student, params: Params, opt: str = "SGD") -> Remote:
    """The student's network with these parameters."""
    sizes = [params["W1"].shape[0], *(len(value) for name, value in params.items() if name[0] == "b")]
    net = student.NeuralNetwork(sizes[0], sizes[1:-1], sizes[-1], len(sizes) - 1, opt)
    net.params = params
    return net


def plain(student: Student) -> Remote:
    """Any network, for methods that need none of its parameters."""
    return student.NeuralNetwork(3, [4], 2, 2, "SGD")


def call(student: Student, net: Remote, name: str, *args: Any, **kwargs: Any) -> Any:
    """Call the method of this name, or else the plain function; neither is not written.

    The transcript keeps the answer alone, so that both styles can be compared with misconceptions.
    """
    before = len(student.transcript)
    try:
        return getattr(net, name)(*args, **kwargs)
    except (NotWritten, StudentCrashed) as error:
        missing = error.type_name == "AttributeError" and not error.line if _crashed(error) else True
        if not missing:
            raise
    method_failed = student.transcript[before:]
    try:
        value = getattr(student, name)(*args, **kwargs)
        del student.transcript[before:-1]
        return value
    except (NotWritten, StudentCrashed) as error:
        # A method's stub that does not fit: `add_to` leaves its name behind.
        if _crashed(error) and (error.type_name != "TypeError" or error.line):
            raise
        student.transcript[before:] = method_failed
        raise NotWritten(name) from error


def _crashed(error: Exception) -> bool:
    return isinstance(error, StudentCrashed)


def do(student: Student, net: Remote, name: str, *args: Any, **kwargs: Any) -> None:
    """Call a method for what it does. What it returns is not asked for, nor compared with misconceptions."""
    call(student, net, name, *args, **kwargs)
    student.transcript[-1] = ("call", None)


def attribute(net: Remote, name: str) -> Any:
    try:
        return getattr(net, name).value()
    except StudentCrashed as crash:
        fail_if(crash.type_name == "AttributeError" and not crash.line, f"no attribute {name}")
        raise


def stored(net: Remote, name: str, right: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The dictionary `net.name`, which must have the keys of `right` and no other."""
    found = expect(attribute(net, name), name).is_dict()
    fail_if(not any(key in found for key in right), f"{name}: none of the keys of params")
    expect(found, name).is_dict(*right)
    fail_if(len(found) != len(right), f"{name}: keys that params does not have")
    return found


# --- judging


def near(value: np.ndarray, other: Any) -> bool:
    other = np.asarray(other, dtype=float)
    if value.shape != other.shape or not np.isfinite(other).all():
        return False
    scale = np.abs(other).max(initial=0.0)
    return np.allclose(value.astype(float), other, RTOL, ATOL * scale + 1e-12)


def judge(value: Any, right: Any, what: str = "", mistakes: Mapping[str, Any] | None = None) -> np.ndarray:
    """The value, equal to `right`; when it equals one of the `mistakes` instead, that one's key is the symptom."""
    right = np.asarray(right, dtype=float)
    prefix = f"{what}: " if what else ""
    numbers = expect(value, what).is_numeric()
    numbers = numbers.reshape(()) if numbers.size == 1 and right.ndim == 0 else numbers
    for symptom, wrong in (mistakes or {}).items():
        fail_if(not near(numbers, right) and near(numbers, wrong), prefix + symptom)
    numbers = expect(numbers, what).has_shape(*right.shape)
    expect(numbers, what).is_finite()
    fail_if(not near(numbers, right), prefix + "values differ")
    return numbers


def factor_of(value: Any, right: Any, what: str, mistakes: Mapping[str, Any] | None = None) -> float:
    """1 or 1/2, whichever makes `value` a multiple of `right`; each of the `mistakes` may be halved, too."""
    numbers = expect(value, what).is_numeric()
    right = np.asarray(right, dtype=float)
    for factor in (1.0, 0.5):
        same_shape = numbers.reshape(right.shape) if numbers.size == right.size == 1 else numbers
        if near(same_shape, factor * right):
            return factor
    halves = {
        symptom: wrong if near(numbers.reshape(np.shape(wrong)), wrong) else np.multiply(wrong, 0.5)
        for symptom, wrong in (mistakes or {}).items()
        if numbers.size == np.size(wrong)
    }
    judge(value, right, what, halves)
    return 1.0


def expect_unchanged(student: Student, net: Remote, name: str, *values: np.ndarray) -> Any:
    """Call with arrays that live on the student's side, look at them again, and return what came back."""
    arguments = [student.array(value) for value in values]
    result = call(student, net, name, *arguments)
    for argument, value in zip(arguments, values, strict=True):
        expect(argument.value(), f"{name}: the argument").unchanged(value)
    return result


def sigmoid_slope(z: np.ndarray) -> np.ndarray:
    """The sigmoid's derivative at the input z: 1 / (4 cosh(z/2)**2)."""
    return 0.25 / np.cosh(np.clip(np.asarray(z, dtype=float) / 2, -300, 300)) ** 2


def sigmoid(z: Any) -> np.ndarray:
    return oracles.sigmoid(z)
