"""Mistakes in `momentum_update`: one loop over the parameters with one equation wrong."""

from __future__ import annotations

from .. import misconception

_KEYS = tuple(kind + layer for layer in ("layer1", "layer2", "layer3", "output") for kind in "Wb")


def _update(params, step, keys=_KEYS):
    """`step(m, w, gradient)` gives the new accumulator and the new parameter."""
    for key in keys:
        made = step(params["m_" + key], params[key], params["grad_" + key])
        params["m_" + key], params[key] = made


@misconception(
    "autoencoder.momentum_update",
    advice="You add the gradients, so the loss rises. M loses learning_rate times the gradient.",
)
def gradients_added(params, learning_rate, momentum=0.9):
    def step(m, w, gradient):
        m = momentum * m + learning_rate * gradient
        return m, w + m

    _update(params, step)


@misconception(
    "autoencoder.momentum_update",
    advice="Your weights move rightly, but your accumulators have the other sign: the text's M loses the gradient, and "
    "is added to W.",
)
def accumulators_of_the_other_sign(params, learning_rate, momentum=0.9):
    def step(m, w, gradient):
        m = momentum * m + learning_rate * gradient
        return m, w - m

    _update(params, step)


@misconception(
    "autoencoder.momentum_update",
    advice="Your accumulator holds gradients, and the learning rate comes in afterwards. In the text it is "
    "inside: then steps made at an older rate keep their length when the rate decays.",
    variants=[{"sign": 1}],
)
def rate_outside_the_accumulator(params, learning_rate, momentum=0.9, sign=-1):
    def step(m, w, gradient):
        m = momentum * m + sign * gradient
        return m, w - sign * learning_rate * m

    _update(params, step)


@misconception(
    "autoencoder.momentum_update",
    advice="You weight the gradient by 1 - momentum, as a running average does. Here it enters in full, which is why "
    "equal gradients add up to ten steps.",
)
def running_average(params, learning_rate, momentum=0.9):
    def step(m, w, gradient):
        m = momentum * m - (1 - momentum) * learning_rate * gradient
        return m, w + m

    _update(params, step)


@misconception(
    "autoencoder.momentum_update",
    advice="The new M is never stored, so every step starts from zero: that is plain descent. Put it into "
    "params['m_' + key].",
)
def accumulators_not_kept(params, learning_rate, momentum=0.9):
    def step(m, w, gradient):
        return m, w + momentum * m - learning_rate * gradient

    _update(params, step)


@misconception(
    "autoencoder.momentum_update",
    advice="W moves by the old M. Update M first, and then add the new one.",
)
def old_accumulator_moves(params, learning_rate, momentum=0.9):
    def step(m, w, gradient):
        return momentum * m - learning_rate * gradient, w + m

    _update(params, step)


@misconception(
    "autoencoder.momentum_update",
    advice="You always use 0.9. Take the argument momentum.",
)
def momentum_ignored(params, learning_rate, momentum=0.9):
    def step(m, w, gradient):
        m = 0.9 * m - learning_rate * gradient
        return m, w + m

    _update(params, step)


@misconception(
    "autoencoder.momentum_update",
    advice="The biases stay where they are. They have gradients and accumulators too.",
)
def biases_forgotten(params, learning_rate, momentum=0.9):
    def step(m, w, gradient):
        m = momentum * m - learning_rate * gradient
        return m, w + m

    _update(params, step, _KEYS[::2])


@misconception(
    "autoencoder.momentum_update",
    advice="The gradient is subtracted twice: it is inside M already.",
)
def gradient_twice(params, learning_rate, momentum=0.9):
    def step(m, w, gradient):
        m = momentum * m - learning_rate * gradient
        return m, w + m - learning_rate * gradient

    _update(params, step)


@misconception(
    "autoencoder.momentum_update",
    advice="That is Nesterov's momentum, which looks a step ahead. The text's second equation is W + M.",
)
def nesterov(params, learning_rate, momentum=0.9):
    def step(m, w, gradient):
        m = momentum * m - learning_rate * gradient
        return m, w + momentum * m - learning_rate * gradient

    _update(params, step)


@misconception(
    "autoencoder.momentum_update",
    advice="All parameters share one M: what one gathered moves the next. Read and write params['m_' + key].",
    crashes_at=r"\bm\b|velocity|\bv\b",
)
def one_accumulator_for_all(params, learning_rate, momentum=0.9):
    m = 0.0
    for key in _KEYS:
        m = momentum * m - learning_rate * params["grad_" + key]
        params["m_" + key] = m
        params[key] = params[key] + m


@misconception(
    "autoencoder.momentum_update",
    advice="The steps are right, but the gradients are not the same after the call: *= writes into params['grad_...'].",
    by_symptom=True,
    variants=[{"factor": 0}],
)
def gradients_changed(params, learning_rate, momentum=0.9, factor=None):
    for key in _KEYS:
        m = momentum * params["m_" + key] - learning_rate * params["grad_" + key]
        params["m_" + key], params[key] = m, params[key] + m
        params["grad_" + key] = params["grad_" + key] * (learning_rate if factor is None else factor)
