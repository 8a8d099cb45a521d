"""Mistakes in `source/pytorch/images.ipynb`: in counting confusions, and in covering a picture."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from .. import misconception

# --- confusion


def _answers(net, x, batch_size=250, mode=False):
    if mode is not None:
        net.train(mode)
    with torch.no_grad():
        return torch.cat([net(part).argmax(dim=1) for part in x.split(batch_size)])


def _count(truths, answers, classes):
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (truths.cpu().numpy(), answers.cpu().numpy()), 1)
    return counts


@misconception(
    "pytorch.confusion", advice="Rows and columns are swapped: the truth is the row, the answer the column."
)
def rows_are_answers(net, x, y, classes=10, batch_size=250):
    return _count(y, _answers(net, x, batch_size), classes).T


@misconception(
    "pytorch.confusion",
    advice="counts[truths, answers] += 1 counts a pair once, however often it occurs. np.add.at counts each time.",
)
def repeats_counted_once(net, x, y, classes=10, batch_size=250):
    counts = np.zeros((classes, classes), int)
    for part, truths in zip(x.split(batch_size), y.split(batch_size), strict=True):
        counts[truths.numpy(), _answers(net, part).numpy()] += 1
    return counts


@misconception(
    "pytorch.confusion",
    advice="You return shares. The matrix holds counts; figures divide by each row's sum.",
)
def shares_of_rows(net, x, y, classes=10, batch_size=250):
    counts = _count(y, _answers(net, x, batch_size), classes)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


@misconception(
    "pytorch.confusion",
    advice="The network answers in training mode, with dropout on. Call net.eval() first.",
    by_symptom=True,
    variants=[{"mode": True}],
)
def asked_in_training_mode(net, x, y, classes=10, batch_size=250, mode=None):
    return _count(y, _answers(net, x, batch_size, mode), classes)


@misconception(
    "pytorch.confusion",
    advice="A graph is recorded for every batch and nobody walks it back: with torch.no_grad().",
    by_symptom=True,
)
def confusion_graph_recorded(net, x, y, classes=10, batch_size=250):
    net.eval()
    return _count(y, torch.cat([net(part).argmax(dim=1) for part in x.split(batch_size)]), classes)


@misconception(
    "pytorch.confusion",
    advice="Pictures are missing: the first batch alone is counted, or the short last one not.",
    variants=[{"first": True}],
)
def batches_left_out(net, x, y, classes=10, batch_size=250, first=False):
    size = min(batch_size, len(y))
    kept = size if first else len(y) // size * size
    return _count(y[:kept], _answers(net, x[:kept], size), classes)


@misconception(
    "pytorch.confusion",
    advice="The table's size follows the classes that occur. It is classes x classes, whichever occur.",
)
def only_classes_that_occur(net, x, y, classes=10, batch_size=250):
    answers = _answers(net, x, batch_size)
    return _count(y, answers, int(max(y.max(), answers.max())) + 1)


# --- occlusion_map


def _map(
    net,
    picture,
    label,
    size=8,
    step=4,
    value=0.0,
    fresh=True,
    of=lambda logits: logits.softmax(dim=1),
    mode=False,
):
    if mode is not None:
        net.train(mode)
    rows, columns = (range(0, side - size + 1, step) for side in picture.shape[1:])
    heat, covered = np.zeros((len(rows), len(columns))), picture.clone()
    with torch.no_grad():
        for i, r in enumerate(rows):
            for j, c in enumerate(columns):
                covered = picture.clone() if fresh else covered
                covered[:, r : r + size, c : c + size] = value
                heat[i, j] = of(net(covered[None]))[0, label].item()
    return heat


@misconception(
    "pytorch.occlusion_map",
    advice="The squares pile up: each is drawn on the picture that the ones before it have covered. Take a fresh clone "
    "for each place.",
    variants=[{"within": True}],
)
def squares_pile_up(net, picture, label, size=8, step=4, within=False):
    return _map(net, picture if within else picture.clone(), label, size, step, fresh=False)


@misconception(
    "pytorch.occlusion_map",
    advice="You write into the picture itself; afterwards it is covered. Cover a clone.",
    by_symptom=True,
)
def the_picture_itself_covered(net, picture, label, size=8, step=4):
    net.eval()
    rows, columns = (range(0, side - size + 1, step) for side in picture.shape[1:])
    heat = np.zeros((len(rows), len(columns)))
    with torch.no_grad():
        for i, r in enumerate(rows):
            for j, c in enumerate(columns):
                picture[:, r : r + size, c : c + size] = 0
                heat[i, j] = net(picture[None]).softmax(dim=1)[0, label].item()
    return heat


@misconception(
    "pytorch.occlusion_map",
    advice="The map holds logits. Take the softmax over the classes, then the label's column.",
)
def logits_by_place(net, picture, label, size=8, step=4):
    return _map(net, picture, label, size, step, of=lambda logits: logits)


@misconception(
    "pytorch.occlusion_map",
    advice="The softmax runs over the places, or over something else than the classes: dim=1 for logits (N, classes).",
)
def softmax_over_places(net, picture, label, size=8, step=4):
    logits = _map(net, picture, label, size, step, of=lambda logits: logits)
    exps = np.exp(logits - logits.max())
    return exps / exps.sum()


@misconception(
    "pytorch.occlusion_map",
    advice="The map holds by how much the probability falls. Return the probability itself.",
)
def falls_by_place(net, picture, label, size=8, step=4):
    net.eval()
    with torch.no_grad():
        whole = net(picture[None]).softmax(dim=1)[0, label].item()
    return whole - _map(net, picture, label, size, step)


@misconception(
    "pytorch.occlusion_map",
    advice="The last places are missing: a square fits where r + size <= H, so range(0, H - size + 1, step).",
    variants=[{"whole": True}],
)
def last_places_missing(net, picture, label, size=8, step=4, whole=False):
    heat = _map(net, picture, label, size, step)
    counts = [
        ((side - size) // step if whole else len(range(0, side - size, step))) for side in picture.shape[1:]
    ]
    return heat[: counts[0], : counts[1]]


@misconception(
    "pytorch.occlusion_map",
    advice="You also place squares that stick out of the picture. Stop at range(0, H - size + 1, step).",
)
def squares_stick_out(net, picture, label, size=8, step=4):
    padded = F.pad(picture, (0, size, 0, size))
    rows, columns = (range(0, side, step) for side in picture.shape[1:])
    heat, (height, width) = np.zeros((len(rows), len(columns))), picture.shape[1:]
    net.eval()
    with torch.no_grad():
        for i, r in enumerate(rows):
            for j, c in enumerate(columns):
                covered = padded.clone()
                covered[:, r : r + size, c : c + size] = 0
                heat[i, j] = net(covered[None, :, :height, :width]).softmax(dim=1)[0, label].item()
    return heat


@misconception(
    "pytorch.occlusion_map",
    advice="Rows and columns of the map are swapped: entry (r, c) is row r, column c.",
)
def map_lies_on_its_side(net, picture, label, size=8, step=4):
    return _map(net, picture, label, size, step).T


@misconception(
    "pytorch.occlusion_map",
    advice="Covered pixels are 0 in all planes, the mean colour; yours have another value or keep a plane.",
    variants=[{"value": value} for value in (0.5, -1.0)],
)
def squares_of_another_colour(net, picture, label, size=8, step=4, value=1.0):
    return _map(net, picture, label, size, step, value)


@misconception(
    "pytorch.occlusion_map",
    advice="The network is asked in training mode, with dropout on. Call net.eval() first.",
    by_symptom=True,
    variants=[{"mode": True}],
)
def map_in_training_mode(net, picture, label, size=8, step=4, mode=None):
    return _map(net, picture, label, size, step, mode=mode)


@misconception(
    "pytorch.occlusion_map",
    advice="The map holds the largest probability, whichever class has it. Take the column of `label`.",
)
def the_likeliest_class(net, picture, label, size=8, step=4):
    def likeliest(logits):
        probs = logits.softmax(dim=1)
        return probs.max(dim=1, keepdim=True).values.expand_as(probs)

    return _map(net, picture, label, size, step, of=likeliest)
