"""Figures about borrowed networks: galleries, maps, comparisons, accuracy by number of pictures, neighbours.

Pictures are (N, height, width, 3), uint8, RGB. Every function draws one figure on Matplotlib's current backend and
returns None, unless it says otherwise. Nothing here trains, runs a network or finds neighbours.
"""

import matplotlib.pyplot as plt
import numpy as np

__all__ = [
    "bars", "by_class", "by_number", "colleagues_reading", "compare", "counts", "gallery", "maps", "neighbours",
    "pictures", "switches",
]  # fmt: skip

# Training and validation have the course's colours in `compare`; networks are told apart by these.
TRAIN, VALIDATION, GUESSING = "tab:blue", "tab:orange", "0.3"
_NETWORKS = ("#33a02c", "tab:purple", "0.6")


def gallery(groups, names, title):
    """Draw some pictures of each class, a column for each: groups is a list of (n, height, width, 3), names theirs."""
    lines = max(len(group) for group in groups)
    figure, axes = plt.subplots(
        lines, len(groups), figsize=(0.8 * len(groups) + 0.3, 0.84 * lines + 0.75), squeeze=False
    )
    figure.suptitle(title, fontsize=10)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.76, wspace=0.06, hspace=0.06)
    for column, (group, name) in enumerate(zip(groups, names, strict=True)):
        axes[0, column].set_title(name.replace(" ", "\n"), fontsize=7, pad=3)
        for axis, picture in zip(axes[:, column], _pictures(group), strict=False):
            axis.imshow(picture)
    _hide(axes)


def maps(images, found, title):
    """Draw pictures and, beside each, some maps of it: found is a list of (k, h, w) with their own k channels."""
    images, columns = _pictures(images), max(len(one) for one in found)
    figure, axes = plt.subplots(
        len(images), columns + 1, figsize=(1.1 * (columns + 1), 1.12 * len(images) + 0.4), squeeze=False
    )
    figure.suptitle(title, fontsize=10)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.9, wspace=0.05, hspace=0.05)
    for line, picture, group in zip(axes, images, found, strict=True):
        line[0].imshow(picture)
        for axis, one in zip(line[1:], group, strict=False):
            axis.imshow(one, cmap="magma", vmin=0)
    _hide(axes)


def counts(sizes, title):
    """Draw numbers of parameters as bars: dict, label -> number."""
    _, axis = plt.subplots(figsize=(5.6, 1.5), layout="constrained")
    axis.barh(list(sizes), list(sizes.values()), color=("0.7", VALIDATION))
    for place, number in enumerate(sizes.values()):
        axis.text(number, place, f" {number:,}", va="center", fontsize=8)
    axis.set_title(title, fontsize=10)
    axis.set(xlabel="parameters", xlim=(0, 1.2 * max(sizes.values())))
    axis.invert_yaxis()
    axis.tick_params(labelsize=8)


def switches(table, title):
    """Draw a table of yes and no: dict, row -> (dict, column -> bool)."""
    columns = list(next(iter(table.values())))
    marks = np.array([[row[name] for name in columns] for row in table.values()], bool)
    _, axis = plt.subplots(figsize=(4.8, 0.42 * len(table) + 0.9), layout="constrained")
    axis.imshow(marks, cmap="Blues", vmin=0, vmax=2.5, aspect="auto")
    for (row, column), mark in np.ndenumerate(marks):
        axis.text(column, row, "yes" if mark else "no", ha="center", va="center", fontsize=9)
    axis.set_xticks(range(len(columns)), columns, fontsize=8)
    axis.set_yticks(range(len(table)), table, fontsize=8)
    axis.set_title(title, fontsize=10)
    axis.tick_params(length=0)


