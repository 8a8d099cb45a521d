"""Figures about the letters' networks: agreeing digits, a sliding patch, responses, curves.

Arrays and lists, no tensors. Every function draws one figure on Matplotlib's current backend and returns None, unless
it says otherwise. Nothing here trains, convolves or differentiates. Arrays of the wrong shape, or with nan, raise
ValueError naming the shape.
"""

import matplotlib.pyplot as plt
import numpy as np

__all__ = ["agreement", "colleagues_network", "curves", "letters", "losses", "responses", "sliding"]

TRAIN, VALIDATION, THEORY = "tab:blue", "tab:orange", "0.3"
_COLOURS = (VALIDATION, "#33a02c", "crimson", "tab:purple")


def agreement(digits, title):
    """Draw how many decimal digits agree: dict, label -> (dict, parameter -> digits). A group of bars a parameter."""
    figure, axis = plt.subplots(figsize=(5.6, 2.6))
    figure.subplots_adjust(left=0.1, right=0.98, bottom=0.16, top=0.88)
    figure.suptitle(title, fontsize=10)
    names = list(next(iter(digits.values())))
    wide = 0.8 / len(digits)
    for number, (label, found) in enumerate(digits.items()):
        values = _array([found[name] for name in names], label, (len(names),))
        places = np.arange(len(names)) + (number - (len(digits) - 1) / 2) * wide
        bars = axis.bar(places, values, wide * 0.92, label=label, color=(TRAIN, "0.7")[number % 2])
        axis.bar_label(bars, fmt="%.1f", fontsize=7)
    axis.set_xticks(range(len(names)), names, fontsize=8)
    axis.set_ylim(0, 19)
    axis.set_ylabel("digits that agree", fontsize=8)
    axis.tick_params(labelsize=8)
    axis.legend(fontsize=7, ncols=2, loc="upper right")


def letters(x, captions, title):
    """Draw letters in one line: x (N, 1024), rows as they are stored, column by column."""
    x = _array(x, "x", (None, 1024))
    figure, axes = plt.subplots(1, len(x), figsize=(0.72 * len(x) + 0.4, 1.35), squeeze=False)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.62, wspace=0.08)
    figure.suptitle(title, fontsize=10)
    for axis, row, caption in zip(axes[0], x, captions, strict=True):
        axis.imshow(row.reshape(32, 32).T, cmap="gray", vmin=0, vmax=1)
        axis.set_title(caption, fontsize=8, pad=3)
        axis.axis("off")


def sliding(image, kernel, response, places, title):
    """Draw a kernel (k, k) at some (row, column) places of an image (H, W), and where each lands in the response."""
    image, kernel = _array(image, "image", (None, None)), _array(kernel, "kernel", (None, None))
    response = _array(response, "response", tuple(np.subtract(image.shape, kernel.shape) + 1))
    figure, axes = plt.subplots(1, len(places) + 1, figsize=(2.1 * len(places) + 2.4, 2.5))
    figure.subplots_adjust(left=0.02, right=0.99, bottom=0.02, top=0.78, wspace=0.1)
    figure.suptitle(title, fontsize=10)
    far = np.abs(response).max()
    for number, (axis, (row, column)) in enumerate(zip(axes, places, strict=False), start=1):
        axis.imshow(image, cmap="gray", vmin=0, vmax=1)
        corner, colour = (column - 0.5, row - 0.5), _COLOURS[number % 4]
        axis.add_patch(
            plt.Rectangle(corner, *kernel.shape[::-1], fill=False, edgecolor=colour, linewidth=1.5)
        )
        axis.set_title(f"at row {row}, column {column}\nsum {response[row, column]:.2f}", fontsize=8)
        axes[-1].plot(column, row, "s", markersize=8, fillstyle="none", color=colour)
    axes[-1].imshow(response, cmap="RdBu_r", vmin=-far, vmax=far)
    axes[-1].set_title(f"all {response.size} places", fontsize=8)
    for axis in axes:
        axis.axis("off")


