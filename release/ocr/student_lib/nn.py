"""Activation functions that the exercises give you, each with its derivative.

Every function takes an array of any shape and returns a new array of that shape. A derivative takes the
*post-activation*, the value that its function returned, because that is what a layer's cache keeps:
for a = tanh(z) it is tanh_deriv(a) = 1 - a**2, without z.
"""

import numpy as np

__all__ = ["linear", "linear_deriv", "relu", "relu_deriv", "sigmoid_deriv", "tanh", "tanh_deriv"]


def linear(x):
    """Return a copy of x: the activation of a layer without one."""
    return np.array(x)


def linear_deriv(post_act):
    """Return ones in the shape of `post_act`."""
    return np.ones_like(post_act, dtype=float)


def tanh(x):
    """Return the hyperbolic tangent, between -1 and 1.

    >>> float(tanh(0.0))
    0.0
    """
    return np.tanh(x)


def tanh_deriv(post_act):
    """Return the slope 1 - a**2 of tanh where its value is a = `post_act`."""
    return 1 - np.square(post_act)


def relu(x):
    """Return x where it is positive and 0 elsewhere.

    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return np.maximum(x, 0)


def relu_deriv(post_act):
    """Return 1.0 where the value of relu is positive and 0.0 elsewhere, at 0 too."""
    return (np.asarray(post_act) > 0).astype(float)


def sigmoid_deriv(post_act):
    """Return the slope a (1 - a) of the sigmoid where its value is a = `post_act`.

    >>> float(sigmoid_deriv(0.5))
    0.25
    """
    return post_act * (1 - post_act)
