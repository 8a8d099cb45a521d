"""Hidden checks of `confusion_matrix` and `most_confused`, train.ipynb."""

from __future__ import annotations

from typing import Any

import numpy as np

from student_lib.handprint import CLASSES

from .. import check, expect, fail_if

Pair = tuple[str, str, float]


@check("ocr.confusion_matrix", hint="Two images of one class with one answer count as two.")
def counts_every_image(student, rng):
    """Entry [t, p] counts the images of class t that were read as p."""
    y, probs, right = _answers(rng, 400, 36)
    _expect_counts(student.confusion_matrix(y, probs), right, y, probs)


@check(
    "ocr.confusion_matrix", hint="The shape follows from the columns of y, not from the classes that occur."
)
def classes_that_do_not_occur(student, rng):
    """Classes without images, or never answered, keep their row and column."""
    y, probs, right = _answers(rng, 30, 36, classes=9)
    _expect_counts(student.confusion_matrix(y, probs), right, y, probs)


@check("ocr.confusion_matrix", hint="Take the number of classes from y.shape[1].")
def other_numbers_of_classes(student, rng):
    """Five classes give a matrix of five rows and columns, one image gives a single 1."""
    for rows in (50, 1):
        y, probs, right = _answers(rng, rows, 5)
        _expect_counts(student.confusion_matrix(y, probs), right, y, probs)


@check("ocr.confusion_matrix", hint="Work on new arrays: y and probs belong to the caller.")
def arguments_stay(student, rng):
    """y and probs hold after the call what they held before."""
    y, probs, _ = _answers(rng, 40, 36)
    kept = student.array(y), student.array(probs)
    student.confusion_matrix(*kept)
    expect(kept[0].value(), "y").unchanged(y)
    expect(kept[1].value(), "probs").unchanged(probs)


@check(
    "ocr.most_confused",
    hint="A pair's count is matrix[a, b] + matrix[b, a]; the diagonal holds no confusion.",
    weight=2,
)
def both_directions_count(student, rng):
    """The pairs with the most confusions, both directions added, largest first."""
    for _ in range(2):
        matrix = _matrix(rng)
        _expect_pairs(student.most_confused(matrix, 8), matrix, 8)


@check("ocr.most_confused", hint="k says how many pairs; without it they are 8.")
def as_many_as_asked(student, rng):
    """k pairs are returned, 8 without k."""
    matrix = _matrix(rng)
    _expect_pairs(student.most_confused(matrix), matrix, 8)
    _expect_pairs(student.most_confused(matrix, 3), matrix, 3)
    _expect_pairs(student.most_confused(matrix, k=20), matrix, 20)


@check(
    "ocr.most_confused", hint="Sort a copy; zeroing the diagonal of the argument changes the caller's matrix."
)
def matrix_stays(student, rng):
    """The matrix holds after the call what it held before."""
    matrix = _matrix(rng)
    kept = student.array(matrix)
    student.most_confused(kept, 5)
    expect(kept.value(), "matrix").unchanged(matrix)


