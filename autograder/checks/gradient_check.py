"""Hidden checks of the gradient checker: `source/gradient_check/gradient_check.ipynb`.

Losses and faulty gradients are made here, fresh for each check, and stay on this side: student code gets handles.
The functions that an exercise builds on are replaced by right ones when it fails with the student's own.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import ArgumentError, Remote, Student, StudentError, StudentTimedOut, check, expect, fail_if

Params = dict[str, np.ndarray]
_MOST_CALLS = 20_000


# --- what student code is given


class _Loss:
    """A loss for student code to call: it checks its argument, keeps what it saw, and bounds the calls.

    `function(params)` gives the value for a dictionary of arrays.
    """

    def __init__(self, student: Student, function: Callable[[Params], Any], params: Params):
        self._student, self._function, self._params = student, function, params
        self.seen: list[Params] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) + len(kwargs) != 1:
            raise ArgumentError("a loss takes one argument, the parameters")
        [params] = [*args, *kwargs.values()]
        if len(self.seen) >= _MOST_CALLS:
            raise StudentTimedOut(f"the loss was asked for more than {_MOST_CALLS} times")
        self.seen.append(_arrays_of(self._fetched(params), self._params))
        return self._function(self.seen[-1])

    def _fetched(self, params: Any) -> Any:
        if not isinstance(params, Remote):
            return params
        with _unrecorded(self._student):
            return params.value()


@contextmanager
def _unrecorded(student: Student) -> Iterator[None]:
    """What is fetched within leaves no trace in the transcript, which is compared with misconceptions.

    In which order the loss is asked, and whether by our tools or theirs, is the student's own business.
    """
    length = len(student.transcript)
    try:
        yield
    finally:
        del student.transcript[length:]


def _arrays_of(value: Any, like: Params) -> Params:
    """`value` as float arrays in the shapes of `like`; ArgumentError, which the student's code gets, if it is not."""
    if type(value) is not dict or any(name not in value for name in like):
        raise ArgumentError(f"the loss takes a dictionary with {', '.join(like)}")
    arrays = {name: np.asarray(value[name]) for name in like}
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu" or array.shape != like[name].shape:
            raise ArgumentError(f"the loss takes a float array of shape {like[name].shape} as {name}")
    return {name: array.astype(float) for name, array in arrays.items()}


def _waves(rng, shapes: dict[str, tuple[int, ...]], scale: float = 1.0):
    """(params, loss, gradient) of scale * (sum of a sin(w) over all scalars + (sum of b w)^2 / 2).

    The second term ties all scalars together; the gradient is scale * (a cos(w) + b times the sum of b w). Every
    slope has at least 5 % of the scale, so that rounding stays far below each tolerance, and both signs occur.
    """
    while True:
        params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        a, b = (
            {
                name: rng.choice([-1, 1], size=shape) * rng.uniform(0.5, 1.5, size=shape)
                for name, shape in shapes.items()
            }
            for _ in range(2)
        )

        def along(params, b=b):
            return sum(np.sum(b[name] * params[name]) for name in b)

        def loss(params, a=a, along=along):
            return scale * (
                sum(np.sum(a[name] * np.sin(params[name])) for name in a) + along(params) ** 2 / 2
            )

        gradient = {
            name: np.asarray(scale * (a[name] * np.cos(params[name]) + b[name] * along(params)))
            for name in shapes
        }
        slopes = np.concatenate([slope.ravel() for slope in gradient.values()])
        if np.abs(slopes).min() > 0.05 * scale and slopes.min() < 0 < slopes.max():
            return params, loss, gradient


def _copy(params: Params) -> Params:
    return {name: array.copy() for name, array in params.items()}


def _measure(
    student: Student, loss: _Loss, params: Any, like: Params, *rest: float, **named: float
) -> Params:
    """The student's measured gradient as finite arrays in the shapes of `like`."""
    result = expect(student.numerical_gradient(loss, params, *rest, **named)).is_dict(*like)
    measured = {name: expect(result[name], name).has_shape(*like[name].shape) for name in like}
    return {name: expect(array, name).is_finite().astype(float) for name, array in measured.items()}


