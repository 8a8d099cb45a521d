"""Planted faults for the notebooks' "what went wrong?": each turns *your* function into a faulty one.

Reading this file spoils the riddle.
"""

from contextlib import contextmanager

import numpy as np

from student_lib.nn import linear_deriv

__all__ = ["colleagues_backwards", "frozen_backwards", "swapped"]


@contextmanager
def swapped(namespace, **names):
    """Within the block, let the functions of `namespace`, a notebook's globals(), find these objects.

    >>> def length(): return unit()
    >>> def unit(): return "metre"
    >>> with swapped(globals(), unit=lambda: "foot"): length()
    'foot'
    >>> length()
    'metre'
    """
    kept = {name: namespace[name] for name in names}
    namespace.update(names)
    try:
        yield
    finally:
        namespace.update(kept)


def colleagues_backwards(backwards):
    """Return the student's `backwards` with the fault of backprop's "what went wrong?"."""

    def faulty(delta, params, name="", activation_deriv=None):
        return backwards(delta, params, name, linear_deriv)

    return faulty


def frozen_backwards(backwards, frozen="layer1"):
    """Return the student's `backwards`, except that the layer named `frozen` always gets zero gradients."""

    def still(delta, params, name="", *activation_deriv, **keyword):
        grad_X = backwards(delta, params, name, *activation_deriv, **keyword)
        if name == frozen:
            for key in ("grad_W" + name, "grad_b" + name):
                params[key] = np.zeros_like(params[key])
        return grad_X

    return still
