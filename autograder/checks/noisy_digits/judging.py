"""Judges a submitted model.pt: loads it, and has the student's `classify` label the hidden camera's pictures.

The file is read inside the sandbox only, with weights_only=True; labels come over, and accuracy is computed here.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from ...camera import KINDS, Album, album
from .. import CheckFailed, Remote, Student, StudentCrashed, expect, fail_if
from ._remote import count, numbers, pictures

MAX_BYTES = 20 << 20
MAX_PARAMETERS = 2_000_000
MEAN = "mean"
_HIDDEN = Path(__file__).parents[2] / "data" / "mnist_hidden.npz"
_SEED = 20270503
_BATCH = 200


def accuracy_by_noise(student: Student) -> dict[str, float]:
    """Accuracy of the submitted model for each kind of noise, "clean", and the "mean" over the kinds of noise.

    `student` is a namespace that ran the notebook's definitions, with the submitted files beside it. Every
    submission is judged on the same 2000 pictures. Raises CheckFailed, whose symptom says why, for a model that is
    missing, too large, no dictionary of tensors, or not MyNet's; StudentError where student code fails.
    """
    taken = hidden_album()
    found = taken.accuracy(labels_of(student, load_model(student, weights(student)), taken))
    by_kind = {kind: found[kind] for kind in KINDS}
    return by_kind | {"clean": found["clean"], MEAN: float(np.mean(list(by_kind.values())))}


def weights(student: Student) -> Remote:
    """The dictionary of tensors in the student's file, on the student's side."""
    path = student.MODEL_FILE if student.defines("MODEL_FILE") else "model.pt"
    try:
        size = expect(student.given("os.path", "getsize")(path), "size").is_number()
    except StudentCrashed:
        raise CheckFailed("no model.pt") from None
    fail_if(size > MAX_BYTES, "model.pt is too large")
    try:
        loaded = student.given("torch", "load")(path, map_location="cpu", weights_only=True)
    except StudentCrashed:
        raise CheckFailed("model.pt holds more than numbers, or is damaged") from None
    fail_if(type(loaded) is not dict or not loaded, "model.pt is no state_dict")
    fail_if(not all(isinstance(value, Remote) for value in loaded.values()), "model.pt is no state_dict")
    return student.dict(loaded)


def load_model(student: Student, saved: Remote) -> Remote:
    """A new MyNet with these weights, in evaluation mode."""
    model = student.MyNet()
    fail_if(not isinstance(model, Remote), "MyNet is no network")
    fail_if(count(student, model) > MAX_PARAMETERS, "too many parameters")
    try:
        model.load_state_dict(saved)
    except StudentCrashed:
        raise CheckFailed("the weights do not fit MyNet") from None
    # MyNet() stands on the GPU where a student's __init__ put it; pictures come on the CPU.
    return model.cpu().eval()


def labels_of(student: Student, model: Remote, taken: Album) -> np.ndarray:
    """The labels (N,) that the student's classify gives to an album's pictures, in batches."""
    found = []
    for start in range(0, len(taken.x), _BATCH):
        x = taken.x[start : start + _BATCH] / np.float32(255)
        labels = numbers(student.classify(model, pictures(student, x)), "labels")
        found.append(expect(labels, "labels").has_shape(len(x)))
    return np.concatenate(found)


@lru_cache(maxsize=1)
def hidden_album() -> Album:
    """The 2000 hidden digits as the hidden camera took them, each once; the same for everybody."""
    with np.load(_HIDDEN) as file:
        return album(file["images"], file["labels"], _SEED)
