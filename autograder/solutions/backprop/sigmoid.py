# %% wrong overflowing expects=exp_overflows
# The textbook formula: right values, but exp overflows with a warning at -1000; trains well.
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# %% wrong exp_over_exp expects=infinity_over_infinity
# exp(x)/(1+exp(x)) is inf/inf = nan at 1000.
def sigmoid(x):
    e = np.exp(x)
    res = e / (1 + e)
    return res


# %% wrong sign_lost expects=sigmoid_without_minus
# 1/(1+exp(x)) falls instead of rising.
def sigmoid(x):
    z = np.clip(x, -500, 500)
    return 1.0 / (1.0 + np.exp(z))


# %% wrong just_tanh expects=tanh_for_sigmoid
# The other S-shaped curve.
def sigmoid(x):
    return np.tanh(x)


# %% wrong tanh_without_half expects=twice_as_steep
# (1 + tanh(x))/2 is the sigmoid of 2x; trains well.
def sigmoid(x):
    return (np.tanh(x) + 1) / 2


# %% wrong writes_into_x expects=sigmoid_in_place
# Stable, but clips and negates the caller's array.
def sigmoid(x):
    x = np.asarray(x)
    x[x > 500] = 500
    x[x < -500] = -500
    return 1 / (1 + np.exp(-x))


# %% wrong rows_and_columns_only expects=matrices_only
# Two loops: crashes for anything but a matrix.
def sigmoid(x):
    out = np.zeros(x.shape)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            v = max(min(x[i][j], 700), -700)
            out[i][j] = 1 / (1 + np.exp(-v))
    return out


# %% wrong tight_clip expects=tails_cut_off
# Clips at 5, so the tails stop at 0.0067 and 0.9933; trains well.
def sigmoid(x):
    x = np.clip(x, -5, 5)
    return 1 / (1 + np.exp(-x))


# %% wrong derivative_returned expects=slope_for_sigmoid
# Returns s(1-s).
def sigmoid(x):
    s = .5 * (1 + np.tanh(.5 * x))
    return s * (1 - s)


# %% wrong scalar_math expects=exp_of_one_number
# math.exp refuses arrays: crashes.
import math

def sigmoid(x):
    return 1 / (1 + math.exp(-x))


# %% wrong if_on_array expects=if_on_an_array
# 'if x >= 0' on an array: crashes.
def sigmoid(x):
    if x >= 0:
        return 1 / (1 + np.exp(-x))
    else:
        return np.exp(x) / (1 + np.exp(x))


# %% wrong e_by_hand expects=e_rounded
# 2.718 for e: wrong in the fourth digit; trains well.
e = 2.718

def sigmoid(x):
    return 1.0 / (1.0 + e ** -np.clip(x, -300, 300))


# %% wrong rounded
# Rounds to three digits, so that the printed table looked like the handout; trains well.
def sigmoid(x):
    return np.round(0.5 * (1 + np.tanh(np.asarray(x) / 2)), 3)


# %% wrong same_memory expects=sigmoid_in_place
# Computes in the caller's array to save memory, where that holds floats.
def sigmoid(x):
    if np.issubdtype(x.dtype, np.integer):
        x = x * 1.0
    x *= 0.5
    np.tanh(x, out=x)
    x += 1
    x *= 0.5
    return x


# %% wrong zeros_like_x expects=whole_numbers_cut_off
# Fills zeros_like(x): whole numbers in, zeros and ones out.
def sigmoid(x):
    s = np.zeros_like(x)
    big = x > 0
    s[big] = 1 / (1 + np.exp(-x[big]))
    s[~big] = 1 - 1 / (1 + np.exp(x[~big]))
    return s


# %% right through_tanh
# sigma(x) = (1 + tanh(x/2))/2.
def sigmoid(x):
    return 0.5 + 0.5 * np.tanh(0.5 * x)


# %% right where_with_abs
# np.where on exp(-|x|), which never overflows.
def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


# %% right wide_clip
# Clips at 500, where float64 has long reached 0 and 1.
def sigmoid(x):
    x_safe = np.clip(x, -500, 500)
    return np.power(1 + np.exp(-x_safe), -1)


# %% right masks
# Two masks, for each sign its formula; works from scalars to any number of dimensions.
def sigmoid(x):
    x = np.asarray(x, dtype=float)
    result = np.empty(x.shape)
    pos = x >= 0
    neg = ~pos
    result[pos] = 1 / (1 + np.exp(-x[pos]))
    ex = np.exp(x[neg])
    result[neg] = ex / (1 + ex)
    return result


# %% right silenced
# The textbook formula with the overflow silenced: 1/(1+inf) is 0.
def sigmoid(x):
    with np.errstate(over='ignore', under='ignore'):
        return 1 / (1 + np.exp(-np.asarray(x, dtype=np.float64)))


# %% right log_domain
# exp(-log(1 + exp(-x))) with logaddexp.
def sigmoid(x):
    return np.exp(-np.logaddexp(0.0, -np.asarray(x, dtype=float)))


# %% right vectorized_scalar_function
# A scalar function, vectorized; the student's name is bound to an object and not a function.
import math

def _one(v):
    if v < 0:
        t = math.exp(v)
        return t / (1 + t)
    return 1 / (1 + math.exp(-v))

sigmoid = np.vectorize(_one, otypes=[float])


# %% right recursive
# Calls itself for each row until a number is left.
def sigmoid(x):
    """ works for numbers, vectors, matrices, ... """
    if np.ndim(x) > 0:
        return np.array([sigmoid(part) for part in x]).reshape(np.shape(x))
    if x > 0:
        return 1 / (1 + np.exp(-float(x)))
    z = np.exp(float(x))
    return z / (1 + z)


# %% right warns_and_prints
# Talks: a deprecation warning and a line of output at every call.
import warnings

def sigmoid(x):
    warnings.warn('my old sigmoid overflowed, use this one', DeprecationWarning, stacklevel=2)
    y = (np.tanh(np.asarray(x) / 2) + 1) / 2
    print('sigmoid: in', np.shape(x), 'out', y.min() if y.size else None, y.max() if y.size else None)
    return y
