"""Hidden checks of the layer objects: `source/backprop/layers.ipynb`.

A box is tested alone, with parameters that the grader writes into it. The training checks use the student's
own boxes and are repeated with right ones, so a wrong box costs nothing there.
"""

from __future__ import annotations

import functools
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np

import student_lib

from .. import (
    ArgumentError,
    Remote,
    Student,
    StudentCrashed,
    StudentError,
    StudentTimedOut,
    check,
    expect,
    fail_if,
    oracles,
    same,
    thresholds,
)
from .._lending import numbers_in

# --- Linear


@check("backprop.linear_layer", hint="W is (in, out), drawn at random and small; b is one row, (1, out).")
def parameters_start_small_and_random(student, rng):
    """W (in, out) is small and random, different in each layer; b has shape (1, out)."""
    for sizes in ((3, 5), (4, 2)):
        layer = student.Linear(*sizes)
        expect(np.empty(_shape(layer.W, "W")), "W").has_shape(*sizes)
        expect(np.empty(_shape(layer.b, "b")), "b").has_shape(1, sizes[1])
    first, second = (expect(student.Linear(200, 30).W.value(), "W").is_finite() for _ in range(2))
    fail_if(first.shape != (200, 30), "W: wrong shape")
    fail_if(not first.any(), "W: all zero")
    fail_if(np.array_equal(first, second), "two layers get the same weights")
    fail_if(np.ptp(first, axis=0).min() == 0 or np.ptp(first, axis=1).min() == 0, "W: its units are alike")
    # Unscaled normal numbers have 1.0, uniform ones on [-1, 1] 0.58; what courses call small is below 0.3.
    fail_if(not 1e-6 < first.std() < 0.5, "W: too large" if first.std() >= 0.5 else "W: hardly random")
    b = expect(student.Linear(4, 3).b.value(), "b").is_finite()
    fail_if(b.size != 3 or np.abs(b).max() > 1, "b: not small")


@check("backprop.linear_layer", hint="x @ W + b.")
def forward_is_affine(student, rng):
    """forward returns x W + b, for a batch of five and for one row."""
    for rows in (5, 1):
        box = _Box(student, rng, 3, 4)
        x = _numbers(rng, rows, 3)
        expect(box.remote.forward(x)).close_to(oracles.affine(x, box.W, box.b))


@check(
    "backprop.linear_layer",
    hint="dL_wrt_W[n] is the outer product of row n of x and row n of the gradient. Do not sum over n.",
    weight=2,
)
def weight_gradients_are_per_sample(student, rng):
    """dL_wrt_W has shape (N, in, out): an outer product for each of five samples, and of one."""
    for rows in (5, 1):
        box = _Box(student, rng, 3, 4)
        x, gradient = _numbers(rng, rows, 3), _numbers(rng, rows, 4)
        box.remote.forward(x)
        box.remote.backward(gradient)
        right = np.array([np.outer(a, d) for a, d in zip(x, gradient, strict=True)])
        expect(_stored(box.remote, "W"), "dL_wrt_W").close_to(right)


@check("backprop.linear_layer", hint="dL_wrt_b[n] is row n of the gradient, with shape (1, out).")
def bias_gradients_are_per_sample(student, rng):
    """dL_wrt_b has shape (N, 1, out): the gradient of each of five samples."""
    box = _Box(student, rng, 3, 4)
    x, gradient = _numbers(rng, 5, 3), _numbers(rng, 5, 4)
    box.remote.forward(x)
    box.remote.backward(gradient)
    expect(_stored(box.remote, "b"), "dL_wrt_b").close_to(np.array([[row] for row in gradient]))


@check("backprop.linear_layer", hint="Return the gradient times W transposed, not divided by anything.")
def backward_returns_the_gradient_for_x(student, rng):
    """backward returns dL/dx, which agrees with finite differences, for five rows and for one."""
    for rows in (5, 1):
        box = _Box(student, rng, 3, 4)
        x, gradient = _numbers(rng, rows, 3), _numbers(rng, rows, 4)
        box.remote.forward(x)
        answer = box.remote.backward(gradient)
        measured = oracles.numerical_gradient(
            lambda at, box=box, gradient=gradient: np.vdot(gradient, oracles.affine(at, box.W, box.b)), x
        )
        expect(answer, "dL/dx").close_to(measured, rtol=1e-5, atol=1e-6)


