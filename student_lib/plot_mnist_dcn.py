"""Figures about the deep convolutional network on MNIST: its stages, its parameters, and what TensorBoard's files hold.

Scalars are `tag -> (steps, values)`; histograms are `tag -> (steps, values)` with TensorBoard's HistogramValue (num,
bucket_limit, bucket, min, max). Every function draws one figure on Matplotlib's current backend and returns None;
`save="figures/name.png"` also writes it. No function here computes a layer, a loss or a statistic.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

__all__ = [
    "LAYERS", "channels", "compare", "counts", "curves", "ridges", "stages", "statistics", "step_slider",
]  # fmt: skip

LAYERS = ("conv1", "conv2", "fc1", "fc2")
TRAIN, VALIDATION, THEORY = "tab:blue", "tab:orange", "0.3"
_STAGES = (
    ("image", 28, 1),
    ("after conv1", 28, 32),
    ("pooled", 14, 32),
    ("after conv2", 14, 64),
    ("pooled", 7, 64),
    ("after fc1", 1, 1024),
    ("logits", 1, 10),
)
_BINS = 80


def stages(title):
    """Draw what passes through the network as stacks of maps: side, channels and numbers of each stage."""
    _, axis = plt.subplots(figsize=(8.6, 2.7))
    left = 0.0
    for name, side, maps in _STAGES:
        high = side if side > 1 else maps**0.5 * 0.9
        shown = min(maps, 12) if side > 1 else 1
        for back in range(shown, 0, -1):
            place = (left + 0.8 * back, -high / 2 + 0.8 * back)
            wide = side if side > 1 else 1.5
            axis.add_patch(Rectangle(place, wide, high, facecolor="#dbe9f6", edgecolor=TRAIN, linewidth=0.7))
        width = (side if side > 1 else 1.5) + 0.8 * shown
        size = f"{maps} x {side} x {side}" if side > 1 else str(maps)
        axis.text(left + width / 2, -20, f"{name}\n{size}", ha="center", va="top", fontsize=8)
        left += max(width, 11) + 7
    axis.set(xlim=(-2, left), ylim=(-28, 27), title=title, aspect="equal")
    axis.axis("off")


def channels(rows, title):
    """Draw maps of one picture, a row for each channel: dict, label -> (channels, h, w)."""
    deep = max(len(maps) for maps in rows.values())
    figure, axes = plt.subplots(
        deep, len(rows), figsize=(2.0 * len(rows), 1.9 * deep + 0.5), squeeze=False, layout="constrained"
    )
    figure.suptitle(title, fontsize=10)
    for axis in axes.flat:
        axis.axis("off")
    for column, (label, maps) in zip(axes.T, rows.items(), strict=True):
        column[0].set_title(label, fontsize=9)
        top = max(abs(np.asarray(maps)).max(), 1e-9)
        for axis, one in zip(column, maps, strict=False):
            axis.imshow(one, cmap="RdBu_r", vmin=-top, vmax=top)


def counts(values, title):
    """Draw numbers of parameters as bars, dict layer -> number, with each one's share of all."""
    _, axis = plt.subplots(figsize=(5.6, 2.2), layout="constrained")
    total = sum(values.values())
    axis.barh(list(values), list(values.values()), color=TRAIN)
    for place, value in enumerate(values.values()):
        axis.text(value + 0.01 * total, place, f"{value:,}, {value / total:.1%}", va="center", fontsize=8)
    axis.set(title=title, xlabel="parameters", xlim=(0, 1.3 * max(values.values())))
    axis.invert_yaxis()


