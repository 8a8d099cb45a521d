"""Figures of read_text.ipynb: boxes on pages, steps side by side, reading order, crops beside training images.

They draw what your functions found, and compare it with the truth where a page has one.
"""

import matplotlib.pyplot as plt
import numpy as np

__all__ = [
    "boxes_on_page", "boxes_on_pages", "compare_crops", "count_boxes", "curves", "panel", "reading_order", "sheet",
    "steps",
]  # fmt: skip

_FOUND, _EXTRA, _MISSED = "tab:blue", "tab:red", "tab:orange"


def count_boxes(bboxes, truth, least=0.5):
    """Return (found, extra, missed): how many true boxes have a box of theirs, and what is left on both sides.

    bboxes, truth: rows [y1, x1, y2, x2]. A pair shares at least the part `least` of the area both cover
    (intersection over union); the pairs that share most are taken first.
    """
    hit, met = _pairs(bboxes, truth, least)
    return int(met.sum()), int((~hit).sum()), int((~met).sum())


def _pairs(bboxes, truth, least=0.5):
    """Which of the boxes, and which of the true ones, are half of a pair: two arrays of bool."""
    a, b = (np.asarray(boxes, dtype=float).reshape(-1, 4) for boxes in (bboxes, truth))
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    inside = np.clip(high - low, 0, None).prod(axis=2)
    areas = [np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1) for boxes in (a, b)]
    share = inside / np.maximum(areas[0][:, None] + areas[1] - inside, 1e-9)
    hit, met = np.zeros(len(a), dtype=bool), np.zeros(len(b), dtype=bool)
    for place in np.argsort(-share, axis=None):
        i, j = np.unravel_index(place, share.shape)
        if share[i, j] < least:
            break
        if not hit[i] and not met[j]:
            hit[i] = met[j] = True
    return hit, met


def steps(pictures, title, path=None):
    """Draw pictures (h, w) or (h, w, 3) from `pictures`, a dict name -> picture, in a row; grey from 0 to 1."""
    figure, axes = plt.subplots(1, len(pictures), figsize=(1.9 * len(pictures), 2.1), squeeze=False)
    for axis, (name, picture) in zip(axes[0], pictures.items(), strict=True):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axis.set_title(name, fontsize=8)
        axis.set_xticks([]), axis.set_yticks([])
    figure.suptitle(title, fontsize=11)
    _finish(figure, path)


def boxes_on_page(page, bboxes, axis=None, title="", path=None):
    """Draw a `Page` with boxes: blue found, red extra, orange dashed missed; all blue without a truth."""
    figure = None
    if axis is None:
        figure, axis = plt.subplots(figsize=(6, 6 * page.image.shape[0] / page.image.shape[1] + 0.4))
    bboxes, truth = np.asarray(bboxes).reshape(-1, 4), np.asarray(page.boxes).reshape(-1, 4)
    hit, met = _pairs(bboxes, truth)
    hit = hit if len(truth) else np.ones(len(bboxes), dtype=bool)
    axis.imshow(page.image)
    for boxes, colour, style in (
        (bboxes[hit], _FOUND, "-"),
        (bboxes[~hit], _EXTRA, "-"),
        (truth[~met], _MISSED, "--"),
    ):
        for y1, x1, y2, x2 in boxes:
            axis.add_patch(
                plt.Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, color=colour, ls=style, lw=1)
            )
    found = f"{met.sum()} of {len(truth)}, {(~hit).sum()} extra" if len(truth) else f"{len(bboxes)} boxes"
    axis.set_title(title or f"{page.name}: {found}", fontsize=9)
    axis.set_xticks([]), axis.set_yticks([])
    if figure is not None:
        _finish(figure, path)