# --- numerical_gradient


@check(
    "gradient_check.numerical_gradient",
    hint="Two losses on both sides of the number, divided by the distance between the two places.",
    weight=2,
)
def slopes_are_central_differences(student, rng):
    """Every slope of a vector and a matrix is right to seven digits, as only central differences are."""
    params, function, gradient = _waves(rng, {"W": (3, 4), "b": (4,)})
    measured = _measure(student, _Loss(student, function, params), _copy(params), params)
    _judge(measured, gradient)


@check(
    "gradient_check.numerical_gradient",
    hint="np.ndindex(array.shape) and array[place] work for every shape and on views; ravel may make a copy.",
)
def arrays_of_any_shape(student, rng):
    """Arrays with no axis and with three axes, transposed views, and losses that come as arrays without axes."""
    params, function, gradient = _waves(rng, {"z": (), "a": (2, 1, 3), "W": (2, 3)})
    loss = _Loss(student, lambda p: np.asarray(function(p)), params)
    held = student.dict({**_copy(params), "W": student.array(np.ascontiguousarray(params["W"].T)).T})
    _judge(_measure(student, loss, held, params), gradient)


@check("gradient_check.numerical_gradient", hint="Keep the number before you move it, and store it again.")
def parameters_hold_the_same_bits(student, rng):
    """After the call every parameter holds exactly the bits that it held before."""
    params, function, _ = _waves(rng, {"W": (4, 3), "b": (3,)})
    held = student.dict(_copy(params))
    student.numerical_gradient(_Loss(student, function, params), held)
    after = expect(held.value(), "params").is_dict(*params)
    for name, array in params.items():
        kept = expect(after[name], name).has_shape(*array.shape)
        fail_if(not np.allclose(kept, array, rtol=0, atol=1e-12), f"{name}: was changed")
        fail_if(kept.dtype != array.dtype, f"{name}: another type")
        fail_if(kept.tobytes() != array.tobytes(), f"{name}: the last bits changed")


@check("gradient_check.numerical_gradient", hint="Put each number back before you move the next.")
def one_scalar_moves_at_a_time(student, rng):
    """Whenever the loss is asked, at most one number differs from the original, and each moves both ways by eps."""
    params, function, _ = _waves(rng, {"W": (2, 3), "b": (3,)})
    loss = _Loss(student, function, params)
    student.numerical_gradient(loss, _copy(params))
    flat = np.concatenate([array.ravel() for array in params.values()])
    fail_if(not loss.seen, "the loss was never asked")
    fail_if(len(loss.seen) > 4 * flat.size + 8, "more calls than two for each number")
    moves = np.array([np.concatenate([seen[name].ravel() for name in params]) for seen in loss.seen]) - flat
    fail_if((np.sum(np.abs(moves) > 1e-9, axis=1) > 1).any(), "several numbers differ at once")
    for column in moves.T:
        fail_if(not (np.isclose(column, 1e-5, rtol=1e-4)).any(), "a number never moves up by eps")
        fail_if(not (np.isclose(column, -1e-5, rtol=1e-4)).any(), "a number never moves down by eps")


@check(
    "gradient_check.numerical_gradient",
    hint="The step is the argument eps, and the distance is twice as long.",
)
def eps_is_the_step(student, rng):
    """Slopes of cubic losses measured with a wide step differ from the derivative by just what theory says."""
    params = {"W": rng.normal(size=(2, 3)) + 2, "b": rng.normal(size=2) - 2}
    factors = {"W": rng.uniform(1, 2, size=(2, 3)), "b": rng.uniform(-2, -1, size=2)}
    loss = _Loss(student, lambda p: sum(np.sum(factors[name] * p[name] ** 3) for name in factors), params)
    for eps, wide in ((0.5, {"eps": 0.5}), (0.25, {})):
        measured = _measure(student, loss, _copy(params), params, *(() if wide else (eps,)), **wide)
        # (w + e)^3 - (w - e)^3 = 2 e (3 w^2 + e^2)
        _judge(measured, {name: factors[name] * (3 * w**2 + eps**2) for name, w in params.items()})


