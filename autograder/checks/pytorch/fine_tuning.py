"""Hidden checks of `source/pytorch/fine_tuning.ipynb`: a network's new head, its frozen body, and what is done with it.

SqueezeNets here have random weights and small pictures: what is checked does not depend on what a network knows.
References are computed with torch in float64; the loop `fit` has a module of its own, `fine_tuning_training`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from student_lib.drawn_objects import load_drawn_objects
from student_lib.squeezenet import DEVIATION, MEAN

from .. import Remote, Student, _torch, check, expect, fail_if
from ..thresholds import at_most, limit
from ._networks import loss_after_training

STEPS = 40

# --- outputs


@check("pytorch.outputs", hint="Every row, also those of a short last batch, in their order.", weight=2)
def all_rows_in_order(student, rng):
    """Eleven rows give their eleven outputs, in batches of 4, of 1, and all at once."""
    for size in (4, 1, 64):
        model, x, right = _linear(student, rng)
        expect(_outputs(student, model, x, size)).close_to(right, rtol=1e-4, atol=1e-5)


@check("pytorch.outputs", hint="torch.cat joins along the rows, whatever axes follow.")
def maps_are_outputs_too(student, rng):
    """A convolution's outputs come back with all their axes."""
    model = _torch.layer(student, "Conv2d", 2, 3, 2)
    named = _torch.fill(student, model, rng)
    x = rng.normal(size=(5, 2, 4, 6)).astype(np.float32)
    weights = (torch.tensor(named[name]).double() for name in ("weight", "bias"))
    right = F.conv2d(torch.tensor(x).double(), *weights).numpy()
    expect(_outputs(student, model, x, 2)).close_to(right, rtol=1e-4, atol=1e-5)


@check("pytorch.outputs", hint="module.eval() before the first batch.")
def dropout_is_off(student, rng):
    """Dropout is off for every batch, though the module comes in training mode."""
    model, x, right = _linear(student, rng, dropout=0.9)
    expect(_outputs(student, model, x, 4)).close_to(right, rtol=1e-4, atol=1e-5)


@check("pytorch.outputs", hint="Remember module.training first, and give it back with module.train(mode).")
def mode_is_given_back(student, rng):
    """The module is left in the mode in which it came, for both modes."""
    for training in (True, False):
        model, x, _ = _linear(student, rng, dropout=0.5)
        model.train(training)
        _outputs(student, model, x, 4)
        found = model.training.value() is True
        fail_if(found != training, f"left in {'training' if found else 'evaluation'} mode")


@check(
    "pytorch.outputs", hint="with torch.no_grad(): around the loop; .detach() afterwards costs the memory."
)
def no_graph_is_recorded(student, rng):
    """No batch records a graph, and the result needs no gradient."""
    model, x, _ = _linear(student, rng)
    recorded = []
    model.register_forward_hook(lambda module, args, out: recorded.append(out.requires_grad.value()))
    made = student.outputs(model, _torch.tensor(student, x), batch_size=4)
    _torch.array(made)
    fail_if(made.requires_grad.value() is not False, "the result carries a graph")
    fail_if(not recorded or any(one is not False for one in recorded), "a graph is recorded")


@check("pytorch.outputs", hint="x.split(batch_size): the whole of x may not fit into memory.")
def batches_are_small(student, rng):
    """No batch holds more than batch_size rows."""
    model, x, _ = _linear(student, rng)
    sizes = []
    model.register_forward_hook(lambda module, args, out: sizes.append(len(_torch.array(out))))
    _outputs(student, model, x, 4)
    fail_if(max(sizes, default=0) > 4, "batches too large")


def _outputs(student: Student, model: Remote, x: np.ndarray, size: int) -> np.ndarray:
    return _torch.array(student.outputs(model, _torch.tensor(student, x), batch_size=size))


def _linear(student: Student, rng: Any, rows: int = 11, dropout: float = 0.0):
    """A linear layer, behind a dropout, in training mode; rows for it, and what it makes of them."""
    linear = _torch.layer(student, "Linear", 6, 3)
    named = _torch.fill(student, linear, rng, 0.9)
    model = _torch.layer(student, "Sequential", _torch.layer(student, "Dropout", dropout), linear)
    x = rng.normal(size=(rows, 6)).astype(np.float32)
    return model, x, x.astype(float) @ named["weight"].astype(float).T + named["bias"]


# --- replace_head


@check("pytorch.replace_head", hint="nn.Conv2d(512, classes, kernel_size=1), with its bias.")
def the_head_has_the_asked_classes(student, rng):
    """The new head has 512 weights and a bias for each class, for several numbers of classes."""
    for classes in (5, 2):
        net = _with_head(student, classes)
        _expect_head(student, net, classes)
        fail_if(any(value.requires_grad.value() is not True for _, value in _head(student, net)), "frozen")


