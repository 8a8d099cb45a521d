"""Bag of visual words: a classifier of pictures without a network, to compare networks with."""

import numpy as np
from scipy.sparse import csr_array

__all__ = ["VisualWords", "describe"]


class VisualWords:
    """Describes a picture by how often each of a few hundred typical patches occurs in it, and where, roughly.

    Patches are taken densely and described by histograms of their gradients' directions (a small SIFT) and their mean
    colour. `fit` finds `words` typical ones by k-means on a sample, makes histograms over the whole picture and its
    quarters, and solves a regularised least squares problem for one score per class.

    J. Sivic, A. Zisserman, "Video Google", ICCV 2003; S. Lazebnik et al., "Beyond bags of features", CVPR 2006; the
    square root of histograms: A. Vedaldi, A. Zisserman, "Efficient additive kernels", CVPR 2010.
    """

    def __init__(self, words=200, step=6, penalty=1.0, seed=0):
        self.words, self.step, self.penalty, self.seed = words, step, penalty, seed

    def fit(self, x, y):
        """Learn words and scores from pictures x (N, H, W, 3), uint8, and labels y (N,), 0 to C-1; return self.

        Raises ValueError for another shape or dtype, and for labels that do not fit the pictures.
        """
        x, y = _pictures(x), np.asarray(y)
        if y.shape != (len(x),) or y.dtype.kind not in "iu" or y.min() < 0:
            raise ValueError(
                f"VisualWords: y is {y.shape} {y.dtype}; expected {len(x)} whole numbers from 0 on"
            )
        rng = np.random.default_rng(self.seed)
        sample = [
            descriptors[rng.choice(len(descriptors), min(60, len(descriptors)), replace=False)]
            for descriptors, _ in (describe(picture, self.step) for picture in x)
        ]
        self.centres = _typical(np.concatenate(sample), self.words, rng)
        histograms = self.histograms(x)
        self.mean, self.deviation = histograms.mean(axis=0), histograms.std(axis=0) + 1e-3
        features = self._features(histograms)
        targets = 2.0 * np.eye(y.max() + 1)[y] - 1
        # As many unknowns as pictures instead of as features: (F F' + penalty I) a = targets, weights = F' a.
        gram = features @ features.T + self.penalty * features.shape[1] * np.eye(len(x))
        self.weights = features.T @ np.linalg.solve(gram, targets)
        return self

    def histograms(self, x):
        """Return the square roots of the words' shares in the whole and the four quarters: (N, 5*words)."""
        return np.stack([self._histogram(*describe(picture, self.step)) for picture in _pictures(x)])

    def predict(self, x):
        """Return the label of the highest score for each picture: (N,), int64."""
        if not hasattr(self, "weights"):
            raise ValueError("VisualWords: predict was called before fit(x, y)")
        return (self._features(self.histograms(x)) @ self.weights).argmax(axis=1)

    def _features(self, histograms):
        features = (histograms - self.mean) / self.deviation
        return np.column_stack([features, np.ones(len(features))])

    def _histogram(self, descriptors, quarters):
        found = _nearest(descriptors, self.centres)
        counts = np.zeros((4, len(self.centres)))
        np.add.at(counts, (quarters, found), 1)
        parts = np.vstack([counts.sum(axis=0), counts])
        return np.sqrt(parts / parts.sum(axis=1, keepdims=True)).ravel()


def _pictures(x):
    x = np.asarray(x)
    if x.ndim != 4 or x.shape[3] != 3 or x.dtype != np.uint8 or min(x.shape[1:3]) < 24:
        raise ValueError(
            f"VisualWords: x is {x.shape} {x.dtype}; expected pictures (N, H, W, 3) of uint8, at least 24 pixels a side"
        )
    return x


def describe(picture, step, cell=4, directions=8):
    """Return descriptors (P, 131) of patches of 16 x 16 pixels and the quarter (P,) that each one's middle is in.

    picture: (H, W, 3), uint8. Patches begin every `step` pixels and follow each other row by row.
    """
    colour = picture.astype(float) / 255
    grey = colour.mean(axis=2)
    down, across = np.gradient(grey)
    strength = np.hypot(down, across)
    angle = np.arctan2(down, across) % (2 * np.pi) * directions / (2 * np.pi)
    # A direction between two bins counts for both, in proportion.
    bins = np.maximum(0, 1 - np.abs((angle[..., None] - np.arange(directions) + 4) % directions - 4))
    planes = np.concatenate([strength[..., None] * bins, colour], axis=2)
    sums = np.pad(planes.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0), (0, 0)))
    height, width = grey.shape
    rows, columns = (np.arange(0, side - 4 * cell + 1, step) for side in (height, width))
    cells = [
        _boxes(sums, rows + cell * i, columns + cell * j, cell) for i in range(4) for j in range(4)
    ]  # each (rows, columns, directions + 3)
    stacked = np.stack(cells, axis=2)
    gradients = stacked[..., :directions].reshape(-1, 16 * directions)
    gradients /= np.linalg.norm(gradients, axis=1, keepdims=True) + 0.5
    mean_colour = stacked[..., directions:].mean(axis=2).reshape(-1, 3) / cell**2
    middle_down, middle_across = (
        (places + 2 * cell >= side / 2).astype(int) for places, side in ((rows, height), (columns, width))
    )
    quarters = (2 * middle_down[:, None] + middle_across).ravel()
    return np.hstack([gradients, 0.7 * mean_colour]).astype(np.float32), quarters


def _boxes(sums, rows, columns, side):
    """Return sums over squares by the summed-area table: (rows, columns, planes)."""
    top, left = rows[:, None], columns[None, :]
    return sums[top + side, left + side] - sums[top, left + side] - sums[top + side, left] + sums[top, left]


def _typical(points, number, rng, rounds=12):
    """Return `number` centres of k-means; a centre that lost all its points is drawn anew."""
    if len(points) < number:
        raise ValueError(f"VisualWords: {len(points)} patches are too few for {number} words")
    centres = points[rng.choice(len(points), number, replace=False)]
    for _ in range(rounds):
        nearest = _nearest(points, centres)
        # Row c of this matrix has a one for each point whose nearest centre is c.
        members = csr_array(
            (np.ones(len(points), np.float32), (nearest, np.arange(len(points)))), (number, len(points))
        )
        counts = np.bincount(nearest, minlength=number)[:, None]
        fresh = points[rng.integers(len(points), size=number)]
        centres = np.where(counts > 0, members @ points / np.maximum(counts, 1), fresh).astype(np.float32)
    return centres


def _nearest(points, centres):
    """Return the place of the nearest centre of each point: |p - c|^2 without the part that all share."""
    half = (centres**2).sum(axis=1) / 2
    chunks = np.array_split(points, max(1, len(points) // 20000))
    return np.concatenate([(half - chunk @ centres.T).argmin(axis=1) for chunk in chunks])
