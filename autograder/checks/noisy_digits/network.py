"""Hidden checks of MyNet, save_model and of the model that was handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...camera import KINDS
from .. import CheckFailed, Remote, Student, StudentCrashed, check, expect, fail_if
from .._torch import layer
from ..thresholds import at_least, limit
from . import judging
from ._remote import CLASSES, count, digits, items, numbers, pictures, state

_CLEAN_ALONE = 0.9
_CHANCE = 0.35


# --- MyNet


@check("noisy_digits.MyNet", hint="F.log_softmax(scores, dim=1), once, at the very end.", weight=2)
def log_probabilities(student, rng):
    """Six pictures, and one, give rows of ten log-probabilities: at most 0, and probabilities that add up to 1."""
    net = _my_net(student).eval()
    for rows in (6, 1):
        out = _output(student, net, digits(rng, rows))
        sums = np.exp(out.astype(float)).sum(axis=1)
        fail_if(
            np.allclose(out.sum(axis=1), 1, atol=1e-3) and out.min() >= 0, "probabilities without logarithm"
        )
        over_the_batch = np.allclose(np.exp(out.astype(float)).sum(axis=0), 1, atol=1e-3)
        fail_if(over_the_batch, "probabilities add up over the batch")
        fail_if(out.max() > 1e-5 or not np.allclose(sums, 1, atol=1e-3), "not log-probabilities")


@check("noisy_digits.MyNet", hint="Softmax only once: log_softmax has it built in.")
def any_probability_is_possible(student, rng):
    """With large weights the network can be sure of a digit: log-probabilities lie more than 1 apart."""
    net = _my_net(student).eval()
    for parameter in items(student, net.parameters()):
        parameter.data.mul_(20.0)
    out = _output(student, net, digits(rng, 6))
    fail_if(np.ptp(out, axis=1).max() <= 1.0001, "softmax twice")


@check(
    "noisy_digits.MyNet", hint="In evaluation mode nothing is random, and nothing is averaged over the batch."
)
def one_picture_at_a_time(student, rng):
    """In evaluation mode a picture's row is the same alone and in a batch, and the same every time."""
    net, images = _my_net(student).eval(), digits(rng, 5)
    together = _output(student, net, images)
    fail_if(not np.allclose(together, _output(student, net, images), atol=1e-5), "another answer each time")
    alone = np.concatenate([_output(student, net, images[n : n + 1]) for n in range(5)])
    fail_if(not np.allclose(together, alone, rtol=1e-3, atol=1e-3), "the neighbours in the batch matter")
    fail_if(np.abs(together - together[0]).max() < 1e-7, "every picture gets the same answer")


@check(
    "noisy_digits.MyNet",
    hint="Is every layer that __init__ makes used in forward?",
)
def every_parameter_learns(student, rng):
    """backward reaches every parameter."""
    net = _my_net(student)
    net.train()
    out = net(pictures(student, digits(rng, 8)))
    fail_if(not isinstance(out, Remote), "the output: not a tensor")
    out.square().sum().backward()
    parameters = items(student, net.parameters())
    fail_if(not parameters, "no parameters")
    fail_if(any(parameter.grad.value() is None for parameter in parameters), "a parameter gets no gradient")


@check("noisy_digits.MyNet", hint="Layers in a plain list are not found: nn.ModuleList or nn.Sequential.")
def weights_tell_all(student, rng):
    """A second MyNet with the first one's state_dict gives the same output."""
    first, second, images = _my_net(student), _my_net(student), digits(rng, 4)
    second.load_state_dict(first.state_dict())
    outputs = [_output(student, net.eval(), images) for net in (first, second)]
    fail_if(not np.allclose(*outputs, atol=1e-4), "two networks with equal weights differ")


@check("noisy_digits.MyNet", hint="Fewer kernels, or another pooling before the dense layer.")
def not_too_large(student, rng):
    """MyNet has at most 2,000,000 parameters."""
    fail_if(count(student, _my_net(student)) > judging.MAX_PARAMETERS, "too many parameters")


def _my_net(student: Student) -> Remote:
    net = student.MyNet()
    fail_if(not isinstance(net, Remote), "MyNet is no network")
    return net.cpu()


def _output(student: Student, net: Remote, images: np.ndarray) -> np.ndarray:
    out = expect(numbers(net(pictures(student, images)), "the output"), "the output")
    out.has_shape(len(images), CLASSES)
    return out.is_finite()


# --- save_model


@check("noisy_digits.save_model", hint="torch.save(model.state_dict(), path).", weight=2)
def tensors_alone(student, rng):
    """The file is at the path, loads with weights_only=True, and is a dictionary of tensors."""
    _saved(student, _trained(student, rng))