@check(
    "backprop.linear_layer",
    hint="params() returns the arrays W and b themselves, grads() what backward stored, both as 'W' and 'b'.",
)
def params_are_live_and_grads_match(student, rng):
    """params() holds the layer's own arrays, grads() its stored gradients, under the keys 'W' and 'b'."""
    box = _Box(student, rng, 3, 4)
    x, gradient = _numbers(rng, 5, 3), _numbers(rng, 5, 4)
    box.remote.forward(x)
    box.remote.backward(gradient)
    grads = expect(box.remote.grads(), "grads()").is_dict("W", "b")
    for key, name in (("W", "dL_wrt_W"), ("b", "dL_wrt_b")):
        own = expect(getattr(box.remote, name).value(), name).is_finite()
        fail_if(not np.array_equal(expect(grads[key], "grads()").is_finite(), own), f"grads() is not {name}")
    expect(box.remote.params(), "params()").is_dict("W", "b")
    # Arrays travel as copies, so the student's side has to change its own.
    student.given("builtins", "exec")(
        "for array in layer.params().values(): array *= 0.5", student.dict({"layer": box.remote})
    )
    after = box.remote.forward(x)
    expect(after, "forward after the parameters were halved in place").close_to(
        oracles.affine(x, box.W / 2, box.b / 2)
    )


@check(
    "backprop.linear_layer",
    hint="Make new arrays in each call, and keep them in self.",
)
def calls_leave_arguments_and_each_other(student, rng):
    """x and the gradient stay as they are; another call or another layer does not mix its numbers in."""
    box, other = _Box(student, rng, 3, 4), _Box(student, rng, 3, 4)
    first, second = _numbers(rng, 5, 3), _numbers(rng, 2, 3)
    gradient = _numbers(rng, 2, 4)
    x, d = student.array(second), student.array(gradient)
    box.remote.forward(first)
    box.remote.backward(_numbers(rng, 5, 4))
    box.remote.forward(x)
    other.remote.forward(first)
    answer = box.remote.backward(d)
    other.remote.backward(_numbers(rng, 5, 4))
    expect(x.value(), "x").unchanged(second)
    expect(d.value(), "dL_wrt_output").unchanged(gradient)
    stored = expect(_stored(box.remote, "W"), "dL_wrt_W").is_finite()
    fresh = _Box(student, rng, 3, 4)
    fresh.remote.forward(second)
    fresh.remote.backward(gradient)
    fail_if(not same(stored, _stored(fresh.remote, "W")), "numbers of another call are mixed in")
    expect(answer, "dL/dx").is_numeric()


class _Box:
    """A student's Linear whose parameters were overwritten in place by the grader's W (in, out) and b (out,).

    These are random, of size `scale`, the biases around `lift`.
    """

    def __init__(
        self, student: Student, rng, in_size: int, out_size: int, scale: float = 1.0, lift: float = 0
    ):
        self.W, self.b = _numbers(rng, in_size, out_size) * scale, _numbers(rng, out_size) * scale + lift
        self.remote = student.Linear(in_size, out_size)
        turned = _shape(self.remote.W, "W") == (out_size, in_size)
        for array, values in ((self.remote.W, self.W.T if turned else self.W), (self.remote.b, self.b)):
            array.put(np.arange(values.size), values.ravel())


def _numbers(rng, *shape: int) -> np.ndarray:
    """Normal numbers, rounded so that float32 holds them exactly."""
    return np.round(64 * rng.normal(size=shape)) / 64


def _shape(array: Remote, name: str) -> tuple[int, ...]:
    """The shape of a student's array, without its values: these are random."""
    shape = array.shape.value()
    fail_if(type(shape) is not tuple or not all(type(size) is int for size in shape), f"{name}: not an array")
    sides_fit = all(0 <= size <= 10_000 for size in shape)
    fail_if(len(shape) > 4 or not sides_fit or math.prod(shape) > 10_000, f"{name}: wrong shape")
    return shape


def _stored(layer: Remote, key: str) -> Any:
    """The stored gradient of 'W' or 'b'; from grads() where the attribute has another name."""
    try:
        return getattr(layer, "dL_wrt_" + key).value()
    except StudentCrashed as crash:
        if crash.type_name != "AttributeError":
            raise
    return expect(layer.grads(), "grads()").is_dict(key)[key]


