"""What a wrong array looks like, in one line: the frequent slips leave recognisable traces."""

import numpy as np


def diagnose(got, wanted, inputs):
    """Return one sentence on how `got` relates to `wanted`, or '' when nothing fits.

    Both are numeric arrays. `inputs` maps names to the example's inputs; the number of rows of a 2-D one
    explains a factor.
    """
    if not np.isfinite(got).all() and np.isfinite(wanted).all():
        return _not_finite(got)
    if got.shape != wanted.shape:
        return _of_shape(got, wanted)
    if wanted.dtype.kind == "b":
        return ""
    return _of_values(got.astype(float), wanted.astype(float), inputs)


def _not_finite(got):
    if np.isnan(got).any():
        return "yours holds nan: look for 0 times log 0, 0/0 or infinity minus infinity"
    return "yours holds infinity: look for exp of a large number, log 0 or a division by 0"


def _of_shape(got, wanted):
    if got.size == wanted.size and got.squeeze().shape == wanted.squeeze().shape:
        return "the number of entries is right, but an axis of length 1 is too many or missing"
    if got.ndim == 2 and got.T.shape == wanted.shape:
        same = np.allclose(got.T, wanted, rtol=1e-5, atol=1e-7)
        return "yours is the transpose of ours" if same else "yours has the shape of our transpose"
    if got.ndim == wanted.ndim + 1 and got.size:
        return _of_extra_axis(got, wanted)
    if got.ndim == 0:
        return "yours is one number; was a sum taken over every axis?"
    return ""


def _of_extra_axis(got, wanted):
    if _close(got.sum(axis=0), wanted):
        return "yours has one entry per row; their sum is ours"
    if _close(got.mean(axis=0), wanted):
        return "yours repeats our answer for every row of the batch"
    return "yours has one axis more than ours: was a sum over the batch left out?"


def _of_values(got, wanted, inputs):
    if got.size == 0 or not np.isfinite(wanted).all():
        return ""
    if not got.any():
        return "yours is zero everywhere"
    factor = float(np.vdot(wanted, got) / max(np.vdot(wanted, wanted), 1e-300))
    if _close(got, factor * wanted) and (got.size > 1 or _is_telling(factor, inputs)):
        return _of_factor(factor, inputs)
    if got.size > 1 and _close(got - wanted, np.full(got.shape, np.mean(got - wanted))):
        return f"yours is ours plus {np.mean(got - wanted):.4g} everywhere"
    if got.ndim == 2 and got.shape[0] == got.shape[1] and _close(got.T, wanted):
        return "yours is the transpose of ours"
    if got.size > 1 and _close(np.sort(got, axis=None), np.sort(wanted, axis=None)):
        return "yours has the same numbers in another order"
    return ""


def _is_telling(factor, inputs):
    """Any two numbers have a ratio; only -1 and the number of rows say something about a single one."""
    return _close(factor, -1) or (factor > 0 and _is_row_count(max(factor, 1 / factor), inputs))


def _of_factor(factor, inputs):
    if factor < 0:
        return "yours has the opposite sign" + ("" if _close(factor, -1) else f", times {-factor:.4g}")
    times = max(factor, 1 / factor)
    relation = f"yours is {times:.4g} times ours" if factor > 1 else f"yours is ours divided by {times:.4g}"
    return f"{relation}; the batch has {round(times)} rows" if _is_row_count(times, inputs) else relation


def _is_row_count(times, inputs):
    rows = {len(value) for value in inputs.values() if np.ndim(value) == 2}
    return _close(times, round(times)) and round(times) in rows


def _close(a, b):
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-5, atol=1e-9)
