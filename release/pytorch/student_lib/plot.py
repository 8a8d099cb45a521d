"""The notebooks' figures. Training is blue, validation orange, theory dashed; a class has colour and marker.

Every function draws one figure on Matplotlib's current backend and returns None. Arrays of the wrong shape,
or with nan where a figure cannot show it, raise ValueError naming the shape.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

__all__ = [
    "batch_raster",
    "curves",
    "gradient_dots",
    "gradient_maps",
    "history",
    "regions",
    "softmax_bars",
    "spreads",
]

TRAIN, VALIDATION, THEORY = "tab:blue", "tab:orange", "0.3"
CLASS_COLOURS = ("#6a3d9a", "#33a02c", "#c51b7d", "#8c6d31")
_PALE_COLOURS = ("#d9cfe6", "#cfe9c9", "#f3cfe3", "#e6dcc8")
_MARKERS = "osD^"
_GRID = 120


def regions(panels, x, y, title):
    """Draw which class wins where, one panel for each entry of `panels`, with the points on top.

    panels: dict, heading -> function from points (M, 2) to scores or probabilities (M, C), C at most 4.
    x: (N, 2) points; y: (N, C) one-hot labels.
    """
    x, y = _points(x, y)
    low, high = x.min(axis=0) - 0.5, x.max(axis=0) + 0.5
    across, up = (np.linspace(low[axis], high[axis], _GRID) for axis in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    axes = _row(len(panels), 2.7, title, sharex=True, sharey=True)
    for axis, (heading, scores_of) in zip(axes, panels.items(), strict=True):
        scores = _array(scores_of(grid), f"scores of {heading!r}", (len(grid), y.shape[1]))
        axis.imshow(
            scores.argmax(axis=1).reshape(_GRID, _GRID),
            extent=(low[0], high[0], low[1], high[1]),
            origin="lower", aspect="auto", vmin=0, vmax=3, cmap=ListedColormap(_PALE_COLOURS),
        )  # fmt: skip
        _scatter(axis, x, y)
        _label(axis, heading, "feature 0", "feature 1" if axis is axes[0] else None)


def softmax_bars(logits, probs, target):
    """Draw a panel per row: the probabilities, and probs - y, the gradient of the loss in the logits.

    logits, probs: (panels, C) with C at most 4; target: the index of the true class.
    """
    logits = _array(logits, "logits", (None, None))
    probs = _array(probs, "probs", logits.shape)
    axes = _row(len(logits), 2.5, "The gradient is probability minus target", sharey=True)
    classes = np.arange(logits.shape[1])
    for axis, row, p in zip(axes, logits, probs, strict=True):
        axis.bar(classes - 0.2, p, 0.4, color=TRAIN, label="probability p")
        axis.bar(classes + 0.2, p - (classes == target), 0.4, color="crimson", label="gradient p - y")
        axis.axhline(0, color="0.3", linewidth=0.8)
        axis.set(xticks=classes, ylim=(-1, 1))
        heading = f"logits {', '.join(f'{logit:g}' for logit in row)}"
        _label(axis, heading, "class", f"true class: {target}" if axis is axes[0] else None)
    axes[0].legend(fontsize=7, loc="lower right")


def spreads(layers):
    """Draw a histogram of each layer's weights and, dashed, the bound that the formula gives.

    layers: dict, heading -> (W of any shape, bound).
    """
    axes = _row(len(layers), 3.0, "More connections, smaller weights", sharex=True)
    for axis, (heading, (weights, bound)) in zip(axes, layers.items(), strict=True):
        axis.hist(_finite(weights, heading).ravel(), bins=25, color=TRAIN)
        for edge in (-bound, bound):
            axis.axvline(edge, color=THEORY, linestyle="--")
        _label(axis, heading, "weight", "count")


def gradient_maps(analytic, numeric, title):
    """Draw two (rows, columns) gradients beside each other and their difference, numbers written in."""
    analytic = _array(analytic, "analytic", (None, None))
    numeric = _array(numeric, "numeric", analytic.shape)
    axes = _row(3, 2.7, title)
    span = max(np.abs(analytic).max(), np.abs(numeric).max(), 1e-12)
    for axis, values, heading in zip(
        axes,
        (analytic, numeric, analytic - numeric),
        ("your formula", "finite differences", "difference"),
        strict=True,
    ):
        axis.imshow(values, cmap="RdBu_r", vmin=-1.6 * span, vmax=1.6 * span, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            axis.text(column, row, f"{value:.2g}", ha="center", va="center", fontsize=8)
        axis.set(xticks=range(values.shape[1]), yticks=range(values.shape[0]))
        _label(axis, heading, "output", "input")


def gradient_dots(networks):
    """Draw the relative error of every single gradient entry, on a log axis, a panel for each network.

    networks: dict, heading -> dict, parameter name -> (analytic, numeric), two arrays of equal shape.
    """
    axes = _row(
        len(networks), 3.6, "One dot per parameter: where do formula and measurement disagree?", sharey=True
    )
    for axis, (heading, gradients) in zip(axes, networks.items(), strict=True):
        start = 0
        for name, (analytic, numeric) in gradients.items():
            numeric = _finite(numeric, f"numeric {name}")
            error = _relative_error(_array(analytic, f"analytic {name}", numeric.shape), numeric).ravel()
            colour = np.where(error < 1e-5, "#2b8a3e", "#c92a2a")
            axis.scatter(start + np.arange(error.size), np.maximum(error, 1e-13), c=colour, s=7)
            axis.text(start + error.size / 2, 8, name, ha="center", fontsize=6)
            start += error.size + 14
        axis.axhline(1e-5, color=THEORY, linestyle="--", linewidth=0.8)
        axis.set(xticks=[], xlim=(-8, start), yscale="log", ylim=(1e-13, 300), yticks=(1e-12, 1e-8, 1e-4, 1))
        _label(axis, heading, "parameter", "relative error" if axis is axes[0] else None)


def batch_raster(samplers, rows):
    """Draw which row lands in which batch: a dot once, a red cross twice or more, a grey line never.

    samplers: dict, heading -> list of arrays of row numbers, one for each batch; rows: how many there are.
    """
    axes = _row(len(samplers), 2.2, "Every row once, in no order: which sampler does that?", sharey=True)
    for axis, (heading, batches) in zip(axes, samplers.items(), strict=True):
        numbers = np.concatenate([np.ravel(batch) for batch in batches]).astype(int)
        if numbers.min() < 0 or numbers.max() >= rows:
            raise ValueError(
                f"{heading!r} has row {numbers.max()}; expected row numbers from 0 to {rows - 1}"
            )
        batch_of = np.repeat(np.arange(len(batches)), [np.size(batch) for batch in batches])
        seen = np.bincount(numbers, minlength=rows)
        again = seen[numbers] > 1
        axis.hlines(np.flatnonzero(seen == 0), -0.5, len(batches) - 0.5, color="0.75", linewidth=3)
        axis.scatter(batch_of[~again], numbers[~again], s=14, color=TRAIN)
        axis.scatter(batch_of[again], numbers[again], s=22, color="#c92a2a", marker="x")
        axis.set(xticks=range(len(batches)), yticks=range(0, rows, 5))
        _label(axis, heading, "batch", "row of x" if axis is axes[0] else None)


def history(record, title, chance=None):
    """Draw loss and accuracy by epoch from `train_network`'s history; `chance` is a dashed loss.

    record: dict of lists of equal length: train_loss, train_acc, valid_loss, valid_acc.
    """
    axes = _row(2, 3.6, title)
    for axis, kind, label in zip(axes, ("loss", "acc"), ("loss per row", "accuracy"), strict=True):
        for part, name, colour in (("train", "training", TRAIN), ("valid", "validation", VALIDATION)):
            values = _array(record[f"{part}_{kind}"], f"{part}_{kind}", (len(record["train_loss"]),))
            axis.plot(np.arange(1, len(values) + 1), values, color=colour, label=name)
        _label(axis, "", "epoch", label)
    if chance is not None:
        axes[0].axhline(chance, color=THEORY, linestyle="--", label="guessing")
    axes[0].legend(fontsize=8)
    axes[1].set_ylim(0, 1.03)


def curves(lines, title, ylabel):
    """Draw one curve by epoch for each entry of `lines`, dict label -> values, on a log axis."""
    (axis,) = _row(1, 5.0, title)
    for (label, values), colour in zip(lines.items(), (TRAIN, "crimson", "0.45", "#33a02c"), strict=False):
        values = _finite(values, label)
        axis.plot(np.arange(1, len(values) + 1), values, color=colour, label=label)
    axis.set_yscale("log")
    _label(axis, "", "epoch", ylabel)
    axis.legend(fontsize=8)


def _row(panels, width, title, **shared):
    """Return the axes of a new figure with that many panels side by side, `width` inches each.

    The margins are fixed: Matplotlib's layout engines draw everything twice, which doubles the time.
    """
    if panels == 0:
        raise ValueError("nothing to draw: 0 panels")
    wide = max(width * panels, 4.0)
    figure, axes = plt.subplots(1, panels, figsize=(wide, 2.7), squeeze=False, **shared)
    spread = 0.12 if shared.get("sharey") else 0.3
    figure.subplots_adjust(left=0.6 / wide, right=1 - 0.1 / wide, bottom=0.17, top=0.8, wspace=spread)
    figure.suptitle(title, fontsize=11)
    for axis in axes[0]:
        axis.tick_params(labelsize=7)
    return axes[0]


def _label(axis, heading, across, up=None):
    axis.set_title(heading, fontsize=9)
    axis.set_xlabel(across, fontsize=8)
    if up:
        axis.set_ylabel(up, fontsize=8)


def _scatter(axis, x, y):
    for label, (colour, marker) in enumerate(zip(CLASS_COLOURS[: y.shape[1]], _MARKERS, strict=False)):
        chosen = x[y.argmax(axis=1) == label]
        axis.scatter(
            chosen[:, 0], chosen[:, 1], s=14, color=colour, marker=marker, edgecolor="white", linewidth=0.5
        )


def _points(x, y):
    x = _array(x, "x", (None, 2))
    y = _array(y, "y", (len(x), None))
    if y.shape[1] > len(CLASS_COLOURS):
        raise ValueError(f"y has shape {y.shape}: at most {len(CLASS_COLOURS)} classes can be told apart")
    return x, y


def _array(values, name, shape):
    array = _finite(values, name)
    fits = array.ndim == len(shape) and all(b in (None, a) for a, b in zip(array.shape, shape, strict=True))
    if not fits:
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} has shape {array.shape}; expected ({wanted})")
    return array


def _finite(values, name):
    array = np.asarray(values, dtype=float)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}, shape {array.shape}, holds nan or infinity")
    return array


def _relative_error(a, b):
    return np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), 1e-10)
