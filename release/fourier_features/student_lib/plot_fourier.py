"""Figures about coordinate networks: pictures, PSNR curves, mapped features, learned frequencies.

Functions that draw make one figure and return None. With a `path` the figure goes into that PNG file instead,
whose folder is made; without, onto Matplotlib's current backend. What a figure shows comes from the caller: no
function here trains, maps, or measures PSNR. Arrays of the wrong shape, or with nan, raise ValueError naming
the shape.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

__all__ = [
    "aliases",
    "by_sigma",
    "features",
    "frequency_error",
    "pictures",
    "power_left",
    "psnr_curves",
    "reconstructions",
    "similarity",
]

TRAIN, TEST, THEORY = "tab:blue", "tab:orange", "0.3"
COLOURS = {"none": "0.45", "basic": "#33a02c", "gauss_1.0": "#6a3d9a", "gauss_10.0": "#c51b7d"}
_OTHER = ("#8c6d31", "#1b9e77", "#e7298a", "0.2")


def pictures(panels, title, path=None):
    """Draw pictures beside each other, pixels as squares: dict, heading -> (h, w, 3), values from 0 to 1."""
    figure, axes = plt.subplots(1, len(panels), figsize=(max(2.1 * len(panels), 3.4), 2.6), squeeze=False)
    figure.subplots_adjust(left=0.02, right=0.98, bottom=0.02, top=0.78, wspace=0.08)
    figure.suptitle(title, fontsize=10)
    for axis, (heading, pixels) in zip(axes[0], panels.items(), strict=True):
        _show(axis, _pixels(pixels, heading), heading)
    _finish(figure, path)


def psnr_curves(runs, title, path=None):
    """Draw PSNR by epoch, training pixels solid, all pixels dashed: dict, name -> (train_psnr, test_psnr)."""
    figure, axis = plt.subplots(figsize=(6.6, 3.8))
    figure.subplots_adjust(left=0.09, right=0.79, bottom=0.12, top=0.92)
    figure.suptitle(title, fontsize=10)
    for (name, (train, test)), other in zip(runs.items(), _OTHER, strict=False):
        train, test = _array(train, f"{name}: train", (None,)), _array(test, f"{name}: test", (None,))
        epochs = np.arange(1, len(train) + 1)
        alone = len(runs) == 1
        axis.plot(epochs, train, color=TRAIN if alone else COLOURS.get(name, other), label=f"{name} train")
        axis.plot(
            epochs,
            test,
            color=TEST if alone else COLOURS.get(name, other),
            linestyle="--",
            label=f"{name} test",
        )
    axis.set_xlabel("epoch", fontsize=8)
    axis.set_ylabel("PSNR (dB)", fontsize=8)
    axis.tick_params(labelsize=7)
    axis.grid(color="0.9")
    axis.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    _finish(figure, path)


def reconstructions(runs, truth, title, path=None):
    """Draw a strip of reconstructions for each mapping, epoch by epoch, the truth at the end of each strip.

    runs: dict, name -> predictions of all pixels, one array (h * w, 3) for each epoch. truth: (h, w, 3).
    """
    truth = _pixels(truth, "truth")
    length = min(len(predictions) for predictions in runs.values())
    chosen = np.unique(np.geomspace(1, length, 5).round().astype(int))
    columns = len(chosen) + 1
    high = 1.25 * len(runs) + 0.65
    figure, axes = plt.subplots(len(runs), columns, figsize=(1.25 * columns + 0.6, high), squeeze=False)
    figure.subplots_adjust(
        left=0.09, right=0.99, bottom=0.08 / high, top=1 - 0.6 / high, wspace=0.05, hspace=0.05
    )
    figure.suptitle(title, fontsize=10)
    first = next(iter(runs))
    for row, (name, predictions) in zip(axes, runs.items(), strict=True):
        panels = [
            _pixels(np.reshape(predictions[epoch - 1], truth.shape), f"{name}, epoch {epoch}")
            for epoch in chosen
        ]
        headings = [*(f"epoch {epoch}" for epoch in chosen), "truth"] if name == first else [""] * columns
        for axis, pixels, heading in zip(row, [*panels, truth], headings, strict=True):
            _show(axis, pixels, heading)
        row[0].set_ylabel(name, fontsize=8)
    _finish(figure, path)


def features(panels, title, path=None):
    """Draw columns of mapped coordinates as pictures: dict, heading -> (h, w), red 1, white 0, blue -1."""
    columns = -(-len(panels) // 2)
    wide = 1.5 * columns + 0.8
    figure, axes = plt.subplots(2, columns, figsize=(wide, 4.0), squeeze=False)
    figure.subplots_adjust(left=0.02, right=1 - 0.75 / wide, bottom=0.02, top=0.83, wspace=0.08, hspace=0.28)
    figure.suptitle(title, fontsize=10)
    for axis in axes.flat:
        axis.axis("off")
    for axis, (heading, values) in zip(axes.flat, panels.items(), strict=False):
        drawn = axis.imshow(_array(values, heading, (None, None)), cmap="RdBu_r", vmin=-1, vmax=1)
        axis.set_title(heading, fontsize=7)
    beside = figure.add_axes((1 - 0.62 / wide, 0.1, 0.12 / wide, 0.65))
    figure.colorbar(drawn, cax=beside).ax.tick_params(labelsize=6)
    _finish(figure, path)


def similarity(curves, spacing, title, path=None):
    """Draw similarity against distance: dict, name -> (distances, measured, expected or None), each (M,).

    What theory expects is dashed. `spacing`: dict, heading -> distance, marks the gaps between training pixels.
    """
    figure, axis = plt.subplots(figsize=(5.6, 2.8))
    figure.subplots_adjust(left=0.11, right=0.97, bottom=0.17, top=0.88)
    figure.suptitle(title, fontsize=10)
    for (name, (distances, measured, expected)), other in zip(curves.items(), _OTHER, strict=False):
        distances = _array(distances, f"{name}: distances", (None,))
        colour = COLOURS.get(name, other)
        axis.plot(distances, _array(measured, name, distances.shape), color=colour, label=name)
        if expected is not None:
            axis.plot(distances, _array(expected, name, distances.shape), color=THEORY, ls="--", lw=1)
    for height, (heading, distance) in zip((1.25, 1.1), spacing.items(), strict=False):
        axis.axvline(distance, color="0.6", linestyle=":")
        side = "right" if distance == min(spacing.values()) else "left"
        axis.text(distance, height, f" {heading} ", fontsize=7, color="0.35", ha=side)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter("{x:g}")
    axis.set_ylim(-0.25, 1.4)
    axis.set_xlabel("distance between two points (picture width = 1)", fontsize=8)
    axis.set_ylabel("cosine similarity", fontsize=8)
    axis.tick_params(labelsize=7)
    axis.legend(fontsize=7, loc="lower left")
    _finish(figure, path)


def aliases(samples, fast, slow, path=None):
    """Draw the waves of `fast` and `slow` cycles through the same `samples` equally spaced dots."""
    dots, fine = np.arange(samples) / samples, np.linspace(0, 1, 1000)
    figure, axis = plt.subplots(figsize=(6.2, 2.3))
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.19, top=0.74)
    figure.suptitle(f"{samples} samples cannot tell {fast} cycles from {slow}", fontsize=10)
    axis.plot(fine, np.cos(2 * np.pi * fast * fine), color=TEST, linewidth=0.9, label=f"{fast} cycles")
    axis.plot(fine, np.cos(2 * np.pi * slow * fine), color=TRAIN, linewidth=1.6, label=f"{slow} cycles")
    axis.plot(dots, np.cos(2 * np.pi * fast * dots), "o", color="black", markersize=5, label="the samples")
    axis.set_xlabel("x", fontsize=8)
    axis.set_ylabel("value", fontsize=8)
    axis.tick_params(labelsize=7)
    axis.legend(fontsize=7, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    _finish(figure, path)


def power_left(predictions, truth, edges):
    """Return the share of the picture's power that is still wrong, (bands, epochs).

    predictions: one array (h * w, 3) for each epoch; truth: (h, w, 3), square. Band k holds the frequencies from
    edges[k] up to edges[k + 1], in cycles per picture width, any direction: |FFT(prediction - truth)|^2 summed over
    the band and the colours, divided by the same sum of the truth. 0 is learned, 1 is as wrong as plain grey,
    more than 1 is worse than grey.
    """
    truth = _pixels(truth, "truth")
    each_way = np.fft.fftfreq(len(truth), 1 / len(truth))
    cycles = np.hypot(*np.meshgrid(each_way, each_way))
    bands = np.digitize(cycles.ravel(), edges) - 1

    def power(pixels):
        spectrum = np.square(np.abs(np.fft.fft2(pixels, axes=(0, 1)))).sum(axis=2).ravel()
        inside = (bands >= 0) & (bands < len(edges) - 1)
        return np.bincount(bands[inside], spectrum[inside], minlength=len(edges) - 1)

    wrong = [power(np.reshape(prediction, truth.shape) - truth) for prediction in predictions]
    return np.transpose(wrong) / power(truth)[:, None]


def frequency_error(runs, truth, title, path=None):
    """Draw the share of power still wrong, frequency band by epoch, a panel for each mapping.

    runs and truth as in `reconstructions`; shares as `power_left` gives them, bands one cycle wide.
    """
    truth = _pixels(truth, "truth")
    edges = np.arange(0.5, len(truth) // 2 + 1)
    figure, axes = plt.subplots(
        1, len(runs), figsize=(max(1.9 * len(runs), 3.4) + 0.9, 2.7), sharey=True, squeeze=False
    )
    figure.subplots_adjust(
        left=0.13 if len(runs) < 3 else 0.07, right=0.86, bottom=0.18, top=0.78, wspace=0.1
    )
    figure.suptitle(title, fontsize=10)
    for axis, (name, predictions) in zip(axes[0], runs.items(), strict=True):
        shares = power_left(predictions, truth, edges)
        corners = np.arange(shares.shape[1] + 1) + 0.5
        drawn = axis.pcolormesh(corners, edges, shares, cmap="magma", vmin=0, vmax=1, rasterized=True)
        axis.axhline(len(truth) / 4, color="tab:cyan", linestyle=":", linewidth=1.2)
        if len(predictions) > 1:
            axis.set_xscale("log")
            axis.xaxis.set_major_formatter("{x:g}")
        axis.set_title(name, fontsize=9)
        axis.set_xlabel("epoch", fontsize=8)
        axis.tick_params(labelsize=7)
    axes[0, 0].set_ylabel("cycles per picture", fontsize=8)
    bar = figure.colorbar(drawn, cax=figure.add_axes((0.88, 0.18, 0.02, 0.6)), extend="max")
    bar.set_label("share of power still wrong", fontsize=7)
    bar.ax.tick_params(labelsize=6)
    _finish(figure, path)


def by_sigma(panels, title, path=None):
    """Draw a feature above a reconstruction: dict, heading -> (feature (h, w), reconstruction (h, w, 3))."""
    figure, axes = plt.subplots(2, len(panels), figsize=(max(1.75 * len(panels), 3.0), 4.1), squeeze=False)
    figure.subplots_adjust(left=0.02, right=0.98, bottom=0.02, top=0.83, wspace=0.08, hspace=0.05)
    figure.suptitle(title, fontsize=10)
    for column, (heading, (feature, pixels)) in zip(axes.T, panels.items(), strict=True):
        feature = _array(feature, f"{heading}: feature", (None, None))
        column[0].imshow(feature, cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest")
        column[0].axis("off")
        column[0].set_title(heading, fontsize=8)
        _show(column[1], _pixels(pixels, heading), "")
    _finish(figure, path)


def _show(axis, pixels, heading):
    axis.imshow(pixels, interpolation="nearest")
    axis.set_title(heading, fontsize=8)
    axis.set(xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set_visible(False)


def _pixels(values, name):
    return np.clip(_array(values, name, (None, None, 3)), 0, 1)


def _array(values, name, shape):
    array = np.asarray(values, dtype=float)
    fits = array.ndim == len(shape) and all(b in (None, a) for a, b in zip(array.shape, shape, strict=True))
    if not fits or not np.isfinite(array).all():
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} has shape {array.shape}; expected ({wanted}), all of it finite")
    return array


def _finish(figure, path):
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=130)
        plt.close(figure)