def compare(losses, shares, guessing, title):
    """Draw training losses by epoch, dict label -> values, and validation accuracies as bars, dict label -> share."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 2.6), layout="constrained")
    figure.suptitle(title, fontsize=10)
    for (label, values), style in zip(losses.items(), ("-", "--", ":"), strict=False):
        left.plot(range(1, len(values) + 1), values, style, color=TRAIN, label=label)
    left.set(xlabel="epoch", ylabel="training loss per picture", ylim=(0, None))
    left.legend(fontsize=8)
    _bars(right, shares, guessing, "validation accuracy")


def bars(shares, guessing, title):
    """Draw validation accuracies as bars with a dashed line at guessing: dict, label -> share."""
    _, axis = plt.subplots(figsize=(5.6, 2.1), layout="constrained")
    axis.set_title(title, fontsize=10)
    _bars(axis, shares, guessing, "validation accuracy")


def by_number(numbers, shares, guessing, title):
    """Draw accuracy by training pictures a class, on a logarithmic axis: dict, label -> a list of shares each.

    A dot for each draw of the pictures, a line through their means.
    """
    _, axis = plt.subplots(figsize=(5.6, 2.9), layout="constrained")
    for (label, found), colour in zip(shares.items(), _NETWORKS, strict=False):
        for number, draws in zip(numbers, found, strict=True):
            axis.plot([number] * len(draws), draws, ".", color=colour, markersize=6, alpha=0.6)
        axis.plot(numbers, [np.mean(draws) for draws in found], color=colour, label=label)
    axis.axhline(guessing, color=GUESSING, linestyle="--", linewidth=1, label="guessing")
    axis.set_xscale("log")
    axis.set_xticks(numbers, numbers)
    axis.minorticks_off()
    axis.set_title(title, fontsize=10)
    axis.set(xlabel="training pictures of a class", ylabel="validation accuracy", ylim=(0, 1))
    axis.grid(color="0.93")
    axis.legend(fontsize=8)


def neighbours(queries, found, same, title):
    """Draw each query (Q, ...) and its neighbours, found (Q, k, ...), with a green frame where same (Q, k) is true."""
    found = np.asarray(found)
    figure, axes = plt.subplots(
        len(queries),
        found.shape[1] + 1,
        figsize=(0.9 * (found.shape[1] + 1), 0.9 * len(queries) + 0.5),
        squeeze=False,
    )
    figure.suptitle(title, fontsize=10)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.9, wspace=0.1, hspace=0.1)
    for line, query, row, agrees in zip(axes, _pictures(queries), found, same, strict=True):
        line[0].imshow(query)
        for axis, picture, right in zip(line[1:], row, agrees, strict=True):
            axis.imshow(picture)
            for spine in axis.spines.values():
                spine.set(
                    color="#33a02c" if right else "crimson", linewidth=2.5, linestyle="-" if right else ":"
                )
    axes[0, 0].set_title("query", fontsize=7, pad=3)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])


def by_class(shares, names, title):
    """Draw each class's accuracy as pairs of bars: dict, label -> (classes,) shares; names of the classes."""
    _, axis = plt.subplots(figsize=(8.0, 2.6), layout="constrained")
    wide = 0.8 / len(shares)
    for number, (label, values) in enumerate(shares.items()):
        axis.bar(np.arange(len(names)) + wide * (number - 0.5), values, 0.94 * wide, label=label,
                 color=(VALIDATION, "crimson")[number % 2])  # fmt: skip
    axis.set_xticks(range(len(names)), [name.replace(" ", "\n") for name in names], fontsize=7)
    if len(names) > 12:
        axis.tick_params(axis="x", rotation=60)
    axis.set_title(title, fontsize=10)
    axis.set(ylabel="accuracy", ylim=(0, 1))
    axis.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def pictures(images, captions, title):
    """Draw pictures in one line, a caption above each. None at all gives an empty figure."""
    figure, axes = plt.subplots(
        1, max(len(captions), 1), figsize=(1.12 * max(len(captions), 4), 1.75), squeeze=False
    )
    figure.suptitle(title, fontsize=10)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.68, wspace=0.08)
    for axis, picture, caption in zip(axes[0], images, captions, strict=False):
        axis.imshow(picture)
        axis.set_title(caption, fontsize=7, pad=3)
    _hide(axes)


def colleagues_reading(images):
    """Return the pictures as a colleague's program hands them on: (N, height, width, 3), uint8."""
    return np.ascontiguousarray(_pictures(images)[:, :, :, [2, 1, 0]])


def _bars(axis, shares, guessing, label):
    axis.barh(list(shares), list(shares.values()), color=VALIDATION)
    for place, share in enumerate(shares.values()):
        axis.text(share, place, f" {share:.2f}", va="center", fontsize=8)
    axis.axvline(guessing, color=GUESSING, linestyle="--", linewidth=1, label="guessing")
    axis.set(xlabel=label, xlim=(0, 1.08))
    axis.invert_yaxis()
    axis.tick_params(labelsize=8)
    axis.legend(fontsize=7, loc="lower right")


def _pictures(images):
    """Return the pictures as an array. Raises ValueError for another shape or dtype."""
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8:
        raise ValueError(
            f"got {images.shape} {images.dtype}; expected pictures (N, height, width, 3) of uint8"
        )
    return images


def _hide(axes):
    for axis in axes.flat:
        axis.axis("off")