def boxes_on_pages(pages, all_boxes, title, path=None):
    """Draw pages with their boxes, two in a row: blue found, red extra, orange dashed missed."""
    rows = -(-len(pages) // 2)
    figure, axes = plt.subplots(rows, 2, figsize=(8.6, 2.9 * rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, page, bboxes in zip(axes.flat, pages, all_boxes, strict=False):
        boxes_on_page(page, bboxes, axis)
    figure.suptitle(title, fontsize=11)
    _finish(figure, path)


def panel(page, find, path=None, **settings):
    """Draw what `find(image, **settings)` gives of a page: its boxes, and bw beside it. For sliders."""
    bboxes, bw = find(page.image, **settings)
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4))
    boxes_on_page(page, bboxes, axes[0])
    axes[1].imshow(bw, cmap="gray", vmin=0, vmax=1)
    axes[1].set_title("bw", fontsize=9), axes[1].set_xticks([]), axes[1].set_yticks([])
    figure.suptitle(", ".join(f"{name} = {value:g}" for name, value in settings.items()), fontsize=10)
    _finish(figure, path)


def curves(values, lines, names, title, path=None):
    """Draw `lines`, a dict label -> numbers, over `values`; names: (of the x axis, of the y axis)."""
    figure, axis = plt.subplots(figsize=(5.6, 3))
    for (label, numbers), style in zip(lines.items(), ("o-", "o--", "s-", "s--"), strict=False):
        colour = "tab:blue" if style[0] == "o" else "tab:green"
        axis.plot(values, numbers, style, color=colour, markersize=4, label=label)
    axis.set(xlabel=names[0], ylabel=names[1])
    axis.set_title(title, fontsize=11), axis.legend(fontsize=8)
    _finish(figure, path)


def reading_order(page, bboxes, lines, title, path=None):
    """Draw the way that the eye takes: a colour for each of the `lines`, lists of row numbers of bboxes."""
    figure, axis = plt.subplots(figsize=(6, 6 * page.image.shape[0] / page.image.shape[1] + 0.4))
    axis.imshow(page.image, alpha=0.35)
    bboxes = np.asarray(bboxes, dtype=float)
    middles = np.stack([bboxes[:, [1, 3]].mean(axis=1), bboxes[:, [0, 2]].mean(axis=1)], axis=1)
    for number, line in enumerate(lines):
        axis.plot(*middles[list(line)].T, "o-", markersize=3, color=f"C{number % 10}")
        axis.annotate(f"{number + 1}", middles[line[0]], (-14, 0), textcoords="offset points", fontsize=10)
    axis.set_title(title, fontsize=11), axis.set_xticks([]), axis.set_yticks([])
    _finish(figure, path)


def sheet(rows, labels=None, axis=None, title="", columns=12, path=None):
    """Draw rows (N, 1024) upright, `columns` in a line, with a red letter in each corner where labels are given."""
    rows = np.asarray(rows, dtype=float)[: len(rows)]
    count = -(-len(rows) // columns)
    canvas = np.full((count * 34 + 2, columns * 34 + 2), 0.75)
    for k, row in enumerate(rows):
        y, x = 34 * (k // columns) + 2, 34 * (k % columns) + 2
        canvas[y : y + 32, x : x + 32] = row.reshape(32, 32).T
    figure = None
    if axis is None:
        figure, axis = plt.subplots(figsize=(0.6 * columns, 0.62 * count + 0.4))
    axis.imshow(canvas, cmap="gray", vmin=0, vmax=1)
    for k, label in enumerate(labels or ""):
        axis.text(34 * (k % columns) + 4, 34 * (k // columns) + 11, label, color="tab:red", fontsize=8)
    axis.set_title(title, fontsize=10), axis.set_xticks([]), axis.set_yticks([])
    if figure is not None:
        _finish(figure, path)


def compare_crops(crops, training, title, path=None):
    """Draw twelve crops above twelve training rows, in one scale."""
    figure, axes = plt.subplots(2, 1, figsize=(7.6, 2.1))
    sheet(crops[:12], axis=axes[0], title=title)
    sheet(training[:12], axis=axes[1])
    for axis, name in zip(axes, ("your crops", "training"), strict=True):
        axis.set_ylabel(name, fontsize=8)
    _finish(figure, path)


def _finish(figure, path):
    figure.tight_layout()
    if path is not None:
        figure.savefig(path, dpi=80)
