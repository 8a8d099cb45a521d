"""Hidden checks of the deep convolutional network's parts and of the network itself (`mnist_dcn.ipynb`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from .. import Remote, Student, check, expect, fail_if, thresholds
from ._mnist_dcn import (
    NEAR,
    SHAPES,
    array,
    digits,
    doubles,
    forward,
    is_leaf_to_train,
    quietly,
    random_parameters,
    set_parameters,
    tensor,
)

# Three million parameters take their time on a busy machine.
SECONDS = 24.0

# --- weight_variable, bias_variable


@check("pytorch.weight_variable", hint="Draw a whole tensor of the given shape.")
def weights_have_the_shape(student, rng):
    """Shapes with two and four axes are kept, in float32."""
    for shape in ((7, 3), (4, 2, 5, 5)):
        weights = array(student.weight_variable(shape), "weights")
        expect(weights, "weights").has_shape(*shape)
        fail_if(weights.dtype != np.float32, "not float32")


@check(
    "pytorch.weight_variable", hint="Normal, mean 0, standard deviation 0.1, whatever the shape is.", weight=2
)
def weights_are_small_and_random(student, rng):
    """Mean and spread are right, units differ, and a second call draws afresh."""
    first, second = (array(student.weight_variable((80, 50)), "weights") for _ in range(2))
    expect(first, "weights").has_shape(80, 50)
    fail_if(np.ptp(first) == 0, "all weights are equal")
    fail_if(np.array_equal(first, second), "the same weights in every call")
    fail_if(first.min() >= 0, "no negative weights")
    fail_if(abs(first.mean()) > 0.02, "the mean is not 0")
    # Truncation at two deviations leaves a deviation of 0.088.
    fail_if(first.std() < 0.08, "the spread is too small")
    fail_if(first.std() > 0.11, "the spread is too large")
    fail_if(np.mean(abs(first) > 0.05) > 0.75, "not normally distributed")


@check("pytorch.weight_variable", hint="Wrap the tensor in nn.Parameter, last.")
def weights_can_be_trained(student, rng):
    """The result is an nn.Parameter that requires a gradient."""
    _judge_trainable(student.weight_variable((3, 2)))


@check("pytorch.bias_variable", hint="torch.full(shape, 0.1)", weight=2)
def biases_are_a_tenth(student, rng):
    """Every entry is 0.1, in the given shape and in float32."""
    for shape in ((5,), (2, 3)):
        biases = array(student.bias_variable(shape), "biases")
        expect(biases, "biases").close_to(np.full(shape, 0.1))
        fail_if(biases.dtype != np.float32, "not float32")


@check("pytorch.bias_variable", hint="Wrap the tensor in nn.Parameter; make a new one in each call.")
def biases_can_be_trained(student, rng):
    """The result is an nn.Parameter of its own, which requires a gradient."""
    first, second = student.bias_variable((4,)), student.bias_variable((4,))
    _judge_trainable(first)
    quietly(student, first.data.fill_, 7.0)
    expect(array(second, "biases"), "other biases").close_to(np.full(4, 0.1))


def _judge_trainable(value: Any) -> None:
    fail_if(not isinstance(value, Remote), "not a tensor")
    fail_if(not is_leaf_to_train(value), "not an nn.Parameter that requires a gradient")


# --- conv2d, max_pool_2x2


@check("pytorch.conv2d", hint="F.conv2d(x, W) with two rows of zeros on each side.", weight=2)
def convolution_of_several_channels(student, rng):
    """Values agree with a loop, for uneven pictures, several channels in and out, and a batch of one."""
    for n, channels, out, high, wide in ((2, 3, 4, 6, 9), (1, 1, 2, 5, 7)):
        x, W = rng.normal(size=(n, channels, high, wide)), rng.normal(size=(out, channels, 5, 5))
        made = array(student.conv2d(tensor(student, x), tensor(student, W)), "convolution")
        fail_if(made.shape == (n, out, high - 4, wide - 4), "smaller than the input")
        right = convolution(x, W)
        turned = convolution(x, W[:, :, ::-1, ::-1])
        fail_if(made.shape == right.shape and np.allclose(made, turned, 1e-3, 1e-3), "kernel turned")
        expect(made, "convolution").close_to(right, **NEAR)


@check("pytorch.conv2d", hint="Outside of the picture there are zeros, nothing else.")
def convolution_at_the_border(student, rng):
    """Beyond the border the picture counts as 0."""
    x, W = np.ones((1, 1, 4, 6)), np.abs(rng.normal(size=(1, 1, 5, 5)))
    made = array(student.conv2d(tensor(student, x), tensor(student, W)), "convolution")
    expect(made, "convolution").close_to(convolution(x, W), **NEAR)


@check("pytorch.conv2d", hint="No .detach(), no .data, no NumPy on the way.")
def convolution_passes_gradients(student, rng):
    """The gradients reach x and W, and x stays unchanged."""
    x, W = rng.normal(size=(1, 2, 5, 6)).astype(np.float32), rng.normal(size=(3, 2, 5, 5)).astype(np.float32)
    _judge_gradients(
        student, student.conv2d, {"x": x, "W": W}, lambda x, W: F.conv2d(x, W, padding=2), rng.normal
    )


@check("pytorch.max_pool_2x2", hint="F.max_pool2d(x, 2)", weight=2)
def pooling_of_several_channels(student, rng):
    """Values agree with a loop for uneven pictures, each channel and picture by itself, negative numbers too."""
    for shape, shift in (((2, 3, 4, 6), 0.0), ((1, 2, 6, 2), -10.0)):
        x = rng.normal(size=shape) + shift
        made = array(student.max_pool_2x2(tensor(student, x)), "pooled")
        n, c, h, w = shape
        blocks = x.reshape(n, c, h // 2, 2, w // 2, 2)
        means = blocks.mean(axis=(3, 5))
        fail_if(made.shape == means.shape and np.allclose(made, means, atol=1e-4), "means, not maxima")
        expect(made, "pooled").close_to(pooling(x), **NEAR)


@check("pytorch.max_pool_2x2", hint="No .detach(), no .data, no NumPy on the way.")
def pooling_passes_gradients(student, rng):
    """The gradient reaches the largest of each block, and x stays unchanged."""
    x = rng.permutation(48).reshape(1, 2, 4, 6).astype(np.float32)
    _judge_gradients(student, student.max_pool_2x2, {"x": x}, lambda x: F.max_pool2d(x, 2), rng.normal)


def convolution(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    """The formula of the notebook, place by place."""
    (n, _, high, wide), out = x.shape, len(W)
    padded = np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)))
    made = np.zeros((n, out, high, wide))
    for i in range(high):
        for j in range(wide):
            made[:, :, i, j] = np.tensordot(padded[:, :, i : i + 5, j : j + 5], W, ((1, 2, 3), (1, 2, 3)))
    return made


def pooling(x: np.ndarray) -> np.ndarray:
    """The largest of each 2 x 2 block, block by block."""
    n, c, high, wide = x.shape
    made = np.zeros((n, c, high // 2, wide // 2))
    for i in range(high // 2):
        for j in range(wide // 2):
            made[:, :, i, j] = x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max(axis=(2, 3))
    return made


def _judge_gradients(
    student: Student, function: Remote, arguments: dict[str, Any], right: Any, draw: Any
) -> None:
    """Compare the slopes of a random weighted sum of the output with those of `right` in float64."""
    given = {name: tensor(student, value) for name, value in arguments.items()}
    for value in given.values():
        quietly(student, value.requires_grad_)
    expected = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
        for name, value in arguments.items()
    }
    target = right(*expected.values())
    delta = draw(size=tuple(target.shape))
    target.backward(torch.tensor(delta))
    made = function(*given.values())
    fail_if(not isinstance(made, Remote), "not a tensor")
    expect(array(made, "output"), "output").has_shape(*target.shape)
    fail_if(made.requires_grad.value() is not True, "gradients are cut off")
    quietly(student, made.backward, tensor(student, delta))
    for name, value in given.items():
        expect(array(value.grad.value(), f"gradient of {name}"), f"gradient of {name}").close_to(
            expected[name].grad.numpy(), **NEAR
        )
        expect(array(value, name), name).unchanged(arguments[name])


# --- DeepConvNet


def _right_parts(student: Student, rng: Any) -> None:
    """Right weights, biases, convolution and pooling, which compute on the student's side."""
    functional, parameter = "torch.nn.functional", student.given("torch.nn", "Parameter")
    student.bind(
        weight_variable=lambda shape: parameter(student.given("torch", "randn")(*shape).mul(0.1)),
        bias_variable=lambda shape: parameter(student.given("torch", "zeros")(*shape).add(0.1)),
        conv2d=lambda x, W: student.given(functional, "conv2d")(x, W, padding=2),
        max_pool_2x2=lambda x: student.given(functional, "max_pool2d")(x, 2),
    )
    student.transcript.clear()