# --- ReLU and Sigmoid


@check("backprop.relu_layer", hint="max(0, x), entry by entry.")
def relu_values(student, rng):
    """forward gives max(0, x) for negative, zero and positive entries, and for whole numbers."""
    x = _with_zeros(rng, 4, 5)
    expect(student.ReLU().forward(x)).close_to(np.maximum(x, 0))
    whole = rng.integers(-4, 5, size=(3, 4))
    expect(student.ReLU().forward(whole)).close_to(np.maximum(whole, 0))


@check(
    "backprop.relu_layer", hint="The arriving gradient passes where x was positive, whatever its own sign."
)
def relu_gradient(student, rng):
    """backward lets the arriving gradient through where x was positive and nowhere else."""
    x, gradient = _away_from_zero(rng, 4, 5), _away_from_zero(rng, 4, 5)
    box = student.ReLU()
    box.forward(x)
    expect(box.backward(gradient)).close_to(gradient * (x > 0))


@check("backprop.relu_layer", hint="The slope at exactly 0 is taken to be 0.")
def relu_stops_at_zero(student, rng):
    """No gradient passes where x is exactly 0."""
    x, gradient = _with_zeros(rng, 4, 5), _away_from_zero(rng, 4, 5)
    box = student.ReLU()
    box.forward(x)
    answer = expect(box.backward(gradient)).has_shape(4, 5)
    fail_if(answer[x == 0].any(), "gradient passes at 0")


@check("backprop.relu_layer", hint="Work entry by entry, whatever the number of axes.")
def relu_keeps_any_shape(student, rng):
    """Arrays with one, three and four axes keep their shape, forwards and back."""
    _judge_shapes(student.ReLU, rng, lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float))


@check("backprop.relu_layer", hint="x[x < 0] = 0 and d[...] = 0 write into the caller's array.")
def relu_leaves_its_arguments(student, rng):
    """x and the arriving gradient are the same after both calls."""
    _judge_arguments(student, student.ReLU, _with_zeros(rng, 4, 5), _away_from_zero(rng, 4, 5))


@check("backprop.relu_layer", hint="Keep what backward needs in self, anew in each forward.")
def relu_boxes_are_separate(student, rng):
    """Two boxes in one chain do not mix, and backward belongs to the last forward."""
    _judge_separate(student.ReLU, rng)


@check("backprop.sigmoid_layer", hint="1 / (1 + exp(-x)): mind the sign.")
def sigmoid_layer_values(student, rng):
    """forward agrees with 1 / (1 + exp(-x)) for negative and positive inputs."""
    x = rng.normal(scale=3, size=(4, 5))
    expect(student.Sigmoid().forward(x)).close_to(oracles.sigmoid(x))


@check("backprop.sigmoid_layer", hint="The arriving gradient times s (1 - s), where s is forward's output.")
def sigmoid_layer_gradient(student, rng):
    """backward agrees with finite differences of the output, times the arriving gradient."""
    x, gradient = rng.normal(scale=2, size=(4, 3)), _away_from_zero(rng, 4, 3)
    box = student.Sigmoid()
    box.forward(x)
    measured = oracles.numerical_gradient(lambda at: np.vdot(gradient, oracles.sigmoid(at)), x)
    expect(box.backward(gradient)).close_to(measured, rtol=1e-5, atol=1e-7)


@check("backprop.sigmoid_layer", hint="exp of a large positive number is inf, and inf / inf is nan.")
def sigmoid_layer_at_extremes(student, rng):
    """Inputs of ±1000 give 1 and 0 and a gradient of 0, never nan."""
    x = np.where(rng.random((3, 4)) < 0.5, -1000.0, 1000.0)
    x[0, :2] = -1000.0, 1000.0
    box = student.Sigmoid()
    expect(box.forward(x)).close_to(x > 0)
    expect(box.backward(_away_from_zero(rng, 3, 4)), "backward").close_to(np.zeros((3, 4)))


