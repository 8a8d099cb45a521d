"""Figures about small colour pictures: samples, channels, ladders, confusion, feature maps, occlusion, visual words.

Arrays and lists, no tensors. Every function draws one figure on Matplotlib's current backend and returns None, unless
it says otherwise. Nothing here trains, classifies or covers a picture for a network. Arrays of the wrong shape, or
with nan, raise ValueError naming the shape.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

__all__ = [
    "channels", "colleagues_tensor", "confusion", "filters", "histories", "ladder", "learning_curves",
    "occluder_slider", "occlusion", "pictures", "planes", "word_patches",
]  # fmt: skip

TRAIN, VALIDATION, THEORY = "tab:blue", "tab:orange", "0.3"
_COLOURS = ("0.5", "tab:purple", "#33a02c")
_RGB = ("#d62728", "#2ca02c", "#1f77b4")


def pictures(x, captions, title, per_row=10):
    """Draw pictures x (N, H, W, 3), uint8 or floats from 0 to 1, with a caption above each."""
    x = _array(x, "x", (None, None, None, 3)) / (255 if np.asarray(x).dtype == np.uint8 else 1)
    rows = -(-len(x) // per_row)
    across = min(per_row, len(x))
    figure, axes = plt.subplots(
        rows, across, figsize=(0.86 * across + 0.2, 1.12 * rows + 0.35), squeeze=False
    )
    top = 1 - 0.52 / (1.12 * rows + 0.35)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=top, wspace=0.08, hspace=0.3)
    figure.suptitle(title, fontsize=10)
    for axis in axes.flat:
        axis.axis("off")
    for axis, picture, caption in zip(axes.flat, x, captions, strict=False):
        axis.imshow(np.clip(picture, 0, 1), interpolation="nearest")
        axis.set_title(caption, fontsize=8, pad=2)


def channels(before, after, title):
    """Draw the values of red, green and blue as histograms: before, (N, H, W, 3), and after, (N, 3, H, W)."""
    before = _array(before, "before", (None, None, None, 3))
    after = _array(after, "after", (None, 3, None, None))
    figure, axes = plt.subplots(1, 2, figsize=(8.2, 2.5), layout="constrained")
    figure.suptitle(title, fontsize=10)
    columns = before.reshape(-1, 3).T, after.swapaxes(0, 1).reshape(3, -1)
    for axis, values, heading in zip(axes, columns, ("uint8", "normalised"), strict=True):
        bins = np.linspace(values.min(), values.max() + 1e-9, 52)
        for line, colour, name in zip(values, _RGB, ("red", "green", "blue"), strict=True):
            label = f"{name}: mean {line.mean():.2f}, std {line.std():.2f}"
            axis.hist(line, bins, histtype="step", density=True, color=colour, linewidth=1.3, label=label)
        axis.set(xlabel=f"value, {heading}", ylabel="density")
        axis.set_ylim(0, 1.55 * axis.get_ylim()[1])
        axis.legend(fontsize=7, loc="upper right")


def histories(runs, title):
    """Draw loss and validation accuracy by epoch: dict, label -> dict of lists "loss", "accuracy"."""
    figure, axes = plt.subplots(1, 2, figsize=(8.2, 2.8), layout="constrained")
    figure.suptitle(title, fontsize=10)
    for number, (label, run) in enumerate(runs.items()):
        for axis, kind in zip(axes, ("loss", "accuracy"), strict=True):
            values = _array(run[kind], f"{label}: {kind}", (None,))
            epochs = np.arange(1, len(values) + 1)
            axis.plot(epochs, values, ".-", color=_COLOURS[number % 3], label=label)
    axes[0].set(xlabel="epoch", ylabel="training loss per picture")
    axes[1].set(xlabel="epoch", ylabel="validation accuracy", ylim=(0, 1))
    axes[0].legend(fontsize=8)


def ladder(steps, count, title, chance=0.1):
    """Draw accuracies, dict label -> (training, validation), with one standard error of `count` validation pictures."""
    _, axis = plt.subplots(figsize=(6.4, 0.5 * len(steps) + 1.1), layout="constrained")
    for place, (train, valid) in enumerate(steps.values()):
        axis.barh(place - 0.19, train, 0.36, color=TRAIN, label="training" if place == 0 else None)
        error = np.sqrt(valid * (1 - valid) / count)
        axis.barh(
            place + 0.19,
            valid,
            0.36,
            color=VALIDATION,
            xerr=error,
            label="validation" if place == 0 else None,
        )
        axis.text(train + 0.01, place - 0.19, f"{train:.2f}", va="center", fontsize=8)
        axis.text(valid + error + 0.01, place + 0.19, f"{valid:.2f}", va="center", fontsize=8)
    axis.axvline(chance, color=THEORY, linestyle="--", linewidth=1, label="guessing")
    axis.set_yticks(range(len(steps)), list(steps), fontsize=9)
    axis.set(xlabel="accuracy", xlim=(0, 1.08))
    axis.set_title(title, fontsize=10)
    axis.invert_yaxis()
    axis.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))


def colleagues_tensor(x):
    """Return a colleague's batch, (N, 3, H, W) floats, of pictures (N, H, W, 3): right in shape, range and dtype."""
    x = np.asarray(x)
    misread = x.reshape(len(x), 3, *x.shape[1:3]).astype(np.float32) / 255
    return (misread - misread.mean()) / misread.std()