@check(
    "pytorch.DeepConvNet",
    hint="Eight parameters with the names and shapes of the text, 3,274,634 numbers.",
    rescue=_right_parts,
    seconds=SECONDS,
)
def network_has_its_parameters(student, rng):
    """All eight parameters have their names and shapes, are registered, and nothing else is."""
    net = student.DeepConvNet()
    found = expect(student.given("builtins", "dict")(quietly(student, net.named_parameters))).is_dict()
    for name, shape in SHAPES.items():
        fail_if(name not in found, f"no parameter {name}")
        size = quietly(student, getattr(net, name).detach).shape.value()
        fail_if(tuple(size) != shape, f"{name}: wrong shape")
    fail_if(len(found) != len(SHAPES), "parameters that the text does not name")


@check(
    "pytorch.DeepConvNet",
    hint="conv2d + b, act, max_pool_2x2, twice; then flatten, fc1, act.",
    weight=3,
    rescue=_right_parts,
    seconds=SECONDS,
)
def every_stage_is_seen(student, rng):
    """In evaluation mode the entries of seen are those of the layers in the asked order."""
    net, values = _network(student, rng)
    x = rng.uniform(size=(3, 1, 28, 28))
    net(tensor(student, x))
    _judge_seen(student, net, forward(doubles(values), torch.tensor(x)))