@check("backprop.sigmoid_layer", hint="Work entry by entry, whatever the number of axes.")
def sigmoid_layer_keeps_any_shape(student, rng):
    """Arrays with one, three and four axes keep their shape, forwards and back."""
    _judge_shapes(student.Sigmoid, rng, oracles.sigmoid, _sigmoid_slope)


@check("backprop.sigmoid_layer", hint="x *= ..., d *= ... and out= write into the caller's array.")
def sigmoid_layer_leaves_its_arguments(student, rng):
    """x and the arriving gradient are the same after both calls."""
    _judge_arguments(student, student.Sigmoid, rng.normal(size=(4, 5)), _away_from_zero(rng, 4, 5))


@check("backprop.sigmoid_layer", hint="Keep what backward needs in self, anew in each forward.")
def sigmoid_boxes_are_separate(student, rng):
    """Two boxes in one chain do not mix, and backward belongs to the last forward."""
    _judge_separate(student.Sigmoid, rng)


def _sigmoid_slope(x):
    return oracles.sigmoid_deriv(oracles.sigmoid(x))


def _away_from_zero(rng, *shape: int) -> np.ndarray:
    """Numbers of both signs between 0.1 and 2 in size."""
    return rng.uniform(0.1, 2, shape) * rng.choice([-1.0, 1.0], shape)


def _with_zeros(rng, rows: int, columns: int) -> np.ndarray:
    """Like `_away_from_zero`, but a quarter of the entries, both signs being there too, is exactly 0."""
    x = _away_from_zero(rng, rows, columns)
    x[0, :4] = 0.0, -0.0, 1.5, -1.5
    x.ravel()[rng.choice(np.arange(4, x.size), x.size // 4, replace=False)] = 0.0
    return x


def _judge_shapes(box_class: Remote, rng, function, slope) -> None:
    for shape in ((6,), (2, 3, 4), (2, 3, 2, 4)):
        x, gradient = _away_from_zero(rng, *shape), _away_from_zero(rng, *shape)
        box = box_class()
        expect(box.forward(x), "forward").close_to(function(x))
        expect(box.backward(gradient), "backward").close_to(gradient * slope(x))


def _judge_arguments(student: Student, box_class: Remote, x: np.ndarray, gradient: np.ndarray) -> None:
    box, own_x, own_gradient = box_class(), student.array(x), student.array(gradient)
    answers = (box.forward(own_x), box.backward(own_gradient))
    expect(own_x.value(), "x").unchanged(x)
    expect(own_gradient.value(), "the gradient").unchanged(gradient)
    for answer in answers:  # so that a box that does nothing earns nothing
        expect(answer).has_shape(*x.shape)


def _judge_separate(box_class: Remote, rng) -> None:
    first, second = box_class(), box_class()
    before, x, other, gradient = (_away_from_zero(rng, 3, 4) for _ in range(4))
    first.forward(before)
    first.backward(gradient)
    first.forward(x)
    second.forward(other)
    answers = [expect(box.backward(gradient)).has_shape(3, 4) for box in (first, second)]
    # Fresh boxes say what belongs to x and to other: a wrong formula is another check's affair.
    for answer, own in zip(answers, (x, other), strict=True):
        fresh = box_class()
        fresh.forward(own)
        fail_if(not same(answer, fresh.backward(gradient)), "backward belongs to another forward")
    fail_if(same(*answers), "backward does not depend on forward")


# --- SE


@check("backprop.squared_error", hint="(x - y)**2 for each entry: neither summed nor averaged.")
def squared_errors_stay_apart(student, rng):
    """forward returns (x - y)**2 entry by entry, for one column and for three."""
    for shape in ((5, 1), (4, 3), (1, 1)):
        x, y = rng.random(shape), rng.integers(2, size=shape)
        right = [[(a - b) * (a - b) for a, b in zip(*rows, strict=True)] for rows in zip(x, y, strict=True)]
        expect(student.SE().forward(x, y)).close_to(right)


@check("backprop.squared_error", hint="The slope of (x - y)**2 in x, with its factor and its sign.")
def squared_error_slopes(student, rng):
    """backward returns the slope in x, which agrees with finite differences."""
    for shape in ((5, 1), (4, 3)):
        x, y = rng.normal(size=shape), rng.normal(size=shape)
        box = student.SE()
        box.forward(x, y)
        measured = oracles.numerical_gradient(lambda at, y=y: np.square(at - y).sum(), x)
        expect(box.backward(), "backward").close_to(measured, rtol=1e-5, atol=1e-7)


@check("backprop.squared_error", hint="x -= y writes into the caller's array; keep x - y in self.")
def squared_error_calls_are_separate(student, rng):
    """x and y are the same after the calls, and backward belongs to its own box's last forward."""
    x, y, other = (_away_from_zero(rng, 4, 2) for _ in range(3))
    own_x, own_y, box = student.array(x), student.array(y), student.SE()
    box.forward(other, y)
    box.forward(own_x, own_y)
    student.SE().forward(other, x)
    answer = expect(box.backward(), "backward").has_shape(4, 2)
    expect(own_x.value(), "x").unchanged(x)
    expect(own_y.value(), "y").unchanged(y)
    fresh = student.SE()
    fresh.forward(x, y)
    fail_if(not same(answer, fresh.backward()), "backward belongs to another forward")
    fail_if(same(answer, np.zeros((4, 2))), "backward is zero")


# --- train_layers


_MOST_NUMBERS_LENT = 20_000_000


def lend_right_boxes(student: Student, rng) -> None:
    """Replace the student's four classes by ones whose methods run on the grader's side.

    The classes, and W, b and their gradients, are real ones on the student's side, so that `isinstance`,
    `layer.W` and `params()` work for any trainer.
    """
    make_class, budget = student.given("builtins", "type"), [_MOST_NUMBERS_LENT]
    boxes = {
        "Linear": functools.partial(_linear, rng),
        "ReLU": _entrywise(lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float)),
        "Sigmoid": _entrywise(oracles.sigmoid, _sigmoid_slope),
        "SE": _squared_error,
    }

    def initializer(methods_of):
        def initialize(self, *sizes, **named_sizes):
            for method in methods_of(self, *sizes, **named_sizes):
                setattr(self, method.__name__, _lent(method, budget))

        return _lent(initialize, budget)

    student.bind(
        **{name: make_class(name, (), {"__init__": initializer(box)}) for name, box in boxes.items()}
    )


def _linear(rng, self: Remote, input_dimension: int, output_dimension: int):
    """The methods of one lent Linear. A Remote attribute that a method returns arrives as the live array."""
    self.W = rng.normal(size=(input_dimension, output_dimension)) / np.sqrt(input_dimension)
    self.b = np.zeros((1, output_dimension))
    kept: dict[str, np.ndarray] = {}

    def forward(x):
        kept.update(x=x, W=self.W.value())
        return oracles.affine(x, kept["W"], self.b.value()[0])

    def backward(dL_wrt_output):
        numbers_in([*kept["x"].shape, dL_wrt_output.shape[1]])
        self.dL_wrt_W = np.einsum("ni,no->nio", kept["x"], dL_wrt_output)
        self.dL_wrt_b = dL_wrt_output[:, np.newaxis]
        return np.einsum("no,io->ni", dL_wrt_output, kept["W"])

    def params():
        return {"W": self.W, "b": self.b}

    def grads():
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}

    return forward, backward, params, grads


