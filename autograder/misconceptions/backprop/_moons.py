"""What the catalogue of `source/backprop/moons.ipynb` shares: right classes, and `mistake`.

The right classes below are the grader's own; each mistake replaces one method of one of them, in a subclass of the
same name, since an object's type is part of what a student's code answers.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from ...oracles import sigmoid, softmax
from .. import misconception


class NeuralNetwork:
    def __init__(
        self, nn_input_dim, nn_hidden_dim, nn_output_dim, actFun_type="tanh", reg_lambda=0.01, seed=0
    ):
        self.actFun_type, self.reg_lambda = actFun_type, reg_lambda
        rng = np.random.RandomState(seed)  # the same weights as in the notebook
        self.W1 = rng.randn(nn_input_dim, nn_hidden_dim) / np.sqrt(nn_input_dim)
        self.W2 = rng.randn(nn_hidden_dim, nn_output_dim) / np.sqrt(nn_hidden_dim)
        self.b1, self.b2 = np.zeros((1, nn_hidden_dim)), np.zeros((1, nn_output_dim))

    def actFun(self, z, type):
        return {"tanh": np.tanh, "sigmoid": sigmoid, "relu": lambda z: np.maximum(z, 0)}[type.lower()](z)

    def diff_actFun(self, z, type):
        if type.lower() == "relu":
            return np.where(z > 0, 1.0, 0.0)
        a = self.actFun(z, type)
        return 1 - a * a if type.lower() == "tanh" else a - a * a

    def own_bend(self, z):
        return self.actFun(z, self.actFun_type)

    def feedforward(self, X, actFun):
        self.z1 = X @ self.W1 + self.b1
        self.a1 = actFun(self.z1)
        self.z2 = self.a1 @ self.W2 + self.b2
        self.probs = softmax(self.z2)

    def cross_entropy(self, y):
        return -np.log(self.probs[np.arange(len(y)), y]).sum()

    def penalty(self):
        return self.reg_lambda / 2 * (np.sum(self.W1**2) + np.sum(self.W2**2))

    def calculate_loss(self, X, y):
        self.feedforward(X, self.own_bend)
        return (self.cross_entropy(y) + self.penalty()) / len(X)

    def deltas(self, X, y, slope=None):
        """delta1, delta2, with `slope` in the place of the hidden layer's."""
        delta2 = self.probs - np.eye(self.probs.shape[1])[y]
        slope = self.diff_actFun(self.z1, self.actFun_type) if slope is None else slope
        return delta2 @ self.W2.T * slope, delta2

    def gradients(self, X, delta1, delta2):
        sums = delta1.sum(axis=0, keepdims=True), delta2.sum(axis=0, keepdims=True)
        return X.T @ delta1, self.a1.T @ delta2, *sums

    def backprop(self, X, y):
        return self.gradients(X, *self.deltas(X, y))

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for _ in range(num_passes):
            self.feedforward(X, self.own_bend)
            self.step(self.backprop(X, y), epsilon)

    def step(self, gradients, epsilon, on_weights=1.0, on_biases=0.0):
        """Step, with reg_lambda times these factors of weights and biases added to the gradients."""
        for name, gradient in zip(("W1", "W2", "b1", "b2"), gradients, strict=True):
            factor = on_weights if name[0] == "W" else on_biases
            value = getattr(self, name)
            setattr(self, name, value - epsilon * (gradient + factor * self.reg_lambda * value))

    def predict(self, X):
        self.feedforward(X, self.own_bend)
        return self.probs.argmax(axis=1)


class Layer:
    def __init__(self, W, b, act, diff_act):
        self.W, self.b, self.act, self.diff_act = W, b, act, diff_act

    def feedforward(self, x):
        self.x, self.z = x, x @ self.W + self.b
        return self.act(self.z)

    def backprop(self, delta):
        return self.through(delta * self.diff_act(self.z))

    def through(self, slope):
        self.dW, self.db = self.x.T @ slope, slope.sum(axis=0, keepdims=True)
        return slope @ self.W.T


class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type="tanh", reg_lambda=0.01, seed=0):
        self.actFun_type, self.reg_lambda = actFun_type, reg_lambda
        rng = np.random.RandomState(seed)  # the same weights as in the notebook
        shapes = list(pairwise(layer_sizes))
        self.layers = [
            Layer(rng.randn(n, m) / np.sqrt(n), np.zeros((1, m)), *self.bend_of(place, len(shapes)))
            for place, (n, m) in enumerate(shapes, start=1)
        ]

    def bend_of(self, place, depth):
        if place == depth:
            return np.array, np.ones_like
        return self.own_bend, lambda z: self.diff_actFun(z, self.actFun_type)

    def feedforward(self, X, actFun=None):
        for layer in self.layers:
            X = layer.feedforward(X)
        self.probs = softmax(X)

    def penalised(self):
        """The layers whose weights the loss counts."""
        return self.layers

    def penalty(self):
        return self.reg_lambda / 2 * sum(np.sum(layer.W**2) for layer in self.penalised())

    def backprop(self, X, y):
        delta = self.probs - np.eye(self.probs.shape[1])[y]
        for layer in reversed(self.layers):
            delta = layer.backprop(delta)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for _ in range(num_passes):
            self.feedforward(X, self.own_bend)
            self.backprop(X, y)
            for layer in self.layers:
                self.step_of(layer, epsilon)

    def step_of(self, layer, epsilon):
        layer.W = layer.W - epsilon * (layer.dW + self.reg_lambda * layer.W)
        layer.b = layer.b - epsilon * layer.db


def mistake(exercise: str, cls: type, method: str, advice: str) -> Callable[[Callable[..., Any]], None]:
    """Register a wrong `method` of `cls` as a misconception: a function that makes objects of such a class."""

    def register(wrong: Callable[..., Any]) -> None:
        faulty = type(cls.__name__, (cls,), {method: wrong})

        def make(*args: Any, **kwargs: Any) -> Any:
            return faulty(*args, **kwargs)

        make.__name__ = wrong.__name__
        misconception(f"backprop.{exercise}", advice, replaces=cls.__name__)(make)

    return register
