"""Hidden checks of `source/pytorch/fine_tuning.ipynb`: the loop `fit`, neighbours, and labels for raw pictures.

The models here are the grader's: a linear layer whose every batch is seen by a hook, so that each step of Adam can
be computed again in float64, and a network of three colours' means, for which preparing them wrongly shows.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from .. import Remote, Student, _torch, check, expect, fail_if
from .fine_tuning import normalised

# float32, the rows summed in another order; AdamW differs by 2e-3 after four steps.
_NEAR = {"rtol": 5e-4, "atol": 5e-5}

# --- fit


@check(
    "pytorch.fit",
    hint="zero_grad, mean cross entropy, backward, step; torch.optim.Adam with the given lr.",
    weight=3,
    seconds=30,
)
def steps_are_those_of_adam(student, rng):
    """One step with all rows, and four of them, move the parameters as Adam on the mean cross entropy does."""
    for epochs in (1, 4):
        model, x, y = _model(student, rng)
        start = _torch.arrays(student, model)
        _fit(student, model, x, y, epochs, 0.05, 16)
        found, right = _torch.arrays(student, model), _adam(start, x, y, epochs)
        moved = np.abs(found["weight"] - start["weight"])
        fail_if(not moved.any(), "the parameters did not move")
        if not _alike(found, right):
            fail_if(epochs == 1 and np.allclose(moved, 1e-3, rtol=0.1), "Adam's default rate")
            fail_if(epochs == 1 and not np.allclose(moved, 0.05, rtol=1e-3), "not a step of Adam")
            fail_if(_alike(found, _adam(start, x, y, epochs, empty=False)), "gradients add up")
            fail_if(_alike(found, _adam(start, x, y, epochs, renew=True)), "a new Adam in each epoch")
        for name, value in found.items():
            expect(value, name).close_to(right[name], **_NEAR)


@check("pytorch.fit", hint="torch.randperm once an epoch; the last batch may be short.")
def every_row_once_an_epoch(student, rng):
    """Each epoch shows every row once, in batches of batch_size, the last one short, in a fresh random order."""
    model, x, y = _model(student, rng)
    batches, _ = _watched(student, model, x, y, epochs=3, size=4)
    fail_if(any(len(rows) > 4 for rows in batches), "batches too large")
    fail_if(len(batches) != 9, "another number of batches")
    epochs = [list(chain(*batches[first : first + 3])) for first in (0, 3, 6)]
    fail_if(any(sorted(rows) != list(range(10)) for rows in epochs), "not every row once an epoch")
    fail_if(all(rows == sorted(rows) for rows in epochs), "the order is not random")
    fail_if(epochs[0] == epochs[1] == epochs[2], "the same order in every epoch")


@check("pytorch.fit", hint="model.train() at the start: a measurement may have switched it off.")
def training_mode_is_on(student, rng):
    """The model is in training mode for every batch, also when it came in evaluation mode."""
    model, x, y = _model(student, rng)
    model.eval()
    _, modes = _watched(student, model, x, y, epochs=2, size=5)
    fail_if(not modes or not all(modes), "not in training mode")


@check("pytorch.fit", hint="Leave requires_grad as it is; what is frozen has no gradient.")
def frozen_layers_stay(student, rng):
    """A frozen layer stays equal in every bit, while the layer behind it learns."""
    last, x, y = _model(student, rng)
    frozen = _torch.layer(student, "Linear", 6, 6)
    for _, parameter in _torch.parameters(student, frozen):
        parameter.requires_grad = False
    before, old = _torch.arrays(student, frozen), _torch.arrays(student, last)
    _fit(student, _torch.layer(student, "Sequential", frozen, last), x, y, 2, 0.05, 4)
    for name, value in _torch.arrays(student, frozen).items():
        expect(value, "a frozen parameter").unchanged(before[name])
    fail_if(np.array_equal(_torch.arrays(student, last)["weight"], old["weight"]), "nothing learned")


@check(
    "pytorch.fit",
    hint="loss.item() times the batch's rows, summed over the epoch, divided by all rows.",
    weight=2,
)
def returns_mean_losses(student, rng):
    """With lr = 0 each epoch's loss is the mean cross entropy of all rows, a plain number."""
    model, x, y = _model(student, rng)
    named = _torch.arrays(student, model)
    weights = (torch.tensor(named[name]).double() for name in ("weight", "bias"))
    right = F.cross_entropy(F.linear(torch.tensor(x).double(), *weights), torch.tensor(y)).item()
    losses = student.fit(model, _torch.tensor(student, x), _torch.tensor(student, y), 3, 0.0, 4)
    losses = expect(losses, "the losses").is_sequence(3)
    fail_if(any(isinstance(loss, Remote) for loss in losses), "the losses: not plain numbers")
    expect(losses, "the losses").close_to([right] * 3, rtol=1e-3)


