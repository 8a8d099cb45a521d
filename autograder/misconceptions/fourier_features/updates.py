"""Mistakes in update: gradient descent, and Adam."""

from __future__ import annotations

import numpy as np

from ._fourier import NeuralNetwork, mistake

right = NeuralNetwork

# --- update


def descended(self, lr, names=None):
    for name in names or self.params:
        self.params[name] = self.params[name] - lr * self.gradients[name]


@mistake("update", "update", "Your update goes up the gradient: minus, not plus.")
def uphill(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    descended(self, -lr)


@mistake("update", "update", "Your update leaves the biases where they are. They have gradients, too.")
def biases_left_out(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    descended(self, lr, [name for name in self.params if name[0] == "W"])


@mistake("update", "update", "Your update ignores lr and takes 0.001 always.")
def rate_ignored(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    descended(self, 0.001)


@mistake("update", "update", "Your update subtracts the whole gradient. Multiply it by lr.")
def rate_left_out(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    descended(self, 1.0)


@mistake(
    "update",
    "update",
    "Your update does not change self.params: `param = param - lr * grad` names a new array. Store it back.",
)
def nothing_stored(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    for name, param in self.params.items():
        param = param - lr * self.gradients[name]


@mistake("update", "update", "Your biases grow to shape (1, H). Subtract an array of b's own shape, (H,).")
def biases_grow(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    descended(self, lr)
    for name in self.params:
        if name[0] == "b":
            self.params[name] = np.atleast_2d(self.params[name])


@mistake(
    "update",
    "update",
    "Your parameters become float64: everything after that takes twice the time and memory.",
)
def becomes_float64(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    descended(self, lr)
    self.params = {name: value.astype(float) for name, value in self.params.items()}


@mistake(
    "update",
    "update",
    "Your update writes four layers by hand: networks of other depths fail. Loop over params.",
)
def four_layers_by_hand(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    descended(self, lr, [f"{kind}{k}" for k in (1, 2, 3, 4) for kind in "Wb"])


@mistake("update", "update", "Your update changes the gradients. Someone may look at them afterwards.")
def gradients_scaled(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    for name in self.params:
        self.gradients[name] = lr * self.gradients[name]
        self.params[name] = self.params[name] - self.gradients[name]


@mistake(
    "update", "update", "Your update leaves out the last layer: range(1, num_layers) ends one too early."
)
def last_layer_left_out_of_the_update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    descended(self, lr, [name for name in self.params if name[1:] != str(self.num_layers)])


@mistake("update", "update", "Your update has a learning rate of its own. Use lr.", by_symptom=False)
def rate_typed_in(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    descended(self, 0.01)


@mistake(
    "update", "update", "Your update keeps a momentum. Plain gradient descent has none.", by_symptom=False
)
def momentum(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    self.v = getattr(self, "v", {})
    for name in self.params:
        self.v[name] = b1 * self.v.get(name, 0) + self.gradients[name]
        self.params[name] = self.params[name] - lr * self.v[name]


@mistake(
    "update", "update", "Your update divides each gradient by its length. Take it as it is.", by_symptom=False
)
def gradient_normalised(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    for name, gradient in self.gradients.items():
        self.params[name] = self.params[name] - lr * gradient / (np.linalg.norm(gradient) + eps)


@mistake(
    "update",
    "update",
    "Your parameters become the step itself: params[name] - lr * gradient, not -lr * gradient.",
)
def becomes_the_step(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    for name in self.params:
        self.params[name] = -lr * self.gradients[name]


# --- adam


@mistake("adam", "moments", "Your m and v start at zero in every call: they must live on in the object.")
def state_forgotten(self, name, g, b1, b2):
    return (1 - b1) * g, (1 - b2) * g**2


@mistake(
    "adam", "adam_step", "Your Adam lacks the bias correction: divide m by 1 - b1**t and v by 1 - b2**t."
)
def no_bias_correction(self, m, v, b1, b2, eps):
    return m / (np.sqrt(v) + eps)


@mistake("adam", "count", "t stays 1 in your Adam: count the calls of update.")
def t_stays_one(self):
    self.t = 1


@mistake("adam", "count", "Your t is 2 at the first step. Start at 0 and add 1 before you use it.")
def t_starts_at_two(self):
    self.t = getattr(self, "t", 1) + 1


@mistake(
    "adam", "moments", "Your t counts parameters. It goes up once in each call of update, for all of them."
)
def t_counts_parameters(self, name, g, b1, b2):
    self.t = self.t + (1 if name != next(iter(self.gradients)) else 0)
    return right.moments(self, name, g, b1, b2)


@mistake("adam", "adam_step", "Your Adam divides by v, not by its root.")
def root_of_v_forgotten(self, m, v, b1, b2, eps):
    return m / (1 - b1**self.t) / (v / (1 - b2**self.t) + eps)


@mistake("adam", "adam", "Your update is plain gradient descent also with opt 'Adam'.")
def adam_is_sgd(self, lr, b1, b2, eps):
    descended(self, lr)


@mistake("adam", "adam", "Your Adam leaves out the biases.")
def adam_without_biases(self, lr, b1, b2, eps):
    kept = {name: value for name, value in self.params.items() if name[0] == "b"}
    right.adam(self, lr, b1, b2, eps)
    self.params.update(kept)


@mistake(
    "adam",
    "update",
    "Your update is Adam also with opt 'SGD'. Ask self.opt which of the two it is.",
)
def adam_always(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    self.adam(lr, b1, b2, eps)


@mistake("adam", "moments", "Your v averages the gradient. It averages its square.")
def v_without_the_square(self, name, g, b1, b2):
    self.m, self.v = getattr(self, "m", {}), getattr(self, "v", {})
    self.m[name] = b1 * self.m.get(name, 0) + (1 - b1) * g
    self.v[name] = b2 * self.v.get(name, 0) + (1 - b2) * g
    return self.m[name], self.v[name]


@mistake("adam", "update", "b1 and b2 are exchanged in your Adam: b1 is for m, b2 for v.")
def betas_exchanged(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    return right.update(self, lr, b2, b1, eps)


@mistake("adam", "update", "Your Adam has 0.9 and 0.999 typed in. Use the b1 and b2 that update gets.")
def betas_typed_in(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    return right.update(self, lr, 0.9, 0.999, eps)


@mistake(
    "adam",
    "moments",
    "All parameters share one m and one v in your Adam; their shapes do not even fit. Keep a pair for each name.",
    crashes_at="b[12]",
)
def one_pair_for_all(self, name, g, b1, b2):
    self.m = b1 * getattr(self, "m", 0) + (1 - b1) * g
    self.v = b2 * getattr(self, "v", 0) + (1 - b2) * g**2
    return self.m, self.v