@check(
    "pytorch.DeepConvNet",
    hint="Return the net input of fc2: softmax is inside F.cross_entropy.",
    weight=2,
    rescue=_right_parts,
    seconds=SECONDS,
)
def logits_are_right(student, rng):
    """In evaluation mode forward returns the logits, for three digits and for one."""
    net, values = _network(student, rng)
    for count in (3, 1):
        x = rng.uniform(size=(count, 1, 28, 28))
        logits = array(net(tensor(student, x)), "logits")
        right = forward(doubles(values), torch.tensor(x))["fc2/net_input"]
        for name, softened in (
            ("probabilities", F.softmax(right, 1)),
            ("log-probabilities", F.log_softmax(right, 1)),
        ):
            close = logits.shape == softened.shape and np.allclose(logits, softened.numpy(), 1e-3, 1e-4)
            fail_if(close, f"{name}, not logits")
        expect(logits, "logits").close_to(right.numpy(), **NEAR)


@check(
    "pytorch.DeepConvNet",
    hint="Each of the eight parameters takes part, and nothing is detached on the way.",
    weight=2,
    rescue=_right_parts,
    seconds=SECONDS,
)
def gradients_reach_every_parameter(student, rng):
    """The gradients of the cross entropy are right for all eight parameters."""
    net, values = _network(student, rng)
    x, y = rng.uniform(size=(2, 1, 28, 28)), np.array([3, 8])
    right = doubles(values, train=True)
    F.cross_entropy(forward(right, torch.tensor(x))["fc2/net_input"], torch.tensor(y)).backward()
    logits = net(tensor(student, x))
    expect(array(logits, "logits"), "logits").has_shape(2, 10)
    loss = quietly(student, student.given("torch.nn.functional", "cross_entropy"), logits, tensor(student, y))
    fail_if(loss.requires_grad.value() is not True, "gradients are cut off")
    quietly(student, loss.backward)
    for name in SHAPES:
        grad = quietly(student, getattr(net, name).grad.value)
        fail_if(grad is None, f"no gradient for {name}")
        # Three million numbers are too many to send: their sums over one axis tell as much.
        total = array(quietly(student, grad.sum, 0), name)
        expect(total, f"gradient of {name}").close_to(right[name].grad.sum(0).numpy(), rtol=2e-3, atol=2e-4)


@check(
    "pytorch.DeepConvNet",
    hint="F.dropout(..., 0.5, training=self.training), between fc1's activation and fc2.",
    weight=2,
    rescue=_right_parts,
    seconds=SECONDS,
)
def dropout_while_training(student, rng):
    """In training mode half of fc1's activations are dropped, the others doubled, others in each pass."""
    net, values = _network(student, rng, W_fc2=np.eye(1024, 10), b_fc2=np.zeros(10), b_fc1=np.full(1024, 5.0))
    quietly(student, net.train)
    x = rng.uniform(size=(40, 1, 28, 28))
    logits = array(net(tensor(student, x)), "logits")
    right = forward(doubles(values), torch.tensor(x))["fc1/activation"][:, :10].numpy()
    expect(logits, "logits").has_shape(40, 10)
    factors = logits[right > 0.5] / right[right > 0.5]
    fail_if(np.allclose(factors, 1, atol=1e-2), "no dropout in training mode")
    dropped = abs(factors) < 1e-2
    fail_if(not np.allclose(factors[~dropped], 2, atol=2e-2), "what dropout keeps is not doubled")
    # 400 draws: right answers are outside these bounds once in a hundred million.
    fail_if(not 0.35 < dropped.mean() < 0.65, "dropout drops another share than a half")
    expect(array(quietly(student, net.seen.__getitem__, "fc1/activation"), "fc1"), "fc1").close_to(
        forward(doubles(values), torch.tensor(x))["fc1/activation"].numpy(), **NEAR
    )


