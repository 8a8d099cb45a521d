"""Checks of relative_error: norms over all entries, zeros, nan."""

from __future__ import annotations

import numpy as np

from .. import check, expect, fail_if
from ._losses import relative_error_of


@check("gradient_check.relative_error", hint="One norm over all entries, above and below.", weight=2)
def values_for_any_shape(student, rng):
    """The norm of the difference over the sum of the norms, for vectors, matrices, three axes and none."""
    for shape in ((5,), (3, 4), (2, 3, 2), ()):
        a, b = np.asarray(rng.normal(size=shape)), np.asarray(rng.normal(size=shape))
        expected = relative_error_of(a, b)
        one, other = student.relative_error(a, b), student.relative_error(b, a)
        expect(one).close_to(expected, rtol=1e-9)
        expect(other, "exchanged").close_to(expected, rtol=1e-9)


@check("gradient_check.relative_error", hint="The opposite of a gradient is as wrong as can be: 1.")
def zero_to_one(student, rng):
    """Equal gradients give 0, opposite ones 1, a doubled one 1/3, also when all numbers are tiny or large."""
    for scale in (1e-9, 1.0, 1e9):
        a = scale * rng.normal(size=(2, 3))
        errors = [student.relative_error(factor * a, a) for factor in (2, -1, 1)]
        for error, expected in zip(errors, (1 / 3, 1, 0), strict=True):
            expect(error).close_to(expected, rtol=1e-9)


@check("gradient_check.relative_error", hint="0 / 0 is nan: treat two zeros by themselves.")
def zeros(student, rng):
    """Two gradients of zeros give 0; zeros against anything else give 1; a single zero entry is nothing special."""
    a = rng.normal(size=(2, 3))
    expect(student.relative_error(np.zeros((2, 3)), np.zeros((2, 3))), "two zeros").close_to(0)
    expect(student.relative_error(np.zeros((2, 3)), a), "zeros and others").close_to(1)
    a[0, 1] = 0
    expect(student.relative_error(a, 3 * a), "a zero entry").close_to(0.5)


@check("gradient_check.relative_error", hint="Nothing may hide a nan, and -= changes the caller's array.")
def nan_stays_and_arguments_too(student, rng):
    """A gradient that holds nan gives nan, and both arguments are as they were."""
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    first, second = student.array(a), student.array(b)
    expect(student.relative_error(first, second)).is_number()
    expect(first.value(), "the first argument").unchanged(a)
    expect(second.value(), "the second argument").unchanged(b)
    a[1, 1] = np.nan
    for pair in ((a, b), (b, a)):
        fail_if(not np.isnan(expect(student.relative_error(*pair)).is_scalar()), "nan disappears")
