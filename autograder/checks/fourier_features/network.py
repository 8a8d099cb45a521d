"""Checks of the whole network: forward and backward, at depths 2 to 5, against complex steps in float64.

A wrong step of an earlier exercise costs nothing here: a check that fails is repeated with right ones. Where forward
is wrong, backward may also be right for the function that forward computes: then finite differences judge.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import CheckFailed, Remote, Student, check, expect, fail_if, oracles
from ._fourier import (
    Params,
    attribute,
    call,
    do,
    factor_of,
    forward,
    judge,
    near,
    network,
    random_params,
    right_gradients,
    right_loss,
    stored,
)
from ._lent import STEPS, gradients, rescue

# num_layers 4, 2, 3 and 5; no two neighbouring sizes are equal.
FOUR, OTHERS = (3, 6, 4, 5, 2), ((2, 7, 3), (4, 3, 5, 2), (5, 4, 6, 3, 7, 1))
_FOR_FORWARD = rescue("linear", "relu", "sigmoid")
_FOR_BACKWARD = rescue(*STEPS)

# --- forward


@check(
    "fourier_features.forward",
    hint="Linear and ReLU in every hidden layer; linear and sigmoid in the last.",
    weight=2,
    rescue=_FOR_FORWARD,
)
def forward_through_four_layers(student, rng):
    """Four layers give the right output, for five rows and for one."""
    for rows in (5, 1):
        _judge_forward(student, rng, FOUR, rows)


@check("fourier_features.forward", hint="Loop over self.num_layers: W1 to Wk.", weight=2, rescue=_FOR_FORWARD)
def forward_at_other_depths(student, rng):
    """Networks of two, three and five layers give the right output."""
    for sizes in OTHERS:
        _judge_forward(student, rng, sizes, rows=4)


@check("fourier_features.forward", hint="Keep in self.outputs what backward needs.", rescue=_FOR_FORWARD)
def forward_fills_outputs(student, rng):
    """self.outputs holds what passed; X and the parameters are the same after the call."""
    params, X = random_params(rng, *FOUR), rng.normal(size=(4, 3))
    net, kept = network(student, params), student.array(X)
    out = call(student, net, "forward", kept)
    expect(out, "output").has_shape(4, 2)
    expect(kept.value(), "X").unchanged(X)
    outputs = attribute(net, "outputs")
    student.transcript[-1] = ("value", None)
    fail_if(not isinstance(outputs, dict | list | tuple) or not outputs, "outputs: empty")
    for name, value in stored(net, "params", params).items():
        expect(value, name).unchanged(params[name])


@check(
    "fourier_features.forward",
    hint="Each call starts from its own X and the present parameters.",
    rescue=_FOR_FORWARD,
)
def forward_again(student, rng):
    """A second call, with other rows and parameters, in float32, is right as well."""
    params, other = (random_params(rng, *FOUR, dtype=np.float32) for _ in range(2))
    net = network(student, params)
    for weights, rows in ((params, 5), (other, 3)):
        net.params = weights
        X = rng.normal(size=(rows, 3)).astype(np.float32)
        judge(call(student, net, "forward", X), forward(weights, X), "output")


def _judge_forward(student: Student, rng, sizes: tuple[int, ...], rows: int) -> None:
    params, X = random_params(rng, *sizes), rng.normal(size=(rows, sizes[0]))
    found = call(student, network(student, params), "forward", X)
    judge(found, forward(params, X), "output", _forward_mistakes(params, X))


def _forward_mistakes(params: Params, X: np.ndarray) -> dict[str, np.ndarray]:
    depth = len(params) // 2

    def bent(hidden, last, bias=1.0):
        a = X
        for k in range(1, depth + 1):
            z = a @ params[f"W{k}"] + bias * params[f"b{k}"]
            a = hidden(z) if k < depth else last(z)
        return a

    relu, sigmoid = STEPS["relu"], STEPS["sigmoid"]
    mistakes = {
        "sigmoids in the hidden layers": bent(sigmoid, sigmoid),
        "no sigmoid at the end": bent(relu, lambda z: z),
        "ReLU at the end": bent(relu, relu),
        "ReLU before the sigmoid": bent(relu, lambda z: sigmoid(relu(z))),
        "no ReLU in the hidden layers": bent(lambda z: z, sigmoid),
        "biases left out": bent(relu, sigmoid, bias=0.0),
        "tanh in the hidden layers": bent(np.tanh, sigmoid),
        "the sigmoid twice": bent(relu, lambda z: sigmoid(sigmoid(z))),
        "a softmax at the end": bent(relu, oracles.softmax),
    }
    return {symptom: np.asarray(wrong, dtype=float) for symptom, wrong in mistakes.items()}


# --- backward


@check("fourier_features.backward", hint="backward returns the loss: self.mse(y, p).", rescue=_FOR_BACKWARD)
def backward_returns_the_loss(student, rng):
    """backward(y) returns the mean squared error of the last forward pass, or half of it."""
    params, X, y = _problem(rng, FOUR, 5)
    net = _passed(student, params, X)
    loss = call(student, net, "backward", y)
    expect(loss, "loss").is_number()
    right = _own_loss(student, net, params, X, y)
    factor_of(loss, right, "loss", {"a sum": right * y.size, "the PSNR": -10 * np.log10(right)})


@check(
    "fourier_features.backward",
    hint="From the last layer: linear_grad gives W's, b's and the slope for the layer below.",
    weight=2,
    rescue=_FOR_BACKWARD,
)
def gradients_of_the_last_layer(student, rng):
    """The last layer's gradients are right, with the shapes of its W and b."""
    _judge_backward(student, rng, FOUR, 5, ("W4", "b4"))


