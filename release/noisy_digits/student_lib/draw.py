"""Figures about layer objects: the chain of boxes with live shapes, per-sample gradients, classified digits.

Like `student_lib.plot`, every function draws one figure on Matplotlib's current backend and returns None;
training is blue, test orange, what was measured is dashed. Arrays of the wrong shape raise ValueError.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

__all__ = ["LiveCurve", "chain", "digits", "outer_products", "pixels", "slopes", "training"]

FORWARD, BACKWARD, WRONG = "tab:blue", "tab:orange", "#c92a2a"


def chain(model, x, loss=None, y=None, title="Shapes on the way forwards and back"):
    """Run `model`, a list of layers, on x and draw a box for each, with the shapes that went in and out.

    Arrows to the right carry what `forward` returned. With a `loss` object and targets y the figure also has
    the loss's box and, as arrows to the left, what each `backward` returned; so the layers' stored gradients
    change. A box also says the shapes of its layer's parameters, where it has any.
    """
    ahead, back = [x], []
    for layer in model:
        ahead.append(layer.forward(ahead[-1]))
    if loss is not None:
        ahead.append(loss.forward(ahead[-1], y))
        back.append(loss.backward())
        for layer in reversed(model):
            back.append(layer.backward(back[-1]))
    boxes = [*model, loss] if loss is not None else list(model)
    figure, axis = plt.subplots(figsize=(1.7 * len(boxes) + 1.0, 1.6))
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.0, top=0.88)
    figure.suptitle(title, fontsize=10)
    for place, box in enumerate(boxes):
        _box(axis, place, box)
    for place, value in enumerate(ahead):
        _arrow(axis, place - 0.68, 0.16, "->", FORWARD, _shape(value, "forward"))
    for place, value in enumerate(reversed(back)):
        _arrow(axis, place - 0.68, -0.16, "<-", BACKWARD, _shape(value, "backward"))
    axis.set(xlim=(-0.8, len(boxes) - 0.2), ylim=(-0.45, 0.45))
    axis.axis("off")


def _box(axis, place, layer):
    axis.add_patch(
        FancyBboxPatch(
            (place - 0.28, -0.33), 0.56, 0.66, boxstyle="round,pad=0.02", facecolor="#f1f3f5", edgecolor="0.4"
        )
    )
    names = [f"{name} {_shape(value, name)}" for name, value in _params(layer).items()]
    height = 0.12 if names else 0.0
    axis.text(place, height, type(layer).__name__, ha="center", va="center", fontsize=9, weight="bold")
    axis.text(place, -0.12, "\n".join(names), ha="center", va="center", fontsize=7)


def _params(layer):
    return layer.params() if hasattr(layer, "params") else {}


def _arrow(axis, start, height, style, colour, text):
    axis.annotate(
        "", (start + 0.36, height), (start, height), arrowprops={"arrowstyle": style, "color": colour}
    )
    axis.text(
        start + 0.18, height + 0.06 * np.sign(height), text, ha="center", fontsize=7, color=colour,
        va="bottom" if height > 0 else "top",
    )  # fmt: skip


def _shape(value, name):
    if value is None:
        raise ValueError(f"{name} returned None: is there a return?")
    return f"({', '.join(map(str, np.shape(value)))})"


def outer_products(gradients, labels, title):
    """Draw the per-sample gradients of one unit's weights as images, and last the images' mean.

    gradients: (N, 784), one row per sample, N at most 8; labels: a caption for each.
    """
    gradients = _array(gradients, "gradients", (None, 784))
    figure, axes = _row(len(gradients) + 1, 1.5, title, height=1.9)
    span = np.abs(gradients).max() or 1.0
    panels = [*zip(gradients, labels, strict=True), (gradients.mean(axis=0), "the mean")]
    for axis, (values, caption) in zip(axes, panels, strict=True):
        picture = axis.imshow(values.reshape(28, 28), cmap="RdBu_r", vmin=-span, vmax=span)
        axis.set_title(caption, fontsize=8)
        axis.set(xticks=[], yticks=[])
    figure.colorbar(picture, ax=list(axes), shrink=0.7, pad=0.02).ax.tick_params(labelsize=6)


def slopes(panels, title):
    """Draw functions with their derivatives: one panel for each entry of `panels`.

    panels: dict, heading -> (x, value, backward, measured), each (M,): what `forward` gave, what `backward`
    gave for a gradient of ones, and the slope measured by central differences, dashed.
    """
    figure, axes = _row(len(panels), 2.9, title, height=2.5)
    figure.subplots_adjust(bottom=0.2, wspace=0.3)
    for axis, (heading, arrays) in zip(axes, panels.items(), strict=True):
        x, value, backward, measured = (_array(array, heading, (len(arrays[0]),)) for array in arrays)
        axis.plot(x, value, color=FORWARD, label="forward")
        axis.plot(x, backward, color=BACKWARD, label="backward of ones")
        axis.plot(x, measured, color="0.2", linestyle="--", linewidth=1, label="measured slope")
        axis.set_title(heading, fontsize=9)
        axis.set_xlabel("x", fontsize=8)
    axes[0].legend(fontsize=7)


def pixels(panels, title):
    """Draw a histogram of each entry of `panels`, dict heading -> array; negative values are orange."""
    figure, axes = _row(len(panels), 2.3, title, height=2.2)
    figure.subplots_adjust(bottom=0.2, left=0.08)
    arrays = {heading: np.ravel(values) for heading, values in panels.items()}
    low, high = min(map(np.min, arrays.values())), max(map(np.max, arrays.values()))
    for axis, (heading, values) in zip(axes, arrays.items(), strict=True):
        counts, edges = np.histogram(values, bins=np.linspace(low, high, 40))
        colours = np.where(edges[1:] <= 0, BACKWARD, FORWARD)
        axis.bar(edges[:-1], counts, np.diff(edges), align="edge", color=colours, log=True)
        axis.axvline(0, color="0.3", linestyle="--", linewidth=0.8)
        axis.set_title(heading, fontsize=8)
        axis.set_xlabel("value", fontsize=8)
        axis.set_ylim(0.5, 2 * values.size)
    axes[0].set_ylabel("how many", fontsize=8)


def digits(images, captions, wrong, title, path=None):
    """Draw up to 30 digits in rows of ten, each with its caption, wrong ones framed; save to `path` if given.

    images: (N, 784); captions: N texts; wrong: N booleans.
    """
    images = _array(images, "images", (None, 784))
    wrong = np.ravel(wrong).astype(bool)
    rows = -(-len(images) // 10)
    figure, axes = plt.subplots(rows, 10, figsize=(8, 1.05 * rows + 0.4), squeeze=False)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=1 - 0.52 / (1.05 * rows + 0.4), hspace=0.4)
    figure.suptitle(title, fontsize=10)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.axis("off")
    for axis, image, caption, is_wrong in zip(axes.flat, images, captions, wrong, strict=False):
        axis.axis("on")
        axis.imshow(image.reshape(28, 28), cmap="gray_r")
        axis.set_title(caption, fontsize=7, pad=2, color=WRONG if is_wrong else "0.2")
        for spine in axis.spines.values():
            spine.set(edgecolor=WRONG if is_wrong else "0.8", linewidth=2.5 if is_wrong else 0.6)
    _save(figure, path)


def training(record, title, path=None):
    """Draw loss and accuracy by epoch, training and test on one axis; save the figure to `path` if given.

    record: dict of four lists of equal length, train_loss, test_loss, train_acc, test_acc.
    """
    figure, axes = _row(2, 3.8, title, height=2.7)
    figure.subplots_adjust(bottom=0.18, top=0.9, wspace=0.25, left=0.09)
    for axis, kind, label in zip(axes, ("loss", "acc"), ("squared error", "accuracy"), strict=True):
        for part, colour in (("train", FORWARD), ("test", BACKWARD)):
            values = _array(record[f"{part}_{kind}"], f"{part}_{kind}", (len(record["train_loss"]),))
            name = "training" if part == "train" else "test"
            axis.plot(np.arange(1, len(values) + 1), values, color=colour, label=name)
        axis.set_xlabel("epoch", fontsize=8)
        axis.set_ylabel(label, fontsize=8)
    axes[0].set_ylim(bottom=0)
    axes[1].set_ylim(top=1.01)
    axes[0].legend(fontsize=8)
    _save(figure, path)


class LiveCurve:
    """A curve that grows while a loop runs: `curve = LiveCurve(30, "loss")`, then `curve.show(values)`.

    Without a notebook's front end it draws nothing. It is redrawn at most every `pause` seconds, and when
    all `epochs` values are there.
    """

    def __init__(self, epochs, ylabel, pause=0.3):
        self._epochs, self._pause, self._due = epochs, pause, 0.0
        self._figure = Figure(figsize=(4.2, 2.1))
        axis = self._figure.add_axes((0.13, 0.2, 0.84, 0.68))
        (self._line,) = axis.plot([], [], color=FORWARD, marker=".", markersize=4)
        axis.set_xlim(0, epochs + 1)
        axis.set_xlabel("epoch", fontsize=8)
        axis.set_ylabel(ylabel, fontsize=8)
        axis.tick_params(labelsize=7)
        self._handle = None

    def show(self, values):
        """Draw the values so far, one per epoch."""
        now = time.monotonic()
        if now < self._due and len(values) < self._epochs:
            return
        self._due = now + self._pause
        axis = self._figure.axes[0]
        self._line.set_data(np.arange(1, len(values) + 1), values)
        axis.set_ylim(0, 1.05 * max(values) or 1)
        axis.set_title(f"epoch {len(values)} of {self._epochs}: {values[-1]:.4f}", fontsize=9)
        self._draw()

    def _draw(self):
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is None:
            return
        if self._handle is None:
            self._handle = display(self._figure, display_id=True)
        else:
            self._handle.update(self._figure)


def _row(panels, width, title, height):
    """Return a new figure and its axes, that many panels side by side."""
    if panels == 0:
        raise ValueError("nothing to draw: 0 panels")
    figure, axes = plt.subplots(1, panels, figsize=(max(width * panels, 4.0), height), squeeze=False)
    figure.subplots_adjust(left=0.06, right=0.98, bottom=0.05, top=0.8)
    figure.suptitle(title, fontsize=10)
    for axis in axes[0]:
        axis.tick_params(labelsize=7)
    return figure, axes[0]


def _array(values, name, shape):
    array = np.asarray(values, dtype=float)
    fits = array.ndim == len(shape) and all(b in (None, a) for a, b in zip(array.shape, shape, strict=True))
    if not fits or not np.isfinite(array).all():
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} has shape {array.shape}; expected ({wanted}), all of it finite")
    return array


def _save(figure, path):
    if path is not None:
        figure.savefig(path, dpi=110)
