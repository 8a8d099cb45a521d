"""Figures about noisy digits: strips of pictures, histograms of pixels, accuracies as bars and as a heat map, curves.

Pictures are (N, 28, 28), 0 for background and 1 for ink. Every function draws one figure on Matplotlib's current
backend and returns None. No function here makes noise, trains or classifies. Arrays of the wrong shape, or with nan,
raise ValueError naming the shape.
"""

import matplotlib.pyplot as plt
import numpy as np

__all__ = ["bars", "curves", "heat_map", "histograms", "kernels", "strips"]

_COLOURS = ("tab:blue", "tab:orange", "#33a02c", "crimson", "0.45")
_SIDE = 28


def strips(rows, title, captions=()):
    """Draw strips of pictures below each other: dict, label -> (N, 28, 28). `captions` stand above the columns."""
    rows = {label: _pictures(values, label) for label, values in rows.items()}
    columns = max(len(values) for values in rows.values())
    wide, high = 0.72 * columns + 1.4, 0.76 * len(rows) + 0.7
    figure, axes = plt.subplots(len(rows), columns, figsize=(wide, high), squeeze=False)
    figure.subplots_adjust(
        left=1.3 / wide, right=0.99, bottom=0.03, top=1 - 0.58 / high, wspace=0.06, hspace=0.06
    )
    figure.suptitle(title, fontsize=10)
    for line, (label, values) in zip(axes, rows.items(), strict=True):
        for axis, picture in zip(line, values, strict=False):
            axis.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        line[0].text(-0.12, 0.5, label, fontsize=8, ha="right", va="center", transform=line[0].transAxes)
    for axis in axes.flat:
        axis.axis("off")
    for axis, caption in zip(axes[0], captions, strict=False):
        axis.set_title(caption, fontsize=8, pad=3)


def histograms(rows, title):
    """Draw how often each brightness occurs, a panel per entry: dict, label -> (N, 28, 28). Logarithmic."""
    axes = _panels(len(rows), 1.9, 1.75, title)
    for axis, (label, values) in zip(axes, rows.items(), strict=True):
        pixels = _pictures(values, label).ravel()
        axis.hist(
            pixels, bins=np.linspace(0, 1, 41), weights=np.full(pixels.size, 1 / pixels.size), color="0.4"
        )
        axis.set_yscale("log")
        axis.set_ylim(1e-4, 1)
        axis.set_title(label, fontsize=8)
        axis.set_xlabel("brightness", fontsize=7)
    axes[0].set_ylabel("share of the pixels", fontsize=7)


def bars(groups, title):
    """Draw accuracies as bars: dict, model -> dict, condition -> accuracy. Chance, 0.1, is dashed."""
    conditions = list(next(iter(groups.values())))
    figure, axis = plt.subplots(figsize=(5.4, 2.5))
    figure.subplots_adjust(left=0.11, right=0.98, bottom=0.13, top=0.87)
    figure.suptitle(title, fontsize=10)
    width = 0.8 / len(conditions)
    for number, condition in enumerate(conditions):
        heights = [_accuracy(group[condition], condition) for group in groups.values()]
        places = np.arange(len(groups)) + (number - (len(conditions) - 1) / 2) * width
        drawn = axis.bar(places, heights, 0.92 * width, color=_COLOURS[number], label=condition)
        axis.bar_label(drawn, fmt="%.2f", fontsize=8)
    axis.axhline(0.1, color="0.3", linestyle="--", linewidth=1)
    axis.set_xticks(np.arange(len(groups)), list(groups), fontsize=8)
    axis.set_ylabel("validation accuracy", fontsize=8)
    axis.set_ylim(0, 1.1)
    axis.tick_params(labelsize=7)
    axis.legend(fontsize=7, loc="lower right")


