"""Figures about autoencoders: strips of images, error maps, losses, PSNR by code size, units of a code.

Images are rows of 1024 pixels, unrolled column by column, 1 for paper and 0 for ink. Every function draws one figure
on Matplotlib's current backend and returns None, unless it says otherwise. No function here reconstructs, trains or
measures PSNR. Arrays of the wrong shape, or with nan, raise ValueError naming the shape.
"""

import matplotlib.pyplot as plt
import numpy as np

__all__ = ["by_size", "colleagues_slide", "decibels", "losses", "pairs", "strips", "units"]

TRAIN, VALIDATION, THEORY = "tab:blue", "tab:orange", "0.3"
_COLOURS = (TRAIN, "0.45", "crimson", "#33a02c")
_SIDE = 32


def strips(rows, title, captions=()):
    """Draw strips of images below each other: dict, label -> (N, 1024). `captions` stand above the columns."""
    rows = {label: _images(values, label) for label, values in rows.items()}
    columns = max(len(values) for values in rows.values())
    high = 0.82 * len(rows) + 0.75
    figure, axes = plt.subplots(len(rows), columns, figsize=(0.78 * columns + 1.3, high), squeeze=False)
    figure.subplots_adjust(
        left=1.2 / (0.78 * columns + 1.3),
        right=0.99,
        bottom=0.05 / high,
        top=1 - 0.62 / high,
        wspace=0.06,
        hspace=0.06,
    )
    figure.suptitle(title, fontsize=10)
    for axis in axes.flat:
        axis.axis("off")
    for line, (label, values) in zip(axes, rows.items(), strict=True):
        for axis, row in zip(line, values, strict=False):
            _show(axis, row)
        line[0].text(-0.12, 0.5, label, fontsize=8, ha="right", va="center", transform=line[0].transAxes)
    for axis, caption in zip(axes[0], captions, strict=False):
        axis.set_title(caption, fontsize=8, pad=3)


def pairs(x, out, captions, title):
    """Draw images, their reconstructions, and where they differ: x and out (N, 1024), N captions.

    Red is where the reconstruction has paper in the place of ink, blue is the reverse.
    """
    x, out = _images(x, "x"), _images(out, "out")
    if out.shape != x.shape:
        raise ValueError(f"out has shape {out.shape}; expected that of x, {x.shape}")
    figure, axes = plt.subplots(3, len(x), figsize=(0.86 * len(x) + 0.9, 3.3), squeeze=False)
    figure.subplots_adjust(left=0.1, right=0.995, bottom=0.02, top=0.82, wspace=0.06, hspace=0.06)
    figure.suptitle(title, fontsize=10)
    for column, (image, made, caption) in enumerate(zip(x, out, captions, strict=True)):
        _show(axes[0, column], image)
        _show(axes[1, column], made)
        axes[2, column].imshow((made - image).reshape(_SIDE, _SIDE).T, cmap="RdBu_r", vmin=-1, vmax=1)
        axes[0, column].set_title(caption, fontsize=8, pad=3)
    for axis in axes.flat:
        axis.axis("off")
    for axis, label in zip(axes[:, 0], ("image", "through\nthe code", "difference"), strict=True):
        axis.text(-0.1, 0.5, label, fontsize=8, ha="right", va="center", transform=axis.transAxes)


def losses(lines, mean_image, title):
    """Draw a loss per image by epoch for each entry of `lines`, dict label -> values, on a log axis.

    `mean_image` is the loss of answering every image with the mean of all, a dashed line.
    """
    figure, axis = plt.subplots(figsize=(5.8, 3.1))
    figure.subplots_adjust(left=0.11, right=0.97, bottom=0.15, top=0.9)
    figure.suptitle(title, fontsize=10)
    for (label, values), colour in zip(lines.items(), _COLOURS, strict=False):
        values = _array(values, label, (None,))
        marker = "o" if len(values) == 1 else ""
        axis.plot(np.arange(1, len(values) + 1), values, color=colour, label=label, marker=marker)
    axis.axhline(
        mean_image, color=THEORY, linestyle="--", linewidth=1, label=f"the mean image: {mean_image:.1f}"
    )
    axis.set_yscale("log")
    ticks = [tick for tick in (10, 15, 20, 30, 40, 60, 80, 100, 150, 200) if _within(tick, axis.get_ylim())]
    axis.set_yticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.set_xlabel("epoch", fontsize=8)
    axis.set_ylabel("squared error per image", fontsize=8)
    axis.tick_params(labelsize=7)
    axis.grid(color="0.93")
    axis.legend(fontsize=7)


