"""Figures of classifiers in the plane: how sure they are where, and what their hidden units do.

`net` is an object with `predict(points)` that leaves `probs` (M, C) behind, such as the notebook's
`NeuralNetwork`. Every function draws one figure and returns None; for boundaries by class see `plot.regions`.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from student_lib.plot import CLASS_COLOURS, THEORY, TRAIN

__all__ = ["active_units", "best_line", "boundaries", "error_bars", "line", "seeds", "slopes"]

_MAP = LinearSegmentedColormap.from_list("classes", ("#bda9d6", "#f7f7f7", "#a5d99b"))
_GRID = 100


def best_line(X, y, angles=720):
    """Return `(normal, offset, accuracy)` of the best line `normal . x = offset`, class 1 on the far side.

    Tries every threshold between two rows, in `angles` directions. X: (N, 2); y: (N,) labels 0 and 1.
    """
    X, y = _plane(X, y)
    turn = np.linspace(0, 2 * np.pi, angles, endpoint=False)
    heights = X @ np.stack([np.cos(turn), np.sin(turn)])
    order = heights.argsort(axis=0)
    ones_below = np.cumsum(y[order] == 1, axis=0)
    ranks = np.arange(1, len(y) + 1)[:, np.newaxis]
    right = (ranks - ones_below) + (ones_below[-1] - ones_below)
    row, column = np.unravel_index(right[:-1].argmax(), right[:-1].shape)
    around = heights[order[row : row + 2, column], column]
    normal = np.array([np.cos(turn[column]), np.sin(turn[column])])
    return normal, around.mean(), right[row, column] / len(y)


def line(X, y, normal, offset, title):
    """Draw the points and the line `normal . x = offset`; wrongly sided points get a ring.

    X: (N, 2); y: (N,) labels 0 and 1, 1 where `normal . x > offset`; normal: (2,).
    """
    axes = _row(1, 4.6, title)
    X, y = _plane(X, y)
    _frame(axes[0], X)
    _draw_lines(axes[0], X, np.reshape(normal, (2, 1)), -np.reshape(offset, (1, 1)))
    _points(axes[0], X, y)
    wrong = (X @ np.ravel(normal) > offset) != (y == 1)
    axes[0].scatter(*X[wrong].T, s=60, facecolor="none", edgecolor="crimson", label=f"{wrong.sum()} wrong")
    axes[0].set_xlabel("x1", fontsize=8)
    axes[0].set_ylabel("x2", fontsize=8)
    axes[0].legend(fontsize=8, loc="lower left")


def boundaries(nets, X, y, title, units=False):
    """Draw a panel for each net: the probability of class 1 as colour, its contour at 1/2, and the points.

    nets: dict, heading -> net with two outputs. X: (N, 2); y: (N,) labels 0 and 1. `units` adds, for a net with
    `W1` (2, h) and `b1`, the line where each hidden unit's net input is 0.
    """
    X, y = _plane(X, y)
    axes = _row(len(nets), 2.3, title, sharex=True, sharey=True)
    across, up = (np.linspace(X[:, k].min() - 0.5, X[:, k].max() + 0.5, _GRID) for k in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    for axis, (heading, net) in zip(axes, nets.items(), strict=True):
        net.predict(grid)
        probs = np.asarray(net.probs, dtype=float)
        if probs.shape != (len(grid), 2) or not np.isfinite(probs).all():
            raise ValueError(f"{heading!r}: probs has shape {probs.shape}; expected finite ({len(grid)}, 2)")
        likely = probs[:, 1].reshape(_GRID, _GRID)
        axis.contourf(across, up, likely, levels=np.linspace(0, 1, 11), cmap=_MAP)
        if likely.min() < 0.5 < likely.max():
            axis.contour(across, up, likely, levels=[0.5], colors="black", linewidths=1.4)
        _frame(axis, X)
        if units:
            _draw_lines(axis, X, np.asarray(net.W1), np.reshape(net.b1, (1, -1)))
        _points(axis, X, y)
        axis.set_title(heading, fontsize=9)
        axis.set_xlabel("x1", fontsize=8)
    axes[0].set_ylabel("x2", fontsize=8)


def slopes(value, slope, kinds, title):
    """Draw `value(z, kind)` above and `slope(z, kind)` below, with measured slopes as dots on the curve.

    `value` and `slope` take an array z and one of the `kinds`, each a panel.
    """
    z, dots = np.linspace(-4, 4, 401), np.array([-3.1, -2.1, -1.1, -0.3, 0.3, 1.1, 2.1, 3.1])
    wide = 2.5 * len(kinds)
    figure, axes = plt.subplots(2, len(kinds), figsize=(wide, 3.6), sharex=True, sharey="row", squeeze=False)
    figure.subplots_adjust(left=0.6 / wide, right=0.98, bottom=0.13, top=0.83, wspace=0.12, hspace=0.15)
    figure.suptitle(title, fontsize=11)
    for top, bottom, kind in zip(*axes, kinds, strict=True):
        top.plot(z, value(z, kind), color=TRAIN)
        measured = (value(dots + 1e-5, kind) - value(dots - 1e-5, kind)) / 2e-5
        bottom.plot(z, slope(z, kind), color=TRAIN, label="diff_actFun(z)")
        bottom.plot(dots, measured, "o", color=THEORY, markersize=4, label="measured")
        top.set_title(kind, fontsize=9)
        top.set_ylim(-1.3, 2.3)
        bottom.set_ylim(-0.1, 1.15)
        bottom.set_xlabel("net input z", fontsize=8)
        for axis in (top, bottom):
            axis.tick_params(labelsize=7)
    axes[0, 0].set_ylabel("activation", fontsize=8)
    axes[1, 0].set_ylabel("slope", fontsize=8)
    axes[1, 0].legend(fontsize=6, loc="upper left")


def seeds(passes, curves, title):
    """Draw a panel for each kind of unit with one curve for each seed, all on the same axes.

    passes: (T,) how often the net was updated; curves: dict, kind -> (seeds, T) losses.
    """
    axes = _row(len(curves), 2.5, title, sharex=True, sharey=True)
    for axis, (kind, losses) in zip(axes, curves.items(), strict=True):
        for losses_of_seed in np.asarray(losses, dtype=float):
            axis.plot(passes, losses_of_seed, color=TRAIN, linewidth=1)
        axis.set(xscale="log", yscale="log")
        axis.set_yticks((0.1, 0.2, 0.4), ("0.1", "0.2", "0.4"))
        axis.minorticks_off()
        axis.set_title(f"{kind}, {len(losses)} seeds", fontsize=9)
        axis.set_xlabel("passes", fontsize=8)
    axes[0].set_ylabel("loss per row", fontsize=8)


def active_units(shares, title):
    """Draw, layer by layer, how many of the rows each unit is active for: 0 in red is a dead unit.

    shares: dict, heading -> list of arrays, one for each hidden layer, with its units' shares in [0, 1].
    """
    axes = _row(len(shares), 2.6, title, sharey=True)
    for axis, (heading, layers) in zip(axes, shares.items(), strict=True):
        for number, units in enumerate(layers, start=1):
            units = np.sort(np.asarray(units, dtype=float))
            place = number + np.linspace(-0.28, 0.28, len(units))
            dead = units == 0
            axis.bar(place[~dead], units[~dead], 0.06, color=TRAIN)
            axis.plot(place[dead], units[dead], "x", color="crimson", markersize=5, clip_on=False)
            axis.text(number, 1.06, f"{dead.sum()} dead", ha="center", fontsize=7)
        axis.set(ylim=(0, 1.18), xticks=range(1, len(layers) + 1))
        axis.set_title(heading, fontsize=9)
        axis.set_xlabel("hidden layer", fontsize=8)
    axes[0].set_ylabel("share of rows", fontsize=8)


def error_bars(errors, title):
    """Draw relative errors as horizontal bars on a log axis; `errors`: dict, description -> positive number."""
    wide = 6.4
    figure, axis = plt.subplots(figsize=(wide, 0.5 + 0.45 * len(errors)))
    figure.subplots_adjust(left=0.42, right=0.93, bottom=0.3, top=0.83)
    axis.set_title(title, fontsize=11, x=0.3)
    for place, error in enumerate(errors.values()):
        axis.barh(place, max(error, 1.1e-14) - 1e-14, left=1e-14, color=TRAIN if error < 1e-7 else "crimson")
        axis.text(max(error, 1e-14) * 1.6, place, f"{error:.2g}", va="center", fontsize=8)
    axis.axvline(1e-7, color=THEORY, linestyle="--", linewidth=0.8)
    axis.set(xscale="log", xlim=(1e-14, 100), yticks=range(len(errors)), yticklabels=list(errors))
    axis.set_xlabel("relative error of the gradient (dashed: what rounding explains)", fontsize=8)
    axis.invert_yaxis()
    axis.tick_params(labelsize=8)


def _row(panels, width, title, **shared):
    if panels == 0:
        raise ValueError("nothing to draw: 0 panels")
    wide = max(width * panels, 4.0)
    figure, axes = plt.subplots(1, panels, figsize=(wide, 2.7), squeeze=False, **shared)
    figure.subplots_adjust(left=0.6 / wide, right=1 - 0.1 / wide, bottom=0.17, top=0.8, wspace=0.12)
    figure.suptitle(title, fontsize=11)
    for axis in axes[0]:
        axis.tick_params(labelsize=7)
    return axes[0]


def _plane(X, y):
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != 2 or y.shape != (len(X),):
        raise ValueError(f"X has shape {X.shape}, y {y.shape}; expected (N, 2) and (N,)")
    return X, y


def _frame(axis, X):
    low, high = X.min(axis=0) - 0.5, X.max(axis=0) + 0.5
    axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))


def _points(axis, X, y):
    for label, marker in ((0, "o"), (1, "s")):
        axis.scatter(
            *X[y == label].T, s=9, color=CLASS_COLOURS[label], marker=marker, edgecolor="white", linewidth=0.3
        )


def _draw_lines(axis, X, W, b):
    """Draw where x @ W[:, k] + b[0, k] = 0 for every k."""
    reach, ink = 4 * np.abs(X).max() + 4, min(1.0, 12 / W.shape[1])
    for normal, offset in zip(W.T, np.ravel(b), strict=True):
        length = normal @ normal
        if length > 0:
            middle, along = -offset * normal / length, np.array([-normal[1], normal[0]]) / np.sqrt(length)
            ends = np.stack([middle - reach * along, middle + reach * along])
            axis.plot(*ends.T, color=THEORY, linestyle="--", linewidth=0.9, alpha=ink)
