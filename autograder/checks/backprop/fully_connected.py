"""Hidden checks of the fully connected network: `source/backprop/fully_connected.ipynb`.

A student's wrong earlier function costs nothing later: a layer's cache and activations are given, and the
training checks are repeated with the earlier functions replaced.
"""

from __future__ import annotations

import functools

import numpy as np

from student_lib import nn

from .. import (
    ArgumentError,
    CheckFailed,
    NotWritten,
    Remote,
    Student,
    StudentCrashed,
    StudentDied,
    StudentTimedOut,
    check,
    expect,
    fail_if,
    oracles,
    same,
)

# --- initialize_weights. Each of the two shapes has 17 500 weights, so that a right answer fails the check of
# their distribution with probability below 1e-6: mean and spread at 6 standard errors have 2e-9 each, the
# distance of the distributions (Kolmogorov-Smirnov, 2 exp(-2 c^2) at c = 3) 3e-8, a largest weight below 0.99
# of the limit 1e-76.

_WIDE, _TALL = (50, 350), (350, 50)


@check(
    "backprop.initialize_weights",
    hint="W has shape (in_size, out_size), b has shape (out_size,).",
    weight=2,
)
def shapes_and_names(student, rng):
    """W and b are stored under their names with shapes (in, out) and (out,)."""
    for in_size, out_size, name in ((3, 5, "layer1"), (4, 2, "")):
        params = _initialized(student, in_size, out_size, name)
        expect(_stored(params, "W" + name), "W").has_shape(in_size, out_size)
        expect(_stored(params, "b" + name), "b").has_shape(out_size)


@check("backprop.initialize_weights", hint="Only the weights are random.")
def biases_are_zero(student, rng):
    """The biases start at zero."""
    b = expect(_stored(_initialized(student, 3, 5, "layer1"), "blayer1"), "b").is_finite()
    fail_if(b.any(), "b: not zero")


@check("backprop.initialize_weights", hint="The limit depends on both sizes, in_size + out_size.", weight=2)
def weights_are_uniform_on_the_xavier_interval(student, rng):
    """The weights fill ±sqrt(6 / (in + out)) evenly, for wide and for tall layers."""
    for sizes in (_WIDE, _TALL):
        W = expect(_stored(_initialized(student, *sizes, "layer1"), "Wlayer1"), "W").is_finite()
        fail_if(W.size != sizes[0] * sizes[1], "W: wrong number of weights")
        _judge_distribution(W.astype(float).ravel(), oracles.xavier_limit(*sizes))


@check("backprop.initialize_weights", hint="Do not set a seed inside the function.")
def each_call_draws_new_weights(student, rng):
    """Two layers of the same size get different weights, and so do the units of one layer."""
    first, second = (
        expect(_stored(_initialized(student, 4, 5, name), "W" + name), "W").is_finite()
        for name in ("layer1", "layer2")
    )
    fail_if(np.array_equal(first, second), "the same weights on each call")
    fail_if(first.ndim != 2 or first.size != 20, "W: wrong shape")
    fail_if(0 in (np.ptp(first, axis=0).max(), np.ptp(first, axis=1).max()), "weights of one layer repeat")


def _initialized(student: Student, in_size: int, out_size: int, name: str) -> Remote:
    """The params that `initialize_weights` filled; without a name it is called without one."""
    params = student.dict({})
    student.initialize_weights(in_size, out_size, params, *([name] if name else []))
    return params


def _judge_distribution(weights: np.ndarray, limit: float) -> None:
    spread, critical = limit / np.sqrt(3), 3 / np.sqrt(weights.size)
    fail_if(weights.min() >= 0, "no negative weights")
    even = _distance_to_uniform(weights, weights.min(), weights.max()) < critical
    ratio = weights.std() / spread
    # In steps of a quarter octave, so that a wrong formula gives the same words for each draw.
    octaves = np.round(4 * np.log2(max(ratio, 1e-9))) / 4
    words = f"{'uniform' if even else 'not uniform'}, spread about 2^{octaves} of the right one"
    fail_if(abs(ratio - 1) > 0.02, words)
    fail_if(abs(weights.mean()) > 2 * critical * spread, "mean is not zero")
    fail_if(not even, "right spread, but not uniform")
    fail_if(np.abs(weights).max() > limit * (1 + 1e-6), "weights beyond the limit")
    fail_if(np.abs(weights).max() < 0.99 * limit, "weights stay away from the limit")
    fail_if(_distance_to_uniform(weights, -limit, limit) > critical, "not evenly spread")


def _distance_to_uniform(values: np.ndarray, low: float, high: float) -> float:
    """Kolmogorov-Smirnov distance between `values` and the uniform distribution on [low, high]."""
    ideal = np.clip((np.sort(values) - low) / max(high - low, 1e-300), 0, 1)
    steps = np.arange(values.size + 1) / values.size
    return max(np.abs(ideal - steps[1:]).max(), np.abs(ideal - steps[:-1]).max())


# --- sigmoid


