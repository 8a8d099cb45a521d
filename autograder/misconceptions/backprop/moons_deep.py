"""Mistakes in a layer as an object, and in networks of any depth."""

from __future__ import annotations

import numpy as np

from .. import misconception
from ._moons import DeepNeuralNetwork, Layer, mistake

# --- dense_layer


@mistake(
    "dense_layer",
    Layer,
    "backprop",
    "Your layer takes the slope at its activation. diff_act is a function of the net input, so keep that.",
)
def layer_slope_at_activation(self, delta):
    return self.through(delta * self.diff_act(self.act(self.z)))


@mistake(
    "dense_layer",
    Layer,
    "backprop",
    "delta never passes the activation's slope in your layer: multiply by diff_act at the net input first.",
)
def layer_without_slope(self, delta):
    return self.through(delta)


@mistake(
    "dense_layer",
    Layer,
    "backprop",
    "dW and db are right, but the gradient that you return has not passed the activation's slope.",
)
def slope_missing_below(self, delta):
    Layer.backprop(self, delta)
    return delta @ self.W.T


@mistake(
    "dense_layer",
    Layer,
    "backprop",
    "delta *= ... changes the caller's array. Make a new one.",
)
def delta_in_place(self, delta):
    delta *= self.diff_act(self.z)
    return self.through(delta)


@mistake(
    "dense_layer",
    Layer,
    "backprop",
    "Your layer divides dW and db by the number of rows; the course's are sums.",
)
def layer_averages(self, delta):
    below = Layer.backprop(self, delta)
    self.dW, self.db = self.dW / len(delta), self.db / len(delta)
    return below


@mistake(
    "dense_layer",
    Layer,
    "backprop",
    "Your layer adds new gradients to those of the calls before. Each backprop replaces dW and db.",
)
def layer_gradients_add_up(self, delta):
    before = getattr(self, "dW", 0.0), getattr(self, "db", 0.0)
    below = Layer.backprop(self, delta)
    self.dW, self.db = self.dW + before[0], self.db + before[1]
    return below


@mistake(
    "dense_layer",
    Layer,
    "backprop",
    "Your dW is transposed. It must have the shape of W, one row for each input.",
)
def layer_gradient_transposed(self, delta):
    below = Layer.backprop(self, delta)
    self.dW = self.dW.T
    return below


# --- deep_network


@mistake(
    "deep_network",
    DeepNeuralNetwork,
    "bend_of",
    "Your last layer has an activation before softmax. With tanh no probability gets near 1, with ReLU no "
    "logit is negative: make it linear.",
)
def bend_on_the_logits(self, place, depth):
    return self.own_bend, lambda z: self.diff_actFun(z, self.actFun_type)


@mistake(
    "deep_network",
    DeepNeuralNetwork,
    "penalised",
    "Your loss regularises the first and the last layer only, as the three-layer network did. Sum over all "
    "layers.",
)
def two_layers_penalised(self):
    return [self.layers[0], self.layers[-1]]


@mistake(
    "deep_network",
    DeepNeuralNetwork,
    "penalty",
    "Your deep loss has no regulariser: half of its factor times the squares of all weights belongs to it.",
)
def deep_loss_unpenalised(self):
    return 0.0


@mistake(
    "deep_network",
    DeepNeuralNetwork,
    "step_of",
    "Your deep fit_model leaves out the regulariser: its slope, W times its factor, is added to every dW.",
)
def deep_weights_not_shrunk(self, layer, epsilon):
    layer.W = layer.W - epsilon * layer.dW
    layer.b = layer.b - epsilon * layer.db


@mistake(
    "deep_network",
    DeepNeuralNetwork,
    "backprop",
    "Your deep gradients are divided by the number of rows. They are sums here; only the loss is averaged.",
)
def deep_gradients_averaged(self, X, y):
    delta = (self.probs - np.eye(self.probs.shape[1])[y]) / len(X)
    for layer in reversed(self.layers):
        delta = layer.backprop(delta)


@mistake(
    "deep_network",
    DeepNeuralNetwork,
    "step_of",
    "The regulariser shrinks your biases too, in every layer. It acts on weights only.",
)
def deep_biases_shrunk(self, layer, epsilon):
    layer.W = layer.W - epsilon * (layer.dW + self.reg_lambda * layer.W)
    layer.b = layer.b - epsilon * (layer.db + self.reg_lambda * layer.b)


@misconception(
    "backprop.deep_network",
    "Layer 0 has no dW after your deep backprop: the gradient must go down through every layer, the first "
    "one too.",
    replaces="DeepNeuralNetwork",
    crashes_at=r"\.d[Wb]\b",
)
def first_layer_without_gradient(*args, **kwargs):
    net = DeepNeuralNetwork(*args, **kwargs)

    def backprop(X, y):
        DeepNeuralNetwork.backprop(net, X, y)
        del net.layers[0].dW, net.layers[0].db

    net.backprop = backprop
    return net


@misconception(
    "backprop.deep_network",
    "Your deep backprop changes weights. It only stores gradients; the steps are fit_model's, which would "
    "take them twice.",
    replaces="DeepNeuralNetwork",
    by_symptom=True,
)
def weights_moved_in_backprop(*args, **kwargs):
    net = DeepNeuralNetwork(*args, **kwargs)

    def backprop(X, y):
        DeepNeuralNetwork.backprop(net, X, y)
        for layer in net.layers:
            layer.W = layer.W - 0.01 * layer.dW

    net.backprop = backprop
    return net


@mistake(
    "deep_network",
    DeepNeuralNetwork,
    "fit_model",
    "Your deep fit_model goes forward and back once, before the loop, so every pass repeats the first step. "
    "Both belong into the loop.",
)
def deep_forward_only_once(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    self.feedforward(X)
    self.backprop(X, y)
    for _ in range(num_passes):
        for layer in self.layers:
            self.step_of(layer, epsilon)


@mistake(
    "deep_network",
    DeepNeuralNetwork,
    "__init__",
    "Your weights start at zero. Then all units of a layer stay alike and hidden weights get no gradient: "
    "draw them at random.",
)
def weights_start_at_zero(self, layer_sizes, actFun_type="tanh", reg_lambda=0.01, seed=0):
    DeepNeuralNetwork.__init__(self, layer_sizes, actFun_type, reg_lambda, seed)
    for layer in self.layers:
        layer.W = np.zeros(layer.W.shape)
