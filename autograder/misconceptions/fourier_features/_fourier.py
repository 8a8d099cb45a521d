"""What the catalogue of the coordinate network shares: a right network with hooks, `mistake`, and the caller's names.

Each mistake of a method replaces one method of the class below in a subclass of the same name, since an object's type
is part of what a student's code answers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from ...sandbox.inside.objects import ObjectServer
from .. import misconception


class NeuralNetwork:
    def __init__(self, input_size, hidden_sizes, output_size, num_layers, opt):
        self.num_layers, self.hidden_sizes, self.opt = num_layers, hidden_sizes, opt
        self.params, self.outputs, self.gradients = {}, {}, {}
        for k, (n, m) in enumerate(pairwise([input_size, *hidden_sizes, output_size]), start=1):
            self.params[f"W{k}"] = (np.random.randn(n, m) / np.sqrt(n)).astype(np.float32)
            self.params[f"b{k}"] = np.zeros(m, dtype=np.float32)

    def linear(self, W, X, b):
        return X @ W + b

    def linear_grad(self, W, X, de_dz):
        return X.T @ de_dz, de_dz.sum(axis=0), de_dz @ W.T

    def relu(self, X):
        return np.maximum(X, 0)

    def relu_grad(self, X):
        return (X > 0).astype(X.dtype)

    def sigmoid(self, x):
        return 0.5 * (1 + np.tanh(0.5 * x))

    def sigmoid_grad(self, X):
        p = self.sigmoid(X)
        return p * (1 - p)

    def mse(self, y, p):
        return np.mean((y - p) ** 2)

    def mse_grad(self, y, p):
        return 2 * (p - y) / y.size

    def mse_sigmoid_grad(self, y, p):
        return self.mse_grad(y, p) * p * (1 - p)

    def hidden(self, z):
        """The hidden layers' activation."""
        return self.relu(z)

    def last(self, z):
        """The last layer's activation."""
        return self.sigmoid(z)

    def biases(self, k):
        return self.params[f"b{k}"]

    def forward(self, X):
        self.outputs = {"a0": X}
        for k in range(1, self.num_layers + 1):
            z = self.linear(self.params[f"W{k}"], X, self.biases(k))
            X = self.hidden(z) if k < self.num_layers else self.last(z)
            self.outputs[f"z{k}"], self.outputs[f"a{k}"] = z, X
        return X

    def first_slope(self, y, p):
        """The gradient at the last layer's net input."""
        return self.mse_sigmoid_grad(y, p)

    def below(self, de_dx, k):
        """The gradient at the net input of layer k, from that at its output."""
        return de_dx * self.relu_grad(self.outputs[f"z{k}"])

    def store(self, name, gradient):
        self.gradients[name] = gradient

    def layer_grad(self, k, de_dz):
        return self.linear_grad(self.params[f"W{k}"], self.outputs[f"a{k - 1}"], de_dz)

    def backward(self, y):
        p = self.outputs[f"a{self.num_layers}"]
        de_dz = self.first_slope(y, p)
        for k in range(self.num_layers, 0, -1):
            de_dw, de_db, de_dx = self.layer_grad(k, de_dz)
            self.store(f"W{k}", de_dw)
            self.store(f"b{k}", de_db)
            if k > 1:
                de_dz = self.below(de_dx, k - 1)
        return self.mse(y, p)

    def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
        if self.opt == "Adam":
            return self.adam(lr, b1, b2, eps)
        for name in self.params:
            self.params[name] = self.params[name] - lr * self.gradients[name]

    def adam(self, lr, b1, b2, eps):
        self.count()
        for name, g in self.gradients.items():
            m, v = self.moments(name, g, b1, b2)
            self.params[name] = self.params[name] - lr * self.adam_step(m, v, b1, b2, eps)

    def count(self):
        self.t = getattr(self, "t", 0) + 1

    def moments(self, name, g, b1, b2):
        self.m, self.v = getattr(self, "m", {}), getattr(self, "v", {})
        self.m[name] = b1 * self.m.get(name, 0) + (1 - b1) * g
        self.v[name] = b2 * self.v.get(name, 0) + (1 - b2) * g**2
        return self.m[name], self.v[name]

    def adam_step(self, m, v, b1, b2, eps):
        return m / (1 - b1**self.t) / (np.sqrt(v / (1 - b2**self.t)) + eps)


def mistake(exercise: str, method: str, advice: str, **settings: Any) -> Callable[[Callable[..., Any]], None]:
    """Register a wrong `method` of NeuralNetwork as a misconception: a function that makes objects of such a class.

    Students write these steps with values of their own precision, so symptoms count, too, not values alone.
    """

    def register(wrong: Callable[..., Any]) -> None:
        faulty = type("NeuralNetwork", (NeuralNetwork,), {method: wrong})

        def make(*args: Any, **kwargs: Any) -> Any:
            return faulty(*args, **kwargs)

        make.__name__ = wrong.__name__
        chosen = {"by_symptom": True} | settings
        misconception(f"fourier_features.{exercise}", advice, replaces="NeuralNetwork", **chosen)(make)

    return register


def names_of_the_notebook() -> dict[str, Any]:
    """The namespace that the code under test lives in.

    A mistake in NN_experiment or memorize must call the functions that a check has put there, but its own globals are
    those of the module where it is written: so they are taken from the server that called it.
    """
    frame = sys._getframe(1)
    while frame is not None:
        server = frame.f_locals.get("self")
        if isinstance(server, ObjectServer):
            return server.namespace
        frame = frame.f_back
    raise LookupError("not called through an ObjectServer")