@check("backprop.sigmoid", hint="1 / (1 + exp(-x)): mind the sign.")
def sigmoid_values(student, rng):
    """Values agree with 1 / (1 + exp(-x)) for negative and positive inputs."""
    x = rng.normal(scale=3, size=(4, 5))
    expect(student.sigmoid(x)).close_to(oracles.sigmoid(x))


@check("backprop.sigmoid", hint="Work element by element, whatever the number of axes.")
def sigmoid_keeps_any_shape(student, rng):
    """Arrays with one and with three axes keep their shape, and whole numbers work too."""
    for x in (rng.normal(size=6), rng.normal(size=(2, 3, 4)), rng.integers(-4, 5, size=(2, 3))):
        expect(student.sigmoid(x)).close_to(oracles.sigmoid(x))


@check("backprop.sigmoid", hint="exp of a large positive number is inf, and inf / inf is nan.")
def sigmoid_at_extremes(student, rng):
    """Inputs of ±1000 give 1 and 0, never nan."""
    x = np.where(rng.random((3, 4)) < 0.5, -1000.0, 1000.0)
    x[0, :2] = -1000.0, 1000.0
    expect(student.sigmoid(x)).close_to(oracles.sigmoid(x))


@check("backprop.sigmoid", hint="Let exp see only arguments that are not positive: then it never overflows.")
def sigmoid_without_overflow(student, rng):
    """No overflow on the way, even at ±1000."""
    x = np.concatenate([rng.uniform(800, 1000, 3), rng.uniform(-1000, -800, 3), [1000.0, -1000.0]])
    # The student's NumPy is asked to raise where it would only warn.
    before = student.given("numpy", "seterr")(over="raise")
    try:
        answer = student.sigmoid(x)
    except StudentCrashed as crash:
        if crash.type_name != "FloatingPointError":
            raise
        raise CheckFailed("overflow") from None
    finally:
        student.given("numpy", "seterr")(**before)
    expect(answer).close_to(oracles.sigmoid(x))


@check("backprop.sigmoid", hint="x -= ... and out=x write into the caller's array.")
def sigmoid_leaves_its_argument(student, rng):
    """The argument is the same after the call."""
    x = rng.normal(size=(3, 4))
    x[0, :2] = -1000.0, 1000.0
    expect(_expect_unchanged(student.sigmoid, student, x)).has_shape(3, 4)


# --- forward


@check("backprop.forward", hint="activation(X @ W + b), with the activation that was passed.")
def forward_applies_the_given_activation(student, rng):
    """The output is activation(X W + b) for a batch of five and a given activation."""
    layer = _Layer(rng, 5, 3, 4, np.tanh)
    post_act = student.forward(
        layer.X, layer.params(student), "layer1", student.given("student_lib.nn", "tanh")
    )
    expect(post_act).close_to(layer.post_act)


@check("backprop.forward", hint="params['cache_' + name] = (X, pre_act, post_act).")
def forward_stores_the_cache(student, rng):
    """X, the pre-activation and the post-activation are stored as 'cache_' + name, for each layer."""
    first, second = _Layer(rng, 5, 3, 4, np.tanh), _Layer(rng, 5, 4, 2, np.tanh, name="output")
    params = first.params(student)
    params["Woutput"], params["boutput"] = second.W, second.b
    for layer in (first, second):
        student.forward(layer.X, params, layer.name, student.given("student_lib.nn", "tanh"))
    for layer in (first, second):
        cache = expect(_stored(params, "cache_" + layer.name), "cache").is_sequence(3)
        for part, right, what in zip(cache, layer.cache, ("X", "pre_act", "post_act"), strict=True):
            expect(part, f"{what} in the cache").close_to(right)


@check("backprop.forward", hint="The default activation is your sigmoid, the default name is ''.")
def forward_defaults_to_sigmoid(student, rng):
    """Without an activation it is your sigmoid, without a name it is ''; a batch of one row works."""
    layer = _Layer(rng, 1, 3, 4, oracles.sigmoid, name="")
    own_sigmoid = _value_or_none(lambda: student.sigmoid(layer.pre_act))
    try:
        post_act = student.forward(layer.X, layer.params(student))
        expect(post_act).close_to(layer.post_act)
    except (StudentCrashed, NotWritten):
        if own_sigmoid is not None:
            raise
    except CheckFailed:
        if not same(post_act, own_sigmoid):
            raise


@check("backprop.forward", hint="Write the result into new arrays.")
def forward_leaves_its_arguments(student, rng):
    """X, W and b are the same after the call."""
    layer = _Layer(rng, 5, 3, 4, np.tanh)
    params, X = layer.params(student), student.array(layer.X)
    post_act = student.forward(X, params, "layer1", student.given("student_lib.nn", "tanh"))
    expect(post_act).has_shape(5, 4)
    expect(X.value(), "X").unchanged(layer.X)
    expect(_stored(params, "Wlayer1"), "W").unchanged(layer.W)
    expect(_stored(params, "blayer1"), "b").unchanged(layer.b)