@check(
    "fourier_features.backward",
    hint="Each hidden layer multiplies by relu_grad of its own input z.",
    weight=3,
    rescue=_FOR_BACKWARD,
)
def gradients_of_the_hidden_layers(student, rng):
    """The gradients of all four layers are right, for five rows and for one."""
    for rows in (5, 1):
        _judge_backward(student, rng, FOUR, rows)


@check(
    "fourier_features.backward",
    hint="Loop over self.num_layers, from the last to the first.",
    weight=2,
    rescue=_FOR_BACKWARD,
)
def gradients_at_other_depths(student, rng):
    """Networks of two, three and five layers, with other widths, have right gradients."""
    for sizes in OTHERS:
        _judge_backward(student, rng, sizes, 4)


@check(
    "fourier_features.backward",
    hint="Replace the gradients of the call before, and do not touch the parameters.",
    rescue=_FOR_BACKWARD,
)
def backward_starts_afresh(student, rng):
    """A second batch, in float32, replaces the first one's gradients; parameters and y stay unchanged."""
    params, X, y = _problem(rng, FOUR, 5, np.float32)
    net = _passed(student, params, -X[:3])
    do(student, net, "backward", y[:3])
    for name, value in stored(net, "params", params).items():
        expect(value, f"params {name}").unchanged(params[name])
    do(student, net, "forward", X)
    kept = student.array(y)
    loss = call(student, net, "backward", kept)
    expect(kept.value(), "y").unchanged(y)
    first, second = right_gradients(params, -X[:3], y[:3]), right_gradients(params, X, y)
    found = stored(net, "gradients", params)
    added = all(_alike(found[name], first[name] + second[name]) for name in params)
    fail_if(added, "gradients: added to those of the call before")
    _judge_gradients(student, net, params, X, y, loss)


def _problem(
    rng, sizes: tuple[int, ...], rows: int, dtype: Any = float
) -> tuple[Params, np.ndarray, np.ndarray]:
    """Parameters, X and y; in each hidden layer some units are on and some are off."""
    while True:
        params, X = random_params(rng, *sizes, dtype=dtype), rng.normal(size=(rows, sizes[0])).astype(dtype)
        if np.abs(right_gradients(params, X, 0 * forward(params, X))["W1"]).max() > 1e-3:
            return params, X, rng.uniform(size=(rows, sizes[-1])).astype(dtype)


def _passed(student: Student, params: Params, X: np.ndarray) -> Remote:
    net = network(student, params)
    do(student, net, "forward", X)
    return net


def _judge_backward(
    student: Student, rng, sizes: tuple[int, ...], rows: int, names: tuple[str, ...] = ()
) -> None:
    params, X, y = _problem(rng, sizes, rows)
    net = _passed(student, params, X)
    loss = call(student, net, "backward", y)
    _judge_gradients(student, net, params, X, y, loss, names)