def _entrywise(function, slope):
    """What gives the methods of a lent ReLU or Sigmoid."""

    def methods_of(self: Remote):
        kept: dict[str, np.ndarray] = {}

        def forward(x):
            kept["slope"] = slope(x)
            return function(x)

        def backward(dL_wrt_output):
            return dL_wrt_output * kept["slope"]

        return forward, backward

    return methods_of


def _squared_error(self: Remote):
    """The methods of one lent SE."""
    kept: dict[str, np.ndarray] = {}

    def forward(x, y):
        kept["difference"] = x - y
        return np.square(x - y)

    def backward():
        return 2 * kept["difference"]

    return forward, backward


def _lent(function, budget: list[int]):
    """`function` for student code to call: odd arguments make the student's crash, not ours."""

    def lent(*args, **kwargs):
        budget[0] -= numbers_in([*args, *kwargs.values()])
        if budget[0] < 0:
            raise StudentTimedOut(f"the lent boxes were given more than {_MOST_NUMBERS_LENT} numbers")
        try:
            return function(*args, **kwargs)
        except StudentError:
            raise
        except Exception as error:
            raise ArgumentError(f"a layer was called with odd arguments: {type(error).__name__}") from error

    return lent


@check(
    "backprop.train_layers",
    hint="One number for each epoch, in a list; x and y belong to the caller.",
    rescue=lend_right_boxes,
)
def returns_a_loss_for_each_epoch(student, rng):
    """Returns a list of `epochs` numbers, and leaves x and y as they are."""
    chain = _Chain(student, rng, (3, 4, 2))
    x, y = rng.normal(size=(6, 3)), rng.integers(2, size=(6, 2)).astype(float)
    own_x, own_y = student.array(x), student.array(y)
    losses = student.train_layers(chain.model, own_x, own_y, epochs=4, batch_size=3, learning_rate=0.1)
    _losses(losses, 4)
    expect(own_x.value(), "x").unchanged(x)
    expect(own_y.value(), "y").unchanged(y)