def heat_map(table, title):
    """Draw accuracies as coloured cells: dict, model -> dict, kind of noise -> accuracy."""
    kinds = list(next(iter(table.values())))
    values = np.array([[_accuracy(row[kind], kind) for kind in kinds] for row in table.values()])
    wide, high = 0.78 * len(kinds) + 2.2, 0.42 * len(values) + 1.2
    figure, axis = plt.subplots(figsize=(wide, high))
    figure.subplots_adjust(left=1.9 / wide, right=0.99, bottom=0.62 / high, top=1 - 0.36 / high)
    figure.suptitle(title, fontsize=10)
    axis.imshow(values, cmap="viridis", vmin=0.2, vmax=1, aspect="auto")
    for place, value in np.ndenumerate(values):
        colour = "black" if value > 0.7 else "white"
        axis.text(place[1], place[0], f"{value:.2f}", ha="center", va="center", fontsize=8, color=colour)
    axis.set_xticks(np.arange(len(kinds)), kinds, fontsize=7, rotation=20)
    axis.set_yticks(np.arange(len(values)), list(table), fontsize=8)


def curves(lines, title, ylabel="validation accuracy"):
    """Draw one curve for each entry, a value an epoch: dict, label -> values."""
    figure, axis = plt.subplots(figsize=(5.4, 2.5))
    figure.subplots_adjust(left=0.12, right=0.98, bottom=0.19, top=0.88)
    figure.suptitle(title, fontsize=10)
    for number, (label, values) in enumerate(lines.items()):
        values = _array(values, label, (None,))
        epochs = np.arange(1, len(values) + 1)
        axis.plot(epochs, values, ".-", color=_COLOURS[number], label=f"{label}: {values[-1]:.3f}")
    axis.set_xlabel("epoch", fontsize=8)
    axis.set_ylabel(ylabel, fontsize=8)
    axis.tick_params(labelsize=7)
    axis.grid(color="0.93")
    axis.legend(fontsize=7)


def kernels(weights, responses, title):
    """Draw kernels (K, k, k) above their responses (K, h, w) to one picture. Red is positive, blue negative."""
    weights = _array(weights, "weights", (None, None, None))
    responses = _array(responses, "responses", (len(weights), None, None))
    figure, axes = plt.subplots(2, len(weights), figsize=(0.8 * len(weights) + 1.2, 2.4), squeeze=False)
    figure.subplots_adjust(left=0.13, right=0.99, bottom=0.03, top=0.83, wspace=0.08, hspace=0.08)
    figure.suptitle(title, fontsize=10)
    for row, label, values in ((axes[0], "kernel", weights), (axes[1], "response", responses)):
        limit = np.abs(values).max() or 1
        for axis, value in zip(row, values, strict=True):
            axis.imshow(value, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
            axis.axis("off")
        shape = f"{values.shape[1]} x {values.shape[2]}"
        row[0].text(
            -0.15, 0.5, f"{label}\n{shape}", fontsize=8, ha="right", va="center", transform=row[0].transAxes
        )


def _panels(count, width, height, title):
    figure, axes = plt.subplots(1, count, figsize=(width * count + 0.5, height), squeeze=False, sharey=True)
    figure.subplots_adjust(left=0.09, right=0.99, bottom=0.25, top=0.74, wspace=0.12)
    figure.suptitle(title, fontsize=10)
    for axis in axes[0]:
        axis.tick_params(labelsize=6)
    return axes[0]


def _pictures(values, name):
    return _array(values, name, (None, _SIDE, _SIDE))


def _accuracy(value, name):
    value = float(value)
    if not 0 <= value <= 1:
        raise ValueError(f"the accuracy for {name!r} is {value}; expected a share from 0 to 1")
    return value


def _array(values, name, shape):
    array = np.asarray(values, dtype=float)
    fits = array.ndim == len(shape) and all(b in (None, a) for a, b in zip(array.shape, shape, strict=True))
    if not fits or not np.isfinite(array).all():
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} has shape {array.shape}; expected ({wanted}), all of it finite")
    return array