def planes(rows, title):
    """Draw one picture's three planes, and the three as one colour picture: dict, label -> (3, H, W)."""
    height = 1.35 * len(rows) + 0.5
    figure, axes = plt.subplots(len(rows), 4, figsize=(6.6, height), squeeze=False)
    figure.subplots_adjust(left=0.17, right=0.99, bottom=0.02, top=1 - 0.6 / height, wspace=0.05, hspace=0.08)
    figure.suptitle(title, fontsize=10)
    for line, (label, three) in zip(axes, rows.items(), strict=True):
        three = _array(three, label, (3, None, None))
        low, high = three.min(), three.max() + 1e-9
        for axis, plane in zip(line, three, strict=False):
            axis.imshow(plane, cmap="gray", vmin=low, vmax=high)
        line[3].imshow((three.transpose(1, 2, 0) - low) / (high - low))
        line[0].text(-0.12, 0.5, label, transform=line[0].transAxes, ha="right", va="center", fontsize=9)
    for axis, name in zip(axes[0], ("plane 0", "plane 1", "plane 2", "as RGB"), strict=True):
        axis.set_title(name, fontsize=8, pad=3)
    for axis in axes.flat:
        axis.axis("off")


def confusion(table, names, title):
    """Draw a confusion matrix (C, C), rows the truth, as shares of each row, with every class's accuracy beside it."""
    table = _array(table, "table", (len(names), len(names)))
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(8.2, 3.7), width_ratios=(1.25, 1), layout="constrained", sharey=True
    )
    figure.suptitle(title, fontsize=10)
    image = left.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        if share >= 0.05:
            colour = "white" if share > 0.5 else "0.2"
            left.text(column, row, f"{share:.2f}", ha="center", va="center", fontsize=6, color=colour)
    left.set_xticks(range(len(names)), names, rotation=60, ha="right", rotation_mode="anchor", fontsize=8)
    left.set_yticks(range(len(names)), names, fontsize=8)
    left.set(xlabel="answer of the network", ylabel="truth")
    figure.colorbar(image, ax=left, label="share of the row", shrink=0.9)
    right.barh(range(len(names)), np.diag(shares), color=VALIDATION)
    overall = np.trace(table) / max(table.sum(), 1)
    right.axvline(overall, color=THEORY, linestyle="--", label=f"all: {overall:.2f}")
    right.set(xlabel="accuracy of the class", xlim=(0, 1))
    right.legend(fontsize=8)


def filters(kernels, picture, maps, title):
    """Draw kernels (K, 3, h, w) as colours, and what each makes of a picture (H, W, 3): maps (K, H', W')."""
    kernels, maps = (
        _array(kernels, "kernels", (None, 3, None, None)),
        _array(maps, "maps", (None, None, None)),
    )
    if len(maps) != len(kernels):
        raise ValueError(
            f"{len(kernels)} kernels, but maps has shape {maps.shape}; expected one map a kernel"
        )
    figure, axes = plt.subplots(2, len(kernels) + 1, figsize=(0.8 * len(kernels) + 1.0, 2.0))
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.74, wspace=0.08, hspace=0.08)
    figure.suptitle(title, fontsize=10)
    far = np.abs(kernels).max() + 1e-9
    for number, (upper, lower) in enumerate(axes.T[1:]):
        upper.imshow(0.5 + kernels[number].transpose(1, 2, 0) / (2 * far), interpolation="nearest")
        lower.imshow(maps[number], cmap="magma", vmin=0, vmax=max(maps.max(), 1e-9))
        upper.set_title(str(number), fontsize=8, pad=3)
    axes[0, 0].text(0.95, 0.5, "kernels", transform=axes[0, 0].transAxes, fontsize=9, ha="right", va="center")
    axes[1, 0].imshow(picture, interpolation="nearest")
    for axis in axes.flat:
        axis.axis("off")