@check(
    "backprop.train_layers",
    hint="Average each gradient over the batch's rows; step the live arrays against that.",
    weight=3,
    rescue=lend_right_boxes,
)
def one_step_is_exact(student, rng):
    """With all rows in one batch, one epoch moves all four arrays by the averaged gradient, once."""
    chain = _Chain(student, rng, (3, 4, 2))
    x, y, rate = rng.normal(size=(9, 3)), rng.integers(2, size=(9, 2)).astype(float), 0.25
    student.train_layers(chain.model, x, y, epochs=1, batch_size=9, learning_rate=rate)
    for name, before, after, gradient in chain.moves(x, y):
        _expect_multiple((after - before) / -rate, gradient, name)


@check(
    "backprop.train_layers",
    hint="Divide by the number of rows that the batch really has: the last one may be short.",
    rescue=lend_right_boxes,
)
def a_short_batch_is_averaged_too(student, rng):
    """A batch with fewer rows than batch_size moves the arrays by the average of its own rows."""
    chain = _Chain(student, rng, (3, 2))
    x, y, rate = rng.normal(size=(11, 3)), rng.integers(2, size=(11, 2)).astype(float), 0.25
    student.train_layers(chain.model, x, y, epochs=1, batch_size=16, learning_rate=rate)
    for name, before, after, gradient in chain.moves(x, y):
        _expect_multiple((after - before) / -rate, gradient, name)


