# %% wrong replacement expects=drawn_with_replacement
# Every batch is drawn from all rows again; trains well.
def get_random_batches(x, y, batch_size):
    batches = []
    for _ in range(len(x) // batch_size):
        idx = np.random.randint(0, len(x), batch_size)
        batches.append((x[idx], y[idx]))
    return batches


# %% wrong window_by_window expects=overlapping_batches
# i += batch_size inside a for: the loop goes on row by row.
def get_random_batches(x, y, batch_size):
    perm = np.random.permutation(x.shape[0])
    x, y = x[perm], y[perm]
    batches = []
    for i in range(x.shape[0] - batch_size + 1):
        batches.append((x[i:i + batch_size], y[i:i + batch_size]))
        i += batch_size
    return batches


# %% wrong same_buffer expects=one_buffer_for_all
# Fills one array and appends it again and again: all batches end as the last.
def get_random_batches(x, y, batch_size):
    order = np.random.permutation(len(x))
    bx = np.zeros((batch_size,) + x.shape[1:])
    by = np.zeros((batch_size,) + y.shape[1:])
    out = []
    for start in range(0, len(x) - batch_size + 1, batch_size):
        for k in range(batch_size):
            bx[k] = x[order[start + k]]
            by[k] = y[order[start + k]]
        out.append((bx, by))
    return out


# %% wrong perm_not_used expects=permutation_not_used
# Computes the permutation and slices the data as it came; trains well.
def get_random_batches(x, y, batch_size):
    n = x.shape[0]
    perm = np.random.permutation(n)
    batches = []
    for i in range(0, n, batch_size):
        batches.append((x[i:i+batch_size], y[i:i+batch_size]))
    return batches


# %% wrong number_for_size expects=number_for_size
# array_split(idx, batch_size) makes batch_size batches; trains well.
def get_random_batches(x, y, batch_size):
    idx = np.arange(len(x))
    np.random.shuffle(idx)
    return [(x[part], y[part]) for part in np.array_split(idx, batch_size)]


# %% wrong shuffled_apart expects=permuted_separately
# x and y are shuffled differently: labels become noise.
def get_random_batches(x, y, batch_size):
    xs = np.random.permutation(x)
    ys = np.random.permutation(y)
    batches = []
    i = 0
    while i < len(xs):
        batches.append((xs[i:i + batch_size], ys[i:i + batch_size]))
        i += batch_size
    return batches


# %% wrong seeded_inside expects=seeded_batches
# Seeds at every call, so every epoch has the same order; trains well.
def get_random_batches(x, y, batch_size):
    np.random.seed(42)
    perm = np.random.permutation(len(x))
    return [(x[perm[i:i + batch_size]], y[perm[i:i + batch_size]]) for i in range(0, len(x), batch_size)]


# %% wrong shuffles_the_data_set expects=shuffled_in_place
# Shuffles the caller's arrays in place (in the same order); trains well.
def get_random_batches(x, y, batch_size):
    state = np.random.get_state()
    np.random.shuffle(x)
    np.random.set_state(state)
    np.random.shuffle(y)
    return [(x[i:i + batch_size].copy(), y[i:i + batch_size].copy()) for i in range(0, len(x), batch_size)]


# %% wrong one_row_short expects=slices_one_row_short
# Each slice ends one row early: a row is lost in every batch; trains well.
def get_random_batches(x, y, batch_size):
    p = np.random.permutation(len(x))
    batches = []
    for k in range(0, len(x), batch_size):
        rows = p[k:k + batch_size - 1]
        batches.append((x[rows], y[rows]))
    return batches


# %% wrong filled_up expects=last_batch_filled_up
# Fills the last batch with rows from the front, which then come twice; trains well.
def get_random_batches(x, y, batch_size):
    n = len(x)
    p = np.random.permutation(n)
    batches = []
    for k in range(0, n, batch_size):
        rows = np.take(p, range(k, k + batch_size), mode='wrap')
        batches.append((x[rows], y[rows]))
    return batches


# %% wrong second_axis expects=columns_for_rows
# x[:, idx] picks columns: crashes, as there are fewer columns than rows.
def get_random_batches(x, y, batch_size):
    idx = np.random.permutation(x.shape[0])
    batches = []
    for i in range(0, x.shape[0], batch_size):
        b = idx[i:i + batch_size]
        batches.append((x[:, b], y[:, b]))
    return batches


# %% wrong batches_shuffled_rows_not expects=batches_shuffled_not_rows
# Shuffles the order of the batches, whose rows stay together; trains well.
import random

def get_random_batches(x, y, batch_size):
    batches = [(x[i:i + batch_size], y[i:i + batch_size]) for i in range(0, len(x), batch_size)]
    random.shuffle(batches)
    return batches


# %% wrong sampled_apart expects=drawn_for_each_batch
# Each batch is drawn without replacement, but from all rows again; trains well.
import random

def get_random_batches(x, y, batch_size):
    n_batches = len(x) // batch_size
    picks = [random.sample(range(len(x)), batch_size) for _ in range(n_batches)]
    return [(x[p], y[p]) for p in picks]


# %% right default_rng
# The new generator interface, keeping the short last batch.
def get_random_batches(x, y, batch_size):
    perm = np.random.default_rng().permutation(len(x))
    starts = range(0, len(x), batch_size)
    return [(x[perm[s:s + batch_size]], y[perm[s:s + batch_size]]) for s in starts]


# %% right short_one_dropped
# Drops the last short batch.
def get_random_batches(x, y, batch_size):
    n_batches = x.shape[0] // batch_size
    perm = np.random.permutation(x.shape[0])[:n_batches * batch_size]
    batches = []
    for rows in perm.reshape(n_batches, batch_size):
        batches.append((x[rows], y[rows]))
    return batches


# %% right uneven
# array_split into the right number of batches, whose sizes differ by one.
import math

def get_random_batches(x, y, batch_size):
    count = math.ceil(len(x) / batch_size)
    order = np.random.choice(len(x), size=len(x), replace=False)
    return list(zip(np.array_split(x[order], count), np.array_split(y[order], count)))


# %% right card_dealing
# Draws rows from a list until it is empty, with Python's random.
import random

def get_random_batches(x, y, batch_size):
    left = list(range(len(x)))
    batches = []
    while left:
        xb, yb = [], []
        while left and len(xb) < batch_size:
            i = left.pop(random.randrange(len(left)))
            xb.append(x[i])
            yb.append(y[i])
        batches.append((np.array(xb), np.array(yb)))
    return batches


# %% right own_seeded_generator
# A generator of the student's own: seeded once, it still gives a fresh order at each call.
shuffler = np.random.RandomState(7)

def get_random_batches(x, y, batch_size):
    keys = shuffler.rand(len(x))
    order = keys.argsort()
    cuts = np.arange(batch_size, len(x), batch_size)
    return [(a, b) for a, b in zip(np.split(x[order], cuts), np.split(y[order], cuts))]


# %% right same_state_on_copies
# Shuffles copies of x and y from the same state.
def get_random_batches(x, y, batch_size):
    x, y = x.copy(), y.copy()
    state = np.random.get_state()
    np.random.shuffle(x)
    np.random.set_state(state)
    np.random.shuffle(y)
    return [(x[i:i + batch_size], y[i:i + batch_size]) for i in range(0, len(x), batch_size)]
