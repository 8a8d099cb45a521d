"""Long trainings that can be watched: a progress bar with PSNR, and a picture that comes into focus."""

import sys
import time

import numpy as np
from tqdm import tqdm

from student_lib.budget import _is_grading

__all__ = ["LiveRun"]


class LiveRun:
    """Epochs to loop over, with a bar and a live picture.

        run = LiveRun(300)
        for epoch in run:                                   # 0, 1, ..., 299
            ...                                             # train for one epoch
            run.show(train_psnr[-1], test_psnr[-1], prediction)

    `show` writes both PSNRs beside the bar, and in a notebook draws the prediction: at most every `pause`
    seconds, and at the end. In a terminal there is only the bar; while grading, or where nobody watches, neither.
    Whether `show` is called at all changes nothing about the loop.
    """

    def __init__(self, epochs, *, pause=1.0):
        if isinstance(epochs, bool) or not isinstance(epochs, int | np.integer) or epochs < 1:
            raise ValueError(f"LiveRun: epochs={epochs!r}; expected a whole number of at least 1")
        self._epochs, self._pause, self._done = epochs, pause, 0
        self._bar = self._handle = None

    def __iter__(self):
        # The first picture waits a pause: short runs need none.
        self._due = time.monotonic() + self._pause
        self._bar = tqdm(
            range(self._epochs),
            unit="epoch",
            file=sys.stdout,
            disable=not _is_watched(),
            delay=0.5,
            mininterval=0.3,
        )
        for epoch in self._bar:
            self._done = epoch + 1
            yield epoch

    def show(self, train_psnr, test_psnr, prediction=None):
        """Show two PSNRs, in dB, and a prediction: (size * size, 3) or (h, w, 3), values from 0 to 1."""
        if self._bar is None or self._bar.disable:
            return
        words = f"train {train_psnr:.1f} dB, test {test_psnr:.1f} dB"
        last = self._done == self._epochs
        self._bar.set_postfix_str(words, refresh=last)
        now = time.monotonic()
        if prediction is not None and (now >= self._due or (last and self._handle)):
            self._due = now + self._pause
            self._draw(prediction, f"epoch {self._done} of {self._epochs}: {words}")

    def _draw(self, prediction, title):
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is None:
            return
        pixels = _pixels(prediction)
        if pixels is None:
            return
        figure = _picture(pixels, title)
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)


def _is_watched():
    """Whether somebody sees the output: in a notebook or a terminal, and not while grading."""
    from IPython import get_ipython

    return not _is_grading() and (get_ipython() is not None or sys.stdout.isatty())


def _pixels(prediction):
    """Return the prediction as (h, w, 3), or None when it is no picture: progress must not stop a training."""
    pixels = np.asarray(prediction, dtype=float)
    side = round((pixels.size / 3) ** 0.5)
    if pixels.ndim == 2 and pixels.shape == (side * side, 3):
        pixels = pixels.reshape(side, side, 3)
    return pixels if pixels.ndim == 3 and pixels.shape[2] == 3 else None


def _picture(pixels, title):
    """Return a figure that pyplot knows nothing of, so that it is not drawn a second time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.6, 2.3))
    axis = figure.add_axes((0.1, 0.02, 0.8, 0.85))
    axis.imshow(np.clip(pixels, 0, 1), interpolation="nearest")
    axis.set_title(title, fontsize=7)
    axis.axis("off")
    return figure