def _model(student: Student, rng: Any) -> tuple[Remote, np.ndarray, np.ndarray]:
    """nn.Linear(6, 3), ten rows that carry their numbers, in tenths, in the first column, and labels."""
    model = _torch.layer(student, "Linear", 6, 3)
    _torch.fill(student, model, rng, 0.9)
    x = rng.normal(size=(10, 6)).astype(np.float32)
    x[:, 0] = np.arange(10) / 10
    return model, x, rng.integers(3, size=10)


def _fit(student: Student, model: Remote, x, y, epochs: int, lr: float, size: int) -> None:
    _torch.quietly(
        student, student.fit, model, _torch.tensor(student, x), _torch.tensor(student, y), epochs, lr, size
    )


def _watched(
    student: Student, model: Remote, x, y, epochs: int, size: int
) -> tuple[list[list[int]], list[bool]]:
    """The rows of each batch, and whether each came in training mode; passes without a graph are no training."""
    batches, modes = [], []

    def watch(module: Remote, args: Any, out: Any) -> None:
        fail_if(not isinstance(out, Remote), "not a tensor")
        if out.requires_grad.value() is True:
            [rows] = args
            batches.append((10 * _torch.array(rows)[:, 0]).round().astype(int).tolist())
            modes.append(module.training.value() is True)

    model.register_forward_hook(watch)
    _fit(student, model, x, y, epochs, 0.01, size)
    return batches, modes


