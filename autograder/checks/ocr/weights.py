"""Hidden checks of `save_weights` and `load_weights`, and of the trained weights that were handed in.

Files are written and read where the student's code runs: what comes to the grader are arrays, never a file's bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from .. import CheckFailed, Student, StudentCrashed, check, expect, fail_if
from ..thresholds import at_least, limit
from ._layers import PARAMETERS, Arrays, loss_and_accuracy
from .train import hidden_test

SUBMITTED = "ocr_weights.npz"


@check("ocr.save_weights", hint="np.savez(path, **kept): a name and an array for each entry.")
def the_same_arrays_come_back(student, rng):
    """np.load finds the four arrays at the path, the same numbers in the same precision."""
    with _folder(student) as folder:
        params = _params(rng)
        student.save_weights(student.dict(params), folder + "/kept.npz")
        _expect_same(_read(student, folder + "/kept.npz"), params)


@check("ocr.save_weights", hint='Keep an entry only if "_" not in key.')
def scratch_is_left_out(student, rng):
    """Caches, gradients and accumulators stay out of the file: what has "_" in its name."""
    with _folder(student) as folder:
        params = _params(rng)
        scratch = {
            "cache_layer1": (rng.normal(size=(3, 7)), rng.normal(size=(3, 4)), rng.normal(size=(3, 4)))
        }
        scratch |= {"grad_" + name: 2 * value for name, value in params.items()}
        scratch["m_Wlayer1"] = 3 * params["Wlayer1"]
        kept = student.dict(params | scratch)
        student.save_weights(kept, folder + "/scratch.npz")
        _expect_same(_read(student, folder + "/scratch.npz"), params)
        fail_if(set(kept.keys()) != {*params, *scratch}, "params lost entries")


@check("ocr.save_weights", hint="Use the argument path, and write the whole file again.")
def the_last_save_counts(student, rng):
    """Saving again under the same path replaces what was there; another path is another file."""
    with _folder(student) as folder:
        first, second = _params(rng), _params(rng)
        student.save_weights(first, folder + "/one.npz")
        student.save_weights(first, folder + "/two.npz")
        student.save_weights(second, folder + "/two.npz")
        _expect_same(_read(student, folder + "/one.npz"), first)
        _expect_same(_read(student, folder + "/two.npz"), second)


@check(
    "ocr.weights", hint="with np.load(path) as file: a dictionary of file[name] for each name in file.files."
)
def load_weights_gives_a_dictionary(student, rng):
    """load_weights returns a dictionary with the file's arrays, and refuses a file with a pickle in it."""
    with _folder(student) as folder:
        params = _params(rng)
        student.given("numpy", "savez")(folder + "/kept.npz", **params)
        found = expect(student.load_weights(folder + "/kept.npz"), "the result").is_dict(*params)
        _expect_same(found, params)
        # An array that holds None can only be stored as a pickle.
        pickled = student.given("numpy", "array")([None])
        student.given("numpy", "savez")(folder + "/pickled.npz", Wlayer1=pickled)
        try:
            student.load_weights(folder + "/pickled.npz")
        except StudentCrashed:
            return
        raise CheckFailed("a pickle is opened")


@check(
    "ocr.weights",
    hint=f"Train with the full budget, run the cell that saves {SUBMITTED}, and hand that file in with the notebook.",
)
def the_submitted_file_is_valid(student, rng):
    """Your ocr_weights.npz lies beside the notebook and holds the four arrays of a 1024-H-36 network, finite."""
    _submitted(student)


@check(
    "ocr.weights",
    hint=f"{SUBMITTED} should come from your best network, after at least 30 epochs, not from a quick test.",
    weight=2,
)
def the_submitted_network_reads(student, rng):
    """The network of your ocr_weights.npz reads letters in fonts that you never saw."""
    reached = loss_and_accuracy(_submitted(student), *hidden_test())[1]
    at_least(reached, limit("ocr", "weights_accuracy"), "accuracy on hidden fonts", "reads too few")


def _params(rng) -> Arrays:
    shapes = ((7, 4), (4,), (4, 3), (3,))
    return {name: rng.normal(size=shape) for name, shape in zip(PARAMETERS, shapes, strict=True)}


@contextmanager
def _folder(student: Student) -> Iterator[str]:
    """A new folder where the student's code runs, the grader's own process for a misconception; gone afterwards."""
    folder = student.given("tempfile", "mkdtemp")()
    fail_if(type(folder) is not str, "tempfile was replaced")
    try:
        yield folder
    finally:
        student.given("shutil", "rmtree")(folder, True)


def _read(student: Student, path: str) -> dict[str, object]:
    """Name to array of an npz file on the student's side; what is pickled stays closed there."""
    try:
        file = student.given("numpy", "load")(path)
        names = file.files.value() if not isinstance(file, np.ndarray) else None
    except StudentCrashed as crash:
        missing = crash.type_name == "FileNotFoundError"
        raise CheckFailed("no file of that name" if missing else "not an npz file") from crash
    fail_if(type(names) is not list or not all(type(name) is str for name in names), "not an npz file")
    try:
        return {name: file[name] for name in names[:50]}
    except StudentCrashed as crash:
        raise CheckFailed("something pickled in the file") from crash


def _expect_same(found: dict[str, object], params: Arrays) -> None:
    fail_if("arr_0" in found, "arrays without their names")
    for name, value in params.items():
        fail_if(name not in found, "an array is missing")
        array = expect(found[name], name).has_shape(*value.shape)
        fail_if(array.dtype != value.dtype, "another precision")
        expect(array, name).equals(value)
    fail_if(any("_" in name for name in found), 'names with "_" are in the file')
    fail_if(set(found) != set(params), "more than the parameters is in the file")


def _submitted(student: Student) -> Arrays:
    found = _read(student, SUBMITTED)
    for name in PARAMETERS:
        fail_if(name not in found, f"no {name} in the file")
    W = expect(found["Wlayer1"], "Wlayer1").is_finite()
    fail_if(W.ndim != 2 or not 1 <= W.shape[-1] <= 4096, "Wlayer1: not a matrix")
    hidden = W.shape[1]
    shapes = ((1024, hidden), (hidden,), (hidden, 36), (36,))
    params = {}
    for name, shape in zip(PARAMETERS, shapes, strict=True):
        fail_if(expect(found[name], name).is_numeric().dtype.kind != "f", f"{name}: not floating point")
        expect(found[name], name).has_shape(*shape)
        params[name] = expect(found[name], name).is_finite().astype(float)
    return params
