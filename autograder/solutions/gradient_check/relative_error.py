# %% wrong not_relative expects=difference_only
# Only the numerator.
def relative_error(a, b):
    return np.sqrt(np.sum((a - b) ** 2))


# %% wrong elementwise expects=each_entry
# The formula on the arrays, without a norm.
def relative_error(a, b):
    numerator = np.abs(a - b)
    denominator = np.abs(a) + np.abs(b)
    return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1), 0 * numerator)


# %% wrong cs231n expects=worst_entry
# The function of a well-known course: the largest error of an entry.
def relative_error(a, b):
    size = np.abs(a) + np.abs(b)
    size = np.where(size == 0, 1.0, size)
    return np.max(np.abs(a - b) / size)


# %% wrong averaged expects=mean_of_entries
# The mean of the entries' errors.
def relative_error(a, b):
    bottom = abs(a) + abs(b)
    return np.mean(abs(a - b) / np.where(bottom > 0, bottom, 1))


# %% wrong reference_below expects=divided_by_the_second
# "Relative to the true gradient."
def relative_error(a, b):
    n = np.linalg.norm(b)
    if n == 0:
        return 0.0
    return np.linalg.norm(a - b) / n


# %% wrong claimed_below expects=divided_by_the_first
# Relative to the other one.
def relative_error(a, b):
    n = np.linalg.norm(a)
    return 0.0 if n == 0 else np.linalg.norm(a - b) / n


# %% wrong larger_below expects=divided_by_the_larger
# The other formula of the textbooks.
def relative_error(a, b):
    n = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
    return 0.0 if n == 0 else np.linalg.norm(a - b) / n


# %% wrong parentheses expects=norm_of_the_sum
# The norm of the sum instead of the sum of the norms.
def relative_error(a, b):
    return np.linalg.norm(a - b) / np.linalg.norm(a + b)


# %% wrong signed_sums expects=without_absolute_values
# Signed differences cancel.
def relative_error(a, b):
    return (a - b).sum() / (a + b).sum()


# %% wrong no_roots expects=squared_norms
# Forgets both square roots.
def relative_error(a, b):
    top = ((a - b) ** 2).sum()
    bottom = (a ** 2).sum() + (b ** 2).sum()
    return top / bottom if bottom else 0.0


# %% wrong city_block expects=sums_of_absolute_values
# The 1-norm.
def relative_error(a, b):
    bottom = np.abs(a).sum() + np.abs(b).sum()
    return np.abs(a - b).sum() / bottom if bottom else 0.0


# %% wrong plain_formula expects=zero_over_zero
# The formula and nothing else: nan for two zeros.
def relative_error(a, b):
    return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))


# %% wrong small_constant expects=constant_below_the_line
# 1e-8 below the line outweighs tiny gradients.
def relative_error(a, b):
    return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b) + 1e-8)


# %% wrong spectral expects=norm_of_a_matrix
# norm(..., 2) of a matrix is its largest singular value; three axes crash.
def relative_error(a, b):
    bottom = np.linalg.norm(a, 2) + np.linalg.norm(b, 2)
    return np.linalg.norm(a - b, 2) / bottom if bottom else 0.0


# %% wrong nan_to_zero expects=nan_hidden
# Cures 0/0 with nan_to_num, which hides real nan too.
def relative_error(a, b):
    ratio = np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))
    return np.nan_to_num(ratio)


# %% wrong in_place expects=argument_overwritten
# Saves an array, and the caller loses one.
def relative_error(a, b):
    size = np.linalg.norm(a) + np.linalg.norm(b)
    if size == 0:
        return 0.0
    if a.ndim:
        a -= b
        return np.linalg.norm(a) / size
    return np.linalg.norm(a - b) / size


# %% right by_dot
# Norms as roots of dot products.
def relative_error(a, b):
    u, v = np.ravel(a).astype(float), np.ravel(b).astype(float)
    d = u - v
    size = (u @ u) ** 0.5 + (v @ v) ** 0.5
    if size == 0:
        return 0
    return (d @ d) ** 0.5 / size


# %% right by_loop
# Plain Python.
import math


def relative_error(a, b):
    pairs = list(zip(np.ravel(a).tolist(), np.ravel(b).tolist()))
    top = math.sqrt(sum((p - q) ** 2 for p, q in pairs))
    bottom = math.sqrt(sum(p * p for p, _ in pairs)) + math.sqrt(sum(q * q for _, q in pairs))
    if bottom == 0.0:
        return 0.0
    return top / bottom


# %% right smallest_float_below
# The smallest normal float below the line changes nothing but 0/0.
def relative_error(a, b):
    f = np.linalg.norm
    return f(np.subtract(a, b)) / (f(a) + f(b) + np.finfo(float).tiny)


# %% right equal_first
# Equal arrays, zeros among them, first; an array without axes as result.
def relative_error(a, b):
    if np.array_equal(a, b):
        return np.array(0.0)
    norm = lambda t: np.sqrt(np.square(t).sum())
    return np.asarray(norm(a - b) / (norm(a) + norm(b)))