class _Layer:
    """One layer on the grader's side: random X (rows, D), W (D, H), b (H,), and forward's results."""

    def __init__(self, rng, rows, in_size, out_size, activation, name="layer1"):
        self.name = name
        self.X, self.delta = rng.normal(size=(rows, in_size)), rng.normal(size=(rows, out_size))
        self.W, self.b = rng.normal(size=(in_size, out_size)), rng.normal(size=out_size)
        self.pre_act = oracles.affine(self.X, self.W, self.b)
        self.post_act = activation(self.pre_act)
        self.cache = (self.X, self.pre_act, self.post_act)

    def params(self, student: Student) -> Remote:
        """W and b under the layer's name, on the student's side."""
        return student.dict({"W" + self.name: self.W, "b" + self.name: self.b})


def _stored(params: Remote, key: str):
    """`params[key]` by value; CheckFailed when there is none."""
    fail_if(key not in params, f"no {key.rstrip('0123456789')} in params")
    return params[key]


def _value_or_none(call):
    try:
        return call()
    except (StudentCrashed, NotWritten):
        return None


def _expect_unchanged(function: Remote, student: Student, *values: np.ndarray, rest=()):
    """Call with arrays that live on the student's side, look at them again, and return what came back.

    The caller demands something of that, so that a function which does nothing earns nothing.
    """
    arguments = [student.array(value) for value in values]
    result = function(*arguments, *rest)
    for argument, value in zip(arguments, values, strict=True):
        expect(argument.value(), "the argument").unchanged(value)
    return result


# --- softmax


@check("backprop.softmax", hint="exp, then divide by the row's own sum.")
def softmax_values(student, rng):
    """Each row of exp(x) is divided by its own sum."""
    logits = rng.normal(scale=2, size=(5, 3))
    expect(student.softmax(logits)).close_to(oracles.softmax(logits))


@check("backprop.softmax", hint="Keep the axes: a batch of one row has shape (1, C).")
def softmax_of_one_row(student, rng):
    """A batch of one row gives one row that sums to one, for whole numbers too."""
    for logits in (rng.normal(size=(1, 6)), rng.integers(-3, 4, size=(1, 4))):
        expect(student.softmax(logits)).close_to(oracles.softmax(logits))


@check("backprop.softmax", hint="Subtract the maximum before you exponentiate.")
def softmax_of_large_logits(student, rng):
    """Logits around +10 000 and around -10 000 give finite probabilities."""
    for shift in (1e4, -1e4):
        logits = rng.normal(size=(4, 5)) + shift
        expect(student.softmax(logits)).close_to(oracles.softmax(logits))


@check("backprop.softmax", hint="Each row has a maximum of its own.")
def softmax_of_unlike_rows(student, rng):
    """Rows whose maxima differ by 2000 are each right, and a row with one logit far above its others."""
    logits = rng.normal(size=(4, 3)) + np.array([[0.0], [2000.0], [-1000.0], [1000.0]])
    logits[0, 0] += 3000.0
    expect(student.softmax(logits)).close_to(oracles.softmax(logits))


@check("backprop.softmax", hint="x -= ... writes into the caller's array; x = x - ... does not.")
def softmax_leaves_its_argument(student, rng):
    """The argument is the same after the call."""
    result = _expect_unchanged(student.softmax, student, rng.normal(size=(4, 5)))
    expect(result).has_shape(4, 5)


# --- compute_loss_and_acc


@check(
    "backprop.compute_loss_and_acc", hint="Sum -log p over the rows, p at each row's right class.", weight=2
)
def loss_is_summed(student, rng):
    """The loss is one number, the sum over five rows of -log of the right class's probability."""
    y, probs = _labels(rng, 5, 3), oracles.softmax(rng.normal(size=(5, 3)))
    loss, _ = expect(student.compute_loss_and_acc(y, probs)).is_pair()
    _expect_loss(loss, oracles.cross_entropy(y, probs))


@check(
    "backprop.compute_loss_and_acc", hint="Count the rows whose largest probability is at the label's one."
)
def accuracy_is_a_fraction(student, rng):
    """The accuracy is the fraction of right rows, between 0 and 1."""
    probs = oracles.softmax(rng.normal(size=(8, 4)))
    labels = probs.argmax(axis=1)
    labels[:3] = (labels[:3] + rng.integers(1, 4, size=3)) % 4
    y = np.eye(4)[labels]
    _, acc = expect(student.compute_loss_and_acc(y, probs)).is_pair()
    expect(acc, "accuracy").close_to(oracles.accuracy(y, probs), rtol=1e-5)


@check("backprop.compute_loss_and_acc", hint="A batch of one row is an ordinary batch.")
def one_row_has_a_loss(student, rng):
    """A batch of one row has its loss and an accuracy of 0 or 1."""
    y, probs = _labels(rng, 1, 4), oracles.softmax(rng.normal(size=(1, 4)))
    loss, acc = expect(student.compute_loss_and_acc(y, probs)).is_pair()
    _expect_loss(loss, oracles.cross_entropy(y, probs))
    expect(acc, "accuracy").close_to(oracles.accuracy(y, probs))


