# %% wrong max_of_all expects=global_maximum
# The maximum of the whole array: nan for rows far below it; trains well.
def softmax(x):
    shifted = x - np.max(x)
    e = np.exp(shifted)
    return e / e.sum(axis=1, keepdims=True)


# %% wrong unshifted expects=no_maximum
# No shift: exp overflows for large logits; trains well.
def softmax(x):
    return np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)


# %% wrong minus_equals expects=logits_shifted_in_place
# Stable, but -= works on the caller's array; trains well.
def softmax(x):
    x -= x.max(axis=1, keepdims=True)
    res = np.exp(x)
    res /= res.sum(axis=1, keepdims=True)
    return res


# %% wrong down_the_columns expects=columns_sum_to_one
# Each column sums to one instead of each row.
def softmax(x):
    c = -np.max(x, axis=0)
    s = np.exp(x + c)
    return s / np.sum(s, axis=0)


# %% wrong one_sum_for_all expects=matrix_sums_to_one
# Divides by the sum over the whole batch.
def softmax(x):
    m = x.max(axis=1).reshape(-1, 1)
    s = np.exp(x - m)
    S = np.sum(s)
    return s / S


# %% wrong log_probabilities expects=logarithms_returned
# Stops at the logarithm.
def softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


# %% wrong column_maxima expects=maximum_of_columns
# Shifts each column by its own maximum, which changes the rows.
def softmax(x):
    x = x - np.amax(x, axis=0)
    ex = np.exp(x)
    return ex / ex.sum(axis=1)[:, None]


# %% wrong mean_shift expects=mean_for_maximum
# Shifts by the row's mean: right until one logit is far from it; trains well.
def softmax(x):
    x = x - x.mean(axis=1, keepdims=True)
    return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)


# %% wrong clipped_logits expects=logits_clipped
# Clips the logits: no overflow, but all large ones become equal; trains well.
def softmax(x):
    s = np.exp(np.clip(x, -50, 50))
    return s / s.sum(axis=1, keepdims=True)


# %% wrong keepdims_forgotten expects=axis_lost
# (N, C) - (N,): crashes unless the matrix is square, and is wrong then.
def softmax(x):
    e_x = np.exp(x - np.max(x, axis=1))
    return e_x / e_x.sum(axis=1)


# %% wrong one_hot expects=winner_takes_all
# Gives the largest entry everything.
def softmax(x):
    res = np.zeros(x.shape)
    res[np.arange(len(x)), x.argmax(axis=1)] = 1
    return res


# %% wrong scaled_not_shifted expects=divided_by_the_maximum
# Divides by the largest entry instead of subtracting it: finite, but another function.
def softmax(x):
    biggest = np.abs(x).max(axis=1, keepdims=True)
    e = np.exp(x / (biggest + 1e-12))
    return e / e.sum(axis=1, keepdims=True)


# %% wrong list_of_rows_and_numerator_only expects=division_forgotten
# Forgets the division.
def softmax(x):
    out = x.astype(float).copy()
    for i in range(len(out)):
        out[i] = np.exp(out[i] - out[i].max())
    return out


# %% right logsumexp
# exp(x - logsumexp(x)) with logaddexp's reduction.
def softmax(x):
    return np.exp(x - np.logaddexp.reduce(x, axis=1, keepdims=True))


# %% right row_by_row
# Loops over rows in plain Python.
def softmax(x):
    probs = []
    for row in x:
        top = max(row)
        s = [np.exp(v - top) for v in row]
        total = sum(s)
        probs.append([v / total for v in s])
    return np.array(probs).reshape(x.shape)


# %% right one_line
# One line.
softmax = lambda x: (lambda e: e / e.sum(1, keepdims=True))(np.exp(x - x.max(1, keepdims=True)))


# %% right three_steps
# The three steps of the theory question, as functions of their own.
def step_one(x):
    c = -np.max(x, axis=1, keepdims=True)
    return np.exp(x + c)

def step_two(s):
    return np.sum(s, axis=1, keepdims=True)

def step_three(s, S):
    return 1 / S * s

def softmax(x):
    s = step_one(x)
    S = step_two(s)
    return step_three(s, S)


# %% right pairwise_differences
# p_i = 1 / sum_j exp(x_j - x_i): an overflow there means exactly 0.
def softmax(x):
    x = np.asarray(x, dtype=float)
    diff = x[:, None, :] - x[:, :, None]
    with np.errstate(over='ignore'):
        return 1 / np.exp(diff).sum(axis=2)


# %% right in_place_on_a_copy
# In-place steps on a transposed copy; returns a view that is not contiguous.
def softmax(x):
    t = np.array(x.T, dtype=np.float64)
    t -= t.max(axis=0)
    np.exp(t, out=t)
    t /= t.sum(axis=0)
    return t.T


# %% right apply_along_rows
# apply_along_axis over rows of extended precision, returned as float64.
def softmax(x):
    def soft(v):
        w = np.exp((v - v.max()).astype(np.longdouble))
        return w / w.sum()
    return np.apply_along_axis(soft, 1, x).astype(float)