@check(
    "noisy_digits.save_model",
    hint="state_dict also has the running averages of batch normalisation.",
    weight=2,
)
def every_number_is_there(student, rng):
    """Every parameter and every running average is in the file as it is in the model, and a new one can load it."""
    model = _trained(student, rng)
    right, saved = state(model), _saved(student, model)
    fail_if(set(right) - set(saved), "something of state_dict is missing")
    fail_if(set(saved) - set(right), "something else is in the file")
    for name, array in right.items():
        found = expect(numbers(saved[name], "values"), "values").is_numeric()
        fail_if(
            found.shape != array.shape or not np.allclose(found, array, rtol=1e-2, atol=1e-3), "other values"
        )
    try:
        _network(student).load_state_dict(student.dict(saved))
    except StudentCrashed:
        raise CheckFailed("a new network cannot load it") from None


@check("noisy_digits.save_model", hint="Saving only reads: no eval, no half, no new initialisation.")
def saving_changes_nothing(student, rng):
    """The model is the same after the call."""
    model = _trained(student, rng)
    before = state(model)
    _saved(student, model)
    for name, array in state(model).items():
        expect(array, name).unchanged(before[name])


def _network(student: Student) -> Remote:
    parts = layer(student, "Flatten"), layer(student, "Linear", 784, 6), layer(student, "BatchNorm1d", 6)
    return layer(student, "Sequential", *parts, layer(student, "Linear", 6, CLASSES))


def _trained(student: Student, rng: np.random.Generator) -> Remote:
    """A small network whose running averages are not those of a new one."""
    model = _network(student).train()
    model(pictures(student, digits(rng, 20)))
    return model


def _saved(student: Student, model: Remote) -> dict[str, Any]:
    folder = student.given("tempfile", "mkdtemp")()
    try:
        path = expect(folder, "a folder").equals(folder) + "/mine.pt"
        student.save_model(model, path)
        fail_if(student.given("os.path", "exists")(path) is not True, "no file at the path")
        try:
            loaded = student.given("torch", "load")(path, map_location="cpu", weights_only=True)
        except StudentCrashed:
            raise CheckFailed("the file holds more than numbers") from None
        fail_if(type(loaded) is not dict, "no dictionary of tensors")
        fail_if(not all(isinstance(value, Remote) for value in loaded.values()), "no dictionary of tensors")
        return loaded
    finally:
        student.given("shutil", "rmtree")(folder, ignore_errors=True)


# --- model


def _right_classify(student: Student, rng: np.random.Generator) -> None:
    """Lend a right classify: the model handed in is judged, whatever happened to that exercise."""

    def classify(model: Any, x: Any) -> Any:
        model.eval()
        return model(x).argmax(dim=1)

    student.bind(classify=classify)


@check("noisy_digits.model", hint="Hand in the file that save_model wrote: a state_dict, at most 20 MB.")
def file_of_tensors(student, rng):
    """model.pt is there, is not too large, loads with weights_only=True, and is a dictionary of tensors."""
    judging.weights(student)


@check("noisy_digits.model", hint="Hand in the MyNet that you trained: the same layers under the same names.")
def weights_fit(student, rng):
    """MyNet() loads the weights, every one of them, and has at most 2,000,000 parameters."""
    judging.load_model(student, judging.weights(student))


@check(
    "noisy_digits.model",
    hint="Augment with more kinds of noise, train longer, and look at your own heat map.",
    weight=2,
    seconds=30,
    rescue=_right_classify,
)
def beats_the_baseline(student, rng):
    """On hidden digits through the hidden camera the mean accuracy over the kinds of noise beats the baseline."""
    found = _told_apart(student)
    at_least(found[judging.MEAN], limit("noisy_digits", "baseline"), "mean accuracy", _reason(found))


def _told_apart(student: Student) -> dict[str, float]:
    """`accuracy_by_noise`, and the accuracy on clean pictures if labels were one too large."""
    taken = judging.hidden_album()
    model = judging.load_model(student, judging.weights(student))
    labels = judging.labels_of(student, model, taken)
    found = taken.accuracy(labels)
    shifted = taken.accuracy((labels - 1) % CLASSES)["clean"]
    mean = float(np.mean([found[kind] for kind in KINDS]))
    return {**found, "shifted": shifted, judging.MEAN: mean}


_REASONS: tuple[tuple[str, Callable[[dict[str, float]], bool]], ...] = (
    ("labels: one too large", lambda found: found["shifted"] > _CLEAN_ALONE),
    ("clean digits at chance", lambda found: found["clean"] < _CHANCE),
    ("clean digits alone", lambda found: found["clean"] > _CLEAN_ALONE and found["gaussian"] < 0.85),
    ("one kind of noise alone", lambda found: found["clean"] > _CLEAN_ALONE),
)


def _reason(found: dict[str, float]) -> str:
    return next((symptom for symptom, holds in _REASONS if holds(found)), "below the baseline")