@check("backprop.compute_loss_and_acc", hint="0 * log(0) is nan: look only at the right class.")
def zero_for_a_wrong_class(student, rng):
    """A probability of exactly 0 for a wrong class does no harm."""
    y = np.eye(3)[[0, 1, 2, 1]]
    probs = np.array([[0.75, 0.0, 0.25], [0.0, 1.0, 0.0], [0.4, 0.0, 0.6], [0.3, 0.5, 0.2]])
    order = rng.permutation(4)
    loss, acc = expect(student.compute_loss_and_acc(y[order], probs[order])).is_pair()
    _expect_loss(loss, oracles.cross_entropy(y, probs))
    expect(acc, "accuracy").close_to(1.0)


@check("backprop.compute_loss_and_acc", hint="Clip or add to a copy of probs.")
def loss_leaves_its_arguments(student, rng):
    """y and probs are the same after the call."""
    y, probs = _labels(rng, 4, 3), oracles.softmax(rng.normal(size=(4, 3)))
    for part in expect(_expect_unchanged(student.compute_loss_and_acc, student, y, probs)).is_pair():
        expect(part).is_numeric()


def _labels(rng, rows, classes):
    return np.eye(classes)[rng.integers(classes, size=rows)]


def _expect_loss(loss, right):
    """One finite number; the tolerance leaves room for log(p + 1e-9) and the like."""
    expect(loss, "loss").close_to(right, rtol=1e-5, atol=1e-6)


# --- backwards


@check("backprop.backwards", hint="X^T times the gradient at the pre-activation, added up over the rows.")
def gradient_of_the_weights(student, rng):
    """grad_W has W's shape and is summed over a batch of five."""
    layer = _Layer(rng, 5, 3, 4, np.tanh)
    _, params = _backward(student, layer, "tanh_deriv")
    expect(_stored(params, "grad_Wlayer1"), "grad_W").close_to(_gradients(layer, nn.tanh_deriv)[1])


@check("backprop.backwards", hint="The column sums of the gradient at the pre-activation.")
def gradient_of_the_biases(student, rng):
    """grad_b has b's shape and is summed over a batch of five."""
    layer = _Layer(rng, 5, 3, 4, np.tanh)
    _, params = _backward(student, layer, "tanh_deriv")
    expect(_stored(params, "grad_blayer1"), "grad_b").close_to(_gradients(layer, nn.tanh_deriv)[2])


@check("backprop.backwards", hint="The gradient at the pre-activation times W^T.")
def gradient_for_the_layer_below(student, rng):
    """The returned gradient has X's shape and passed through the activation and W."""
    layer = _Layer(rng, 5, 3, 4, np.tanh)
    grad_X, _ = _backward(student, layer, "tanh_deriv")
    expect(grad_X, "grad_X").close_to(_gradients(layer, nn.tanh_deriv)[0])


@check(
    "backprop.backwards",
    hint="Nothing may depend on the number of rows, and a slope of 0 stops the gradient.",
)
def one_row_through_relu(student, rng):
    """A batch of one row through ReLU gives the same three gradients."""
    layer = _Layer(rng, 1, 3, 6, nn.relu, name="")
    grad_X, params = _backward(student, layer, "relu_deriv")
    right = _gradients(layer, nn.relu_deriv)
    for value, what, expected in zip(
        (grad_X, _stored(params, "grad_W"), _stored(params, "grad_b")),
        ("grad_X", "grad_W", "grad_b"),
        right,
        strict=True,
    ):
        expect(value, what).close_to(expected)


@check("backprop.backwards", hint="The default is sigmoid_deriv, and it takes the post-activation.")
def default_is_the_sigmoid(student, rng):
    """Without a derivative the layer counts as a sigmoid layer."""
    layer = _Layer(rng, 4, 2, 3, oracles.sigmoid)
    grad_X, params = _backward(student, layer)
    right = _gradients(layer, oracles.sigmoid_deriv)
    expect(grad_X, "grad_X").close_to(right[0])
    expect(_stored(params, "grad_Wlayer1"), "grad_W").close_to(right[1])


@check("backprop.backwards", hint="delta *= ... writes into the caller's array.")
def backwards_leaves_delta(student, rng):
    """delta, W and b are the same after the call, and the gradients are the same after a second one."""
    layer = _Layer(rng, 5, 3, 4, np.tanh)
    delta = student.array(layer.delta)
    _, params = _backward(student, layer, "tanh_deriv", delta)
    expect(delta.value(), "delta").unchanged(layer.delta)
    expect(_stored(params, "Wlayer1"), "W").unchanged(layer.W)
    expect(_stored(params, "blayer1"), "b").unchanged(layer.b)
    once = expect(_stored(params, "grad_Wlayer1"), "grad_W").is_finite()
    student.backwards(layer.delta, params, "layer1", student.given("student_lib.nn", "tanh_deriv"))
    twice = expect(_stored(params, "grad_Wlayer1"), "grad_W").is_finite()
    fail_if(not same(once, twice), "a second call adds to the first one's gradients")


