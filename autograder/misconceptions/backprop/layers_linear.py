"""Mistakes in Linear, `source/backprop/layers.ipynb`.

Row vectors: x (N, in), W (in, out), b (1, out); gradients of parameters per sample, averaged by the trainer.
"""

from __future__ import annotations

import numpy as np

from ._layers import box


class _Linear:
    """A right Linear: x W + b, with per-sample gradients."""

    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.normal(0, 1 / np.sqrt(input_dimension), (input_dimension, output_dimension))
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = np.einsum("ni,no->nio", self.x, dL_wrt_output)
        self.dL_wrt_b = np.expand_dims(dL_wrt_output, 1)
        return np.dot(dL_wrt_output, self.W.T)

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


def _linear(advice, random=False):
    return box("backprop.linear_layer", "Linear", advice, random)


@_linear(
    "Your parameter gradients are summed over the batch, like x.T @ d. Here each sample keeps its own: "
    "dL_wrt_W is (N, in, out), dL_wrt_b (N, 1, out); the trainer averages them."
)
class gradients_summed(_Linear):
    def backward(self, dL_wrt_output):
        answer = super().backward(dL_wrt_output)
        self.dL_wrt_W, self.dL_wrt_b = self.dL_wrt_W.sum(axis=0), self.dL_wrt_b.sum(axis=0)
        return answer


@_linear(
    "Your parameter gradients are averaged over the batch already. Here each sample keeps its own: "
    "dL_wrt_W is (N, in, out), dL_wrt_b (N, 1, out); averaging is the trainer's work."
)
class gradients_averaged(_Linear):
    def backward(self, dL_wrt_output):
        answer = super().backward(dL_wrt_output)
        self.dL_wrt_W, self.dL_wrt_b = self.dL_wrt_W.mean(axis=0), self.dL_wrt_b.mean(axis=0)
        return answer


@_linear(
    "The shape is right, but every sample holds the same table: the batch's sum, repeated N times. Each "
    "sample has an outer product of its own."
)
class sum_repeated(_Linear):
    def backward(self, dL_wrt_output):
        answer = super().backward(dL_wrt_output)
        rows = len(dL_wrt_output)
        self.dL_wrt_W = np.tile(self.dL_wrt_W.sum(axis=0), (rows, 1, 1))
        self.dL_wrt_b = np.tile(self.dL_wrt_b.sum(axis=0), (rows, 1, 1))
        return answer


@_linear(
    "dL_wrt_W has its last two axes swapped: for each sample it is (in, out), inputs down, outputs across."
)
class weight_gradient_transposed(_Linear):
    def backward(self, dL_wrt_output):
        answer = super().backward(dL_wrt_output)
        self.dL_wrt_W = self.dL_wrt_W.transpose(0, 2, 1)
        return answer


@_linear(
    "dL_wrt_b has two axes, (N, out). Each sample's gradient has b's shape, (1, out), so together they are "
    "(N, 1, out)."
)
class bias_gradient_with_two_axes(_Linear):
    def backward(self, dL_wrt_output):
        answer = super().backward(dL_wrt_output)
        self.dL_wrt_b = self.dL_wrt_b[:, 0]
        return answer


@_linear("Every sample's weight gradient is divided by N. Per sample nothing is averaged: that comes later.")
class divided_by_rows(_Linear):
    def backward(self, dL_wrt_output):
        answer = super().backward(dL_wrt_output)
        self.dL_wrt_W, self.dL_wrt_b = (
            self.dL_wrt_W / len(dL_wrt_output),
            self.dL_wrt_b / len(dL_wrt_output),
        )
        return answer


@_linear("Your b has one axis, (out,). The contract asks for one row, (1, out).", random=True)
class bias_with_one_axis(_Linear):
    def __init__(self, input_dimension, output_dimension):
        super().__init__(input_dimension, output_dimension)
        self.b = np.zeros(output_dimension)


@_linear(
    "W has its axes the wrong way round. Samples are rows and forward computes x W: W is (in, out).", True
)
class weights_out_by_in(_Linear):
    def __init__(self, input_dimension, output_dimension):
        super().__init__(input_dimension, output_dimension)
        self.W = self.W.T.copy()

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W.T) + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = np.einsum("ni,no->noi", self.x, dL_wrt_output)
        self.dL_wrt_b = np.expand_dims(dL_wrt_output, 1)
        return np.dot(dL_wrt_output, self.W)


@_linear("W starts at zero, so all outputs of a layer stay alike for ever. Draw small random numbers.", True)
class zero_weights(_Linear):
    def __init__(self, input_dimension, output_dimension):
        super().__init__(input_dimension, output_dimension)
        self.W = np.zeros((input_dimension, output_dimension))


@_linear(
    "W is drawn at random, but not small: with 784 inputs the outputs are then near ±28 and the sigmoid "
    "has no slope there. Scale it down.",
    random=True,
)
class weights_not_small(_Linear):
    def __init__(self, input_dimension, output_dimension):
        super().__init__(input_dimension, output_dimension)
        self.W = np.random.normal(size=(input_dimension, output_dimension))


@_linear("forward leaves out the bias: x W + b.")
class bias_forgotten(_Linear):
    def forward(self, x):
        return super().forward(x) - self.b


@_linear(
    "backward returns dL/dW. That stays inside, in dL_wrt_W; the layer before needs dL/dx, (N, in): the "
    "gradient times W transposed."
)
class weight_gradient_returned(_Linear):
    def backward(self, dL_wrt_output):
        super().backward(dL_wrt_output)
        return self.dL_wrt_W


@_linear(
    "backward hands on the arriving gradient unchanged. On its way to x it goes through W: multiply by W^T."
)
class gradient_handed_on(_Linear):
    def backward(self, dL_wrt_output):
        super().backward(dL_wrt_output)
        return dL_wrt_output


@_linear("backward divides dL/dx by N. Samples do not mix on the way back: nothing is averaged there.")
class input_gradient_averaged(_Linear):
    def backward(self, dL_wrt_output):
        return super().backward(dL_wrt_output) / len(dL_wrt_output)


@_linear(
    "params() returns copies, so a trainer that changes them in place changes nothing in the layer. Return "
    "the arrays W and b themselves."
)
class params_are_copies(_Linear):
    def params(self):
        return {"W": self.W.copy(), "b": self.b.copy()}