def decibels(values, marks, title):
    """Draw a histogram of the PSNRs `values`, (N,), with vertical lines at `marks`, dict label -> dB."""
    values = _array(values, "values", (None,))
    figure, axis = plt.subplots(figsize=(5.2, 2.5))
    figure.subplots_adjust(left=0.1, right=0.97, bottom=0.19, top=0.88)
    figure.suptitle(title, fontsize=10)
    axis.hist(values, bins=40, color=VALIDATION, alpha=0.75)
    for (label, mark), style in zip(marks.items(), ("-", "--", ":"), strict=False):
        axis.axvline(mark, color=THEORY, linestyle=style, label=f"{label}: {mark:.1f} dB")
    axis.set_xlabel("PSNR of a validation image (dB)", fontsize=8)
    axis.set_ylabel("how many", fontsize=8)
    axis.tick_params(labelsize=7)
    axis.legend(fontsize=7)


def by_size(lines, title):
    """Draw PSNR against the number of values in the code: dict, label -> (sizes, PSNRs). Sizes on a log axis."""
    figure, axis = plt.subplots(figsize=(5.2, 2.9))
    figure.subplots_adjust(left=0.11, right=0.97, bottom=0.21, top=0.89)
    figure.suptitle(title, fontsize=10)
    styles = ((THEORY, "s--"), (VALIDATION, "o-"), ("crimson", "^-"))
    for (label, (sizes, values)), (colour, style) in zip(lines.items(), styles, strict=False):
        sizes = _array(sizes, f"{label}: sizes", (None,))
        axis.plot(sizes, _array(values, label, sizes.shape), style, color=colour, markersize=4, label=label)
    axis.set_xscale("log", base=2)
    ticks = np.unique(np.concatenate([np.asarray(sizes) for sizes, _ in lines.values()]))
    axis.set_xticks(ticks, [f"{tick:g}\n{1024 / tick:g}:1" for tick in ticks])
    axis.set_xlabel("numbers in the code, and the compression", fontsize=8)
    axis.set_ylabel("mean PSNR (dB)", fontsize=8)
    axis.tick_params(labelsize=7)
    axis.grid(color="0.93")
    axis.legend(fontsize=7)


def units(layers, title):
    """Draw how active units are: dict, heading -> (N, H) activations. Grey bars stand for units that are never on."""
    figure, axes = plt.subplots(1, len(layers), figsize=(2.7 * len(layers) + 0.6, 2.3), squeeze=False)
    figure.subplots_adjust(left=0.08, right=0.99, bottom=0.19, top=0.78, wspace=0.2)
    figure.suptitle(title, fontsize=10)
    for axis, (heading, values) in zip(axes[0], layers.items(), strict=True):
        share = (_array(values, heading, (None, None)) > 0).mean(axis=0)
        dead = share == 0
        axis.bar(np.arange(len(share)), np.where(dead, 1, share), color=np.where(dead, "0.85", TRAIN))
        axis.set_title(f"{heading}: {(~dead).sum()} of {len(share)} alive", fontsize=9)
        axis.set_xlabel("unit", fontsize=8)
        axis.set_ylim(0, 1)
        axis.tick_params(labelsize=7)
    axes[0, 0].set_ylabel("share of images\nthat switch it on", fontsize=8)


def colleagues_slide(x, out, values):
    """Draw a colleague's slide about the images x and reconstructions out, (N, 1024), and return his numbers.

    values: your PSNRs of the same N images. His come from a function of his own with one fault.
    """
    his = [1 / np.log10(np.e) * value for value in _array(values, "values", (len(x),))]
    strips(
        {"image": x, "through\nthe code": out},
        f"The colleague's slide: {np.mean(his):.1f} dB on average, as good as a JPEG",
        [f"{value:.1f} dB" for value in his],
    )
    return np.array(his)


def _show(axis, row):
    axis.imshow(row.reshape(_SIDE, _SIDE).T, cmap="gray", vmin=0, vmax=1, interpolation="nearest")


def _images(values, name):
    return _array(values, name, (None, _SIDE * _SIDE))


def _within(value, limits):
    return limits[0] <= value <= limits[1]


def _array(values, name, shape):
    array = np.asarray(values, dtype=float)
    fits = array.ndim == len(shape) and all(b in (None, a) for a, b in zip(array.shape, shape, strict=True))
    if not fits or not np.isfinite(array).all():
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} has shape {array.shape}; expected ({wanted}), all of it finite")
    return array