def _judge(measured: Params, gradient: Params) -> None:
    """The measured slopes are the gradient's to 2e-7: central differences reach 1e-9, one-sided ones 1e-5."""
    for name, slope in gradient.items():
        expect(measured[name], name).close_to(slope, rtol=2e-7, atol=2e-8)


# --- relative_error


@check("gradient_check.relative_error", hint="One norm over all entries, above and below.", weight=2)
def values_for_any_shape(student, rng):
    """The norm of the difference over the sum of the norms, for vectors, matrices, three axes and none."""
    for shape in ((5,), (3, 4), (2, 3, 2), ()):
        a, b = np.asarray(rng.normal(size=shape)), np.asarray(rng.normal(size=shape))
        expected = _relative_error(a, b)
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


def _relative_error(a: Any, b: Any) -> float:
    """The same by sums of squares in Python floats."""
    norms = [
        sum(float(value) ** 2 for value in np.ravel(array)) ** 0.5
        for array in (np.subtract(a, b), np.asarray(a), np.asarray(b))
    ]
    return norms[0] / (norms[1] + norms[2]) if norms[1] + norms[2] else 0.0


# --- check_gradients. The networks have 9 scalars; their gradients come from complex steps, exact to 1e-15.


def give_right_tools(student: Student, rng) -> None:
    """Replace the student's numerical_gradient and relative_error by the grader's."""
    _lend(student, numerical_gradient=_lent_gradient, relative_error=_lent_error)


def give_right_checker(student: Student, rng) -> None:
    """Replace check_gradients as well."""
    give_right_tools(student, rng)
    _lend(student, check_gradients=_lent_checker)


