"""Hidden checks of the network itself: initialize, forward, loss and delta, backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import NotWritten, Remote, Student, StudentCrashed, check, expect, fail_if, oracles
from . import _network
from ._lent import rescue, without_nn
from ._network import LAYERS, PARAMETERS, SIZES, images, random_params, shapes, stored

# --- initialize_autoencoder


@check(
    "autoencoder.initialize_autoencoder",
    hint="Neighbours in `sizes` are the inputs and outputs of a layer; four layers, one after the other.",
    weight=2,
    rescue=rescue(),
)
def four_layers(student, rng):
    """params holds weights and zero biases of four layers, in the sizes that were asked for."""
    params = _initialized(student, rng, (9, 6, 5, 4, 8))
    for name, shape in shapes((9, 6, 5, 4, 8)).items():
        values = expect(stored(params, name), name).has_shape(*shape)
        if name[0] == "b":
            fail_if(values.any(), "a bias is not zero")
        else:
            fail_if(not np.ptp(values) > 0, "weights are not random")


@check(
    "autoencoder.initialize_autoencoder",
    hint="1024 to 32, 32 to 32, 32 to 32, 32 to 1024, each through initialize_weights.",
    rescue=rescue(),
)
def default_sizes(student, rng):
    """Without sizes it is 1024-32-32-32-1024, with Xavier's spread in every layer."""
    params = _initialized(student, rng)
    for name, shape in shapes((1024, 32, 32, 32, 1024)).items():
        values = expect(stored(params, name), name).has_shape(*shape)
        if name[0] == "W":
            bound = oracles.xavier_limit(*shape)
            expect(values, name).between(-bound - 1e-6, bound + 1e-6)
            # 1024 draws or more: the root of the mean square is within 12 % in all but one of a million.
            fail_if(np.sqrt(3 * np.square(values).mean()) < 0.88 * bound, "weights of another spread")


@check(
    "autoencoder.initialize_autoencoder",
    hint="params['m_' + key] for each of the eight keys, in the shape of params[key].",
    rescue=rescue(),
)
def accumulators_are_zero(student, rng):
    """There is an accumulator for each of the eight parameters, in its shape, and zero."""
    params = _initialized(student, rng, (9, 6, 5, 4, 8))
    for name, shape in shapes((9, 6, 5, 4, 8)).items():
        values = expect(stored(params, "m_" + name), f"m_{name[0]}").has_shape(*shape)
        fail_if(values.any(), f"m_{name[0]}: not zero")


@check(
    "autoencoder.initialize_autoencoder",
    hint="a = b = np.zeros(...) is one array with two names: make a new one for each parameter.",
    rescue=rescue(),
)
def nothing_is_shared(student, rng):
    """Writing into one parameter or accumulator changes no other, though all layers have one shape."""
    params = _initialized(student, rng, (5, 5, 5, 5, 5))
    names = [*PARAMETERS, *("m_" + name for name in PARAMETERS)]
    before = {name: expect(stored(params, name), name).is_finite().copy() for name in names}
    # `params[name] += number` in place, on the student's side: this side only ever sees copies.
    each = student.given("builtins", "map")
    numbers = [2.0**power for power in range(len(names))]
    student.given("builtins", "list")(
        each(student.given("operator", "iadd"), each(params.get, names), numbers)
    )
    for name, number in zip(names, numbers, strict=True):
        moved = expect(params[name], name).has_shape(*before[name].shape) - before[name]
        fail_if(np.abs(moved - number).max() > 1e-6, "two names for one array")


def _initialized(student: Student, rng: Any, *sizes: tuple[int, ...]) -> Remote:
    without_nn(student, rng)
    params = student.counter()
    student.initialize_autoencoder(params, *sizes)
    return params


# --- forward_autoencoder


@check(
    "autoencoder.forward_autoencoder",
    hint="Each layer takes what the layer before it returned: relu, relu, relu, sigmoid.",
    weight=2,
    rescue=rescue(),
)
def reconstruction(student, rng):
    """The result is ReLU three times and the sigmoid last, for five rows and for one."""
    without_nn(student, rng)
    for rows in (5, 1):
        params, x = random_params(rng), images(rng, rows)
        out = student.forward_autoencoder(x, student.dict(params))
        expect(out, "the reconstruction").close_to(_network.reconstruct(x, params))


@check(
    "autoencoder.forward_autoencoder", hint="Read the sizes from the weights, not from 1024.", rescue=rescue()
)
def full_size(student, rng):
    """Images of 1024 pixels come back as 1024 numbers from 0 to 1, also for large weights."""
    without_nn(student, rng)
    sizes = (1024, 32, 32, 32, 1024)
    params, x = random_params(rng, sizes), images(rng, 2, 1024)
    out = expect(student.forward_autoencoder(x, student.dict(params)), "the reconstruction")
    out.has_shape(2, 1024)
    out.between(0, 1)


@check(
    "autoencoder.forward_autoencoder",
    hint="forward stores params['cache_' + name]: give every layer its own name.",
    rescue=rescue("sigmoid"),
)
def caches_for_the_way_back(student, rng):
    """Afterwards backwards finds the cache of each layer under the layer's name."""
    without_nn(student, rng)
    values, x = random_params(rng), images(rng, 4)
    params, delta = student.dict(values), rng.normal(size=(4, SIZES[-1]))
    student.forward_autoencoder(x, params)
    right = _network.gradients(x, values, delta)
    for layer in LAYERS[::-1]:
        fail_if("cache_" + layer not in params, "a layer has no cache")
        slope = [] if layer == "output" else [student.given("student_lib.nn", "relu_deriv")]
        delta = student.backwards(delta, params, layer, *slope)
        expect(stored(params, "grad_W" + layer), "a layer's gradient").close_to(right["W" + layer])


