"""Mistakes in the boxes without parameters, `source/backprop/layers.ipynb`: ReLU, Sigmoid and SE."""

from __future__ import annotations

import numpy as np

from ...oracles import sigmoid
from ._layers import box


class _ReLU:
    def forward(self, x):
        self.x = np.array(x)
        return np.maximum(self.x, 0)

    def backward(self, dL_wrt_output):
        return dL_wrt_output * (self.x > 0)


def _relu(advice):
    return box("backprop.relu_layer", "ReLU", advice)


@_relu(
    "forward writes zeros into the caller's array. As first box that is the data set; in a skip connection "
    "x is needed again. Make a new array."
)
class relu_in_place(_ReLU):
    def forward(self, x):
        self.x = x.copy()
        x[x < 0] = 0
        return x


@_relu("A gradient passes where x is exactly 0 (x >= 0 for x > 0). The slope at 0 is taken to be 0.")
class gradient_at_zero(_ReLU):
    def backward(self, dL_wrt_output):
        return dL_wrt_output * (self.x >= 0)


@_relu(
    "backward writes zeros into the arriving gradient, which belongs to the layer behind. Make a new array."
)
class gradient_changed(_ReLU):
    def backward(self, dL_wrt_output):
        dL_wrt_output[self.x <= 0] = 0
        return dL_wrt_output


@_relu("backward returns the slope, zeros and ones, without the arriving gradient. Multiply the two.")
class relu_slope_alone(_ReLU):
    def backward(self, dL_wrt_output):
        return (self.x > 0).astype(float)


@_relu(
    "backward applies ReLU to the arriving gradient. What decides is the sign of x in forward, not the "
    "gradient's."
)
class relu_of_the_gradient(_ReLU):
    def backward(self, dL_wrt_output):
        return np.maximum(dL_wrt_output, 0)


@_relu("backward hands on the whole gradient. Nothing may pass where x was 0 or less.")
class relu_gradient_unmasked(_ReLU):
    def backward(self, dL_wrt_output):
        return np.array(dL_wrt_output)


@_relu("backward multiplies by ReLU's output instead of its slope, which is 1 where x > 0.")
class output_for_slope(_ReLU):
    def backward(self, dL_wrt_output):
        return dL_wrt_output * np.maximum(self.x, 0)


class _Sigmoid:
    def forward(self, x):
        self.x, self.output = np.array(x), sigmoid(x)
        return self.output

    def backward(self, dL_wrt_output):
        return dL_wrt_output * (self.output - self.output**2)


def _sigmoid(advice):
    return box("backprop.sigmoid_layer", "Sigmoid", advice)


@_sigmoid("The minus sign in the exponent is missing: your curve falls where the sigmoid rises.")
class sigmoid_minus_missing(_Sigmoid):
    def forward(self, x):
        self.output = sigmoid(-np.asarray(x))
        return self.output


@_sigmoid(
    "exp(x) / (1 + exp(x)) is the sigmoid on paper, but for large x it is inf / inf, which is nan. Find a "
    "form whose exponent is never large and positive."
)
class sigmoid_inf_over_inf(_Sigmoid):
    def forward(self, x):
        self.output = np.exp(x) / (1 + np.exp(x))
        return self.output


@_sigmoid("backward computes x (1 - x) with forward's input. The slope is s (1 - s) with forward's output s.")
class slope_of_the_input(_Sigmoid):
    def backward(self, dL_wrt_output):
        return dL_wrt_output * self.x * (1 - self.x)


@_sigmoid("backward applies the sigmoid again before it takes s (1 - s). forward's output is s already.")
class sigmoid_applied_twice(_Sigmoid):
    def backward(self, dL_wrt_output):
        again = sigmoid(self.output)
        return dL_wrt_output * again * (1 - again)


@_sigmoid("backward returns the slope s (1 - s) without the arriving gradient. Multiply the two.")
class sigmoid_slope_alone(_Sigmoid):
    def backward(self, dL_wrt_output):
        return self.output * (1 - self.output)


@_sigmoid(
    "backward takes the slope of the arriving gradient, as if that were the output. Use forward's output."
)
class slope_of_the_gradient(_Sigmoid):
    def backward(self, dL_wrt_output):
        return dL_wrt_output * (1 - dL_wrt_output)


@_sigmoid("backward writes into the arriving gradient, which belongs to the layer behind. Make a new array.")
class sigmoid_gradient_changed(_Sigmoid):
    def backward(self, dL_wrt_output):
        dL_wrt_output *= self.output - self.output**2
        return dL_wrt_output


@_sigmoid("forward writes its result into the caller's array. Make a new one.")
class sigmoid_layer_in_place(_Sigmoid):
    def forward(self, x):
        x[...] = super().forward(x)
        return x


class _SE:
    def forward(self, x, y):
        self.x, self.y = np.array(x), np.array(y)
        return np.square(self.x - self.y)

    def backward(self):
        return 2 * self.x - 2 * self.y


def _se(advice):
    return box("backprop.squared_error", "SE", advice)


@_se(
    "forward returns the mean. Here the errors stay apart, one for each entry; whoever trains averages them."
)
class errors_averaged(_SE):
    def forward(self, x, y):
        return super().forward(x, y).mean()


@_se("forward returns the sum. Here the errors stay apart, one for each entry.")
class errors_summed(_SE):
    def forward(self, x, y):
        return super().forward(x, y).sum()


@_se("The slope's factor 2 is missing: the loss is (x - y)**2, without a half in front.")
class factor_two_missing(_SE):
    def backward(self):
        return self.x - self.y


@_se("The slope has the wrong sign: it is 2 (x - y), positive where the score is too high.")
class slope_reversed(_SE):
    def backward(self):
        return 2 * (self.y - self.x)


@_se("The slope is divided by the number of rows. Nothing is averaged here: each entry has its own error.")
class slope_averaged(_SE):
    def backward(self):
        return super().backward() / len(self.x)


@_se("forward halves the error. Documented is (x - y)**2, and backward's factor 2 belongs to that.")
class halved(_SE):
    def forward(self, x, y):
        return super().forward(x, y) / 2

    def backward(self):
        return self.x - self.y


@_se("backward returns the error (x - y)**2 again. Its slope in x is 2 (x - y).")
class error_for_slope(_SE):
    def backward(self):
        return np.square(self.x - self.y)
