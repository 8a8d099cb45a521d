"""Public checks: `expect(value, "what").close_to(expected)` says in words whether a value is right.

A check that succeeds prints one line. One that fails raises `ExpectationFailed`, whose message shows the
verdict, the example, what was expected, what came, where they first differ, and what that looks like.
"""

import numpy as np

from student_lib._diagnosis import diagnose

__all__ = ["Expectation", "ExpectationFailed", "expect"]

_RTOL, _ATOL = 1e-5, 1e-7
_REASON = "room for float32 and for sums taken in another order"


class ExpectationFailed(AssertionError):
    """A public check found a value that differs from the expected one. The message is the whole report."""

    def _render_traceback_(self):
        """Give IPython the message alone: the frames lead into this library, not to the mistake."""
        return str(self).splitlines()


class Expectation:
    """A value under examination. Every method prints `passed: ...` or raises `ExpectationFailed`."""

    def __init__(self, value, what, inputs):
        self._value, self._what, self._inputs = value, what, inputs

    def equals(self, expected, hint=""):
        """Expect exactly these values, in this shape: labels, row numbers, arguments that must not change."""
        self._compare(expected, 0.0, 0.0, "none: these values are exact", hint)

    def close_to(self, expected, hint="", *, rtol=_RTOL, atol=_ATOL, reason=_REASON):
        """Expect the shape of `expected`, and |got - expected| <= atol + rtol |expected| in every entry."""
        self._compare(expected, rtol, atol, f"{atol:g} + {rtol:g} x |expected|: {reason}", hint)

    def has_shape(self, shape, hint=""):
        """Expect an array of this shape, whatever its values."""
        got = self._as_array(f"an array of shape {shape}", hint)
        if got.shape != tuple(shape):
            self._fail([("expected", f"shape {tuple(shape)}"), ("got", _shape(got))], hint)
        self._pass()

    def is_between(self, low, high, hint=""):
        """Expect every entry to be finite and within [low, high]."""
        got = self._as_array(f"numbers from {low:g} to {high:g}", hint)
        outside = np.argwhere(~((got >= low) & (got <= high)))
        if len(outside):
            lines = [("expected", f"every entry from {low:g} to {high:g}"), ("got", _show(got))]
            if got.ndim:
                place = tuple(int(i) for i in outside[0])
                lines.append(("differs", _difference(place, f"{float(got[place]):g}", outside, got)))
            self._fail(lines, hint)
        self._pass()

    def _compare(self, expected, rtol, atol, tolerance, hint):
        wanted = np.asarray(expected)
        got = self._as_array(_show(wanted), hint)
        lines = [("expected", _show(wanted)), ("got", _show(got))]
        if got.shape != wanted.shape:
            lines.append(("differs", f"{_shape(got)} instead of {_shape(wanted)}"))
        else:
            wrong = np.argwhere(~np.isclose(got, wanted, rtol=rtol, atol=atol, equal_nan=True))
            if not len(wrong):
                return self._pass()
            if got.ndim:
                place = tuple(int(i) for i in wrong[0])
                pair = f"expected {float(wanted[place]):.6g}, got {float(got[place]):.6g}"
                lines.append(("differs", _difference(place, pair, wrong, got)))
            lines.append(("tolerance", tolerance))
        lines.append(("diagnosis", diagnose(got, wanted, self._inputs)))
        self._fail(lines, hint)

    def _as_array(self, expected, hint):
        """Return the value as a numeric array, or fail with the reason why it is none."""
        value = self._value
        if value is None:
            self._fail([("expected", expected), ("got", "None"), ("diagnosis", "is there a return?")], hint)
        try:
            array = np.asarray(value)
        except ValueError:
            array = np.asarray(None)
        if array.dtype.kind not in "biuf":
            self._fail(
                [("expected", expected), ("got", f"{type(value).__name__}: {_cut(repr(value))}")], hint
            )
        return array

    def _pass(self):
        print(f"passed: {self._what}")

    def _fail(self, lines, hint):
        inputs = [("for", f"{name} = {_show(value)}") for name, value in self._inputs.items()]
        rows = [(label, text) for label, text in [*inputs, *lines, ("hint", hint)] if text]
        body = [f"  {label:<10} {_indent(text)}" for label, text in rows]
        raise ExpectationFailed("\n".join([f"not yet: {self._what}", *body]))


def expect(value, what, **inputs):
    """Return the `Expectation` that examines `value`; `what` names it in the report.

    Keyword arguments are the inputs that led to the value; a failing report shows them.

    >>> expect(0.1 + 0.2, "one tenth plus two tenths").close_to(0.3)
    passed: one tenth plus two tenths
    """
    return Expectation(value, what, inputs)


def _show(value):
    if isinstance(value, np.ndarray | np.generic) and np.ndim(value):
        text = np.array2string(
            np.asarray(value), precision=6, suppress_small=False, threshold=40, edgeitems=3
        )
        return f"{text}  shape {np.shape(value)}"
    if isinstance(value, np.ndarray | np.generic):
        return f"{value:.8g}" if value.dtype.kind in "fc" else str(value)
    return _cut(repr(value))


def _shape(array):
    return f"shape {array.shape}" if array.ndim else "a single number"


def _difference(place, text, places, array):
    return f"first at [{', '.join(map(str, place))}]: {text} ({len(places)} of {array.size} entries)"


def _cut(text, length=200):
    return text if len(text) <= length else text[:length] + "..."


def _indent(text):
    return text.replace("\n", "\n" + " " * 13)
