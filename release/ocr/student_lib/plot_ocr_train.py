"""Figures about a network that reads letters: crops, learning curves, weights as images, confusions.

Images are rows of 1024 pixels, unrolled column by column, 1 for paper and 0 for ink. Every function draws one figure
on Matplotlib's current backend and returns None, unless it says otherwise. No function here reads, trains or counts.
Arrays of the wrong shape, or with nan, raise ValueError naming the shape.
"""

import matplotlib.pyplot as plt
import numpy as np
from mpl_toolkits.axes_grid1 import ImageGrid

__all__ = [
    "both_ways", "by_class", "colleagues_rows", "confusion", "crops", "curves", "pairs", "rates", "units",
]  # fmt: skip

TRAIN, VALIDATION, THEORY = "tab:blue", "tab:orange", "0.3"
_SIDE = 32
_PARTS = (("train", "training", TRAIN), ("valid", "validation", VALIDATION))
_KINDS = (("loss", "loss per image"), ("acc", "accuracy"))


def crops(x, captions, title):
    """Draw the images x, (N, 1024), upright and side by side, N at most 12, each below its caption."""
    x = _images(x, "x")
    figure, axes = plt.subplots(1, len(x), figsize=(0.95 * len(x) + 0.2, 1.6), squeeze=False)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.72, wspace=0.08)
    figure.suptitle(title, fontsize=10)
    for axis, row, caption in zip(axes[0], x, captions, strict=True):
        _show(axis, row.reshape(_SIDE, _SIDE).T)
        axis.set_title(caption, fontsize=9, pad=3)


def both_ways(x, title):
    """Draw the rows x, (N, 1024), as `row.reshape(32, 32)` above and as its transpose below."""
    x = _images(x, "x")
    figure, axes = plt.subplots(2, len(x), figsize=(0.85 * len(x) + 1.5, 2.3), squeeze=False)
    figure.subplots_adjust(
        left=1.4 / (0.85 * len(x) + 1.5), right=0.99, bottom=0.02, top=0.86, wspace=0.08, hspace=0.08
    )
    figure.suptitle(title, fontsize=10)
    for column, row in enumerate(x):
        _show(axes[0, column], row.reshape(_SIDE, _SIDE))
        _show(axes[1, column], row.reshape(_SIDE, _SIDE).T)
    for axis, label in zip(axes[:, 0], ("reshape(32, 32)", "reshape(32, 32).T"), strict=True):
        axis.text(-0.1, 0.5, label, fontsize=8, ha="right", va="center", transform=axis.transAxes)