@check("backprop.backwards", hint="Compare each of your gradients with central differences of the loss.")
def two_layers_agree_with_finite_differences(student, rng):
    """Through two layers, every weight's gradient equals the loss's central difference."""
    hidden = _Layer(rng, 6, 2, 4, np.tanh)
    output = _Layer(rng, 6, 4, 3, oracles.softmax, name="output")
    y = _labels(rng, 6, 3)

    def loss(W1=hidden.W, W2=output.W):
        post_act = np.tanh(oracles.affine(hidden.X, W1, hidden.b))
        return oracles.cross_entropy(y, oracles.softmax(oracles.affine(post_act, W2, output.b)))

    output.X = hidden.post_act
    probs = oracles.softmax(oracles.affine(output.X, output.W, output.b))
    output.cache, output.delta = (output.X, oracles.affine(output.X, output.W, output.b), probs), probs - y
    delta, params = _backward(student, output, "linear_deriv")
    expect(_stored(params, "grad_Woutput"), "grad_Woutput").close_to(
        oracles.numerical_gradient(lambda W: loss(W2=W), output.W), rtol=1e-4, atol=1e-6
    )
    hidden.delta = expect(delta, "grad_X").has_shape(*hidden.post_act.shape)
    _, params = _backward(student, hidden, "tanh_deriv")
    expect(_stored(params, "grad_Wlayer1"), "grad_Wlayer1").close_to(
        oracles.numerical_gradient(lambda W: loss(W1=W), hidden.W), rtol=1e-4, atol=1e-6
    )


def _backward(student: Student, layer: _Layer, derivative: str = "", delta=None) -> tuple[object, Remote]:
    """What `backwards` returns, and the params that it filled, for the grader's cache.

    Where that crashes, the student's own `forward` makes the cache: it may have a layout of its own.
    """
    arguments = [layer.name]
    if derivative:
        arguments.append(student.given("student_lib.nn", derivative))
    params = layer.params(student)
    params["cache_" + layer.name] = layer.cache
    try:
        return student.backwards(layer.delta if delta is None else delta, params, *arguments), params
    except StudentCrashed as crash:
        records = len(student.transcript)
        params = layer.params(student)
        activation = {"tanh_deriv": "tanh", "relu_deriv": "relu", "linear_deriv": "linear", "": ""}[
            derivative
        ]
        functions = [student.given("student_lib.nn", activation)] if activation else []
        try:
            student.forward(layer.X, params, layer.name, *functions)
            return student.backwards(layer.delta, params, *arguments), params
        except (StudentCrashed, NotWritten):
            del student.transcript[records:]
            raise crash from None


def _gradients(layer: _Layer, derivative) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(grad_X, grad_W, grad_b) of a layer."""
    return oracles.affine_gradients(layer.X, layer.W, layer.delta * derivative(layer.post_act))


# --- get_random_batches


@check("backprop.get_random_batches", hint="One permutation of all rows, cut into pieces.", weight=2)
def every_row_exactly_once(student, rng):
    """Every row is in exactly one batch; only a last, short batch may be dropped."""
    # Two large batches first: whatever is drawn with replacement repeats a row in them.
    for rows, batch_size in ((40, 20), (40, 5), (13, 5), (6, 1)):
        x, y = _numbered(rng, rows)
        batches = _batches(student.get_random_batches(x, y, batch_size), x, y)
        orders = [_rows_of(xb, x) for xb, _ in batches]
        fail_if(
            any(np.unique(order).size < order.size for order in orders), "a row appears twice in one batch"
        )
        fail_if(len(orders) > 1 and all(map(same, orders, orders[1:])), "all batches hold the same rows")
        seen = np.concatenate(orders)
        twice = np.unique(seen).size < seen.size
        fail_if(twice and np.unique(seen).size == rows, "all rows appear, some of them twice")
        fail_if(twice, "a row appears in two batches, another in none")
        fail_if(
            seen.size < rows and (rows % batch_size == 0 or rows - seen.size >= batch_size),
            "rows are missing",
        )


@check(
    "backprop.get_random_batches",
    hint="batch_size is the number of rows in a batch, not the number of batches.",
)
def batches_have_the_size(student, rng):
    """Batches hold batch_size rows; where that does not go up, one is short or a few differ by a row."""
    for rows, batch_size in ((40, 5), (12, 4), (13, 5)):
        x, y = _numbered(rng, rows)
        sizes = [len(xb) for xb, _ in _batches(student.get_random_batches(x, y, batch_size), x, y)]
        most = -(-rows // batch_size)
        fail_if(len(sizes) == batch_size != most, "batch_size batches, not batches of batch_size rows")
        fail_if(len(sizes) > most, "too many batches")
        fail_if(len(sizes) < rows // batch_size, "too few batches")
        even = max(sizes) - min(sizes) <= 1 and (rows % batch_size or set(sizes) == {batch_size})
        tail = set(sizes[:-1]) <= {batch_size} and 0 < sizes[-1] < 2 * batch_size
        fail_if(not (even or tail), "batches of the wrong size")


@check("backprop.get_random_batches", hint="Index x and y with the same permutation.")
def rows_and_labels_stay_together(student, rng):
    """Each row of x comes with its own row of y."""
    x, y = _numbered(rng, 30)
    for xb, yb in _batches(student.get_random_batches(x, y, 4), x, y):
        fail_if(not np.array_equal(_rows_of(xb, x), _rows_of(yb, y)), "x and y are paired differently")


@check(
    "backprop.get_random_batches", hint="Draw the permutation inside the function, use it, and set no seed."
)
def order_is_fresh_each_time(student, rng):
    """The rows come in random order, another one on each call."""
    x, y = _numbered(rng, 40)
    first, second = (
        np.concatenate([_rows_of(xb, x) for xb, _ in _batches(student.get_random_batches(x, y, 8), x, y)])
        for _ in range(2)
    )
    # A right answer repeats itself, or draws the original order, with probability 1/40!.
    fail_if(np.array_equal(first, np.arange(first.size)), "the rows keep their order")
    fail_if(np.array_equal(np.sort(first[:8]), np.arange(8)), "each batch holds neighbours")
    fail_if(np.array_equal(first, second), "the same order on each call")


@check("backprop.get_random_batches", hint="np.random.shuffle(x) shuffles the caller's array.")
def batches_leave_their_arguments(student, rng):
    """x and y are the same after the call."""
    x, y = _numbered(rng, 12)
    _batches(_expect_unchanged(student.get_random_batches, student, x, y, rest=[4]), x, y)


def _numbered(rng, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """x (rows, 3) and y (rows, 2) whose first columns ascend by whole numbers: rows can be told apart."""
    numbers = np.cumsum(rng.integers(1, 9, size=rows)).astype(float)
    return np.stack([numbers, rng.normal(size=rows), -numbers], axis=1), np.stack(
        [numbers, numbers % 2], axis=1
    )


def _batches(value, x: np.ndarray, y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The batches as pairs of arrays with as many rows each, in x and y's widths."""
    batches = [expect(pair, "batch").is_pair() for pair in expect(value).is_sequence()]
    fail_if(not batches, "no batches")
    fail_if(len(batches) > 2 * len(x), "more batches than rows")
    for pair in batches:
        for part, whole, what in zip(pair, (x, y), ("xb", "yb"), strict=True):
            array = expect(part, what).is_numeric()
            fail_if(array.ndim != 2 or array.shape[1] != whole.shape[1], f"{what}: wrong shape")
            fail_if(len(array) > len(whole), f"{what}: more rows than the data")
            expect(part, what).is_finite()
        fail_if(
            len(expect(pair[0]).is_numeric()) != len(expect(pair[1]).is_numeric()), "unequal numbers of rows"
        )
    return [(expect(xb).is_numeric(), expect(yb).is_numeric()) for xb, yb in batches]


