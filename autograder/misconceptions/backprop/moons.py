"""Mistakes in the two moons' activations, their slopes, feedforward and loss."""

from __future__ import annotations

import numpy as np

from ...oracles import sigmoid, softmax
from .. import misconception
from ._moons import NeuralNetwork, mistake

# --- activation


@mistake(
    "activation",
    NeuralNetwork,
    "actFun",
    "The minus sign in the sigmoid's exponent is missing: your curve falls where the sigmoid rises.",
)
def falling_sigmoid(self, z, type):
    return sigmoid(-np.asarray(z)) if type.lower() == "sigmoid" else NeuralNetwork.actFun(self, z, type)


@mistake(
    "activation",
    NeuralNetwork,
    "actFun",
    "Your ReLU writes its zeros into z itself. backprop needs the net input later: make a new array.",
)
def relu_in_place(self, z, type):
    if type.lower() == "relu":
        z[z < 0] = 0
        return z
    return NeuralNetwork.actFun(self, z, type)


@mistake(
    "activation",
    NeuralNetwork,
    "actFun",
    "exp(z) / (1 + exp(z)) is the sigmoid on paper, but for large z it is inf / inf, which is nan. Find a "
    "form whose exponent is never large and positive.",
)
def sigmoid_infinity_over_infinity(self, z, type):
    if type.lower() == "sigmoid":
        return np.exp(z) / (1 + np.exp(z))
    return NeuralNetwork.actFun(self, z, type)


@mistake(
    "activation",
    NeuralNetwork,
    "actFun",
    "Your ReLU lets a little of the negative side through. That is the leaky ReLU; the plain one gives 0.",
)
def leaky_relu(self, z, type):
    return np.where(z > 0, z, 0.01 * z) if type.lower() == "relu" else NeuralNetwork.actFun(self, z, type)


@mistake(
    "activation",
    NeuralNetwork,
    "actFun",
    "You know one spelling of each name, and give None for the others. Capitals must not matter: compare "
    "type.lower().",
)
def one_spelling(self, z, type):
    known = type in ("Tanh", "Sigmoid", "ReLU")
    return NeuralNetwork.actFun(self, z, type) if known else None


@misconception(
    "backprop.activation",
    "An if cannot decide for a whole array, where some elements are positive and others not. Choose element "
    "by element, with np.maximum, np.where or a mask.",
    replaces="NeuralNetwork",
    crashes_at=r"\b(el)?if\b.*[<>]",
)
def if_on_an_array(*args, **kwargs):
    net = NeuralNetwork(*args, **kwargs)

    def one_by_one(z, type):
        if type.lower() == "relu":
            return z if z > 0 else 0.0
        return NeuralNetwork.actFun(net, z, type)

    net.actFun = one_by_one
    return net


# --- activation_derivative


@mistake(
    "activation_derivative",
    NeuralNetwork,
    "diff_actFun",
    "You treat z as if it were the activation: a (1 - a) and 1 - a**2 are right for a, but diff_actFun gets "
    "the net input. Apply the activation to z first.",
)
def slope_of_the_activation(self, z, type):
    if type.lower() == "relu":
        return np.where(z > 0, 1.0, 0.0)
    return 1 - np.square(z) if type.lower() == "tanh" else z * (1 - z)


@mistake(
    "activation_derivative",
    NeuralNetwork,
    "diff_actFun",
    "The square is missing in 1 - tanh(z)**2: without it the slope is not symmetric in z, and reaches 2.",
)
def tanh_without_square(self, z, type):
    return 1 - np.tanh(z) if type.lower() == "tanh" else NeuralNetwork.diff_actFun(self, z, type)


@mistake(
    "activation_derivative",
    NeuralNetwork,
    "diff_actFun",
    "For ReLU you return the value max(z, 0). Its slope is 1 wherever it is positive, however large z is.",
)
def value_for_slope(self, z, type):
    return np.maximum(z, 0) if type.lower() == "relu" else NeuralNetwork.diff_actFun(self, z, type)


