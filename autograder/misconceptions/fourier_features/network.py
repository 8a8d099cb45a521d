"""Mistakes in forward and backward."""

from __future__ import annotations

import numpy as np

from ._fourier import NeuralNetwork, mistake

right = NeuralNetwork

# --- forward


@mistake(
    "forward",
    "hidden",
    "Your hidden layers have sigmoids. Here they have ReLU; the sigmoid is for the last layer.",
)
def sigmoid_in_hidden_layers(self, z):
    return self.sigmoid(z)


@mistake(
    "forward", "hidden", "Your hidden layers have no ReLU. Without it the whole network is one linear layer."
)
def no_relu(self, z):
    return z


@mistake("forward", "last", "Your last layer has no sigmoid: colours would not stay in [0, 1].")
def no_sigmoid(self, z):
    return z


@mistake("forward", "last", "Your last layer has ReLU instead of the sigmoid. Colours must stay below 1.")
def relu_at_the_end(self, z):
    return self.relu(z)


@mistake(
    "forward", "last", "Your last layer goes through ReLU before the sigmoid: no colour could be below 1/2."
)
def relu_before_the_sigmoid(self, z):
    return self.sigmoid(self.relu(z))


@mistake("forward", "biases", "Your forward leaves out the biases.")
def forward_without_biases(self, k):
    return 0.0


@mistake(
    "forward",
    "forward",
    "Your forward has four layers, whatever num_layers is. Loop over range(1, num_layers + 1).",
)
def four_layers_always(self, X):
    depth, self.num_layers = self.num_layers, 4
    out = right.forward(self, X)
    self.num_layers = depth
    return out


@mistake(
    "forward", "forward", "Nothing is in self.outputs after your forward. backward needs what passed there."
)
def outputs_not_kept(self, X):
    out = right.forward(self, X)
    self.outputs = {}
    return out


@mistake(
    "forward", "forward", "Your loop ends one layer early: range(1, num_layers) leaves out the last one."
)
def last_layer_left_out(self, X):
    for k in range(1, self.num_layers):
        X = self.relu(self.linear(self.params[f"W{k}"], X, self.params[f"b{k}"]))
    self.outputs = {"last": X}
    return self.sigmoid(X)


@mistake(
    "forward",
    "forward",
    "Your layers apply ReLU before the product, to the input as well. It comes after: relu(X W + b).",
)
def relu_before_linear(self, X):
    for k in range(1, self.num_layers + 1):
        X = self.linear(self.params[f"W{k}"], self.relu(X), self.params[f"b{k}"])
    self.outputs = {"last": X}
    return self.sigmoid(X)


@mistake("forward", "forward", "Your forward returns nothing. It returns the last layer's output.")
def output_not_returned(self, X):
    right.forward(self, X)


@mistake(
    "forward", "forward", "Your last hidden layer has no ReLU. All layers but the very last one have it."
)
def last_relu_missing(self, X):
    self.outputs = {"a0": X}
    for k in range(1, self.num_layers + 1):
        X = self.linear(self.params[f"W{k}"], X, self.params[f"b{k}"])
        X = self.relu(X) if k < self.num_layers - 1 else X
    return self.sigmoid(X)