def _rows_of(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """The row numbers in `whole` of the rows of `part`, found by their first columns."""
    found = np.searchsorted(whole[:, 0], part[:, 0] - 0.5)
    fail_if(
        (found == len(whole)).any() or not np.allclose(whole[found], part, 1e-4),
        "a row that is in no data set",
    )
    return found


# --- train_network


_MOST_NUMBERS_LENT = 5_000_000


def give_right_functions(student: Student, rng) -> None:
    """Replace the student's seven earlier functions by the grader's, which work on the student's params."""
    rng_functions = (oracles.initialize_weights, oracles.get_random_batches)
    functions = (
        *(functools.wraps(function)(functools.partial(function, rng=rng)) for function in rng_functions),
        oracles.sigmoid,
        oracles.forward,
        oracles.softmax,
        oracles.compute_loss_and_acc,
        oracles.backwards,
    )
    budget = [_MOST_NUMBERS_LENT]
    student.bind(**{function.__name__: _lent(function, budget) for function in functions})


def _lent(function, budget: list[int]):
    """`function` for student code to call: odd arguments make the student's crash, not ours."""

    def lent(*args, **kwargs):
        budget[0] -= sum(np.size(arg) for arg in args if isinstance(arg, np.ndarray))
        if budget[0] < 0:
            raise StudentTimedOut(f"the lent functions were given more than {_MOST_NUMBERS_LENT} numbers")
        try:
            return function(*args, **kwargs)
        except (StudentTimedOut, StudentDied):
            raise
        except Exception as error:
            raise ArgumentError(f"{function.__name__}: {type(error).__name__}") from error

    return lent


_HISTORY = ("train_loss", "train_acc", "valid_loss", "valid_acc")
# Loss per validation row at the end: below 0.091 for a right answer in 2000 seeds; in 100 seeds above
# 0.200 for a frozen first layer and above 0.359 for averaged updates, the closest of the wrong ones.
_MOST_LOSS = 0.15


@check(
    "backprop.train_network",
    hint="Return (params, history), four lists of numbers.",
    rescue=give_right_functions,
)
def returns_params_and_history(student, rng):
    """Returns the parameters of both layers, and a history with four lists of max_iters numbers."""
    x, y = _clouds(rng, 20, columns=3)
    _train(student, x, y, x, y, hidden_size=7, max_iters=4, batch_size=5, learning_rate=1e-3)


@check(
    "backprop.train_network",
    hint="Evaluate the validation set after the epoch's updates, and divide its loss by its rows.",
    rescue=give_right_functions,
)
def validation_numbers_belong_to_params(student, rng):
    """The last validation loss (average per row) and accuracy are those of the returned parameters."""
    x, y = _clouds(rng, 20)
    valid_x, valid_y = _clouds(rng, 12)
    settings = {"hidden_size": 6, "max_iters": 3, "batch_size": 5, "learning_rate": 1e-3}
    params, history = _train(student, x, y, valid_x, valid_y, **settings)
    (loss, acc), value = _evaluate(params, valid_x, valid_y), history["valid_loss"][-1]
    # What the loss was before the last epoch, by the gradients there.
    slopes, steps = _network_gradients(params, valid_x, valid_y), _network_gradients(params, x, y)
    before = loss + settings["learning_rate"] * sum(np.sum(slopes[name] * steps[name]) for name in slopes)
    late_by = (value * len(valid_x) - loss) / (before - loss)
    fail_if(0.8 < late_by < 1.2, "valid_loss: measured before the last epoch's updates")
    train_loss = _evaluate(params, x, y)[0] / len(x)
    fail_if(np.isclose(value, train_loss, rtol=1e-6), "valid_loss: measured on the training rows")
    _expect_average(value, loss, rows=12, what="valid_loss")
    expect(history["valid_acc"][-1], "valid_acc").close_to(acc, rtol=1e-4)


@check(
    "backprop.train_network",
    hint="Add up the loss over all batches of the epoch, then divide by the number of rows.",
    rescue=give_right_functions,
)
def nothing_changes_at_learning_rate_zero(student, rng):
    """With a learning rate of 0 every epoch reports the same numbers: averages over all rows."""
    x, y = _clouds(rng, 20)
    valid_x, valid_y = _clouds(rng, 12)
    settings = {"hidden_size": 6, "max_iters": 3, "batch_size": 5, "learning_rate": 0.0}
    params, history = _train(student, x, y, valid_x, valid_y, **settings)
    for name in _HISTORY:
        fail_if(np.ptp(history[name]) > 1e-5, f"{name} changes although nothing is learned")
    loss, acc = _evaluate(params, x, y)
    _expect_average(history["train_loss"][-1], loss, rows=20, what="train_loss")
    expect(history["train_acc"][-1], "train_acc").close_to(acc, rtol=1e-4)


@check(
    "backprop.train_network",
    hint="Each batch updates once with its summed gradients; max_iters counts passes over all batches.",
    rescue=give_right_functions,
)
def updates_add_up_all_gradients(student, rng):
    """Each epoch moves the biases by the learning rate times the gradient summed over every row."""
    x, y = _clouds(rng, 20)
    rate, epochs = 1e-7, 3
    params, _ = _train(student, x, y, x, y, hidden_size=6, max_iters=epochs, batch_size=5, learning_rate=rate)
    # At this rate the gradients stay what they are to 1e-5, and the biases started at zero.
    gradients = _network_gradients(params, x, y)
    for name, words in _BIASES.items():
        _expect_multiple(params[name] / (-rate * epochs), gradients[name], words)


@check(
    "backprop.train_network",
    hint="Every W and every b of both layers is updated, with minus the learning rate.",
    rescue=give_right_functions,
)
def every_parameter_descends(student, rng):
    """The loss falls as fast as the gradients of all four parameters together promise."""
    x, y = _clouds(rng, 20)
    rate = 1e-4
    params, history = _train(
        student, x, y, x, y, hidden_size=6, max_iters=2, batch_size=5, learning_rate=rate
    )
    loss, _ = _evaluate(params, x, y)
    before, after = history["valid_loss"]
    promised = rate * sum(np.sum(gradient**2) for gradient in _network_gradients(params, x, y).values())
    # Scaled to the last entry, so that a history of sums, which another check judges, passes here.
    ratio = (before - after) * loss / max(after, 1e-12) / promised
    fail_if(ratio < -0.1, "the loss rises")
    fail_if(ratio < 0.1, "the loss stays")
    fail_if(ratio < 0.9, "the loss falls too slowly")
    fail_if(not ratio < 1.1, "the loss falls too fast")


@check(
    "backprop.train_network",
    hint="Finish backwards through both layers before you change any parameter.",
    rescue=give_right_functions,
)
def all_parameters_step_from_one_point(student, rng):
    """Within one update, all gradients belong to the parameters before it."""
    x, y = _clouds(rng, 20)
    rate = 0.01
    settings = {"hidden_size": 6, "max_iters": 1, "batch_size": 20, "learning_rate": rate}
    params, _ = _train(student, x, y, x, y, **settings)
    gradients = _network_gradients(_before_step(params, x, y, rate), x, y)
    off = [
        np.abs(params[name] / -rate - gradients[name]).max() / np.abs(gradients[name]).max()
        for name in _BIASES
    ]
    fail_if(not np.max(off) < 1e-3, "one large step is not along the gradients before it")


@check("backprop.train_network", hint="Watch the training loss: does it fall?", rescue=give_right_functions)
def learns_four_clouds(student, rng):
    """Training separates four clouds of points that it was not trained on."""
    x, y = _clouds(rng, 80)
    valid_x, valid_y = _clouds(rng, 80)
    settings = {"hidden_size": 16, "max_iters": 12, "batch_size": 5, "learning_rate": 0.05}
    params, _ = _train(student, x, y, valid_x, valid_y, **settings)
    loss, _ = _evaluate(params, valid_x, valid_y)
    fail_if(loss / len(valid_x) > _MOST_LOSS, "does not learn")


_BIASES = {"boutput": "the output's biases", "blayer1": "the hidden biases"}


def _clouds(rng, rows: int, columns: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Four clouds with standard deviation 0.4 around (±1.5, ±1.5), as many rows each, in random order."""
    labels = rng.permutation(np.arange(rows) % 4)
    centres = 1.5 * np.array([[1, 1, 1], [1, -1, 0], [-1, 1, 0], [-1, -1, -1]])[:, :columns]
    return centres[labels] + rng.normal(scale=0.4, size=(rows, columns)), np.eye(4)[labels]


def _train(student: Student, x, y, valid_x, valid_y, **settings) -> tuple[dict, dict]:
    """Call train_network; the four parameters as finite arrays of the right shapes, the history as lists."""
    result = student.train_network(x, y, valid_x, valid_y, **settings)
    params, history = expect(result, "the result").is_pair()
    names = ("Wlayer1", "blayer1", "Woutput", "boutput")
    hidden = settings["hidden_size"]
    shapes = dict(zip(names, ((x.shape[1], hidden), (hidden,), (hidden, 4), (4,)), strict=True))
    expect(params, "params").is_dict(*names)
    trained = {}
    for name, shape in shapes.items():
        trained[name] = expect(params[name], name).has_shape(*shape).astype(float)
        expect(params[name], name).is_finite()
    expect(history, "history").is_dict(*_HISTORY)
    lists = {name: _numbers(history[name], name, settings["max_iters"]) for name in _HISTORY}
    for name in ("train_acc", "valid_acc"):
        expect(lists[name], name).between(-1e-6, 1 + 1e-6)
    return trained, lists


def _numbers(value, name: str, length: int) -> np.ndarray:
    """A list (or array) of `length` numbers, each of them alone in whatever it is wrapped in."""
    items = list(value) if isinstance(value, np.ndarray) and value.ndim else expect(value, name).is_sequence()
    fail_if(len(items) != length, f"{name}: not one entry for each epoch")
    return np.array([expect(item, name).is_number() for item in items])


def _evaluate(params: dict, x, y) -> tuple[float, float]:
    """(summed loss, accuracy) of the network on x and y."""
    probs = _outputs(params, x)[1]
    return oracles.cross_entropy(y, probs), oracles.accuracy(y, probs)


def _outputs(params: dict, x) -> tuple[np.ndarray, np.ndarray]:
    hidden = oracles.sigmoid(oracles.affine(x, params["Wlayer1"], params["blayer1"]))
    return hidden, oracles.softmax(oracles.affine(hidden, params["Woutput"], params["boutput"]))


def _network_gradients(params: dict, x, y) -> dict[str, np.ndarray]:
    """The summed loss's gradients for the four parameters."""
    hidden, probs = _outputs(params, x)
    grad_hidden, *output = oracles.affine_gradients(hidden, params["Woutput"], probs - y)
    delta = grad_hidden * oracles.sigmoid_deriv(hidden)
    _, *layer1 = oracles.affine_gradients(x, params["Wlayer1"], delta)
    return dict(zip(("Wlayer1", "blayer1", "Woutput", "boutput"), (*layer1, *output), strict=True))


def _before_step(params: dict, x, y, rate: float) -> dict[str, np.ndarray]:
    """The parameters from which one step with all rows leads to `params`, when the biases were zero there.

    W = W_after + rate * gradient(W) as a fixed point; at rate 0.01 with 20 rows it converges to 1e-9.
    """
    start = {name: value if name.startswith("W") else 0 * value for name, value in params.items()}
    for _ in range(60):
        gradients = _network_gradients(start, x, y)
        start |= {name: params[name] + rate * gradients[name] for name in ("Wlayer1", "Woutput")}
    return start


def _expect_average(value: float, total: float, rows: int, what: str) -> None:
    fail_if(np.isclose(value, total, rtol=1e-3), f"{what}: a sum, not an average per row")
    fail_if(np.isclose(value, -total / rows, rtol=1e-3), f"{what}: wrong sign")
    expect(value, what).close_to(total / rows, rtol=1e-4, atol=1e-6)


def _expect_multiple(moved: np.ndarray, gradient: np.ndarray, words: str) -> None:
    """`moved` is `gradient`; when it is a multiple of it, the symptom says which."""
    ratio = moved @ gradient / max(gradient @ gradient, 1e-300)
    scale = np.abs(gradient).max()
    off = np.abs(moved - ratio * gradient).max()
    fail_if(not off <= 1e-3 * scale * max(abs(ratio), 1e-3), f"{words} follow no gradient")
    fail_if(abs(ratio - 1) > 1e-3, f"{words} move {round(ratio, 3):g} times as far")
