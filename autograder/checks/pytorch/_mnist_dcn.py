"""What the checks of `source/pytorch/mnist_dcn.ipynb` share: tensors, a reference in float64, event files.

Tensors, networks, writers and event files stay on the student's side; checks compute with arrays, fetched and
validated. What differs between two runs for other reasons than a mistake (names of folders, times in event files)
is taken out of the transcript, where misconceptions are compared.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from .. import Remote, Student, StudentError, expect, fail_if

SHAPES = {
    "W_conv1": (32, 1, 5, 5),
    "b_conv1": (32,),
    "W_conv2": (64, 32, 5, 5),
    "b_conv2": (64,),
    "W_fc1": (3136, 1024),
    "b_fc1": (1024,),
    "W_fc2": (1024, 10),
    "b_fc2": (10,),
}
# Sums of 3136 float32 terms, taken in another order than ours.
NEAR = {"rtol": 1e-3, "atol": 1e-4}
STATISTICS = ("min", "max", "mean", "std")
_DIGITS = Path(__file__).parents[2] / "data" / "mnist_hidden.npz"

# --- tensors


def tensor(student: Student, values: Any) -> Remote:
    """A tensor of the student's: float32, or int64 for whole numbers."""
    array = np.asarray(values)
    array = array.astype(np.int64 if array.dtype.kind in "iu" else np.float32)
    return quietly(student, student.given("torch", "tensor"), array)


def array(value: Any, what: str) -> np.ndarray:
    """A finite array of what student code returned, a tensor that may require a gradient."""
    fail_if(value is None, f"{what}: None")
    if isinstance(value, Remote):
        value = value.detach().cpu().numpy()
    return expect(value, what).is_finite()


def is_leaf_to_train(value: Any) -> bool:
    """Whether an optimizer can train it, and a module finds it."""
    return (
        isinstance(value, Remote) and value._type_name == "Parameter" and value.requires_grad.value() is True
    )


def quietly(student: Student, function: Any, *args: Any, **kwargs: Any) -> Any:
    """Call something of a library's; it leaves no trace in the transcript."""
    before = len(student.transcript)
    try:
        return function(*args, **kwargs)
    finally:
        del student.transcript[before:]


# --- the network's reference


