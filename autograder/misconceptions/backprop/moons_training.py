"""Mistakes in the two moons' gradients and training."""

from __future__ import annotations

import numpy as np

from .. import misconception
from ._moons import NeuralNetwork, mistake

# --- backprop_three_layer


@mistake(
    "backprop_three_layer",
    NeuralNetwork,
    "backprop",
    "Your gradients are divided by the number of rows. Here they are sums; only the loss is an average.",
)
def gradients_averaged(self, X, y):
    return tuple(gradient / len(X) for gradient in NeuralNetwork.backprop(self, X, y))


@mistake(
    "backprop_three_layer",
    NeuralNetwork,
    "backprop",
    "You take the slope at a1. diff_actFun applies the activation itself and needs the net input z1: yours "
    "is bent twice.",
)
def slope_at_the_activation(self, X, y):
    return self.gradients(X, *self.deltas(X, y, self.diff_actFun(self.a1, self.actFun_type)))


@mistake(
    "backprop_three_layer",
    NeuralNetwork,
    "backprop",
    "The activation's derivative is missing between W2 and W1. Training may still go downhill, but these "
    "are not the gradients.",
)
def slope_left_out(self, X, y):
    return self.gradients(X, *self.deltas(X, y, 1.0))


@mistake(
    "backprop_three_layer",
    NeuralNetwork,
    "backprop",
    "The slope in your backprop is always that of tanh. Ask diff_actFun, with self.actFun_type.",
)
def always_tanh(self, X, y):
    return self.gradients(X, *self.deltas(X, y, 1 - self.a1**2))


@mistake(
    "backprop_three_layer",
    NeuralNetwork,
    "backprop",
    "Your gradients contain the regulariser. fit_model adds it; here it would count twice.",
)
def regulariser_too_early(self, X, y):
    dW1, dW2, db1, db2 = NeuralNetwork.backprop(self, X, y)
    return dW1 + self.reg_lambda * self.W1, dW2 + self.reg_lambda * self.W2, db1, db2


@mistake(
    "backprop_three_layer",
    NeuralNetwork,
    "backprop",
    "Subtracting 1 at the labels has changed self.probs: an assignment does not copy an array.",
)
def probs_overwritten(self, X, y):
    delta2 = self.probs
    delta2[np.arange(len(X)), y] -= 1
    return self.gradients(X, delta2 @ self.W2.T * self.diff_actFun(self.z1, self.actFun_type), delta2)


@mistake(
    "backprop_three_layer",
    NeuralNetwork,
    "backprop",
    "Your bias gradients are means over the rows, while dW1 and dW2 are sums. Both must be sums.",
)
def bias_means(self, X, y):
    dW1, dW2, db1, db2 = NeuralNetwork.backprop(self, X, y)
    return dW1, dW2, db1 / len(X), db2 / len(X)


@mistake(
    "backprop_three_layer",
    NeuralNetwork,
    "backprop",
    "All your gradients have the wrong sign, so a step against them would climb. The way down starts with the "
    "probabilities minus the one-hot labels.",
)
def gradients_negated(self, X, y):
    return tuple(-gradient for gradient in NeuralNetwork.backprop(self, X, y))


@mistake(
    "backprop_three_layer",
    NeuralNetwork,
    "backprop",
    "For dW2 you use X, but what W2 multiplies is the hidden activation. dW2 must have the shape of W2.",
)
def input_for_activation(self, X, y):
    dW1, _, db1, db2 = NeuralNetwork.backprop(self, X, y)
    return dW1, X.T @ self.deltas(X, y)[1], db1, db2


@mistake(
    "backprop_three_layer",
    NeuralNetwork,
    "backprop",
    "You multiply the output's delta by the activation's slope at z2. No activation stands there, and "
    "probs - onehot already is the gradient at z2.",
)
def slope_at_the_logits(self, X, y):
    delta2 = self.deltas(X, y)[1] * self.diff_actFun(self.z2, self.actFun_type)
    return self.gradients(X, delta2 @ self.W2.T * self.diff_actFun(self.z1, self.actFun_type), delta2)


# --- fit_model


@mistake(
    "fit_model",
    NeuralNetwork,
    "step",
    "Your steps leave out the regulariser: its slope, W times its factor, is added to the gradient of W.",
)
def weights_not_shrunk(self, gradients, epsilon):
    NeuralNetwork.step(self, gradients, epsilon, on_weights=0.0)


@mistake(
    "fit_model",
    NeuralNetwork,
    "step",
    "Your biases shrink too. The regulariser acts on W1 and W2 only.",
)
def biases_shrunk(self, gradients, epsilon):
    NeuralNetwork.step(self, gradients, epsilon, on_biases=1.0)


@mistake(
    "fit_model",
    NeuralNetwork,
    "step",
    "You step along the gradients, so the loss rises. A step goes against them, with a minus.",
)
def uphill(self, gradients, epsilon):
    NeuralNetwork.step(self, gradients, -epsilon)


@mistake(
    "fit_model",
    NeuralNetwork,
    "step",
    "Your regulariser pulls twice as hard as it should: half a square has the slope W, not 2 W.",
)
def shrunk_twice(self, gradients, epsilon):
    NeuralNetwork.step(self, gradients, epsilon, on_weights=2.0)


@mistake(
    "fit_model",
    NeuralNetwork,
    "fit_model",
    "You run forward once, before the loop, so every pass repeats the first pass's gradients. Forward "
    "belongs into the loop.",
)
def forward_only_once(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    self.feedforward(X, self.own_bend)
    for _ in range(num_passes):
        self.step(self.backprop(X, y), epsilon)


@mistake(
    "fit_model",
    NeuralNetwork,
    "fit_model",
    "You divide the gradients by the number of rows. Here a step uses the sums that backprop returns.",
)
def step_averaged(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    for _ in range(num_passes):
        self.feedforward(X, self.own_bend)
        self.step([gradient / len(X) for gradient in self.backprop(X, y)], epsilon)


@mistake(
    "fit_model",
    NeuralNetwork,
    "step",
    "After your fit_model W1 and b1 are what they were before. Every pass must store a new value of each of "
    "the four parameters in self.",
)
def hidden_layer_unmoved(self, gradients, epsilon):
    kept = self.W1, self.b1
    NeuralNetwork.step(self, gradients, epsilon)
    self.W1, self.b1 = kept


@mistake(
    "fit_model",
    NeuralNetwork,
    "fit_model",
    "You move the first layer, then take new gradients for the second. One pass is one step: all four "
    "parameters use the gradients of the same forward pass.",
)
def layers_step_in_turn(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    for number in range(2 * num_passes):
        kept = (self.W1, self.b1) if number % 2 else (self.W2, self.b2)
        self.feedforward(X, self.own_bend)
        self.step(self.backprop(X, y), epsilon)
        if number % 2:
            self.W1, self.b1 = kept
        else:
            self.W2, self.b2 = kept


@misconception(
    "backprop.fit_model",
    "What you subtract from W2 has not its shape. backprop returns dW1, dW2, db1, db2, in this order: unpack "
    "it so.",
    replaces="NeuralNetwork",
    crashes_at=r"^(?!.*(W1|b[12]|\bX\b|\.T\b|@|dot\()).*\bdW2\b",
)
def gradients_in_another_order(*args, **kwargs):
    net = NeuralNetwork(*args, **kwargs)

    def step(gradients, epsilon):
        dW1, db1, dW2, db2 = gradients
        dW2 = dW2 + net.reg_lambda * net.W2
        NeuralNetwork.step(net, (dW1, dW2, db1, db2), epsilon)

    net.step = step
    return net