def _judge_gradients(
    student: Student,
    net: Remote,
    params: Params,
    X: np.ndarray,
    y: np.ndarray,
    loss: Any,
    names: tuple[str, ...] = (),
) -> None:
    """All gradients, or those of `names`, are one factor times the right ones: the loss's, where that is known."""
    found = stored(net, "gradients", params)
    own_loss, right = float(right_loss(params, X, y)), right_gradients(params, X, y)
    try:
        _compare(found, right, loss, own_loss, names, len(X))
    except CheckFailed:
        own = _own_output(student, net, X)
        if near(own, forward(params, X)) or own.shape != y.shape:
            for symptom, wrong in _backward_mistakes(params, X, y).items():
                fail_if(all(_alike(found[name], wrong[name]) for name in wrong), symptom)
            raise
        slopes = _differences(student, net, params, X, y)
        _compare(found, slopes, loss, float(np.mean((own - y) ** 2)), names, len(X))


def _backward_mistakes(params: Params, X: np.ndarray, y: np.ndarray) -> dict[str, Params]:
    """The gradients of wrong backward passes, by symptom."""
    relu, slope_at, mse_grad = STEPS["relu"], STEPS["sigmoid_grad"], STEPS["mse_grad"]

    def through_sigmoid(y, p):
        return mse_grad(y, p) * p * (1 - p)

    def to_z(slope, z):
        return slope * (z > 0)

    return {
        "no relu_grad on the way down": gradients(params, X, y, through_sigmoid, lambda slope, z: slope),
        "the sigmoid's slope in hidden layers": gradients(
            params, X, y, through_sigmoid, lambda slope, z: slope * slope_at(z)
        ),
        "relu instead of relu_grad": gradients(
            params, X, y, through_sigmoid, lambda slope, z: slope * relu(z)
        ),
        "starts without the sigmoid's slope": gradients(params, X, y, mse_grad, to_z),
        "the sigmoid's slope twice": gradients(
            params, X, y, lambda y, p: through_sigmoid(y, p) * p * (1 - p), to_z
        ),
        "sigmoid_grad of the output": gradients(
            params, X, y, lambda y, p: mse_grad(y, p) * slope_at(p), to_z
        ),
        "z in the place of the layer's input": gradients(
            params, X, y, through_sigmoid, to_z, kept=lambda z: z
        ),
    }


def _alike(value: Any, wrong: np.ndarray) -> bool:
    numbers = expect(value).is_numeric()
    return near(numbers, wrong) or near(numbers, wrong / 2)


def _compare(
    found: dict, right: Params, loss: Any, right_loss: float, names: tuple[str, ...], rows: int
) -> None:
    last = max(right)
    names = names or tuple(right)
    ratios = {f: near(expect(loss, "loss").is_numeric().reshape(-1), [f * right_loss]) for f in (1.0, 0.5)}
    factors = [factor for factor, fits in ratios.items() if fits] or [1.0, 0.5]
    for name in names:
        value = expect(found[name], name).is_numeric()
        if any(near(value, factor * right[name]) for factor in factors):
            continue
        factor = factors[0]
        other = {"another factor than in the loss": (1.5 - factor) * right[name]}
        other |= {"wrong sign": -factor * right[name]}
        if rows > 2:
            other |= {
                "averaged over the rows": factor * right[name] / rows,
                "not averaged over the rows": factor * right[name] * rows,
            }
        if np.size(right[last]) > 1:
            channels = np.size(right[f"b{len(right) // 2}"])
            other |= {"not averaged over the channels": factor * right[name] * channels}
        fail_if(value.shape == right[name].shape and not value.any(), f"{_kind(name)}: zero")
        fail_if(name[0] == "b" and value.shape == (1, *right[name].shape), "b: a row, not a vector")
        judge(value, factor * right[name], _kind(name), other)


def _kind(name: str) -> str:
    """W or b: which layer is seen first depends on nothing that a mistake's name needs."""
    return name[0]


def _own_output(student: Student, net: Remote, X: np.ndarray) -> np.ndarray:
    return expect(call(student, net, "forward", X), "output").is_finite().astype(float)


def _own_loss(student: Student, net: Remote, params: Params, X: np.ndarray, y: np.ndarray) -> float:
    """The loss of what the student's own forward gives."""
    before = len(student.transcript)
    own = _own_output(student, net, X)
    del student.transcript[before:]
    return float(np.mean((own - y) ** 2)) if own.shape == y.shape else float(right_loss(params, X, y))


def _differences(student: Student, net: Remote, params: Params, X: np.ndarray, y: np.ndarray) -> Params:
    """Central differences of the loss through the student's own forward."""

    def loss_with(name: str):
        def loss(value: np.ndarray) -> float:
            net.params = params | {name: value}
            return float(np.mean((_own_output(student, net, X) - y) ** 2))

        return loss

    return {
        name: oracles.numerical_gradient(loss_with(name), value.astype(float))
        for name, value in params.items()
    }