def curves(history, title, chance=None):
    """Draw loss and accuracy by epoch of one training; `chance` is a loss, drawn as a dashed line.

    history: dict of lists of equal length: train_loss, train_acc, valid_loss, valid_acc.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 2.8))
    figure.subplots_adjust(left=0.08, right=0.985, bottom=0.16, top=0.88, wspace=0.22)
    figure.suptitle(title, fontsize=10)
    _loss_and_accuracy(axes, history, chance)
    for axis in axes:
        axis.set_xlabel("epoch", fontsize=8)


def rates(histories, title, chance=None):
    """Draw the curves of several trainings side by side on shared axes: dict, heading -> history."""
    wide = 2.6 * len(histories) + 0.6
    figure, axes = plt.subplots(
        2, len(histories), figsize=(wide, 4.2), sharex=True, sharey="row", squeeze=False
    )
    figure.subplots_adjust(left=0.6 / wide, right=0.985, bottom=0.1, top=0.87, wspace=0.06, hspace=0.1)
    figure.suptitle(title, fontsize=10)
    for column, (heading, history) in zip(axes.T, histories.items(), strict=True):
        _loss_and_accuracy(column, history, chance)
        column[0].set_title(heading, fontsize=9)
        column[1].set_xlabel("epoch", fontsize=8)
    for axis in axes[:, 1:].flat:
        axis.set_ylabel("")
    for axis in axes[0, 1:]:
        axis.get_legend().remove()


def _loss_and_accuracy(axes, history, chance):
    """The loss on axes[0], with the dashed line of guessing, the accuracy on axes[1]."""
    for axis, (kind, label) in zip(axes, _KINDS, strict=True):
        for part, name, colour in _PARTS:
            # A step that is far too long may give infinite losses: there the curve has a gap.
            values = np.asarray(history[f"{part}_{kind}"], dtype=float).reshape(-1)
            marker = "o" if len(values) < 3 else ""
            axis.plot(np.arange(1, len(values) + 1), values, color=colour, label=name, marker=marker)
        axis.set_ylabel(label, fontsize=8)
        axis.tick_params(labelsize=7)
        axis.grid(color="0.93")
    if chance is not None:
        words = f"guessing: {chance:.2f}"
        axes[0].axhline(chance, color=THEORY, linestyle="--", linewidth=1, label=words)
    axes[0].set_ylim(bottom=0)
    axes[1].set_ylim(0, 1.03)
    axes[0].legend(fontsize=7)


def units(layers, title):
    """Draw each column of weight matrices as an image: dict, heading -> W (1024, H), side by side.

    Red is above zero, blue below, white zero; every image has its own scale, of its largest absolute weight.
    """
    layers = {heading: _array(W, heading, (_SIDE * _SIDE, None)) for heading, W in layers.items()}
    figure = plt.figure(figsize=(4.0 * len(layers) + 0.2, 4.4))
    figure.suptitle(title, fontsize=10)
    grid = ImageGrid(figure, (0.01, 0.01, 0.98, 0.86), nrows_ncols=(1, len(layers)), axes_pad=0.15)
    for axis, (heading, W) in zip(grid, layers.items(), strict=True):
        axis.imshow(_mosaic(W), cmap="RdBu_r", vmin=-1, vmax=1)
        axis.set_title(heading, fontsize=9)
        axis.axis("off")


def _mosaic(W):
    """The columns of W (1024, H) as upright images in a square, nan between them: one picture is drawn at once."""
    side = int(np.ceil(np.sqrt(W.shape[1])))
    picture = np.full((side * (_SIDE + 2), side * (_SIDE + 2)), np.nan)
    for number, column in enumerate(W.T):
        top, left = (_SIDE + 2) * (number // side), (_SIDE + 2) * (number % side)
        image = column.reshape(_SIDE, _SIDE).T / (np.abs(column).max() or 1.0)
        picture[top : top + _SIDE, left : left + _SIDE] = image
    return picture


def confusion(matrix, classes, title):
    """Draw a confusion matrix, (C, C) counts, twice: as it is, and without its diagonal, on a scale of its own."""
    matrix = _array(matrix, "matrix", (len(classes), len(classes)))
    off = matrix * (1 - np.eye(len(classes)))
    figure, axes = plt.subplots(1, 2, figsize=(9.4, 4.5))
    figure.subplots_adjust(left=0.05, right=0.96, bottom=0.1, top=0.86, wspace=0.14)
    figure.suptitle(title, fontsize=10)
    for axis, values, heading in zip(
        axes, (matrix, off), ("all answers", "without the diagonal"), strict=True
    ):
        picture = axis.imshow(values, cmap="Greys", vmin=0)
        axis.set_title(f"{heading}: darkest {values.max():g}", fontsize=9)
        axis.set_xticks(np.arange(len(classes)), list(classes), fontsize=6)
        axis.set_yticks(np.arange(len(classes)), list(classes), fontsize=6)
        axis.set_xlabel("read as", fontsize=8)
        bar = figure.colorbar(picture, ax=axis, fraction=0.045, pad=0.02)
        bar.ax.tick_params(labelsize=6)
    axes[0].set_ylabel("true class", fontsize=8)


def pairs(counted, errors, title):
    """Draw a bar for each (first, second, count) of `counted`, as a share of all `errors`, a number of images."""
    figure, axis = plt.subplots(figsize=(5.6, 0.24 * len(counted) + 1.1))
    figure.subplots_adjust(left=0.13, right=0.97, bottom=0.5 / (0.26 * len(counted) + 1.1), top=0.87)
    figure.suptitle(title, fontsize=10)
    names = [f"{first} {second}: {count:g}" for first, second, count in counted]
    shares = [100 * count / max(errors, 1) for _, _, count in counted]
    axis.barh(np.arange(len(names)), shares, color=VALIDATION)
    axis.set_yticks(np.arange(len(names)), names, fontsize=8)
    axis.invert_yaxis()
    axis.set_xlabel("share of all errors (%)", fontsize=8)
    axis.tick_params(axis="x", labelsize=7)


def by_class(shares, classes, title):
    """Draw the share of right answers of each class: dict, heading -> (C,), one panel below the other."""
    figure, axes = plt.subplots(
        len(shares), 1, figsize=(7.6, 1.15 * len(shares) + 0.6), sharex=True, sharey=True, squeeze=False
    )
    high = 1.15 * len(shares) + 0.6
    figure.subplots_adjust(left=0.07, right=0.99, bottom=0.25 / high, top=1 - 0.5 / high, hspace=0.5)
    figure.suptitle(title, fontsize=10)
    for axis, (heading, values) in zip(axes[:, 0], shares.items(), strict=True):
        values = _array(values, heading, (len(classes),))
        axis.bar(np.arange(len(classes)), values, color=VALIDATION)
        axis.set_title(heading, fontsize=8, pad=2)
        axis.set_ylim(0, 1)
        axis.set_ylabel("right", fontsize=8)
        axis.set_xticks(np.arange(len(classes)), list(classes), fontsize=7)
        axis.tick_params(axis="y", labelsize=7)


def colleagues_rows(x):
    """Return what two colleagues made of the rows x, (N, 1024): dict, name -> (N, 1024).

    Each of them prepares images with one fault. Reading this function spoils the riddle.
    """
    x = _images(x, "x")
    turned = x.reshape(-1, _SIDE, _SIDE).transpose(0, 2, 1).reshape(len(x), -1)
    return {"Ada": turned, "Ben": 1 - x}


def _show(axis, picture):
    axis.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axis.axis("off")


def _images(values, name):
    return _array(values, name, (None, _SIDE * _SIDE))


def _array(values, name, shape):
    array = np.asarray(values, dtype=float)
    fits = array.ndim == len(shape) and all(b in (None, a) for a, b in zip(array.shape, shape, strict=True))
    if not fits or not np.isfinite(array).all():
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} has shape {array.shape}; expected ({wanted}), all of it finite")
    return array
