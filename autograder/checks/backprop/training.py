"""Hidden checks of `train_network`, fully_connected.ipynb: the loop around all other functions.

A wrong earlier function costs nothing: a check that fails is repeated with right ones in their place.
"""

from __future__ import annotations

import numpy as np

from .. import Student, check, expect, fail_if, oracles
from ..thresholds import at_most
from ._right_functions import give_right_functions

_HISTORY = ("train_loss", "train_acc", "valid_loss", "valid_acc")
# Loss per validation row at the end: below 0.091 for a right answer in 2000 seeds; in 100 seeds above 0.175 for a
# sigmoid before softmax and at least 0.200 for a frozen first layer, the closest of the wrong ones.
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
    if not np.isclose(value * len(valid_x), loss, rtol=1e-4):
        # What the loss was before the last epoch, by the gradients there.
        slopes, steps = _network_gradients(params, valid_x, valid_y), _network_gradients(params, x, y)
        before = loss + settings["learning_rate"] * sum(np.sum(slopes[name] * steps[name]) for name in slopes)
        late_by = (value * len(valid_x) - loss) / (before - loss)
        fail_if(0.8 < late_by < 1.2, "valid_loss: measured before the last epoch's updates")
        train_loss = _evaluate(params, x, y)[0] / len(x)
        fail_if(np.isclose(value, train_loss, rtol=1e-6), "valid_loss: measured on the training rows")
        squashed = _evaluate(params, valid_x, valid_y, squash=oracles.sigmoid)[0] / len(valid_x)
        fail_if(np.isclose(value, squashed, rtol=1e-6), "valid_loss: a sigmoid before the softmax")
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
    valid_x, valid_y = _clouds(rng, 12)
    rate, epochs = 1e-7, 3
    settings = {"hidden_size": 6, "max_iters": epochs, "batch_size": 5, "learning_rate": rate}
    params, _ = _train(student, x, y, valid_x, valid_y, **settings)
    # At this rate the gradients stay what they are to 1e-5, and the biases started at zero.
    gradients = _network_gradients(params, x, y)
    if not _moved_along(params, gradients, rate * epochs):
        with_valid = _network_gradients(params, np.vstack([x, valid_x]), np.vstack([y, valid_y]))
        fail_if(_moved_along(params, with_valid, rate * epochs), "the biases follow the validation rows too")
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
    # Curvature moves it by rate times the largest eigenvalue, below 0.005; 1.0002 to 1.0017 in 1500 seeds.
    fail_if(abs(ratio) > 10, "the loss jumps")
    fail_if(ratio < -0.1, "the loss rises")
    fail_if(ratio < 0.99, "the loss falls too slowly")
    fail_if(not ratio < 1.01, "the loss falls too fast")


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
    if not _moved_along(params, _gradients_before_step(params, x, y, rate), rate):
        late = _gradients_before_step(params, x, y, rate, way_down=params["Woutput"])
        fail_if(_moved_along(params, late, rate), "the hidden gradient came through the new output weights")
        fail_if(True, "one large step is not along the gradients before it")


@check("backprop.train_network", hint="Watch the training loss: does it fall?", rescue=give_right_functions)
def learns_four_clouds(student, rng):
    """Training separates four clouds of points that it was not trained on."""
    x, y = _clouds(rng, 80)
    valid_x, valid_y = _clouds(rng, 80)
    # Batches of 5 end at the same loss, and ask lent functions four times as often.
    settings = {"hidden_size": 16, "max_iters": 12, "batch_size": 20, "learning_rate": 0.05}
    params, _ = _train(student, x, y, valid_x, valid_y, infinite="does not learn", **settings)
    loss, _ = _evaluate(params, valid_x, valid_y)
    at_most(loss / len(valid_x), _MOST_LOSS, "validation loss per row", "does not learn")


_BIASES = {"boutput": "the output's biases", "blayer1": "the hidden biases"}