@mistake(
    "forward",
    "last",
    "Your last layer has a softmax. Three channels are no classes: each has its own sigmoid.",
)
def softmax_at_the_end(self, z):
    weights = np.exp(z - z.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


# --- backward


@mistake(
    "backward",
    "below",
    "Your gradient passes no relu_grad on its way down. Multiply by the slope at each hidden z.",
)
def no_relu_grad(self, de_dx, k):
    return de_dx


@mistake(
    "backward",
    "below",
    "Your hidden slopes are the sigmoid's. The hidden layers have ReLU: multiply by relu_grad of their z.",
)
def sigmoid_slope_in_hidden_layers(self, de_dx, k):
    return de_dx * self.sigmoid_grad(self.outputs[f"z{k}"])


@mistake("backward", "below", "You multiply by relu instead of its slope, relu_grad.")
def relu_instead_of_slope(self, de_dx, k):
    return de_dx * self.relu(self.outputs[f"z{k}"])


@mistake(
    "backward",
    "first_slope",
    "Your backward starts without the sigmoid's slope: use mse_sigmoid_grad, not mse_grad.",
)
def sigmoid_skipped(self, y, p):
    return self.mse_grad(y, p)


@mistake(
    "backward",
    "first_slope",
    "Your backward multiplies by the sigmoid's slope twice: mse_sigmoid_grad has it already.",
)
def sigmoid_slope_twice(self, y, p):
    return self.mse_sigmoid_grad(y, p) * p * (1 - p)


@mistake(
    "backward",
    "first_slope",
    "You take sigmoid_grad of the output. It wants the sigmoid's input, z of the last layer.",
)
def sigmoid_grad_of_the_output(self, y, p):
    return self.mse_grad(y, p) * self.sigmoid_grad(p)


@mistake("backward", "first_slope", "All of your gradients have the wrong sign: p - y, not y - p.")
def wrong_direction(self, y, p):
    return -self.mse_sigmoid_grad(y, p)


@mistake(
    "backward",
    "first_slope",
    "Your gradients have another factor than the loss that you return: 1/2 in one of them only.",
)
def factor_not_that_of_the_loss(self, y, p):
    return 0.5 * self.mse_sigmoid_grad(y, p)


@mistake(
    "backward",
    "first_slope",
    "Your gradients are divided by the rows once more. mse_grad has the whole mean already.",
)
def rows_divided_twice(self, y, p):
    return self.mse_sigmoid_grad(y, p) / len(y)


@mistake(
    "backward",
    "first_slope",
    "Your gradients are averaged over the rows only. The loss is a mean over all N*C entries.",
)
def channels_not_averaged(self, y, p):
    return self.mse_sigmoid_grad(y, p) * y.shape[1]


@mistake(
    "backward",
    "store",
    "Your gradients add up over the calls. Each backward replaces those of the call before.",
)
def gradients_add_up(self, name, gradient):
    self.gradients[name] = self.gradients.get(name, 0) + gradient


@mistake("backward", "store", "Your bias gradients are rows of shape (1, H). They have the shape of b: (H,).")
def bias_gradient_is_a_row(self, name, gradient):
    self.gradients[name] = gradient[np.newaxis] if name[0] == "b" else gradient


@mistake(
    "backward",
    "store",
    "Your bias gradients are averages over the rows; linear_grad's sums are right as they are.",
)
def bias_gradient_averaged(self, name, gradient):
    rows = len(self.outputs["a0"])
    self.gradients[name] = gradient / rows if name[0] == "b" else gradient


@mistake("backward", "layer_grad", "Your linear_grad gets the layer's output. X is what went into the layer.")
def output_instead_of_input(self, k, de_dz):
    W, X = self.params[f"W{k}"], self.outputs[f"a{k - 1}"]
    shifted = self.outputs[f"z{k - 1}"] if k > 1 else X
    return self.linear_grad(W, shifted, de_dz)


@mistake(
    "backward",
    "layer_grad",
    "Your backward changes the parameters, and the lower layers see the changed ones. Steps are update's.",
    by_symptom=False,
)
def updates_on_the_way(self, k, de_dz):
    found = right.layer_grad(self, k, de_dz)
    self.params[f"W{k}"] = self.params[f"W{k}"] - 0.1 * found[0]
    return found[0], found[1], de_dz @ self.params[f"W{k}"].T


@mistake("backward", "backward", "Your backward knows four layers only. Loop from num_layers down to 1.")
def backward_of_four_layers(self, y):
    depth, self.num_layers = self.num_layers, 4
    try:
        return right.backward(self, y)
    finally:
        self.num_layers = depth


@mistake(
    "backward",
    "store",
    "W1 and b1 have gradients of zero in your backward. The slope must reach the first layer as well.",
)
def first_gradient_zero(self, name, gradient):
    self.gradients[name] = 0 * gradient if name[1:] == "1" else gradient


@mistake("backward", "backward", "Your backward returns nothing. It returns the loss, self.mse(y, p).")
def loss_not_returned(self, y):
    right.backward(self, y)


@mistake(
    "backward",
    "backward",
    "Your loop stops above the first layer: W1 and b1 get no gradient. Go down to k = 1.",
)
def first_layer_without_gradient(self, y):
    loss = right.backward(self, y)
    del self.gradients["W1"], self.gradients["b1"]
    return loss


@mistake(
    "backward",
    "below",
    "Your relu_grad takes the z of the layer that the gradient comes from. It belongs to the layer below.",
    crashes_at="relu_grad",
)
def slope_of_the_layer_itself(self, de_dx, k):
    return de_dx * self.relu_grad(self.outputs[f"z{k + 1}"])


@mistake(
    "backward", "store", "Your backward keeps the gradients of the weights only. b1 to bk need theirs, too."
)
def bias_gradients_not_kept(self, name, gradient):
    if name[0] == "W":
        self.gradients[name] = gradient


@mistake("backward", "store", "Your gradients have other keys than params: 'W1', not 'dW1'.")
def keys_with_a_d(self, name, gradient):
    self.gradients["d" + name] = gradient


@mistake(
    "backward", "layer_grad", "Your linear_grad gets z of the layer itself. X is what went into the layer."
)
def net_input_instead_of_input(self, k, de_dz):
    return self.linear_grad(self.params[f"W{k}"], self.outputs[f"z{k}"], de_dz)


@mistake(
    "backward",
    "backward",
    "Your backward returns the sum of the squared errors. It returns the loss, their mean.",
)
def sum_returned(self, y):
    return right.backward(self, y) * y.size


@mistake("backward", "backward", "Your backward returns the PSNR. It returns the loss.")
def psnr_returned(self, y):
    return -10 * np.log10(right.backward(self, y))
