"""Hidden checks of `sigmoid` and `forward`, fully_connected.ipynb: one layer on the way up."""

from __future__ import annotations

import numpy as np

from .. import CheckFailed, NotWritten, StudentCrashed, check, expect, oracles, same
from ._shared import Layer, expect_unchanged, stored


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
    seterr = student.given("numpy", "seterr")
    before = expect(seterr(over="raise"), "NumPy's settings").is_dict("over")
    try:
        answer = student.sigmoid(x)
    except StudentCrashed as crash:
        if crash.type_name != "FloatingPointError":
            raise
        raise CheckFailed("overflow") from None
    finally:
        seterr(over=before["over"])
    expect(answer).close_to(oracles.sigmoid(x))


@check("backprop.sigmoid", hint="x -= ... and out=x write into the caller's array.")
def sigmoid_leaves_its_argument(student, rng):
    """The argument is the same after the call."""
    x = rng.normal(size=(3, 4))
    x[0, :2] = -1000.0, 1000.0
    expect(expect_unchanged(student.sigmoid, student, x)).has_shape(3, 4)


@check("backprop.forward", hint="activation(X @ W + b), with the activation that was passed.")
def forward_applies_the_given_activation(student, rng):
    """The output is activation(X W + b) for a batch of five and a given activation."""
    layer = Layer(rng, 5, 3, 4, np.tanh)
    post_act = student.forward(
        layer.X, layer.params(student), "layer1", student.given("student_lib.nn", "tanh")
    )
    expect(post_act).close_to(layer.post_act)


@check("backprop.forward", hint="params['cache_' + name] = (X, pre_act, post_act).")
def forward_stores_the_cache(student, rng):
    """X, the pre-activation and the post-activation are stored as 'cache_' + name, for each layer."""
    first, second = Layer(rng, 5, 3, 4, np.tanh), Layer(rng, 5, 4, 2, np.tanh, name="output")
    params = first.params(student)
    params["Woutput"], params["boutput"] = second.W, second.b
    for layer in (first, second):
        student.forward(layer.X, params, layer.name, student.given("student_lib.nn", "tanh"))
    for layer in (first, second):
        cache = expect(stored(params, "cache_" + layer.name), "cache").is_sequence(3)
        for part, right, what in zip(cache, layer.cache, ("X", "pre_act", "post_act"), strict=True):
            expect(part, f"{what} in the cache").close_to(right)


@check("backprop.forward", hint="The default activation is your sigmoid, the default name is ''.")
def forward_defaults_to_sigmoid(student, rng):
    """Without an activation it is your sigmoid, without a name it is ''; a batch of one row works."""
    layer = Layer(rng, 1, 3, 4, oracles.sigmoid, name="")
    own_sigmoid = _array_or_none(lambda: student.sigmoid(layer.pre_act), layer.pre_act.shape)
    post_act = None
    try:
        post_act = student.forward(layer.X, layer.params(student))
        expect(post_act).close_to(layer.post_act)
    except (StudentCrashed, NotWritten, CheckFailed) as error:
        if own_sigmoid is None:
            # There is nothing to default to: the default name alone is judged.
            tanh = student.given("student_lib.nn", "tanh")
            post_act = student.forward(layer.X, layer.params(student), activation=tanh)
            expect(post_act).close_to(np.tanh(layer.pre_act))
        elif not (isinstance(error, CheckFailed) and same(post_act, own_sigmoid)):
            raise


@check("backprop.forward", hint="Write the result into new arrays.")
def forward_leaves_its_arguments(student, rng):
    """X, W and b are the same after the call."""
    layer = Layer(rng, 5, 3, 4, np.tanh)
    params, X = layer.params(student), student.array(layer.X)
    post_act = student.forward(X, params, "layer1", student.given("student_lib.nn", "tanh"))
    expect(post_act).has_shape(5, 4)
    expect(X.value(), "X").unchanged(layer.X)
    expect(stored(params, "Wlayer1"), "W").unchanged(layer.W)
    expect(stored(params, "blayer1"), "b").unchanged(layer.b)


def _array_or_none(call, shape):
    try:
        return expect(call()).has_shape(*shape)
    except (StudentCrashed, NotWritten, CheckFailed):
        return None