def _clouds(rng, rows: int, columns: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Four clouds with standard deviation 0.4 around (±1.5, ±1.5), as many rows each, in random order."""
    labels = rng.permutation(np.arange(rows) % 4)
    centres = 1.5 * np.array([[1, 1, 1], [1, -1, 0], [-1, 1, 0], [-1, -1, -1]])[:, :columns]
    return centres[labels] + rng.normal(scale=0.4, size=(rows, columns)), np.eye(4)[labels]


def _train(student: Student, x, y, valid_x, valid_y, infinite: str = "", **settings) -> tuple[dict, dict]:
    """Call train_network; the four parameters as finite arrays of the right shapes, the history as arrays.

    `infinite` is the symptom of numbers that are not finite, where what rises may or may not get that far.
    """
    result = student.train_network(x, y, valid_x, valid_y, **settings)
    params, history = expect(result, "the result").is_pair()
    names = ("Wlayer1", "blayer1", "Woutput", "boutput")
    hidden = settings["hidden_size"]
    shapes = dict(zip(names, ((x.shape[1], hidden), (hidden,), (hidden, 4), (4,)), strict=True))
    expect(params, "params").is_dict(*names)
    W = expect(params["Wlayer1"], "Wlayer1").is_numeric()
    fail_if(
        W.ndim == 2 and W.shape[0] == x.shape[1] and W.shape[1] != hidden, "another hidden size than asked"
    )
    trained = {}
    for name, shape in shapes.items():
        trained[name] = expect(params[name], name).has_shape(*shape).astype(float)
        _is_finite(trained[name], name, infinite)
    expect(history, "history").is_dict(*_HISTORY)
    epochs, batches = settings["max_iters"], -(-len(x) // settings["batch_size"])
    lists = {name: _numbers(history[name], name, epochs, batches) for name in _HISTORY}
    undefined = not infinite and not np.isfinite(lists["train_loss"]).any() and not lists["train_acc"].any()
    fail_if(undefined, "train_loss: not finite, with train_acc 0")
    for name in _HISTORY:
        _is_finite(lists[name], name, infinite)
    for name in ("train_acc", "valid_acc"):
        expect(lists[name], name).between(-1e-6, 1 + 1e-6)
    return trained, lists


def _is_finite(values: np.ndarray, name: str, symptom: str) -> None:
    fail_if(bool(symptom) and not np.isfinite(values).all(), symptom)
    expect(values, name).is_finite()


def _numbers(value, name: str, epochs: int, batches: int) -> np.ndarray:
    """A list (or array) of a number for each epoch, each of them alone in whatever it is wrapped in."""
    items = list(value) if isinstance(value, np.ndarray) and value.ndim else expect(value, name).is_sequence()
    fail_if(len(items) == epochs * batches != epochs, f"{name}: one entry for each batch")
    fail_if(len(items) == epochs + 1, f"{name}: one entry too many")
    fail_if(len(items) != epochs, f"{name}: not one entry for each epoch")
    return np.array([expect(item, name).is_scalar() for item in items])


def _evaluate(params: dict, x, y, squash=np.asarray) -> tuple[float, float]:
    """(summed loss, accuracy) of the network on x and y; `squash` is applied to the logits."""
    probs = _outputs(params, x, squash)[1]
    return oracles.cross_entropy(y, probs), oracles.accuracy(y, probs)


def _outputs(params: dict, x, squash=np.asarray) -> tuple[np.ndarray, np.ndarray]:
    hidden = oracles.sigmoid(oracles.affine(x, params["Wlayer1"], params["blayer1"]))
    return hidden, oracles.softmax(squash(oracles.affine(hidden, params["Woutput"], params["boutput"])))


def _network_gradients(params: dict, x, y, way_down=None) -> dict[str, np.ndarray]:
    """The summed loss's gradients for the four parameters.

    `way_down` are other output weights for the gradient to pass through on its way to the hidden layer.
    """
    hidden, probs = _outputs(params, x)
    way_down = params["Woutput"] if way_down is None else way_down
    grad_hidden, *output = oracles.affine_gradients(hidden, way_down, probs - y)
    delta = grad_hidden * oracles.sigmoid_deriv(hidden)
    _, *layer1 = oracles.affine_gradients(x, params["Wlayer1"], delta)
    return dict(zip(("Wlayer1", "blayer1", "Woutput", "boutput"), (*layer1, *output), strict=True))


def _gradients_before_step(params: dict, x, y, rate: float, way_down=None) -> dict[str, np.ndarray]:
    """The gradients where one step with all rows led to `params`, when the biases were zero there.

    W = W_after + rate * gradient(W) as a fixed point; at rate 0.01 with 20 rows it converges to 1e-9.
    """
    start = {name: value if name.startswith("W") else 0 * value for name, value in params.items()}
    for _ in range(60):
        gradients = _network_gradients(start, x, y, way_down)
        start |= {name: params[name] + rate * gradients[name] for name in ("Wlayer1", "Woutput")}
    return _network_gradients(start, x, y, way_down)


def _moved_along(params: dict, gradients: dict[str, np.ndarray], rate: float) -> bool:
    """Whether both biases went from zero to -rate times their gradients, to 1e-3 of the largest element."""
    return all(
        np.abs(params[name] / -rate - gradients[name]).max() < 1e-3 * np.abs(gradients[name]).max()
        for name in _BIASES
    )


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