def random_parameters(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Values for all eight parameters, float32, which keep every net input near 1.

    W_fc1 has 200 rows that are not 0: three million numbers would take longer on their way than all that is done
    with them.
    """
    scales = {"W_conv1": 0.3, "W_conv2": 0.05, "W_fc1": 0.1, "W_fc2": 0.05}
    values = {}
    for name, shape in SHAPES.items():
        rows = rng.choice(shape[0], 200, replace=False) if name == "W_fc1" else slice(None)
        values[name] = np.zeros(shape, np.float32)
        drawn = rng.standard_normal(values[name][rows].shape, dtype=np.float32)
        values[name][rows] = np.float32(scales.get(name, 0.3)) * drawn
    return values


def forward(
    values: dict[str, torch.Tensor], x: torch.Tensor, act: Any = torch.relu
) -> dict[str, torch.Tensor]:
    """All that the network makes of x without dropout, in the order in which it is made."""
    seen = {}
    for layer in ("conv1", "conv2"):
        bias = values[f"b_{layer}"].reshape(1, -1, 1, 1)
        seen[f"{layer}/net_input"] = F.conv2d(x, values[f"W_{layer}"], padding=2) + bias
        seen[f"{layer}/activation"] = act(seen[f"{layer}/net_input"])
        x = seen[f"{layer}/pooled"] = F.max_pool2d(seen[f"{layer}/activation"], 2)
    seen["fc1/net_input"] = x.reshape(len(x), -1) @ values["W_fc1"] + values["b_fc1"]
    seen["fc1/activation"] = act(seen["fc1/net_input"])
    seen["fc2/net_input"] = seen["fc1/activation"] @ values["W_fc2"] + values["b_fc2"]
    return seen


def doubles(values: dict[str, np.ndarray], train: bool = False) -> dict[str, torch.Tensor]:
    """The arrays as float64 tensors."""
    return {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=train) for name, value in values.items()
    }


def set_parameters(student: Student, net: Remote, values: dict[str, np.ndarray]) -> None:
    """Give the student's network these values; fail where a parameter is missing, or of another shape."""
    for name, value in values.items():
        has = quietly(student, student.given("builtins", "hasattr"), net, name)
        fail_if(has is not True, f"no parameter {name}")
        parameter = getattr(net, name)
        shape = quietly(student, parameter.detach).shape.value()
        is_shape = type(shape) is tuple and all(type(size) is int for size in shape)
        fail_if(not is_shape or shape != value.shape, f"{name}: wrong shape")
        rows = np.flatnonzero(value.reshape(len(value), -1).any(axis=1))
        quietly(student, parameter.data.zero_)
        quietly(student, parameter.data.index_copy_, 0, tensor(student, rows), tensor(student, value[rows]))


def digits(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Hidden digits: images (count, 1, 28, 28), float32 from 0 to 1, and labels (count,), int64."""
    with np.load(_DIGITS, allow_pickle=False) as file:
        rows = rng.choice(len(file["labels"]), size=count, replace=False)
        images, labels = file["images"][rows], file["labels"][rows]
    return (images.reshape(-1, 1, 28, 28) / 255).astype(np.float32), labels.astype(np.int64)


# --- event files


@contextlib.contextmanager
def folder_for_events(student: Student) -> Iterator[tuple[str, Remote]]:
    """An empty folder on the student's side and a SummaryWriter for it; at the end closed and removed."""
    folder = quietly(student, student.given("tempfile", "mkdtemp"))
    writer = quietly(student, student.given("torch.utils.tensorboard", "SummaryWriter"), folder)
    try:
        yield folder, writer
    finally:
        # After a crash or a time-out there may be nobody left to ask; the sandbox goes away as a whole.
        with contextlib.suppress(StudentError):
            quietly(student, writer.close)
            quietly(student, student.given("shutil", "rmtree"), folder, True)


class Events:
    """What a folder's event files hold, read on the student's side: tags, and (steps, values) of each."""

    def __init__(self, student: Student, folder: str):
        made = student.given("tensorboard.backend.event_processing.event_accumulator", "EventAccumulator")
        sizes = {"scalars": 0, "histograms": 0}
        events = quietly(student, made, folder, size_guidance=sizes)
        quietly(student, events.Reload)
        tags = quietly(student, events.Tags)
        fail_if(type(tags) is not dict, "no event file")
        self.scalars = self._read(student, events.Scalars, tags.get("scalars"))
        self.histograms = self._read(student, events.Histograms, tags.get("histograms"))
        # What is compared with misconceptions: all but the times.
        student.transcript.append(("events", {"scalars": self.scalars, "histograms": self.histograms}))

    def _read(
        self, student: Student, records_of: Remote, tags: Any
    ) -> dict[str, tuple[list[int], list[Any]]]:
        names = sorted(tag for tag in tags if type(tag) is str) if type(tags) is list else []
        return {
            tag: _columns(quietly(student, lambda: _as_tuples(student, records_of(tag)))) for tag in names
        }

    def steps(self, tag: str, kind: str = "scalars") -> list[int]:
        """The steps of a tag, which must be there."""
        found = getattr(self, kind)
        fail_if(tag not in found, f"no {'histogram' if kind == 'histograms' else 'scalar'} {_general(tag)}")
        return found[tag][0]

    def values(self, tag: str) -> np.ndarray:
        """The numbers of a scalar, which must be there."""
        self.steps(tag)
        return expect(self.scalars[tag][1], tag).is_finite()


def _as_tuples(student: Student, objects: Any) -> Any:
    """The plain tuples of a list of dataclass objects on the student's side, in one request."""
    convert = student.given("dataclasses", "astuple")
    return student.given("builtins", "list")(student.given("builtins", "map")(convert, objects))


def _columns(events: Any) -> tuple[list[int], list[Any]]:
    """(steps, values) of a list of (time, step, value); a histogram's value is how many numbers it counts."""
    rows = expect(events, "events").is_sequence()
    fail_if(any(type(row) is not tuple or len(row) != 3 for row in rows), "events that are none")
    steps = [row[1] for row in rows]
    fail_if(any(type(step) is not int for step in steps), "events without steps")
    return steps, [row[2][2] if type(row[2]) is tuple and len(row[2]) > 2 else row[2] for row in rows]


def _general(tag: str) -> str:
    """A tag's last part, which students know from the text; the whole tag may come from a check's input."""
    return tag if tag.startswith(("loss", "error/")) else tag.rpartition("/")[2]
