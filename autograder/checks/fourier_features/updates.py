"""Checks of update: gradient descent, and Adam as extra credit."""

from __future__ import annotations

import numpy as np

from .. import Remote, Student, check, expect, fail_if
from ._fourier import Params, do, judge, near, network, random_params, stored

SIZES, WIDE = (3, 4, 2), (2, 5, 3, 6, 1)

# --- update


@check("fourier_features.update", hint="Each parameter minus lr times its own gradient.", weight=2)
def one_step_down_the_gradient(student, rng):
    """update(lr) moves every W and b by minus lr times its gradient, at two depths."""
    for sizes, rate in ((SIZES, 0.1), (WIDE, 1.7)):
        params, gradients = random_params(rng, *sizes), random_params(rng, *sizes)
        net = network(student, params)
        net.gradients = gradients
        do(student, net, "update", lr=rate)
        _judge_step(net, params, gradients, rate)


@check("fourier_features.update", hint="def update(self, lr=0.001, ...): use lr, and nothing else.")
def the_default_rate(student, rng):
    """Without an argument the learning rate is 0.001; two calls are two steps."""
    params, gradients = random_params(rng, *SIZES), random_params(rng, *SIZES)
    gradients = {name: 300 * value for name, value in gradients.items()}
    net = network(student, params)
    net.gradients = gradients
    for _ in range(2):
        do(student, net, "update")
    _judge_step(net, params, gradients, 0.002)


@check("fourier_features.update", hint="A bias of shape (H,) plus an array of shape (1, H) has two axes.")
def parameters_keep_shape_and_type(student, rng):
    """After five steps all parameters have their shapes, float32 stays float32, the gradients are unchanged."""
    params, gradients = (random_params(rng, *WIDE, dtype=np.float32) for _ in range(2))
    net = network(student, params)
    net.gradients = gradients
    for _ in range(5):
        do(student, net, "update", lr=0.01)
    for name, value in stored(net, "params", params).items():
        value = expect(value, name[0]).has_shape(*params[name].shape)
        fail_if(value.dtype != np.float32, "float32 becomes another type")
    for name, value in stored(net, "gradients", gradients).items():
        expect(value, "gradients").unchanged(gradients[name])
    _judge_step(net, params, gradients, 0.05)


def _judge_step(net: Remote, params: Params, gradients: Params, rate: float) -> None:
    found = stored(net, "params", params)
    still = {name for name in found if near(expect(found[name], name[0]).is_numeric(), params[name])}
    last = f"{len(params) // 2}"
    fail_if(len(still) == len(params), "nothing moves")
    fail_if(still == {name for name in params if name[0] == "b"}, "the biases do not move")
    fail_if(still == {"W" + last, "b" + last}, "the last layer does not move")
    for name, value in found.items():
        start, slope = params[name], gradients[name]
        mistakes = {
            "goes up the gradient": start + rate * slope,
            "does not move": start,
            "the learning rate is left out": start - slope,
            "steps with another learning rate": start - 0.001 * slope,
            "becomes the step itself": -rate * slope,
        }
        judge(value, start - rate * slope, name[0], mistakes)


# --- adam


@check(
    "fourier_features.adam",
    hint="m / (1 - b1**t) and v / (1 - b2**t) with t = 1: the step is lr in size.",
    weight=2,
)
def adam_first_step(student, rng):
    """The first step has the size lr in every parameter, whatever the size of its gradient."""
    _judge_adam(student, rng, SIZES, steps=1, settings={"lr": 0.01})


@check(
    "fourier_features.adam",
    hint="m and v live in the object, one pair for each parameter; t counts the calls.",
    weight=2,
)
def adam_over_several_steps(student, rng):
    """Six steps with changing gradients are those of the published algorithm, in every parameter."""
    _judge_adam(student, rng, WIDE, steps=6, settings={"lr": 0.01})


@check("fourier_features.adam", hint="Use the b1, b2 and eps that update gets.")
def adam_with_other_settings(student, rng):
    """Other values of lr, b1 and b2 are used, and the defaults are 0.001, 0.9 and 0.999."""
    _judge_adam(student, rng, SIZES, steps=4, settings={"lr": 0.03, "b1": 0.7, "b2": 0.95})
    _judge_adam(student, rng, SIZES, steps=4, settings={})


@check("fourier_features.adam", hint="Two networks must not share m, v and t; and divide by sqrt(v) + eps.")
def adam_for_two_networks(student, rng):
    """Two networks in turn do not disturb each other, and a gradient of zero moves nothing."""
    nets = [_AdamRun(student, rng, SIZES) for _ in range(2)]
    for _ in range(3):
        for net in nets:
            net.step(rng, {"lr": 0.02}, some_zero=True)
    for net in nets:
        net.judge()


