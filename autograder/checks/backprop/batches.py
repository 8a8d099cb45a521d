"""Hidden checks of `get_random_batches`, fully_connected.ipynb: every row once, in a fresh order."""

from __future__ import annotations

import itertools

import numpy as np

from .. import check, expect, fail_if, same
from ._shared import expect_unchanged


@check("backprop.get_random_batches", hint="One permutation of all rows, cut into pieces.", weight=2)
def every_row_exactly_once(student, rng):
    """Every row is in exactly one batch; only a last, short batch may be dropped."""
    # Two large batches first: whatever is drawn with replacement repeats a row in them.
    for rows, batch_size in ((40, 20), (40, 5), (13, 5), (6, 1)):
        x, y = _numbered(rng, rows)
        batches = _batches(student.get_random_batches(x, y, batch_size), x, y)
        orders = [_rows_of(xb, x) for xb, _ in batches]
        fail_if(
            any(np.unique(order).size < order.size for order in orders), "a row appears twice in one batch"
        )
        fail_if(len(orders) > 1 and all(map(same, orders, orders[1:])), "all batches hold the same rows")
        fail_if(_overlap(orders, batch_size), "each batch shares all rows but one with the next")
        seen = np.concatenate(orders)
        twice = np.unique(seen).size < seen.size
        full = all(order.size == batch_size for order in orders) and len(orders) == -(-rows // batch_size)
        fail_if(
            twice and full and np.unique(seen).size == rows, "the last batch is filled up with known rows"
        )
        fail_if(twice and np.unique(seen).size == rows, "all rows appear, some of them twice")
        fail_if(twice, "a row appears in two batches, another in none")
        fail_if(
            seen.size < rows and (rows % batch_size == 0 or rows - seen.size >= batch_size),
            "rows are missing",
        )


@check(
    "backprop.get_random_batches",
    hint="batch_size is the number of rows in a batch, not the number of batches.",
)
def batches_have_the_size(student, rng):
    """Batches hold batch_size rows; where that does not go up, one is short or a few differ by a row."""
    for rows, batch_size in ((40, 5), (12, 4), (13, 5)):
        x, y = _numbered(rng, rows)
        sizes = [len(xb) for xb, _ in _batches(student.get_random_batches(x, y, batch_size), x, y)]
        most = -(-rows // batch_size)
        fail_if(len(sizes) == batch_size != most, "batch_size batches, not batches of batch_size rows")
        fail_if(len(sizes) > most, "too many batches")
        fail_if(set(sizes) == {batch_size - 1}, "every batch is one row short")
        fail_if(len(sizes) < rows // batch_size, "too few batches")
        even = max(sizes) - min(sizes) <= 1 and (rows % batch_size or set(sizes) == {batch_size})
        odd = [size for size in sizes if size != batch_size]
        fail_if(not (even or (len(odd) == 1 and 0 < odd[0] < 2 * batch_size)), "batches of the wrong size")


@check("backprop.get_random_batches", hint="Index x and y with the same permutation.")
def rows_and_labels_stay_together(student, rng):
    """Each row of x comes with its own row of y."""
    x, y = _numbered(rng, 30)
    for xb, yb in _batches(student.get_random_batches(x, y, 4), x, y):
        fail_if(not np.array_equal(_rows_of(xb, x), _rows_of(yb, y)), "x and y are paired differently")


@check(
    "backprop.get_random_batches", hint="Draw the permutation inside the function, use it, and set no seed."
)
def order_is_fresh_each_time(student, rng):
    """The rows come in random order, another one on each call."""
    x, y = _numbered(rng, 40)
    first, second = (
        [_rows_of(xb, x) for xb, _ in _batches(student.get_random_batches(x, y, 8), x, y)] for _ in range(2)
    )
    order, ascending = np.concatenate(first), [np.sort(rows) for rows in first]
    blocks = all(len(rows) > 1 and np.array_equal(rows, rows[0] + np.arange(len(rows))) for rows in ascending)
    # Five batches of neighbours have the probability 5! 8!^5 / 40! = 2e-23, the original order and a repeated
    # one less. About 2 of the 39 steps go to a neighbour, Poisson: 30 with 1e-24, and with 1e-10 where the
    # rows of each batch were sorted, which makes it about 7.
    fail_if(np.array_equal(order, np.arange(order.size)), "the rows keep their order")
    fail_if(blocks and all(map(np.array_equal, first, ascending)), "batches are shuffled, rows are not")
    fail_if(blocks, "each batch holds neighbours")
    fail_if(np.sum(np.abs(np.diff(order)) == 1) >= 30, "most rows keep their neighbours")
    fail_if(np.array_equal(order, np.concatenate(second)), "the same order on each call")


@check("backprop.get_random_batches", hint="np.random.shuffle(x) shuffles the caller's array.")
def batches_leave_their_arguments(student, rng):
    """x and y are the same after the call."""
    x, y = _numbered(rng, 12)
    _batches(expect_unchanged(student.get_random_batches, student, x, y, rest=[4]), x, y)


def _numbered(rng, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """x (rows, 3) and y (rows, 2) whose first columns ascend by whole numbers: rows can be told apart."""
    numbers = np.cumsum(rng.integers(1, 9, size=rows)).astype(float)
    return np.stack([numbers, rng.normal(size=rows), -numbers], axis=1), np.stack(
        [numbers, numbers % 2], axis=1
    )


def _batches(value, x: np.ndarray, y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The batches as pairs of arrays with as many rows each, in x and y's widths."""
    batches = [expect(pair, "batch").is_pair() for pair in expect(value).is_sequence()]
    fail_if(not batches, "no batches")
    fail_if(len(batches) > 2 * len(x), "more batches than rows")
    for pair in batches:
        for part, whole, what in zip(pair, (x, y), ("xb", "yb"), strict=True):
            array = expect(part, what).is_numeric()
            fail_if(array.ndim != 2 or array.shape[1] != whole.shape[1], f"{what}: wrong shape")
            fail_if(len(array) > len(whole), f"{what}: more rows than the data")
            expect(part, what).is_finite()
        fail_if(
            len(expect(pair[0]).is_numeric()) != len(expect(pair[1]).is_numeric()), "unequal numbers of rows"
        )
    return [(expect(xb).is_numeric(), expect(yb).is_numeric()) for xb, yb in batches]


def _overlap(orders: list[np.ndarray], batch_size: int) -> bool:
    """Whether the batches are windows that move on by a single row; at the end they may be shorter."""
    return len(orders) > 1 < batch_size and all(
        np.intersect1d(rows, after).size == min(batch_size - 1, len(after))
        for rows, after in itertools.pairwise(orders)
    )


def _rows_of(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """The row numbers in `whole` of the rows of `part`, found by their first columns."""
    found = np.searchsorted(whole[:, 0], part[:, 0] - 0.5)
    fail_if(
        (found == len(whole)).any() or not np.allclose(whole[found], part, 1e-4),
        "a row that is in no data set",
    )
    return found