def responses(images, maps, title):
    """Draw letters, (N, 32, 32), and in the columns beside each what K kernels make of it, maps (N, K, h, w)."""
    images = _array(images, "images", (None, None, None))
    maps = _array(maps, "maps", (len(images), None, None, None))
    lines, columns = maps.shape[:2]
    figure, axes = plt.subplots(
        lines, columns + 1, figsize=(0.85 * (columns + 1), 0.85 * lines + 0.6), squeeze=False
    )
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.8, wspace=0.06, hspace=0.06)
    figure.suptitle(title, fontsize=10)
    for line, image, row in zip(axes, images, maps, strict=True):
        line[0].imshow(image, cmap="gray", vmin=0, vmax=1)
        for axis, one in zip(line[1:], row, strict=True):
            axis.imshow(one, cmap="magma", vmin=0, vmax=max(row.max(), 1e-9))
    axes[0, 0].set_title("letter", fontsize=8, pad=3)
    for number, axis in enumerate(axes[0, 1:], start=1):
        axis.set_title(f"map {number}", fontsize=8, pad=3)
    for axis in axes.flat:
        axis.axis("off")


def curves(histories, title, recorded=None):
    """Draw loss and accuracy by epoch. histories: dict, label -> history, a dict of four lists, train_loss,
    train_acc, valid_loss, valid_acc; training dashed, validation solid. `recorded`: (label, validation accuracies)."""
    figure, axes = plt.subplots(1, 2, figsize=(8.2, 2.9))
    figure.subplots_adjust(left=0.07, right=0.99, bottom=0.16, top=0.86, wspace=0.2)
    figure.suptitle(title, fontsize=10)
    several = len(histories) > 1
    for (label, history), colour in zip(histories.items(), _COLOURS, strict=False):
        for axis, kind in zip(axes, ("loss", "acc"), strict=True):
            for part, style in (("train", "--"), ("valid", "-")):
                values = _array(history[f"{part}_{kind}"], f"{label}: {part}_{kind}", (None,))
                shown = colour if several or part == "valid" else TRAIN
                _line(axis, values, style if several else "-", shown, f"{label}, {part}")
    if recorded is not None:
        label, values = recorded
        _line(axes[1], _array(values, label, (None,)), ":", THEORY, f"{label}, valid")
    for axis, heading in zip(axes, ("cross entropy per image", "accuracy"), strict=True):
        axis.set_xlabel("epoch", fontsize=8)
        axis.set_ylabel(heading, fontsize=8)
        axis.tick_params(labelsize=7)
        axis.grid(color="0.93")
        axis.legend(fontsize=7)
    axes[1].set_ylim(0, 1)


def losses(lines, marks, title):
    """Draw training losses by epoch, dict label -> values, with dashed lines at `marks`, dict label -> loss.

    The axis is logarithmic when some loss is a hundred times another.
    """
    figure, axis = plt.subplots(figsize=(5.6, 2.8))
    figure.subplots_adjust(left=0.11, right=0.97, bottom=0.17, top=0.88)
    figure.suptitle(title, fontsize=10)
    for (label, values), colour in zip(lines.items(), (TRAIN, "crimson", "#33a02c"), strict=False):
        _line(axis, _array(values, label, (None,)), "-", colour, label)
    everything = np.concatenate([np.ravel(values) for values in lines.values()])
    if everything.max() > 100 * max(everything.min(), 1e-12):
        axis.set_yscale("log")
    for (label, mark), style in zip(marks.items(), ("--", ":"), strict=False):
        axis.axhline(mark, color=THEORY, linestyle=style, linewidth=1, label=f"{label}: {mark:.2f}")
    axis.set_xlabel("epoch", fontsize=8)
    axis.set_ylabel("training loss per image", fontsize=8)
    axis.tick_params(labelsize=7)
    axis.grid(color="0.93")
    axis.legend(fontsize=7)


def colleagues_network(network):
    """Return a colleague's network: yours, with one thing that he does differently, as a torch module."""
    from torch import nn

    return nn.Sequential(network, nn.Softmax(dim=1))


def _line(axis, values, style, colour, label):
    marker = "o" if len(values) == 1 else ""
    axis.plot(np.arange(1, len(values) + 1), values, style, color=colour, label=label, marker=marker)


def _array(values, what, shape):
    """Return `values` as finite floats in a shape whose None entries may be anything. Raises ValueError."""
    array = np.asarray(values, dtype=float)
    fits = array.ndim == len(shape) and all(s in (None, n) for s, n in zip(shape, array.shape, strict=True))
    if not fits or not np.isfinite(array).all():
        asked = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{what} has shape {array.shape}; expected ({asked}), all of it finite")
    return array