def _lend(student: Student, **functions: Callable[..., Any]) -> None:
    """Bind grader-side functions, which leave no trace in the transcript and never make a check broken."""

    def lent(function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            with _unrecorded(student):
                try:
                    return function(*args, **kwargs)
                except StudentError:
                    raise
                except Exception as error:
                    raise ArgumentError(f"{function.__name__}: {type(error).__name__}") from error

        return call

    with _unrecorded(student):
        student.bind(**{name: lent(function) for name, function in functions.items()})


def _lent_gradient(loss_fn: Any, params: Any, eps: float = 1e-5) -> Params:
    """Central differences of a student-side loss."""
    params = {name: np.array(array, dtype=float) for name, array in _plain(params).items()}
    if sum(array.size for array in params.values()) > 1000:
        raise ArgumentError("numerical_gradient takes at most 1000 numbers here")
    gradient = {name: np.zeros(array.shape) for name, array in params.items()}
    for name, array in params.items():
        for place in np.ndindex(array.shape):
            up, down = (_asked(loss_fn, params, name, place, step) for step in (eps, -eps))
            gradient[name][place] = (up - down) / (2 * eps)
    return gradient


def _asked(loss_fn: Any, params: Params, name: str, place: tuple[int, ...], step: float) -> float:
    moved = params[name].copy()
    moved[place] += step
    return float(np.reshape(loss_fn(params | {name: moved}), ()))


def _lent_error(a: Any, b: Any) -> float:
    return _relative_error(np.asarray(a, dtype=float), np.asarray(b, dtype=float))


def _lent_checker(loss_fn: Any, params: Any, grads: Any, tolerance: float = 1e-6) -> dict[str, bool]:
    grads = _plain(grads)
    return {
        name: bool(
            name in grads
            and np.shape(grads[name]) == slope.shape
            and _lent_error(grads[name], slope) <= tolerance
        )
        for name, slope in _lent_gradient(loss_fn, params).items()
    }


def _plain(params: Any) -> Params:
    return params.value() if isinstance(params, Remote) else dict(params)


class _Network:
    """A fresh small classifier: `params`, `loss(params)`, the true `gradient`, and `faulty(fault)`.

    Five points in the plane, two tanh units, one output for two classes; cross entropy summed over the rows, plus
    0.05 / 2 times the sum of squared weights.
    """

    def __init__(self, rng):
        while True:
            self._x, self._y = rng.normal(size=(5, 2)), np.array([[0.0], [1.0], [1.0], [0.0], [1.0]])
            shapes = {"V": (2, 2), "c": (2,), "U": (2, 1), "d": (1,)}
            self.params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
            self.gradient = self._complex_step()
            # Rounding disturbs by about 1e-10, so right ones stay below 1e-8, and wrong ones are far above 1e-6.
            large = min(np.linalg.norm(slopes) for slopes in self.gradient.values()) > 0.05
            if large and min(self._errors()) > 1e-4:
                return

    def loss(self, params: Params) -> Any:
        hidden = np.tanh(self._x @ params["V"] + params["c"])
        logits = hidden @ params["U"] + params["d"]
        entropy = np.sum(np.log(1 + np.exp(logits)) - self._y * logits)
        return entropy + 0.025 * (np.sum(params["V"] ** 2) + np.sum(params["U"] ** 2))

    def _complex_step(self) -> Params:
        gradient = {name: np.zeros(array.shape) for name, array in self.params.items()}
        for name, slopes in gradient.items():
            for place in np.ndindex(slopes.shape):
                moved = self.params[name].astype(complex)
                moved[place] += 1e-30j
                slopes[place] = self.loss(self.params | {name: moved}).imag / 1e-30
        return gradient

    def _errors(self) -> Iterator[float]:
        """The relative errors of all gradients that are wrong in one of FAULTS."""
        for fault, names in FAULTS.items():
            wrong = self.faulty(fault)
            yield from (_relative_error(wrong[name], self.gradient[name]) for name in names)

    def faulty(self, *faults: str) -> Params:
        """The gradients by backpropagation with these FAULTS, or right without one."""
        x, p = self._x, self.params
        z = x @ p["V"] + p["c"]
        hidden = np.tanh(z)
        y = 1 - self._y if "another batch" in faults else self._y
        top = 1 / (1 + np.exp(-hidden @ p["U"] - p["d"])) - y
        slope = 1 - (z if "derivative of the net input" in faults else hidden) ** 2
        below = top @ p["U"].T * (1 if "no derivative" in faults else slope)
        grads = {
            "V": (x.T @ below + 0.05 * p["V"]) * (2 if "doubled" in faults else 1),
            "c": below.mean(axis=0) if "mean" in faults else below.sum(axis=0),
            "U": hidden.T @ top + (0 if "no regulariser" in faults else 0.05 * p["U"]),
            "d": (top[:-1] if "last row left out" in faults else top).sum(axis=0),
        }
        if "wrong sign" in faults:
            grads["d"] = -grads["d"]
        if "last entry" in faults:
            grads["U"][-1, -1] += 0.01
        return grads


# Fault -> the parameters whose gradients it spoils.
FAULTS = {
    "no derivative": ("V", "c"),
    "derivative of the net input": ("V", "c"),
    "mean": ("c",),
    "no regulariser": ("U",),
    "last row left out": ("d",),
    "wrong sign": ("d",),
    "doubled": ("V",),
    "last entry": ("U",),
    "another batch": ("V", "c", "U", "d"),
}
# Together in one network, where they spoil different parameters.
_GROUPS = (
    ("no derivative", "last row left out"),
    ("derivative of the net input", "last entry"),
    ("mean", "no regulariser"),
    ("wrong sign", "doubled"),
    ("another batch",),
)


def _verdicts(
    student: Student, loss: Any, params: Any, grads: Any, names: Any, *rest: float
) -> dict[str, bool]:
    """What check_gradients says for each name, as bool."""
    result = expect(student.check_gradients(loss, params, grads, *rest)).is_dict(*names)
    fail_if(len(result) != len(names), "verdicts for other names")
    said = {name: expect(result[name], "a verdict").is_number() for name in names}
    fail_if(not set(said.values()) <= {0.0, 1.0}, "a verdict that is neither True nor False")
    return {name: bool(verdict) for name, verdict in said.items()}


def _expect_verdicts(student: Student, cases: list[tuple[Any, ...]]) -> None:
    """Each case is (loss, params, grads, names of the wrong ones), perhaps with a tolerance.

    All are asked before one is judged: more to tell misconceptions apart by.
    """
    said = [
        (_verdicts(student, _Loss(student, loss, params), _copy(params), grads, params, *rest), wrong)
        for loss, params, grads, wrong, *rest in cases
    ]
    for verdicts, wrong in said:
        fail_if(any(verdicts[name] for name in wrong), "a wrong gradient passes")
        fail_if(not all(verdicts[name] for name in verdicts if name not in wrong), "a right gradient fails")


@check(
    "gradient_check.check_gradients",
    hint="True where the relative error is at most the tolerance; two gradients of zeros agree.",
    rescue=give_right_tools,
)
def right_gradients_pass(student, rng):
    """Right gradients pass, whatever the size of the loss, also where all or some slopes are 0 or tiny."""
    net = _Network(rng)
    cases = [(net.loss, net.params, net.gradient, ())]
    for scale in (1e-5, 1e5):
        params, function, gradient = _waves(rng, {"W": (2, 2), "b": (2,)}, scale)
        cases.append((function, params, gradient, ()))
    params, waves, gradient = _waves(rng, {"W": (2, 2)})
    # "idle" has no influence, and the slope in the first entry of "weak" is 1e-9 of the other's.
    params |= {"idle": rng.normal(size=3), "weak": rng.normal(size=2)}
    pull = rng.uniform(1, 2, size=2) * [1e-9, 1]
    gradient |= {"idle": np.zeros(3), "weak": pull}
    cases.append((lambda p: waves({"W": p["W"]}) + np.sum(pull * p["weak"]), params, gradient, ()))
    _expect_verdicts(student, cases)


@check(
    "gradient_check.check_gradients",
    hint="Compare every entry, and do not scale anything before you compare.",
    weight=2,
    rescue=give_right_tools,
)
def planted_faults_are_located(student, rng):
    """In networks with faults as students make them, exactly the wrong gradients are False; so in a tiny loss."""
    cases = []
    for faults in _GROUPS:
        net, wrong = _Network(rng), {name for fault in faults for name in FAULTS[fault]}
        cases.append((net.loss, net.params, net.faulty(*faults), wrong))
    params, function, gradient = _waves(rng, {"W": (2, 2), "b": (2,)}, scale=1e-7)
    cases.append((function, params, {**gradient, "W": 1.01 * gradient["W"]}, ("W",)))
    params, function, gradient = _waves(rng, {"W": (2, 2), "b": (2,)})
    cases.append((function, params, {**gradient, "b": 1.001 * gradient["b"]}, ("b",)))
    _expect_verdicts(student, cases)


@check(
    "gradient_check.check_gradients",
    hint="Every comparison with nan is false, broadcasting hides wrong shapes, and a missing gradient is wrong.",
    rescue=give_right_tools,
)
def what_is_no_gradient_fails(student, rng):
    """Gradients with nan or infinity, of another shape, and missing ones are False; nothing crashes."""
    params, function, gradient = _waves(rng, {"W": (2, 3), "b": (2,)})
    broken = gradient["W"].copy()
    broken[1, 2] = np.nan
    cases = [
        ({**gradient, "W": broken}, ("W",)),
        ({**gradient, "W": np.full((2, 3), np.inf)}, ("W",)),
        ({**gradient, "b": gradient["b"][np.newaxis]}, ("b",)),
        ({**gradient, "W": gradient["W"].T.copy()}, ("W",)),
        ({"b": gradient["b"]}, ("W",)),
    ]
    _expect_verdicts(student, [(function, params, grads, wrong) for grads, wrong in cases])


@check(
    "gradient_check.check_gradients",
    hint="Pair gradients with parameters by name, and compare with the argument `tolerance`.",
    rescue=give_right_tools,
)
def names_and_tolerance(student, rng):
    """Dictionaries in another order give the same verdicts; `tolerance` decides."""
    params, function, gradient = _waves(rng, {"W": (1, 3), "U": (1, 3)})
    turned = dict(reversed(gradient.items()))
    # The relative error of W is 1e-4.
    off = {**turned, "W": turned["W"] * (1 + 1e-4) / (1 - 1e-4)}
    bent = {**turned, "U": turned["U"] * [[1, 1, 1.5]]}
    cases = [(turned, ()), (off, ("W",)), (off, (), 2e-4), (off, ("W",), 5e-5), (bent, ("U",))]
    _expect_verdicts(student, [(function, params, *case) for case in cases])


@check(
    "gradient_check.check_gradients",
    hint="Work on values, not on the caller's arrays.",
    rescue=give_right_tools,
)
def nothing_is_changed(student, rng):
    """Parameters and gradients hold after the call what they held before."""
    params, function, gradient = _waves(rng, {"W": (2, 3), "b": (3,)})
    held, claimed = student.dict(_copy(params)), student.dict(_copy(gradient))
    _verdicts(student, _Loss(student, function, params), held, claimed, params)
    for what, remote, before in (("params", held, params), ("grads", claimed, gradient)):
        after = expect(remote.value(), what).is_dict(*before)
        for name, array in before.items():
            expect(after[name], f"{what}: {name}").unchanged(array)


# --- find_the_bugs

_NAMES = ("Rosa", "Tim", "Ines", "Olaf", "Juno", "Karl", "net 1", "net 2")


@check(
    "gradient_check.find_the_bugs",
    hint="A network is right only if all of its gradients are.",
    weight=2,
    rescue=give_right_checker,
)
def faulty_networks_are_found(student, rng):
    """Among fresh networks under fresh names, exactly those with a wrong gradient are named."""
    spoils_all, *others = sorted(FAULTS, key=lambda fault: -len(FAULTS[fault]))
    faults = ["none", "none", spoils_all, *rng.permutation(others)[:3]]
    names = rng.permutation(_NAMES)
    _expect_found(student, rng, dict(zip(names, rng.permutation(faults), strict=False)))


@check(
    "gradient_check.find_the_bugs",
    hint="Look at every network; how many are wrong is not known.",
    rescue=give_right_checker,
)
def none_or_all(student, rng):
    """When all are right the list is empty, when all are wrong it is complete."""
    _expect_found(
        student,
        rng,
        dict.fromkeys(_NAMES[:3], "none"),
        dict(zip(_NAMES[3:6], ("mean", "last entry", "wrong sign"), strict=True)),
    )


def _expect_found(student: Student, rng, *groups: dict[str, str]) -> None:
    """For each group, name -> fault, find_the_bugs names those whose fault is not "none", in any order."""
    found = [_names(student.find_the_bugs(_networks(student, rng, group))) for group in groups]
    for names, group in zip(found, groups, strict=True):
        wrong = {str(name) for name, fault in group.items() if fault != "none"}
        fail_if(wrong - names, "a wrong network is not named")
        fail_if(names - wrong, "a right network is named")


def _networks(student: Student, rng, group: dict[str, str]) -> dict[str, Remote]:
    make, networks = student.given("student_lib.planted_networks", "Network"), {}
    for name, fault in group.items():
        net = _Network(rng)
        claimed = net.gradient if fault == "none" else net.faulty(fault)
        networks[str(name)] = make(net.params, _Loss(student, net.loss, net.params), _giver(claimed))
    return networks


def _giver(grads: Params) -> Callable[[], Params]:
    def gradients(*args: Any, **kwargs: Any) -> Params:
        if args or kwargs:
            raise ArgumentError("gradients() takes no argument")
        return _copy(grads)

    return gradients


def _names(value: Any) -> set[str]:
    names = list(itertools.islice(value, 100)) if type(value) in (list, tuple, set) else None
    fail_if(names is None or not all(type(name) is str for name in names), "not a list of names")
    return set(names)