@mistake(
    "activation_derivative",
    NeuralNetwork,
    "diff_actFun",
    "At z = 0 your ReLU has the slope 1. The course's convention is 0 there: compare with z > 0.",
)
def slope_at_zero(self, z, type):
    return np.where(z >= 0, 1.0, 0.0) if type.lower() == "relu" else NeuralNetwork.diff_actFun(self, z, type)


@mistake(
    "activation_derivative",
    NeuralNetwork,
    "diff_actFun",
    "Your ReLU branch writes its ones and zeros into z itself: the net input is lost. Make a new array.",
)
def slope_in_place(self, z, type):
    if type.lower() == "relu":
        z[z <= 0] = 0
        z[z > 0] = 1
        return z
    return NeuralNetwork.diff_actFun(self, z, type)


@mistake(
    "activation_derivative",
    NeuralNetwork,
    "diff_actFun",
    "A factor is missing in your sigmoid's slope: it must be symmetric in z and at most 1/4. If you wrote it "
    "with exponentials, look at the power of the denominator.",
)
def sigmoid_factor_missing(self, z, type):
    return sigmoid(-np.asarray(z)) if type.lower() == "sigmoid" else NeuralNetwork.diff_actFun(self, z, type)


@mistake(
    "activation_derivative",
    NeuralNetwork,
    "diff_actFun",
    "You return None: either no branch is taken, since type comes in any capitals, or a return is missing.",
)
def nothing_returned(self, z, type):
    return None


# --- feedforward


@mistake(
    "feedforward",
    NeuralNetwork,
    "feedforward",
    "You also apply the hidden activation to the logits. Between z2 and softmax there is nothing: with tanh "
    "no probability could get near 1.",
)
def bend_before_softmax(self, X, actFun):
    NeuralNetwork.feedforward(self, X, actFun)
    self.z2 = actFun(self.z2)
    self.probs = softmax(self.z2)


@mistake(
    "feedforward",
    NeuralNetwork,
    "feedforward",
    "You do not call the actFun that was passed but choose by actFun_type. Call the argument: whoever "
    "calls feedforward decides.",
)
def activation_not_called(self, X, actFun):
    NeuralNetwork.feedforward(self, X, self.own_bend)


@mistake(
    "feedforward",
    NeuralNetwork,
    "feedforward",
    "The biases do not take part: the net inputs are X W1 + b1 and a1 W2 + b2.",
)
def biases_left_out(self, X, actFun):
    self.z1 = X @ self.W1
    self.a1 = actFun(self.z1)
    self.z2 = self.a1 @ self.W2
    self.probs = softmax(self.z2)


@mistake(
    "feedforward",
    NeuralNetwork,
    "feedforward",
    "You exponentiate the logits as they are. exp(710) is already infinite: subtract each row's maximum.",
)
def logits_not_shifted(self, X, actFun):
    NeuralNetwork.feedforward(self, X, actFun)
    self.probs = np.exp(self.z2) / np.exp(self.z2).sum(axis=1, keepdims=True)


@mistake(
    "feedforward",
    NeuralNetwork,
    "feedforward",
    "You subtract one maximum for the whole batch. A row far below it becomes all zeros, and 0 / 0 is nan: "
    "each row needs its own.",
)
def batch_maximum(self, X, actFun):
    NeuralNetwork.feedforward(self, X, actFun)
    exps = np.exp(self.z2 - self.z2.max())
    self.probs = exps / exps.sum(axis=1, keepdims=True)


@mistake(
    "feedforward",
    NeuralNetwork,
    "feedforward",
    "Your columns sum to one. Samples are rows, so each row of probs must: look at the axis of the sum.",
)
def columns_of_probabilities(self, X, actFun):
    NeuralNetwork.feedforward(self, X, actFun)
    self.probs = softmax(self.z2.T).T


@mistake(
    "feedforward",
    NeuralNetwork,
    "feedforward",
    "After your feedforward there is no self.z1 and no self.probs. The loss and backprop read z1, a1, z2 and "
    "probs: store all four in self under these names.",
)
def results_not_stored(self, X, actFun):
    return softmax(actFun(X @ self.W1 + self.b1) @ self.W2 + self.b2)