@check(
    "pytorch.DeepConvNet",
    hint="F.dropout drops always, unless it is told training=self.training.",
    rescue=_right_parts,
    seconds=SECONDS,
)
def no_dropout_in_evaluation(student, rng):
    """In evaluation mode two passes over the same digits give the same logits."""
    net, _ = _network(student, rng)
    x = tensor(student, rng.uniform(size=(4, 1, 28, 28)))
    first, second = (array(net(x), "logits") for _ in range(2))
    fail_if(not np.allclose(first, second, atol=1e-6), "dropout in evaluation mode")


@check(
    "pytorch.DeepConvNet",
    hint="Call self.act in all three places; make the first three layers `pieces` times as wide.",
    rescue=_right_parts,
    seconds=SECONDS,
)
def act_init_and_pieces_count(student, rng):
    """The given act bends all three layers, init makes the weights, and pieces widens all but the last layer."""
    net, values = _network(student, rng, student.given("torch", "tanh"))
    x = rng.uniform(size=(2, 1, 28, 28))
    net(tensor(student, x))
    _judge_seen(student, net, forward(doubles(values), torch.tensor(x), torch.tanh))
    zeros, parameter = student.given("torch", "zeros"), student.given("torch.nn", "Parameter")

    def empty(shape: Any) -> Any:
        return quietly(student, lambda: parameter(zeros(*shape)))

    wide = student.DeepConvNet(student.given("torch", "relu"), empty, 2)
    for name, shape in SHAPES.items():
        factors = {"W_fc1": (1, 2), "W_fc2": (1, 1), "b_fc2": (1,)}.get(name, (2,) + (1,) * (len(shape) - 1))
        size = quietly(student, getattr(wide, name).detach).shape.value()
        right = tuple(n * factor for n, factor in zip(shape, factors, strict=True))
        fail_if(tuple(size) != right, f"{name}: wrong shape with two pieces")
        if name.startswith("W"):
            fail_if(quietly(student, getattr(wide, name).abs().sum().item) != 0, "init is not used")


@check(
    "pytorch.DeepConvNet",
    hint="Weights drawn by weight_variable, biases by bias_variable.",
    rescue=_right_parts,
    seconds=SECONDS,
)
def network_learns_a_few_digits(student, rng):
    """As it starts, the network learns 20 digits in a few steps of Adam.

    After half as many steps one right network in sixty had not got below 2.5 yet.
    """
    net, (images, labels) = student.DeepConvNet(), digits(rng, 20)
    x, y = tensor(student, images), tensor(student, labels)
    optimizer = quietly(
        student, student.given("torch.optim", "Adam"), quietly(student, net.parameters), lr=1e-3
    )
    cross_entropy = student.given("torch.nn.functional", "cross_entropy")
    quietly(student, net.train)
    for _ in range(16):
        quietly(student, optimizer.zero_grad)
        loss = quietly(student, cross_entropy, net(x), y)
        fail_if(
            not isinstance(loss, Remote) or loss.requires_grad.value() is not True, "gradients are cut off"
        )
        quietly(student, loss.backward)
        quietly(student, optimizer.step)
    quietly(student, net.eval)
    loss = expect(quietly(student, quietly(student, cross_entropy, net(x), y).item), "loss").is_number()
    limit = thresholds.limit("pytorch", "dcn_most_loss")
    thresholds.at_most(loss, limit, "loss on 20 digits after 16 steps", "20 digits are not learnt")


def _network(student: Student, rng, *arguments: Any, **changes: Any) -> tuple[Remote, dict[str, np.ndarray]]:
    """The student's network in evaluation mode, and the values that were given to its parameters."""
    net = student.DeepConvNet(*arguments)
    values = random_parameters(rng) | {name: value.astype(np.float32) for name, value in changes.items()}
    set_parameters(student, net, values)
    quietly(student, net.eval)
    return net, values


def _judge_seen(student: Student, net: Remote, right: dict[str, torch.Tensor]) -> None:
    for name, value in right.items():
        fail_if(name not in net.seen, f"seen has no {name}")
        expect(array(net.seen[name], name), name).close_to(value.detach().numpy(), **NEAR)
