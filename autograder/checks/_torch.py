"""What checks share about torch: objects on the student's side as `Remote`s, their numbers as arrays.

Tensors and modules never leave the sandbox. Whatever a step returns may be something else than it should be, so
every one is looked at before the next: a check that uses these functions fails the student, and breaks nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import CheckFailed, Remote, Student, StudentCrashed, expect, fail_if


def tensor(student: Student, values: Any) -> Remote:
    """A tensor on the student's side: float32 for floats, int64 for whole numbers."""
    values = np.asarray(values)
    return student.given("torch", "tensor")(
        values.astype(np.float32 if values.dtype.kind == "f" else np.int64)
    )


def layer(student: Student, name: str, *arguments: Any, **settings: Any) -> Remote:
    """A module of torch.nn, `layer(student, "Linear", 3, 2)`; arguments may be modules."""
    return student.given("torch.nn", name)(*arguments, **settings)


def loader(student: Student, x: np.ndarray, y: np.ndarray, batch_size: int) -> Remote:
    """A DataLoader of (x, y), in their order, the last batch short where it must be."""
    rows = student.given("torch.utils.data", "TensorDataset")(tensor(student, x), tensor(student, y))
    return student.given("torch.utils.data", "DataLoader")(rows, batch_size=batch_size)


def array(value: Any, what: str = "the output") -> np.ndarray:
    """The numbers of a tensor on the student's side, finite, wherever and with whatever history it is."""
    for step in ("detach", "cpu", "numpy"):
        fail_if(not isinstance(value, Remote), f"{what}: not a tensor")
        value = _attempt(getattr(value, step), f"{what}: not a tensor")
    return expect(value, what).is_finite()


def parameters(student: Student, module: Any) -> list[tuple[str, Remote]]:
    """(name, parameter) of a module, in the order in which it registered them."""
    fail_if(not isinstance(module, Remote), "not a module")
    named = _attempt(module.named_parameters, "not a module")
    # Names are a matter of style: they are not compared with misconceptions.
    pairs = quietly(student, student.given("builtins", "list"), named)
    found = [expect(pair, "parameters").is_pair() for pair in expect(pairs, "parameters").is_sequence()]
    fail_if(not all(type(name) is str and isinstance(value, Remote) for name, value in found), "not a module")
    return found


def arrays(student: Student, module: Any) -> dict[str, np.ndarray]:
    """The numbers of a module's parameters, by name."""
    return {name: array(value, name) for name, value in parameters(student, module)}


def fill(
    student: Student, module: Any, rng: np.random.Generator, scale: float = 0.3
) -> dict[str, np.ndarray]:
    """Give every parameter of a module random numbers, and return them by name, float32."""
    filled = {}
    for name, value in parameters(student, module):
        numbers = rng.normal(scale=scale, size=array(value, name).shape).astype(np.float32)
        put(student, value, numbers)
        filled[name] = numbers
    return filled


def put(student: Student, parameter: Remote, numbers: np.ndarray) -> None:
    """Write numbers into a parameter."""
    parameter.data.copy_(tensor(student, numbers))


def gradients(student: Student, module: Any) -> dict[str, np.ndarray]:
    """What backward left in each parameter, by name; a parameter that it did not reach fails."""
    found = {}
    for name, value in parameters(student, module):
        grad = value.grad.value()
        fail_if(grad is None, "no gradient reaches a parameter")
        found[name] = array(grad, "a gradient")
    return found


def quietly(student: Student, function: Callable[..., Any], *arguments: Any, **settings: Any) -> Any:
    """Call something for an object: its type's name, a matter of style, is not compared with misconceptions."""
    value = function(*arguments, **settings)
    student.transcript[-1] = ("call", None)
    return value


def _attempt(method: Remote, symptom: str) -> Any:
    """Call a method that torch's objects have; an object without it is something else."""
    try:
        return method()
    except StudentCrashed as crash:
        if crash.type_name in ("AttributeError", "TypeError") and not crash.line:
            raise CheckFailed(symptom) from crash
        raise