@check("fourier_features.adam", hint="if self.opt == 'Adam': ... else: plain gradient descent.")
def sgd_stays_right(student, rng):
    """With opt 'SGD' update is gradient descent as before, and float32 parameters keep shape and type."""
    params, gradients = (random_params(rng, *SIZES, dtype=np.float32) for _ in range(2))
    for opt in ("SGD", "Adam"):
        net = network(student, params, opt)
        net.gradients = gradients
        for _ in range(2):
            do(student, net, "update", lr=0.05)
        if opt == "SGD":
            found, signs = stored(net, "params", params), {name: np.sign(g) for name, g in gradients.items()}
            moved = {name: params[name] - 0.1 * signs[name] for name in params}
            fail_if(
                all(near(np.asarray(found[name]), moved[name]) for name in moved), "Adam for 'SGD' as well"
            )
            _judge_step(net, params, gradients, 0.1)
        for name, value in stored(net, "params", params).items():
            value = expect(value, name[0]).has_shape(*params[name].shape)
            fail_if(value.dtype != np.float32, "float32 becomes another type")


class _AdamRun:
    """A student's network with opt 'Adam', and Kingma and Ba's algorithm 1 (2015) beside it, in variants."""

    def __init__(self, student: Student, rng, sizes: tuple[int, ...]):
        self._student, self.start = student, random_params(rng, *sizes)
        self.net = network(student, self.start, "Adam")
        self.gradients: list[Params] = []
        self.settings: dict[str, float] = {}

    def step(self, rng, settings: dict[str, float], some_zero: bool = False) -> None:
        self.settings = settings
        gradients = {}
        for name, value in self.start.items():
            # Far from eps: where exactly a program adds it does not matter then.
            gradient = rng.uniform(0.5, 2, size=value.shape) * rng.choice([-1, 1], size=value.shape)
            gradients[name] = gradient * (np.arange(value.size).reshape(value.shape) > 0 if some_zero else 1)
        self.gradients.append(gradients)
        self.net.gradients = gradients
        do(self._student, self.net, "update", **settings)

    def judge(self) -> None:
        right = self._adam()
        mistakes = {
            "m and v are forgotten between the steps": self._adam(forgetful=True),
            "without bias correction": self._adam(corrected=False),
            "t stays 1": self._adam(times=lambda t: 1),
            "t starts at 2": self._adam(times=lambda t: t + 1),
            "t counts parameters, not calls": self._adam(times=None),
            "v without its root": self._adam(root=False),
            "plain gradient descent": self._adam(plain=True),
            "goes up the gradient": {name: 2 * self.start[name] - right[name] for name in right},
            "does not move": self.start,
        }
        found = stored(self.net, "params", right)
        alike = {}
        for name in found:
            expect(found[name], name[0]).has_shape(*right[name].shape)
        for symptom, wrong in mistakes.items():
            alike[symptom] = all(
                near(found[name] - self.start[name], wrong[name] - self.start[name]) for name in found
            )
        good = {name: near(found[name] - self.start[name], right[name] - self.start[name]) for name in found}
        if all(good.values()):
            return
        for symptom, fits in alike.items():
            fail_if(fits, symptom)
        still = [name for name in found if near(np.asarray(found[name]), self.start[name])]
        fail_if(still and all(name[0] == "b" for name in still), "the biases do not move")
        fail_if(True, "values differ")

    def _adam(self, forgetful=False, corrected=True, times=lambda t: t, root=True, plain=False) -> Params:
        lr, b1, b2 = (self.settings.get(k, d) for k, d in (("lr", 0.001), ("b1", 0.9), ("b2", 0.999)))
        params = dict(self.start)
        m, v = ({name: np.zeros(value.shape) for name, value in params.items()} for _ in range(2))
        count = 0
        for t, gradients in enumerate(self.gradients, start=1):
            for name, g in gradients.items():
                count += 1
                if forgetful:
                    m[name], v[name] = 0, 0
                m[name], v[name] = b1 * m[name] + (1 - b1) * g, b2 * v[name] + (1 - b2) * g**2
                n = times(t) if times else count
                mean, square = (
                    (m[name] / (1 - b1**n), v[name] / (1 - b2**n)) if corrected else (m[name], v[name])
                )
                step = mean / ((np.sqrt(square) if root else square) + 1e-8)
                params[name] = params[name] - lr * (g if plain else step)
        return params


def _judge_adam(
    student: Student, rng, sizes: tuple[int, ...], steps: int, settings: dict[str, float]
) -> None:
    run = _AdamRun(student, rng, sizes)
    for _ in range(steps):
        run.step(rng, settings)
    run.judge()
