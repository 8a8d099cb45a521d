"""Hidden checks of `source/pytorch/images.ipynb`: what a trained network is asked, confusions and an occlusion map."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import Student, _torch, check, expect, fail_if
from .images import linear_net, numbers

# Sums of some hundred float32 terms, taken in another order than ours.
_NEAR = {"rtol": 1e-4, "atol": 1e-5}

# --- confusion


@check(
    "pytorch.confusion",
    hint="Row: the label. Column: the place of the largest logit. Count one for each picture.",
    weight=2,
)
def truths_against_answers(student, rng):
    """Entry (r, c) counts the pictures of class r that were called c; the last batch is short."""
    counts, right = _counts(student, rng, batch_size=4)
    fail_if(
        counts.shape == right.shape and counts.dtype.kind == "f" and counts.max() <= 1, "shares, not counts"
    )
    expect(counts, "the counts").equals(right)


@check("pytorch.confusion", hint="The table has `classes` rows, whichever classes occur.")
def classes_that_do_not_occur(student, rng):
    """Classes without pictures and answers that never come keep their rows and columns."""
    counts, right = _counts(student, rng, classes=6, batch_size=250)
    expect(counts, "the counts").equals(right)


@check("pytorch.confusion", hint="net.eval() before the loop.")
def dropout_is_off(student, rng):
    """The network answers in evaluation mode, in whatever mode it came."""
    counts, right = _counts(student, rng, batch_size=250, dropout=0.9)
    expect(counts, "the counts").equals(right)


@check("pytorch.confusion", hint="with torch.no_grad(): around the batches.")
def no_graph_and_no_change(student, rng):
    """No graph is recorded, and no parameter changes."""
    net, W, b = linear_net(student, rng, (3, 2, 4), 3)
    x, y = rng.normal(size=(9, 3, 2, 4)).astype(np.float32), rng.integers(3, size=9)
    recorded = []

    def watch(module, inputs, output):
        recorded.append(output.requires_grad.value())

    net.register_forward_hook(watch)
    _torch.quietly(
        student, student.confusion, net, _torch.tensor(student, x), _torch.tensor(student, y), 3, 4
    )
    fail_if(not recorded, "the network is not asked")
    fail_if(any(one is not False for one in recorded), "a graph is recorded")
    after = sorted(_torch.arrays(student, net).values(), key=np.ndim)
    for value, before in zip(after, (b, W), strict=True):
        expect(value, "a parameter").unchanged(before)


def _counts(student: Student, rng: Any, classes: int = 3, batch_size: int = 250, dropout: float = 0.0):
    """The student's table for ten pictures of three classes, and the right one."""
    net, W, b = linear_net(student, rng, (3, 2, 4), classes, dropout)
    _torch.quietly(student, net.train)
    b[3:] = -100.0  # these answers never come
    for _, parameter in _torch.parameters(student, net):
        if _torch.array(parameter).shape == b.shape:
            _torch.put(student, parameter, b)
    x = rng.normal(size=(11, 3, 2, 4)).astype(np.float32)
    answers = (x.reshape(11, -1).astype(float) @ W.T + b).argmax(axis=1)
    y = (answers + (np.arange(11) % 3 == 0)) % 3
    right = np.zeros((classes, classes), int)
    np.add.at(right, (y, answers), 1)
    pair = _torch.tensor(student, x), _torch.tensor(student, y)
    return numbers(student.confusion(net, *pair, classes, batch_size), "the counts"), right


# --- occlusion_map


@check(
    "pytorch.occlusion_map",
    hint="range(0, H - size + 1, step), and the same across; softmax, then the label's column.",
    weight=2,
)
def probabilities_by_place(student, rng):
    """Every entry is the label's probability with the square at that place, whatever the sizes."""
    for shape, size, step in (((3, 6, 9), 3, 2), ((3, 8, 5), 2, 3)):
        found, right = _heat(student, rng, shape, size, step)
        expect(found, "the map").close_to(right, **_NEAR)


@check("pytorch.occlusion_map", hint="Each square covers a fresh copy of the picture.")
def the_square_as_large_as_the_picture(student, rng):
    """A square of the picture's height still moves across; squares of one pixel cover one pixel."""
    for shape, size, step in (((3, 4, 7), 4, 1), ((3, 2, 3), 1, 1)):
        found, right = _heat(student, rng, shape, size, step)
        expect(found, "the map").close_to(right, **_NEAR)


@check("pytorch.occlusion_map", hint="net.eval() first.")
def asked_in_evaluation_mode(student, rng):
    """Dropout is off, in whatever mode the network came."""
    found, right = _heat(student, rng, (3, 6, 9), 3, 2, dropout=0.7)
    expect(found, "the map").close_to(right, **_NEAR)


@check("pytorch.occlusion_map", hint="picture.clone() before you cover anything.")
def the_picture_stays_whole(student, rng):
    """The picture is not changed."""
    net, _, _ = linear_net(student, rng, (3, 4, 6), 4)
    picture = rng.normal(size=(3, 4, 6)).astype(np.float32)
    kept = _torch.tensor(student, picture)
    _torch.quietly(student, student.occlusion_map, net, kept, 1, 2, 2)
    expect(_torch.array(kept, "the picture"), "the picture").unchanged(picture)


def _heat(student: Student, rng: Any, shape, size: int, step: int, dropout: float = 0.0):
    """The student's map of a random picture and label, and the right one."""
    net, W, b = linear_net(student, rng, shape, 4, dropout, scale=3)  # probabilities far from 1/4
    _torch.quietly(student, net.train)
    picture, label = rng.normal(size=shape).astype(np.float32), int(rng.integers(1, 4))
    places = [range(0, side - size + 1, step) for side in shape[1:]]
    right = np.empty([len(one) for one in places])
    for (row, r), (column, c) in (
        (one, other) for one in enumerate(places[0]) for other in enumerate(places[1])
    ):
        covered = picture.astype(float)
        covered[:, r : r + size, c : c + size] = 0
        logits = W.astype(float) @ covered.ravel() + b
        right[row, column] = np.exp(logits - logits.max())[label] / np.exp(logits - logits.max()).sum()
    found = student.occlusion_map(net, _torch.tensor(student, picture), label, size, step)
    return numbers(found, "the map"), right
