"""Mistakes in `confusion_matrix` and `most_confused`, train.ipynb."""

from __future__ import annotations

import numpy as np

from student_lib.handprint import CLASSES

from .. import misconception


def _counts(y, probs, classes=None):
    classes = classes or y.shape[1]
    matrix = np.zeros((classes, classes), dtype=int)
    for true, answer in zip(y.argmax(axis=1), probs.argmax(axis=1), strict=True):
        matrix[true, answer] += 1
    return matrix


@misconception(
    "ocr.confusion_matrix",
    advice="Rows and columns are swapped: the row is the true class, the column the answer.",
    by_symptom=True,
)
def rows_are_predicted(y, probs):
    return _counts(y, probs).T


@misconception(
    "ocr.confusion_matrix",
    advice="matrix[t, p] += 1 with arrays t and p adds 1 to each place once, however often it comes. Use np.add.at, or "
    "a loop.",
    by_symptom=True,
)
def each_place_counted_once(y, probs):
    return (_counts(y, probs) > 0).astype(int)


@misconception(
    "ocr.confusion_matrix",
    advice="You return shares. The text asks for counts: numbers of images.",
    by_symptom=True,
    variants=[{"axis": 0}, {"axis": None}, {"axis": 1, "times": 100}],
)
def shares_not_counts(y, probs, axis=1, times=1):
    counts = _counts(y, probs)
    return times * counts / np.maximum(counts.sum(axis=axis, keepdims=True), 1)


@misconception(
    "ocr.confusion_matrix",
    advice="You add up probabilities. Count answers: the class with the largest probability gets 1.",
    by_symptom=True,
)
def probabilities_added(y, probs):
    return y.T @ probs


@misconception(
    "ocr.confusion_matrix",
    advice="Your matrix is only as large as the classes that occur. Its shape follows from the columns of y.",
    by_symptom=True,
)
def absent_classes_left_out(y, probs):
    true, answer = y.argmax(axis=1), probs.argmax(axis=1)
    present = np.unique(np.concatenate([true, answer]))
    return _counts(y, probs)[np.ix_(present, present)]


@misconception(
    "ocr.confusion_matrix",
    advice="36 stands in your function. Take the number of classes from y.shape[1].",
    by_symptom=True,
)
def always_36_classes(y, probs):
    return _counts(y, probs, 36)


@misconception(
    "ocr.confusion_matrix",
    advice="The diagonal is missing: right answers are counted too.",
    by_symptom=True,
)
def diagonal_missing(y, probs):
    counts = _counts(y, probs)
    return counts - np.diag(np.diag(counts))


@misconception(
    "ocr.confusion_matrix",
    advice="Your function changes its arguments. Work on copies: y and probs belong to the caller.",
    by_symptom=True,
)
def arguments_changed(y, probs):
    counts = _counts(y, probs)
    probs[:] = np.eye(probs.shape[1])[probs.argmax(axis=1)]
    return counts


def _pairs(matrix, k, both=True, diagonal=False, twice=False, times=1):
    values = (matrix + matrix.T if both else matrix) * times
    start = 0 if diagonal else 1
    found = [
        (CLASSES[i], CLASSES[j], float(values[i, j]))
        for i in range(36)
        for j in (range(36) if twice else range(i + start, 36))
        if diagonal or i != j
    ]
    return sorted(found, key=lambda pair: -pair[2])[:k]


@misconception(
    "ocr.most_confused",
    advice="You count one direction alone. A pair's count adds up both: matrix[a, b] + matrix[b, a].",
    by_symptom=True,
    variants=[{"larger": True}],
)
def one_direction(matrix, k=8, larger=False):
    return _pairs(np.triu(np.maximum(matrix, matrix.T)) if larger else np.triu(matrix), k, both=False)


@misconception(
    "ocr.most_confused",
    advice="Every pair comes twice, once in each direction. Look at one triangle of the matrix only.",
    by_symptom=True,
)
def each_pair_twice(matrix, k=8):
    return _pairs(matrix, k, twice=True)


@misconception(
    "ocr.most_confused",
    advice="Right answers stand among your pairs: the diagonal holds no confusion.",
    by_symptom=True,
)
def diagonal_among_them(matrix, k=8):
    return _pairs(matrix, k, diagonal=True)


@misconception(
    "ocr.most_confused",
    advice="You return the pairs with the fewest confusions, or in ascending order: the largest count comes first.",
    by_symptom=True,
    variants=[{"fewest": True}],
)
def smallest_first(matrix, k=8, fewest=False):
    return _pairs(matrix, 630)[::-1][:k] if fewest else _pairs(matrix, k)[::-1]


@misconception(
    "ocr.most_confused",
    advice="You return class numbers. The text asks for letters: CLASSES[number].",
    by_symptom=True,
)
def numbers_not_letters(matrix, k=8):
    return [(CLASSES.index(a), CLASSES.index(b), count) for a, b, count in _pairs(matrix, k)]


@misconception(
    "ocr.most_confused",
    advice="You return 8 pairs whatever k says.",
    by_symptom=True,
)
def k_ignored(matrix, k=8):
    return _pairs(matrix, 8)


@misconception(
    "ocr.most_confused",
    advice="The counts are missing: each entry is (first, second, count).",
    by_symptom=True,
)
def counts_missing(matrix, k=8):
    return [pair[:2] for pair in _pairs(matrix, k)]


@misconception(
    "ocr.most_confused",
    advice="Your function changes the matrix: np.fill_diagonal works in place. Take a copy first.",
    by_symptom=True,
)
def matrix_changed(matrix, k=8):
    pairs = _pairs(matrix, k)
    np.fill_diagonal(matrix, 0)
    return pairs


@misconception(
    "ocr.most_confused",
    advice="Your counts are too small by a factor of 2: the average of both directions, not their sum.",
    by_symptom=True,
)
def directions_averaged(matrix, k=8):
    return _pairs(matrix, k, times=0.5)


@misconception(
    "ocr.most_confused",
    advice="Your counts are shares. The third entry is a number of images.",
    by_symptom=True,
)
def shares_of_errors(matrix, k=8):
    errors = matrix.sum() - np.trace(matrix)
    return [(a, b, count / errors) for a, b, count in _pairs(matrix, k)]