@check("autoencoder.forward_autoencoder", hint="Compute new arrays.", rescue=rescue())
def forward_changes_no_parameter(student, rng):
    """x and all eight parameters are the same after the call, and a second call gives the same."""
    without_nn(student, rng)
    values, x = random_params(rng), images(rng, 3)
    params, kept = student.dict(values), student.array(x)
    first = expect(student.forward_autoencoder(kept, params), "the reconstruction").is_finite()
    expect(kept.value(), "x").unchanged(x)
    for name, value in values.items():
        expect(stored(params, name), name).unchanged(value)
    expect(student.forward_autoencoder(kept, params), "a second call").close_to(first)


# --- autoencoder_loss_and_delta


@check("autoencoder.autoencoder_loss_and_delta", hint="Square, then add up everything: no mean.", weight=2)
def loss_is_the_total(student, rng):
    """The loss is one number: the sum of all squared differences, over pixels and rows."""
    for rows in (4, 1):
        x, out = images(rng, rows, 9), images(rng, rows, 9)
        loss, _ = expect(student.autoencoder_loss_and_delta(x, out), "the result").is_pair()
        expect(loss, "loss").close_to(_network.total_squared_error(x, out))


@check(
    "autoencoder.autoencoder_loss_and_delta",
    hint="The slope of (out - x)**2 as out moves: its sign and its factor.",
    weight=2,
)
def delta_is_the_slope_of_the_loss(student, rng):
    """The delta is the total's slope for every entry of the reconstruction."""
    for rows in (4, 1):
        x, out = images(rng, rows, 9), images(rng, rows, 9)
        _, delta = expect(student.autoencoder_loss_and_delta(x, out), "the result").is_pair()
        right = oracles.numerical_gradient(lambda moved, x=x: _network.total_squared_error(x, moved), out)
        expect(delta, "delta").close_to(right, rtol=1e-5, atol=1e-7)


@check("autoencoder.autoencoder_loss_and_delta", hint="out -= x writes into the caller's array.")
def loss_leaves_its_arguments(student, rng):
    """x and out are the same after the call."""
    x, out = images(rng, 3, 5), images(rng, 3, 5)
    kept = student.array(x), student.array(out)
    expect(student.autoencoder_loss_and_delta(*kept), "the result").is_pair()
    expect(kept[0].value(), "x").unchanged(x)
    expect(kept[1].value(), "out").unchanged(out)


# --- backward_autoencoder


@check(
    "autoencoder.backward_autoencoder",
    hint="delta is the slope at the sigmoid's output: the sigmoid's own slope still has to come in.",
    rescue=rescue(),
)
def gradients_of_the_last_layer(student, rng):
    """grad_Woutput and grad_boutput are the loss's slopes, for five rows."""
    _compare(student, rng, rows=5, names=PARAMETERS[6:])


@check(
    "autoencoder.backward_autoencoder",
    hint="Hand what backwards returns to the layer below, with relu_deriv.",
    weight=3,
    rescue=rescue(),
)
def gradients_of_the_hidden_layers(student, rng):
    """The gradients of all three hidden layers are the loss's slopes, for five rows."""
    _compare(student, rng, rows=5, names=PARAMETERS[:6])


@check("autoencoder.backward_autoencoder", hint="Nothing may depend on the number of rows.", rescue=rescue())
def gradients_of_one_row(student, rng):
    """For a batch of one image, all eight gradients are the loss's slopes."""
    _compare(student, rng, rows=1, names=PARAMETERS)


@check(
    "autoencoder.backward_autoencoder",
    hint="Gradients of a batch take the place of the last one's, and parameters wait for the update.",
    rescue=rescue(),
)
def batch_after_batch(student, rng):
    """A second batch replaces the first one's gradients; delta and all parameters stay unchanged."""
    without_nn(student, rng)
    values = random_params(rng)
    params = student.dict(values)
    for rows in (3, 4):
        x, delta = images(rng, rows), rng.normal(size=(rows, SIZES[-1]))
        _fill_caches(student, x, params)
        kept = student.array(delta)
        student.backward_autoencoder(kept, params)
        expect(kept.value(), "delta").unchanged(delta)
    for name, value in values.items():
        expect(stored(params, name), name[0]).unchanged(value)
    for name, right in _network.gradients(x, values, delta).items():
        expect(stored(params, "grad_" + name), f"grad_{name[0]}").close_to(right)


def _compare(student: Student, rng: Any, rows: int, names: tuple[str, ...]) -> None:
    """Gradients against complex steps, for the delta of the loss itself."""
    without_nn(student, rng)
    values, x = random_params(rng), images(rng, rows)
    delta = 2 * (_network.reconstruct(x, values) - x)
    params = student.dict(values)
    _fill_caches(student, x, params)
    student.backward_autoencoder(delta, params)
    right = _network.gradients(x, values, delta)
    for name in names:
        expect(stored(params, "grad_" + name), f"grad_{name}").close_to(right[name])


def _fill_caches(student: Student, x: np.ndarray, params: Remote) -> None:
    """A right forward pass through the student's `forward`; through all of theirs if theirs has another form."""
    records, row = len(student.transcript), x
    relu, sigmoid = student.given("student_lib.nn", "relu"), student.sigmoid
    try:
        for layer in LAYERS:
            row = student.forward(row, params, layer, sigmoid if layer == "output" else relu)
    except (StudentCrashed, NotWritten):
        student.forward_autoencoder(x, params)
    del student.transcript[records:]