def occlusion(examples, size, step, title):
    """Draw for each example (picture (H, W, 3), heat (r, c), label, whole) the picture, two covers, and the heat map.

    heat is the probability of `label` with a square of `size` pixels at row r * step and column c * step; whole that
    of the uncovered picture. The covers are where the probability is lowest and where it is highest.
    """
    figure, axes = plt.subplots(
        len(examples), 4, figsize=(7.4, 1.75 * len(examples) + 0.5), squeeze=False, layout="constrained"
    )
    figure.suptitle(title, fontsize=10)
    for line, (picture, heat, label, whole) in zip(axes, examples, strict=True):
        heat = _array(heat, "heat", (None, None))
        line[0].imshow(picture, interpolation="nearest")
        line[0].set_title(f"{label}: {whole:.2f}", fontsize=8)
        for axis, place, word in zip(
            line[1:], (heat.argmin(), heat.argmax()), ("lowest", "highest"), strict=False
        ):
            place = np.unravel_index(place, heat.shape)
            _covered(axis, picture, place, size, step)
            axis.set_title(f"{word}: {heat[place]:.2f}", fontsize=8)
        image = line[3].imshow(heat, cmap="viridis", vmin=0, vmax=1)
        line[3].set_title("by place of the square", fontsize=8)
        figure.colorbar(image, ax=line[3], shrink=0.9)
        for axis in line:
            axis.set_xticks([])
            axis.set_yticks([])


def occluder_slider(picture, heat, label, size, step):
    """Move the square over a picture (H, W, 3) by a slider, its probability marked in the heat map; a notebook's."""
    from ipywidgets import IntSlider, interact

    heat = _array(heat, "heat", (None, None))

    def draw(place):
        where = np.unravel_index(place, heat.shape)
        _, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.6), layout="constrained")
        _covered(left, picture, where, size, step)
        left.set_title(f"{label}: {heat[where]:.2f}", fontsize=9)
        left.axis("off")
        image = right.imshow(heat, cmap="viridis", vmin=0, vmax=1)
        right.plot(*where[::-1], "s", color="crimson", fillstyle="none", markersize=12)
        right.set_title("all places", fontsize=9)
        plt.colorbar(image, ax=right)
        plt.show()

    interact(draw, place=IntSlider(0, 0, heat.size - 1, description="square"))


def word_patches(bag, x, words, title, each=8):
    """Draw for each of a fitted VisualWords' `words` the patches of pictures x (N, H, W, 3) that lie nearest to it."""
    from student_lib.visual_words import describe

    described = np.concatenate([describe(picture, bag.step)[0] for picture in x])
    across = len(range(0, x.shape[2] - 15, bag.step))
    per_picture = across * len(range(0, x.shape[1] - 15, bag.step))
    height = 0.62 * len(words) + 0.45
    figure, axes = plt.subplots(len(words), each, figsize=(0.62 * each + 1.0, height), squeeze=False)
    figure.subplots_adjust(left=0.16, right=0.99, bottom=0.02, top=1 - 0.4 / height, wspace=0.08, hspace=0.08)
    figure.suptitle(title, fontsize=10)
    for line, word in zip(axes, words, strict=True):
        nearest = ((described - bag.centres[word]) ** 2).sum(axis=1).argsort()[:each]
        line[0].text(
            -0.2, 0.5, f"word {word}", transform=line[0].transAxes, ha="right", va="center", fontsize=8
        )
        for axis, found in zip(line, nearest, strict=False):
            row, column = divmod(found % per_picture, across)
            top, left = row * bag.step, column * bag.step
            axis.imshow(x[found // per_picture, top : top + 16, left : left + 16], interpolation="nearest")
            axis.axis("off")


def learning_curves(counts, lines, count, title, chance):
    """Draw test accuracy by the number of training pictures, dict label -> accuracies, with one standard error."""
    _, axis = plt.subplots(figsize=(6.4, 3.0), layout="constrained")
    for (label, values), colour in zip(lines.items(), _COLOURS[1:], strict=False):
        values = _array(values, label, (len(counts),))
        axis.errorbar(
            counts,
            values,
            np.sqrt(values * (1 - values) / count),
            fmt="o-",
            color=colour,
            label=label,
            capsize=3,
        )
    axis.axhline(chance, color=THEORY, linestyle="--", linewidth=1, label="guessing")
    axis.set_xscale("log")
    axis.set_xticks(counts, [str(number) for number in counts])
    axis.minorticks_off()
    axis.set(xlabel="training pictures", ylabel="test accuracy", ylim=(0, 1))
    axis.set_title(title, fontsize=10)
    axis.legend(fontsize=8)


def _covered(axis, picture, place, size, step):
    """Draw a picture with the grey square at its place in the heat map."""
    axis.imshow(picture, interpolation="nearest")
    corner = (place[1] * step - 0.5, place[0] * step - 0.5)
    axis.add_patch(Rectangle(corner, size, size, facecolor="0.5", edgecolor="crimson"))


def _array(values, what, shape):
    """Return `values` as finite floats in a shape whose None entries may be anything. Raises ValueError."""
    array = np.asarray(values, dtype=float)
    fits = array.ndim == len(shape) and all(s in (None, n) for s, n in zip(shape, array.shape, strict=True))
    if not fits or not np.isfinite(array).all():
        asked = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{what} has shape {array.shape}; expected ({asked}), all of it finite")
    return array