def curves(scalars, losses, title, save=None):
    """Draw the loss of every batch with the logged ones on it, and validation and test error by step."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 2.9), layout="constrained")
    figure.suptitle(title, fontsize=10)
    left.semilogy(losses, color=TRAIN, alpha=0.35, linewidth=0.8, label="every batch")
    left.semilogy(*scalars["loss"], "o-", color=TRAIN, markersize=3, label="logged")
    left.set(xlabel="step", ylabel="loss")
    left.legend(fontsize=8)
    for name, colour in (("valid", VALIDATION), ("test", "crimson")):
        if f"error/{name}" in scalars:
            right.plot(*scalars[f"error/{name}"], "o-", color=colour, markersize=4, label=name)
    right.set(xlabel="step", ylabel="error", ylim=(0, None))
    if right.lines:
        right.legend(fontsize=8)
    _save(figure, save)


def ridges(histograms, title, save=None):
    """Draw each histogram's course as a ridge of densities, later steps above: dict, label -> (steps, values).

    Each ridge is scaled to its own peak. Where more than 5 % of the values are 0, their share stands beside the ridge
    instead, and the peak is that of the others.
    """
    figure, axes = plt.subplots(
        1,
        len(histograms),
        figsize=(2.9 * len(histograms) + 0.4, 3.4),
        squeeze=False,
        layout="constrained",
    )
    figure.suptitle(title, fontsize=10)
    for axis, (label, (steps, values)) in zip(axes[0], histograms.items(), strict=True):
        chosen = np.unique(np.linspace(0, len(steps) - 1, 9).astype(int))
        grid = _grid([values[i] for i in chosen])
        for line, i in enumerate(chosen):
            density = _density(values[i], grid)
            at_zero = _share_at_zero(values[i])
            peak = density[(grid[1:] < 0) | (grid[:-1] > 0)] if at_zero > 0.05 else density
            ridge = line + 1.6 * np.minimum(density / max(peak.max(), 1e-12), 1.0)
            centres, order = (grid[1:] + grid[:-1]) / 2, 2 * (len(chosen) - line)
            axis.fill_between(centres, line, ridge, color="#dbe9f6", zorder=order)
            axis.plot(centres, ridge, color=TRAIN, linewidth=0.8, zorder=order + 1)
            if at_zero > 0.05:
                axis.text(grid[-1], line + 0.25, f"{at_zero:.0%} at 0", fontsize=7, ha="right", zorder=99)
        axis.set_yticks(range(len(chosen)), [steps[i] for i in chosen], fontsize=7)
        axis.set_title(label.removesuffix("/histogram"), fontsize=9)
        axis.set(xlabel="value", ylabel="step" if axis is axes[0, 0] else "")
    _save(figure, save)


def statistics(scalars, places, title, save=None):
    """Draw min, max and mean with a band of one standard deviation against the step, a panel for each place."""
    figure, axes = plt.subplots(
        1, len(places), figsize=(2.4 * len(places) + 0.4, 2.6), squeeze=False, layout="constrained"
    )
    figure.suptitle(title, fontsize=10)
    for axis, place in zip(axes[0], places, strict=True):
        steps, mean = scalars[f"{place}/mean"]
        mean, std = np.array(mean), np.array(scalars[f"{place}/std"][1])
        axis.fill_between(steps, mean - std, mean + std, color=TRAIN, alpha=0.25, linewidth=0)
        axis.plot(steps, mean, color=TRAIN, label="mean ± std")
        for name in ("min", "max"):
            axis.plot(*scalars[f"{place}/{name}"], color=THEORY, linestyle=":", linewidth=1, label=name)
        axis.set_title(place, fontsize=9)
        axis.set_xlabel("step")
    axes[0, 0].legend(fontsize=7)
    _save(figure, save)


def step_slider(histograms, tag):
    """Show one tag's histogram with a slider for the step; outside of a notebook nothing."""
    from ipywidgets import IntSlider, interact

    steps, values = histograms[tag]
    grid = _grid(values)

    def draw(which):
        _, axis = plt.subplots(figsize=(5, 2.4), layout="constrained")
        axis.stairs(_density(values[which], grid), grid, fill=True, color=TRAIN, alpha=0.6)
        axis.set(title=f"{tag.removesuffix('/histogram')} at step {steps[which]}", xlabel="value")
        axis.set(ylabel="density")
        plt.show()

    interact(draw, which=IntSlider(0, 0, len(steps) - 1, description="record"))


def compare(losses, errors, title, save=None):
    """Draw the runs' loss curves, dict name -> (steps, losses), and their test errors as sorted bars."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.4), layout="constrained")
    figure.suptitle(title, fontsize=10)
    colours = plt.get_cmap("tab20")
    names = sorted(errors, key=errors.get)
    for number, name in enumerate(names):
        left.semilogy(*losses[name], color=colours(number), linewidth=1.2, label=name)
        right.barh(number, errors[name], color=colours(number))
        right.text(errors[name], number, f" {errors[name]:.3f}", va="center", fontsize=7)
    left.set(xlabel="step", ylabel="loss of a batch")
    right.set_yticks(range(len(names)), names, fontsize=8)
    right.set(xlabel="test error", xlim=(0, 1.15 * max([*errors.values(), 0.01])))
    right.invert_yaxis()
    _save(figure, save)


def _grid(values):
    """Return bin edges over the range of several histograms, cut where all of them hold next to nothing."""
    low = min(_quantile(value, 0.001) for value in values)
    high = max(_quantile(value, 0.999) for value in values)
    return np.linspace(low, high if high > low else low + 1e-6, _BINS + 1)


def _cumulative(value):
    """Return edges and the share of values below each one. The first bucket begins at the smallest value."""
    limits = np.clip(np.asarray(value.bucket_limit), value.min, value.max)
    shares = np.cumsum(value.bucket) / max(value.num, 1)
    return np.concatenate([[value.min], limits]), np.concatenate([[0.0], shares])


def _quantile(value, share):
    edges, shares = _cumulative(value)
    return float(np.interp(share, shares, edges))


def _density(value, grid):
    edges, shares = _cumulative(value)
    return np.diff(np.interp(grid, edges, shares, left=0.0, right=1.0)) / np.diff(grid)


def _share_at_zero(value):
    inside = np.abs(np.asarray(value.bucket_limit)) < 1e-6
    return float(np.sum(np.asarray(value.bucket)[inside])) / max(value.num, 1)


def _save(figure, save):
    if save:
        Path(save).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(save, dpi=150)