@check(
    "backprop.train_layers",
    hint="Draw a permutation in each epoch, cut it into batches, and step after every batch.",
    rescue=lend_right_boxes,
)
def every_row_once_in_fresh_order(student, rng):
    """Each epoch shows every row exactly once, batch by batch, in a new random order."""
    rows, size, epochs = 11, 4, 5
    seen: list[np.ndarray] = []
    chain = _Chain(student, rng, (3, 1))
    chain.model.insert(0, _spy(student, seen))
    x, y = rng.normal(size=(rows, 3)), rng.integers(2, size=(rows, 1)).astype(float)
    x[:, 0] = np.arange(rows)
    student.train_layers(chain.model, x, y, epochs=epochs, batch_size=size, learning_rate=1e-3)
    numbers = [_row_numbers(batch, x) for batch in seen]
    fail_if(sum(map(len, numbers)) < rows * epochs, "rows are left out")
    fail_if(sum(map(len, numbers)) > rows * epochs, "more rows than there are")
    orders = np.concatenate(numbers).reshape(epochs, rows)
    fail_if((np.sort(orders, axis=1) != np.arange(rows)).any(), "an epoch repeats rows and misses others")
    sizes = [len(batch) for batch in numbers]
    fail_if(max(sizes) > 2 * size - 1 or len(sizes) > epochs * -(-rows // size), "batches of the wrong size")
    # A right answer draws the original order, or one order five times, with probability below 1e-7.
    fail_if((orders == np.arange(rows)).all(), "the rows keep their order")
    fail_if((orders == orders[0]).all(), "every epoch has the same order")


@check(
    "backprop.train_layers",
    hint="Add up the squared errors of all batches, then divide by the number of entries of y.",
    rescue=lend_right_boxes,
)
def losses_are_averages_over_all_rows(student, rng):
    """With a learning rate of 0 every epoch reports the mean squared error, also when a batch is short."""
    chain = _Chain(student, rng, (3, 4, 2))
    x, y = rng.normal(size=(7, 3)), rng.integers(2, size=(7, 2)).astype(float)
    y[0] = 40.0  # far off, so that the rows' weights in the average show
    losses = student.train_layers(chain.model, x, y, epochs=3, batch_size=3, learning_rate=0.0)
    of_rows = np.square(chain.output(x) - y).mean(axis=1)
    total, values = 2 * of_rows.sum(), _losses(losses, 3)
    fail_if(np.allclose(values, total, rtol=1e-4), "a sum over rows and outputs, not an average")
    fail_if(np.allclose(values, total / 7, rtol=1e-4), "averaged over rows, summed over outputs")
    fail_if(np.isclose(values[:, np.newaxis], of_rows).any(axis=1).all(), "the last batch's loss alone")
    fail_if(np.ptp(values) > 1e-6, "the loss depends on the batches although nothing is learned")
    expect(values, "losses").close_to(np.full(3, total / 14), rtol=1e-5)


@check(
    "backprop.train_layers",
    hint="Does the loss fall? Each batch needs its own step, and every layer its update.",
    weight=2,
    seconds=12,
    rescue=lend_right_boxes,
)
def tells_unseen_digits_apart(student, rng):
    """A chain trained on 4s and 9s recognises digits that are in no file of yours."""
    chain = _Chain(student, rng, (196, 12, 1), scale=0.1)
    x, y, unseen_x, unseen_y = _fours_and_nines()
    rows = rng.choice(len(x), 400, replace=False)
    student.train_layers(chain.model, x[rows], y[rows], epochs=12, batch_size=40, learning_rate=0.4)
    accuracy = np.mean((chain.output(unseen_x) > 0.5) == (unseen_y > 0.5))
    thresholds.at_least(
        accuracy, LEAST_ACCURACY, "accuracy on unseen 4s and 9s", "does not tell unseen digits apart"
    )


# The grader writes the starting parameters, so the student's own do not matter. A right answer's accuracy on the
# 400 digits: over 30 seeds at least 0.902, on average 0.937, deviation 0.011; over 2000 seeds at least 0.897, on
# average 0.941, deviation 0.010, which leaves 11 deviations. Over 30 seeds an untrained chain had 0.665 at most,
# labels in another order 0.643, one epoch instead of twelve 0.765, one batch an epoch 0.790. A frozen first layer
# (0.830) and summed steps (0.935) can pass here; the exact step above catches them.
LEAST_ACCURACY = 0.83
KNOWN_DIGITS = Path(student_lib.__file__).with_name("datasets") / "mnist5k.npz"
HIDDEN_DIGITS = Path(__file__).resolve().parents[2] / "data" / "mnist_hidden.npz"


@functools.cache
def _fours_and_nines() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The students' 1000 digits 4 and 9, and 400 that they never get: x (N, 196) in [0, 1], y (N, 1)."""
    known, hidden = (_digits(path) for path in (KNOWN_DIGITS, HIDDEN_DIGITS))
    return (*_halved(*known), *_halved(*hidden))


def _digits(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with np.load(path) as file:
        return file["images"], file["labels"]


def _halved(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """4s (y = 0) and 9s (y = 1) at half the size, each pixel the mean of four: training costs a quarter."""
    chosen = (labels == 4) | (labels == 9)
    small = images[chosen].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)) / 255
    return small.reshape(len(small), 196), (labels[chosen] == 9)[:, np.newaxis].astype(float)


class _Chain:
    """Linear, ReLU, Linear, ..., Sigmoid on the student's side, with parameters of the grader."""

    def __init__(self, student: Student, rng, sizes: tuple[int, ...], scale: float = 0.5):
        pairs = list(itertools.pairwise(sizes))
        # Biases around 1 keep hidden units alive: gradients are not all 0 but with probability below 1e-9.
        self.boxes = [_Box(student, rng, *pair, scale, lift=pair is not pairs[-1]) for pair in pairs]
        self.model: list[Remote] = []
        for box in self.boxes:
            self.model += [box.remote, student.Sigmoid() if box is self.boxes[-1] else student.ReLU()]

    def moves(self, x: np.ndarray, y: np.ndarray):
        """(name, value before, value now, gradient averaged over the rows) of each array."""
        before = [(box.W, box.b) for box in self.boxes]
        for number, (box, gradients) in enumerate(
            zip(self.boxes, _mean_gradients(before, x, y), strict=True)
        ):
            place = "first" if number == 0 else "last"
            for kind, old, gradient in zip("Wb", (box.W, box.b), gradients, strict=True):
                now = expect(getattr(box.remote, kind).value(), kind).is_finite()
                fail_if(now.size != old.size, f"the {place} layer's {kind} has changed its size")
                now = now.T if now.shape == old.shape[::-1] else now.reshape(old.shape)
                yield f"the {place} layer's {kind}", old, now.astype(float), gradient

    def output(self, x: np.ndarray) -> np.ndarray:
        """What the chain says to x with the parameters that it has now."""
        now = []
        for box in self.boxes:
            W, b = (expect(getattr(box.remote, kind).value(), kind).is_finite() for kind in "Wb")
            fail_if(W.size != box.W.size or b.size != box.b.size, "a parameter has changed its size")
            now.append((W.T if W.shape == box.W.shape[::-1] else W, b.ravel()))
        return _activations(now, x)[-1]


def _activations(parameters: list[tuple[np.ndarray, np.ndarray]], x: np.ndarray) -> list[np.ndarray]:
    """x, the hidden layers' outputs after ReLU, and the last one's after the sigmoid."""
    values = [x]
    for place, (W, b) in enumerate(parameters, start=1):
        net_input = oracles.affine(values[-1], W, b)
        values.append(oracles.sigmoid(net_input) if place == len(parameters) else np.maximum(net_input, 0))
    return values


def _mean_gradients(
    parameters: list[tuple[np.ndarray, np.ndarray]], x: np.ndarray, y: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Gradients of the squared error, summed over outputs and averaged over rows, for each (W, b)."""
    values = _activations(parameters, x)
    upstream = 2 * (values[-1] - y) * oracles.sigmoid_deriv(values[-1])
    gradients = []
    for (W, _), value in zip(reversed(parameters), reversed(values[:-1]), strict=True):
        grad_x, grad_W, grad_b = oracles.affine_gradients(value, W, upstream)
        gradients.append((grad_W / len(x), grad_b / len(x)))
        upstream = grad_x * (value > 0)
    return gradients[::-1]


def _spy(student: Student, seen: list[np.ndarray]) -> Remote:
    """A box of the student's class ReLU that passes everything on and shows each batch to the grader."""

    def forward(x):
        seen.append(x)
        return x

    def backward(dL_wrt_output):
        return dL_wrt_output

    spy, budget = student.ReLU(), [_MOST_NUMBERS_LENT]
    spy.forward, spy.backward = _lent(forward, budget), _lent(backward, budget)
    return spy


def _row_numbers(batch: Any, x: np.ndarray) -> np.ndarray:
    """Which rows of x a batch holds, by their first column."""
    array = expect(batch, "a batch").is_finite()
    fail_if(array.ndim != 2 or array.shape[1] != x.shape[1], "a batch has the wrong shape")
    numbers = np.round(array[:, 0]).astype(int)
    known = (numbers >= 0) & (numbers < len(x))
    fail_if(not known.all() or not np.allclose(x[numbers], array, 1e-4), "a row that is in no data set")
    return numbers


def _losses(value: Any, epochs: int) -> np.ndarray:
    """The list of losses as an array; each may be wrapped in an array of its own."""
    items = (
        list(value) if isinstance(value, np.ndarray) and value.ndim else expect(value, "losses").is_sequence()
    )
    fail_if(len(items) != epochs, "losses: not one for each epoch")
    return np.array([expect(item, "losses").is_number() for item in items])


def _expect_multiple(moved: np.ndarray, gradient: np.ndarray, name: str) -> None:
    """`moved` is `gradient`; when it is a multiple of it, the symptom says which."""
    scale = np.abs(gradient).max()
    ratio = np.vdot(moved, gradient) / max(np.vdot(gradient, gradient), 1e-300)
    fail_if(not np.any(moved), f"{name} does not move")
    fail_if(
        np.abs(moved - ratio * gradient).max() > 1e-4 * scale * max(abs(ratio), 1), f"{name}: no gradient"
    )
    fail_if(abs(ratio - 1) > 1e-4, f"{name} moves {round(ratio, 3):g} times as far")