@check(
    "pytorch.replace_head",
    hint="Replace net.classifier[1] alone: dropout, ReLU and mean stay around it.",
    weight=2,
)
def scores_come_from_the_new_head(student, rng):
    """The scores are the mean over places of ReLU of the new head's numbers."""
    net = _with_head(student, 5)
    _expect_head(student, net, 5)
    W, b = rng.normal(size=(5, 512, 1, 1)), rng.normal(size=5)
    for (_, parameter), numbers in zip(_head(student, net), (W, b), strict=True):
        _torch.put(student, parameter, numbers.astype(np.float32))
    net.eval()
    x = _torch.tensor(student, rng.normal(size=(2, 3, 40, 40)).astype(np.float32))
    maps = torch.tensor(_torch.array(net.features(x))).double()
    right = F.conv2d(maps, torch.tensor(W), torch.tensor(b)).relu().mean(dim=(2, 3)).numpy()
    expect(_torch.array(net(x))).close_to(right, rtol=1e-3, atol=1e-4)


@check("pytorch.replace_head", hint="Change the net that you are given; a new SqueezeNet has other weights.")
def the_body_is_the_old_one(student, rng):
    """The body's weights are those of the given network."""
    net = _squeezenet(student)
    before = _torch.arrays(student, net)
    after = _torch.arrays(student, _torch.quietly(student, student.replace_head, net, 4))
    for name, value in before.items():
        if not _in_head(name):
            expect(after.get(name), "a weight of the body").unchanged(value)


# --- freeze


@check("pytorch.freeze", hint="requires_grad is the switch, one for each parameter.", weight=2)
def only_the_head_learns(student, rng):
    """The head's weights and biases ask for gradients, nothing else does; so when frozen twice."""
    net = _squeezenet(student)
    for _ in range(2):
        _torch.quietly(student, student.freeze, net)
        learning = {
            name for name, value in _torch.parameters(student, net) if value.requires_grad.value() is True
        }
        fail_if(not any(map(_in_head, learning)), "the head is frozen")
        fail_if(not all(map(_in_head, learning)), "the body learns")
        fail_if(len(learning) != 2, "a part of the head is frozen")


@check("pytorch.freeze", hint="Take a step and compare: the body has to stay equal, in every bit.", weight=2)
def a_step_moves_the_head_alone(student, rng):
    """One step with weight decay over all parameters leaves the body equal, and moves the head."""
    net = _squeezenet(student)
    for _, parameter in _head(student, net):
        _torch.put(
            student, parameter, np.abs(rng.normal(size=_torch.array(parameter).shape)).astype(np.float32)
        )
    _torch.quietly(student, student.freeze, net)
    before = _torch.arrays(student, net)
    x = _torch.tensor(student, rng.normal(size=(3, 3, 40, 40)).astype(np.float32))
    loss = student.given("torch.nn.functional", "cross_entropy")(net(x), _torch.tensor(student, [0, 1, 2]))
    fail_if(loss.requires_grad.value() is not True, "nothing learns")
    loss.backward()
    student.given("torch.optim", "SGD")(net.parameters(), lr=0.1, weight_decay=0.1).step()
    for name, value in _torch.arrays(student, net).items():
        if _in_head(name):
            fail_if(np.array_equal(value, before[name]), "the head did not move")
        else:
            expect(value, "the body").unchanged(before[name])


@check("pytorch.freeze", hint="Freezing and the mode are two switches: no eval(), no train() here.")
def mode_and_values_stay(student, rng):
    """The network's mode and all its numbers stay as they are."""
    net = _squeezenet(student)
    before = _torch.arrays(student, net)
    for training in (True, False):
        net.train(training)
        _torch.quietly(student, student.freeze, net)
        modes = [part.training.value() is True for part in (net, net.features, net.classifier)]
        fail_if(modes != 3 * [training], "the mode was changed")
    for name, value in _torch.arrays(student, net).items():
        expect(value, "a parameter").unchanged(before[name])


def _squeezenet(student: Student) -> Remote:
    return _torch.quietly(student, student.given("student_lib.squeezenet", "SqueezeNet"), 6)


def _with_head(student: Student, classes: int) -> Remote:
    net = _torch.quietly(student, student.replace_head, _squeezenet(student), classes)
    fail_if(not isinstance(net, Remote), "not a module")
    return net


def _in_head(name: str) -> bool:
    return name.startswith("classifier")


def _head(student: Student, net: Remote) -> list[tuple[str, Remote]]:
    return [(name, value) for name, value in _torch.parameters(student, net) if _in_head(name)]


def _expect_head(student: Student, net: Remote, classes: int) -> None:
    shapes = [_torch.array(value, "the head").shape for _, value in _head(student, net)]
    fail_if(len(shapes) > 2, "layers were added")
    fail_if(len(shapes) < 2, "no bias")
    fail_if(shapes[0][:1] != (classes,), "another number of classes")
    fail_if(shapes[0] != (classes, 512, 1, 1), "another kernel")
    fail_if(shapes[1] != (classes,), "another bias")