def _adam(
    named: dict[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    epochs: int,
    empty: bool = True,
    renew: bool = False,
) -> dict[str, np.ndarray]:
    """The parameters after steps of Adam with lr 0.05 on all rows, in float64 (D. P. Kingma, J. Ba, 2015).

    The gradients are added up without `empty`; with `renew` each step is Adam's first.
    """
    moving = {name: torch.tensor(value).double().requires_grad_() for name, value in named.items()}
    optimizer = torch.optim.Adam(list(moving.values()), lr=0.05)
    for _ in range(epochs):
        if empty:
            optimizer.zero_grad()
        if renew:
            optimizer = torch.optim.Adam(list(moving.values()), lr=0.05)
        logits = F.linear(torch.tensor(x).double(), moving["weight"], moving["bias"])
        F.cross_entropy(logits, torch.tensor(y)).backward()
        optimizer.step()
    return {name: value.detach().numpy() for name, value in moving.items()}


def _alike(found: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> bool:
    return all(np.allclose(found[name], right[name], **_NEAR) for name in right)


# --- nearest


@check(
    "pytorch.nearest", hint="Divide each row by its own length, then compare; the best comes first.", weight=2
)
def most_similar_rows_first(student, rng):
    """Finds the rows with the largest cosine, best first, whatever their lengths."""
    queries, database = _points(rng)
    right = np.argsort(-_cosines(queries, database), axis=1)[:, :4]
    found = expect(student.nearest(queries, database, 4)).has_shape(7, 4)
    expect(found).equals(right)


@check("pytorch.nearest", hint="Use the argument k.")
def any_number_of_neighbours(student, rng):
    """One neighbour, all of them, and five where k is left out."""
    queries, database = _points(rng)
    right = np.argsort(-_cosines(queries, database), axis=1)
    for k in (1, len(database)):
        expect(student.nearest(queries, database, k)).equals(right[:, :k])
    expect(student.nearest(queries, database)).equals(right[:, :5])


@check("pytorch.nearest", hint="x / norm makes an array of your own; x /= norm changes the caller's.")
def arguments_stay_unchanged(student, rng):
    """Neither array changes."""
    arrays = _points(rng)
    kept = [student.array(array) for array in arrays]
    _torch.quietly(student, student.nearest, *kept, 3)
    for remote, array in zip(kept, arrays, strict=True):
        expect(remote.value(), "an argument").unchanged(array)


def _points(rng: Any) -> tuple[np.ndarray, np.ndarray]:
    """Seven queries and eleven rows in five dimensions, of very different lengths, no two cosines nearly equal."""
    while True:
        queries, database = (rng.normal(size=(rows, 5)) * rng.uniform(0.2, 5, (rows, 1)) for rows in (7, 11))
        if np.diff(np.sort(_cosines(queries, database), axis=1), axis=1).min() > 1e-4:
            return queries, database


def _cosines(queries: np.ndarray, database: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(database, axis=1)
    return queries @ database.T / lengths


# --- label_pictures


def _right_outputs(student: Student, rng: Any) -> None:
    def outputs(module: Remote, x: Remote, batch_size: int = 64) -> Any:
        mode = module.training.value()
        module.eval()
        made = module(x).detach()
        module.train(mode)
        return made

    student.bind(outputs=outputs)


@check(
    "pytorch.label_pictures",
    hint="as_input prepares the pictures as the weights expect them; RGB stays RGB.",
    weight=2,
    rescue=_right_outputs,
)
def pictures_are_prepared(student, rng):
    """The labels are those of normalised RGB pictures, for twelve of them and for one."""
    net, pictures, right, wrong = _colours(student, rng)
    found = _labels(student, net, pictures)
    for how, labels in wrong.items():
        fail_if(np.array_equal(found, labels), how)
    expect(found, "the labels").equals(right)
    expect(_labels(student, net, pictures[:1]), "the label").equals(right[:1])


@check(
    "pytorch.label_pictures",
    hint="Measure in evaluation mode: dropout makes other labels each time.",
    rescue=_right_outputs,
)
def dropout_is_off_for_labels(student, rng):
    """A network in training mode gives the labels that it gives in evaluation mode."""
    net, pictures, right, wrong = _colours(student, rng, dropout=0.6)
    found = _labels(student, net, pictures)
    # Another preparation costs the check of preparation alone.
    if not any(np.array_equal(found, labels) for labels in wrong.values()):
        expect(found, "the labels").equals(right)


@check("pytorch.label_pictures", hint="Prepare a copy; the caller keeps the pictures.", rescue=_right_outputs)
def pictures_stay_unchanged(student, rng):
    """The pictures do not change."""
    net, pictures, *_ = _colours(student, rng)
    kept = student.array(pictures)
    _torch.quietly(student, student.label_pictures, net, kept)
    expect(kept.value(), "the pictures").unchanged(pictures)


def _labels(student: Student, net: Remote, pictures: np.ndarray) -> np.ndarray:
    found = student.label_pictures(net, pictures)
    found = _torch.array(found, "the labels") if isinstance(found, Remote) else found
    found = expect(found, "the labels").is_numeric()
    fail_if(found.shape == (len(pictures), 4), "scores, not labels")
    return expect(found, "the labels").has_shape(len(pictures))


def _colours(student: Student, rng: Any, dropout: float = 0.0):
    """A network of the means of three channels, in training mode; twelve pictures (12, 10, 14, 3); their labels;
    and the labels of pictures that were prepared wrongly, by symptom: each differs from the right ones in places.

    Each picture's largest score is clear.
    """
    while True:
        W, b = rng.normal(size=(4, 3)).astype(np.float32), rng.normal(size=4).astype(np.float32)
        colours = rng.integers(20, 235, size=(60, 1, 1, 3))
        pictures = (colours + rng.integers(-20, 21, size=(60, 10, 14, 3))).astype(np.uint8)
        scores = _scores(normalised(pictures), W, b)
        best = np.sort(scores, axis=1)
        pictures = pictures[best[:, -1] - best[:, -2] > 0.1][:12]
        right = _scores(normalised(pictures), W, b).argmax(axis=1)
        wrong = {how: _scores(x, W, b).argmax(axis=1) for how, x in _wrong_ways(pictures).items()}
        if len(pictures) == 12 and all(np.sum(labels != right) > 2 for labels in wrong.values()):
            break
    conv = _torch.layer(student, "Conv2d", 3, 4, 1)
    for (_, parameter), numbers in zip(
        _torch.parameters(student, conv), (W[:, :, None, None], b), strict=True
    ):
        _torch.put(student, parameter, numbers)
    layers = [
        _torch.layer(student, "Dropout2d", dropout),
        conv,
        _torch.layer(student, "AdaptiveAvgPool2d", 1),
    ]
    net = _torch.layer(student, "Sequential", *layers, _torch.layer(student, "Flatten"))
    return net, pictures, right, wrong


def _scores(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    return x.astype(float).mean(axis=(2, 3)) @ W.T + b


def _wrong_ways(pictures: np.ndarray) -> dict[str, np.ndarray]:
    """The pictures as (N, 3, H, W), prepared in ways that are wrong."""
    raw = pictures.transpose(0, 3, 1, 2)
    mixed = pictures.reshape(raw.shape).transpose(0, 2, 3, 1)
    return {
        "red and blue have changed places": normalised(pictures[..., ::-1]),
        "not normalised, 0 to 1": raw / 255,
        "not normalised, 0 to 255": raw,
        "reshaped, not transposed": normalised(mixed),
    }