def _answers(
    rng: Any, rows: int, columns: int, classes: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One-hot y, probs that are right about half of the time, and the counts, by a loop over the images."""
    labels = rng.integers(classes or columns, size=rows)
    # Mostly the same wrong answer: pairs repeat, and there are more of one direction than of the other.
    answers = np.where(rng.uniform(size=rows) < 0.5, labels, (labels + 1) % (classes or columns))
    probs = rng.uniform(0.1, 1, size=(rows, columns))
    probs[np.arange(rows), answers] += 1
    counts = np.zeros((columns, columns), dtype=int)
    for true, answer in zip(labels.tolist(), answers.tolist(), strict=True):
        counts[true, answer] += 1
    return np.eye(columns)[labels], probs / probs.sum(axis=1, keepdims=True), counts


def _expect_counts(value: Any, right: np.ndarray, y: np.ndarray, probs: np.ndarray) -> None:
    found = expect(value).is_finite().astype(float)
    fail_if(found.shape != right.shape, "another shape than classes x classes")
    fail_if(
        not np.array_equal(right, right.T) and np.array_equal(found, right.T), "rows are the predicted class"
    )
    for what, other in (
        ("shares of all images, not counts", right / right.sum()),
        ("shares of each row, not counts", right / np.maximum(right.sum(axis=1, keepdims=True), 1)),
        ("shares of each column, not counts", right / np.maximum(right.sum(axis=0, keepdims=True), 1)),
        ("percentages, not counts", 100 * right / np.maximum(right.sum(axis=1, keepdims=True), 1)),
        ("probabilities added up, not answers counted", y.T @ probs),
        ("the diagonal is missing", right * (1 - np.eye(len(right)))),
    ):
        fail_if(not np.array_equal(right, other) and np.allclose(found, other, atol=1e-9), what)
    fail_if(right.max() > 1 and np.array_equal(found, right > 0), "each pair counted at most once")
    expect(value).equals(right)


def _matrix(rng: Any) -> np.ndarray:
    """A 36 x 36 confusion matrix whose pairs all have different counts, and are different in each direction."""
    first, second = np.triu_indices(36, 1)
    sums = rng.permutation(len(first)) + 3
    matrix = np.zeros((36, 36), dtype=int)
    matrix[first, second] = np.round(sums * rng.uniform(0.05, 0.95, size=len(sums)))
    matrix[second, first] = sums - matrix[first, second]
    matrix[np.arange(36), np.arange(36)] = rng.integers(300, 900, size=36)
    return matrix


def _expect_pairs(value: Any, matrix: np.ndarray, k: int) -> None:
    pairs = [_pair(item) for item in expect(value).is_sequence()]
    fail_if(any(a == b for a, b, _ in pairs), "the diagonal is in it")
    names = [frozenset((a, b)) for a, b, _ in pairs]
    fail_if(len(set(names)) < len(names), "a pair twice, once in each direction")
    fail_if(len(pairs) != k, "not k pairs")
    counts = [count for _, _, count in pairs]
    both = [float(matrix[i, j] + matrix[j, i]) for i, j in (_numbers(pair) for pair in pairs)]
    if counts != both:
        one_way = [{matrix[i, j], matrix[j, i]} for i, j in (_numbers(pair) for pair in pairs)]
        fail_if(all(map(set.__contains__, one_way, counts)), "one direction alone is counted")
        fail_if(np.allclose(counts, np.divide(both, 2)), "half of the count")
        fail_if(max(counts) <= 1, "shares, not counts")
        fail_if(True, "counts differ")
    fail_if(counts == sorted(counts) != counts[::-1], "smallest first")
    fail_if(counts != sorted(counts, reverse=True), "not sorted by count")
    largest = np.sort(np.triu(matrix + matrix.T, 1).ravel())[::-1][:k]
    fail_if(counts != largest.tolist(), "there are pairs with more confusions")


def _pair(item: Any) -> Pair:
    """(letter, letter, count), also of ("AB", count)."""
    if isinstance(item, np.ndarray):
        item = item.tolist()
    parts = expect(item, "a pair").is_sequence()
    if len(parts) == 2:
        name = parts[0]
        parts = [*(name if type(name) in (list, tuple, str) and len(name) == 2 else (name, None)), parts[1]]
    fail_if(len(parts) != 3, "a pair is not (first, second, count)")
    first, second, count = parts
    numbers = [type(name) is int or isinstance(name, np.integer) for name in (first, second)]
    fail_if(all(numbers), "class numbers, not letters")
    fail_if(any(type(name) is not str or len(name) != 1 or name not in CLASSES for name in (first, second)),
            "a pair without two letters")  # fmt: skip
    return first, second, expect(count, "the count").is_number()


def _numbers(pair: Pair) -> tuple[int, int]:
    return CLASSES.index(pair[0]), CLASSES.index(pair[1])
