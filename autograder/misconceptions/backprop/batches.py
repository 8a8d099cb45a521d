"""Mistakes in `get_random_batches`, fully_connected.ipynb: x (N, D) and y (N, C) in pairs of few rows."""

from __future__ import annotations

import numpy as np

from ... import oracles
from .. import misconception


@misconception(
    "backprop.get_random_batches",
    advice="You draw the rows of a batch with replacement, so a row can come twice while others never come. "
    "Permute all rows once and cut.",
    random=True,
)
def drawn_with_replacement(x, y, batch_size):
    draws = [np.random.choice(len(x), batch_size) for _ in range(len(x) // batch_size)]
    return [(x[rows], y[rows]) for rows in draws]


@misconception(
    "backprop.get_random_batches",
    advice="You draw each batch anew from all rows, so batches share rows and others never come. Permute "
    "all rows once and cut.",
    random=True,
)
def drawn_for_each_batch(x, y, batch_size):
    draws = [np.random.permutation(len(x))[:batch_size] for _ in range(len(x) // batch_size)]
    return [(x[rows], y[rows]) for rows in draws]


@misconception(
    "backprop.get_random_batches",
    advice="Your batches overlap: the start moves by one row and not by batch_size. Assigning to a for "
    "loop's variable does not move the loop on.",
    random=True,
)
def overlapping_batches(x, y, batch_size):
    order = np.random.permutation(len(x))
    starts = range(len(x) - batch_size + 1)
    return [(x[order[start : start + batch_size]], y[order[start : start + batch_size]]) for start in starts]


@misconception(
    "backprop.get_random_batches",
    advice="All batches in your list hold the same rows: it is one pair of arrays, appended again and again, "
    "and refilling it changes every entry. Make new arrays for each batch.",
    random=True,
)
def one_buffer_for_all(x, y, batch_size):
    batches = oracles.get_random_batches(x, y, batch_size)
    whole = [pair for pair in batches if len(pair[0]) == batch_size]
    return whole[-1:] * len(whole)


@misconception(
    "backprop.get_random_batches",
    advice="The batches come in the rows' original order: the permutation is missing, or computed and not "
    "used.",
    random=True,
)
def permutation_not_used(x, y, batch_size):
    starts = range(0, len(x), batch_size)
    return [(x[start : start + batch_size], y[start : start + batch_size]) for start in starts]


@misconception(
    "backprop.get_random_batches",
    advice="You make batch_size batches instead of batches of batch_size rows: array_split takes the number "
    "of parts.",
    random=True,
)
def number_for_size(x, y, batch_size):
    return [(x[rows], y[rows]) for rows in np.array_split(np.random.permutation(len(x)), batch_size)]


@misconception(
    "backprop.get_random_batches",
    advice="x and y are permuted differently, so samples get the labels of others. Use one permutation for "
    "both.",
    random=True,
)
def permuted_separately(x, y, batch_size):
    return oracles.get_random_batches(x, y[np.random.permutation(len(y))], batch_size)


@misconception(
    "backprop.get_random_batches",
    advice="Every call gives the same order, as it does when a seed is set inside the function. Each epoch "
    "needs a fresh one.",
    random=True,
)
def seeded_batches(x, y, batch_size):
    np.random.seed(0)
    return oracles.get_random_batches(x, y, batch_size)


@misconception(
    "backprop.get_random_batches",
    advice="You shuffle the caller's x or y in place. Index with a permutation, which makes new arrays.",
    random=True,
)
def shuffled_in_place(x, y, batch_size):
    order = np.random.permutation(len(x))
    x[...], y[...] = x[order], y[order]
    starts = range(0, len(x), batch_size)
    return [(x[start : start + batch_size].copy(), y[start : start + batch_size].copy()) for start in starts]


@misconception(
    "backprop.get_random_batches",
    advice="Every batch is one row short, and the rows at the cuts are in none: your slices end one too early. "
    "A slice's end is not part of it.",
    random=True,
)
def slices_one_row_short(x, y, batch_size):
    order = np.random.permutation(len(x))
    pieces = np.split(order, range(batch_size, len(x), batch_size))
    return [(x[rows[: batch_size - 1]], y[rows[: batch_size - 1]]) for rows in pieces]


@misconception(
    "backprop.get_random_batches",
    advice="You fill up the last batch with rows that were in others, which then count twice in an epoch. Leave "
    "it short, or leave it out.",
    random=True,
)
def last_batch_filled_up(x, y, batch_size):
    order = np.random.permutation(len(x))
    order = np.concatenate([order, order[: -len(x) % batch_size]]).reshape(-1, batch_size)
    return [(x[rows], y[rows]) for rows in order]


@misconception(
    "backprop.get_random_batches",
    advice="You choose columns where you want rows: the permutation stands at the second axis. Samples are "
    "rows, the first axis.",
    random=True,
    crashes_at=r"\[ *: *, *\w",
)
def columns_for_rows(x, y, batch_size):
    order = np.random.permutation(len(x))
    return [(x[:, order[:batch_size]], y[:, order[:batch_size]])]


@misconception(
    "backprop.get_random_batches",
    advice="You cut first and shuffle the batches then, so the same rows are together in every epoch. Permute "
    "the rows, then cut.",
    random=True,
)
def batches_shuffled_not_rows(x, y, batch_size):
    starts = np.random.permutation(range(0, len(x), batch_size))
    return [(x[start : start + batch_size], y[start : start + batch_size]) for start in starts]