@mistake(
    "feedforward",
    NeuralNetwork,
    "feedforward",
    "Your probabilities are right, but self.z2 holds the logits less their row's maximum. Shift a copy.",
)
def logits_kept_shifted(self, X, actFun):
    NeuralNetwork.feedforward(self, X, actFun)
    self.z2 = self.z2 - self.z2.max(axis=1, keepdims=True)


# --- calculate_loss


@mistake(
    "calculate_loss",
    NeuralNetwork,
    "calculate_loss",
    "Your loss is a sum over the rows; here it is divided by their number, regulariser included.",
)
def loss_not_averaged(self, X, y):
    return len(X) * NeuralNetwork.calculate_loss(self, X, y)


@mistake(
    "calculate_loss",
    NeuralNetwork,
    "calculate_loss",
    "The regulariser is missing: half of its factor times the squared weights is added before you average.",
)
def no_regulariser(self, X, y):
    self.feedforward(X, self.own_bend)
    return self.cross_entropy(y) / len(X)


@mistake(
    "calculate_loss",
    NeuralNetwork,
    "calculate_loss",
    "You average the cross entropy but not the regulariser. Here the whole sum is divided by the rows.",
)
def regulariser_not_averaged(self, X, y):
    self.feedforward(X, self.own_bend)
    return self.cross_entropy(y) / len(X) + self.penalty()


@mistake(
    "calculate_loss",
    NeuralNetwork,
    "calculate_loss",
    "Your regulariser is twice as large: the factor 1/2 before the squared weights is missing. It is there "
    "so that the slope has no factor 2.",
)
def regulariser_not_halved(self, X, y):
    self.feedforward(X, self.own_bend)
    return (self.cross_entropy(y) + 2 * self.penalty()) / len(X)


@mistake(
    "calculate_loss",
    NeuralNetwork,
    "calculate_loss",
    "You regularise the biases too. Only the weights W1 and W2 are penalised.",
)
def biases_penalised(self, X, y):
    self.feedforward(X, self.own_bend)
    biases = self.reg_lambda / 2 * (np.sum(self.b1**2) + np.sum(self.b2**2))
    return (self.cross_entropy(y) + self.penalty() + biases) / len(X)


@mistake(
    "calculate_loss",
    NeuralNetwork,
    "calculate_loss",
    "You use the probabilities of whatever passed through before. Run feedforward for this X first.",
)
def stale_probabilities(self, X, y):
    if not hasattr(self, "probs"):
        self.feedforward(X, self.own_bend)
    return (self.cross_entropy(y) + self.penalty()) / len(X)


@mistake(
    "calculate_loss",
    NeuralNetwork,
    "calculate_loss",
    "You penalise the norms of W1 and W2; the regulariser is made of their squares.",
)
def norms_without_square(self, X, y):
    self.feedforward(X, self.own_bend)
    norms = np.sqrt(np.sum(self.W1**2)) + np.sqrt(np.sum(self.W2**2))
    return (self.cross_entropy(y) + self.reg_lambda / 2 * norms) / len(X)


@mistake(
    "calculate_loss",
    NeuralNetwork,
    "calculate_loss",
    "You also count log(1 - p) of the wrong classes, as for independent yes-or-no outputs. After softmax only "
    "the right class's probability counts.",
)
def wrong_classes_counted(self, X, y):
    self.feedforward(X, self.own_bend)
    wrong = np.arange(self.probs.shape[1]) != np.reshape(y, (-1, 1))
    others = -np.log(1 - self.probs[wrong]).sum()
    return (self.cross_entropy(y) + others + self.penalty()) / len(X)


@mistake(
    "calculate_loss",
    NeuralNetwork,
    "calculate_loss",
    "self.probs[:, y] holds whole columns, N times N numbers. You need one number from each row: index the "
    "rows as well.",
)
def columns_for_entries(self, X, y):
    self.feedforward(X, self.own_bend)
    per_label = -np.log(self.probs).sum(axis=0)
    return (sum(per_label[label] for label in y) + self.penalty()) / len(X)