# --- FlowerNet


@check(
    "pytorch.flower_net", hint="Three nn.Conv2d, two nn.Linear; most numbers sit in the first linear layer."
)
def five_layers_of_a_moderate_size(student, rng):
    """Three convolutions and two linear layers learn, with at most 2 million numbers."""
    shapes = _shapes(student, _flower_net(student))
    fail_if(sum(len(shape) == 4 for shape in shapes) != 3, "not three convolutions")
    fail_if(sum(len(shape) == 2 for shape in shapes) != 2, "not two linear layers")


@check("pytorch.flower_net", hint="The last nn.Linear has `classes` outputs; nothing follows it.", weight=2)
def logits_for_each_class(student, rng):
    """As many logits as classes, of both signs, for six pictures and for one."""
    x = rng.normal(size=(6, 3, 64, 64)).astype(np.float32)
    found = []
    for classes in (3, 7, 7, 7):
        net = _flower_net(student, classes)
        # Random numbers in all parameters: some of so many logits are negative, unless something prevents it.
        _torch.fill(student, net, rng, 0.2)
        net.eval()
        logits = expect(_torch.array(net(_torch.tensor(student, x))), "logits").has_shape(6, classes)
        alone = expect(_torch.array(net(_torch.tensor(student, x[:1]))), "logits").has_shape(1, classes)
        fail_if(not np.allclose(alone, logits[:1], rtol=1e-2, atol=1e-2 * np.abs(logits).max()), "rows mix")
        found.append(logits)
    positive = min(logits.min() for logits in found) >= 0
    probabilities = all(np.allclose(logits.sum(axis=1), 1, atol=1e-3) for logits in found)
    fail_if(positive and probabilities, "rows sum to one")
    fail_if(positive, "no negative logit")


@check("pytorch.flower_net", hint="Stay with torch's operations: .detach() and NumPy cut the graph.")
def gradients_reach_all_layers(student, rng):
    """After backward every parameter holds a gradient, and those of the first layer are not all 0."""
    net = _flower_net(student)
    x, y = _pictures(student, int(rng.integers(100)))
    loss = student.given("torch.nn.functional", "cross_entropy")(net(x), y)
    fail_if(loss.requires_grad.value() is not True, "no gradient reaches a parameter")
    loss.backward()
    found = _torch.gradients(student, net)
    fail_if(
        not all(np.any(value) for value in found.values() if value.ndim == 4),
        "a convolution gets no gradient",
    )


@check(
    "pytorch.flower_net",
    hint="Does the loss of twenty pictures fall? If it stays near ln 10 = 2.3, look at what each layer gets.",
    seconds=40,
)
def learns_twenty_pictures(student, rng):
    """A short training lowers the loss of twenty drawn objects."""
    x, y = _pictures(student, int(rng.integers(100)))
    net = _flower_net(student)
    reached = loss_after_training(student, net, net.parameters(), x, y, lr=0.002, steps=STEPS)
    at_most(
        reached,
        limit("pytorch", "flower_net_loss"),
        "FlowerNet's loss on 20 pictures after 40 steps",
        "learns too little",
    )


def _flower_net(student: Student, classes: int = 10) -> Remote:
    """The student's network after one forward pass, so that lazy layers have their sizes."""
    net = _torch.quietly(student, student.FlowerNet, classes)
    fail_if(not isinstance(net, Remote), "not a module")
    shape = (2, 3, 64, 64)
    _torch.array(net(_torch.tensor(student, np.zeros(shape, np.float32))), "logits")
    numbers = sum(int(np.prod(shape)) for shape in _shapes(student, net))
    fail_if(numbers > 2_000_000, "too many parameters")
    return net


def _shapes(student: Student, net: Remote) -> list[list[int]]:
    """The shape of each parameter; the numbers may be too many to fetch."""
    as_list = student.given("builtins", "list")
    shapes = [as_list(value.size()) for _, value in _torch.parameters(student, net)]
    return [expect(shape, "a shape").is_numeric().astype(int).tolist() for shape in shapes]


def _pictures(student: Student, seed: int) -> tuple[Remote, Remote]:
    """Twenty drawn objects, (20, 3, 64, 64) normalised, two of each class, on the student's side."""
    x, y = _drawn(seed)
    return _torch.tensor(student, x), _torch.tensor(student, y)


@lru_cache(maxsize=4)
def _drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()):
        x, y, *_ = load_drawn_objects(20, 1, seed=seed)
    return normalised(x).repeat(2, axis=2).repeat(2, axis=3), y


def normalised(pictures: np.ndarray) -> np.ndarray:
    """What `as_input` makes of pictures (N, H, W, 3) uint8, as float32 (N, 3, H, W)."""
    return ((pictures / 255 - MEAN) / DEVIATION).transpose(0, 3, 1, 2).astype(np.float32)
