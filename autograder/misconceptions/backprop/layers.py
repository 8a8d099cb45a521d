"""Mistakes in the layer objects, `source/backprop/layers.ipynb`.

Row vectors: x (N, in), W (in, out), b (1, out); gradients of parameters per sample, averaged by the trainer.
"""

from __future__ import annotations

import numpy as np

from ...oracles import sigmoid
from .. import misconception


def _box(exercise_id: str, name: str, advice: str, random: bool = False):
    """Register a class in the place of the student's `name`, and call it so: transcripts hold type names."""

    def register(faulty: type) -> type:
        misconception(exercise_id, advice, replaces=name, random=random)(faulty)
        faulty.__name__ = name
        return faulty

    return register


# --- Linear


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
    return _box("backprop.linear_layer", "Linear", advice, random)


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
    "has no slope"
    "there. Scale it down.",
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


# --- ReLU


class _ReLU:
    def forward(self, x):
        self.x = np.array(x)
        return np.maximum(self.x, 0)

    def backward(self, dL_wrt_output):
        return dL_wrt_output * (self.x > 0)


def _relu(advice):
    return _box("backprop.relu_layer", "ReLU", advice)


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


# --- Sigmoid


class _Sigmoid:
    def forward(self, x):
        self.x, self.output = np.array(x), sigmoid(x)
        return self.output

    def backward(self, dL_wrt_output):
        return dL_wrt_output * (self.output - self.output**2)


def _sigmoid(advice):
    return _box("backprop.sigmoid_layer", "Sigmoid", advice)


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


# --- SE


class _SE:
    def forward(self, x, y):
        self.x, self.y = np.array(x), np.array(y)
        return np.square(self.x - self.y)

    def backward(self):
        return 2 * self.x - 2 * self.y


def _se(advice):
    return _box("backprop.squared_error", "SE", advice)


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


# --- train_layers


def _training(advice):
    return misconception("backprop.train_layers", advice, replaces="train_layers", random=True)


@_training(
    "You step against the sum over the batch. The per-sample gradients are to be averaged over axis 0, so "
    "that the learning rate does not depend on the batch size."
)
def gradients_added_up(model, x, y, **settings):
    return _train(model, x, y, **settings, reduce=lambda g, size: g.sum(axis=0))


@_training("You add the gradients, so the loss rises. Gradient descent subtracts them.")
def steps_uphill(model, x, y, **settings):
    return _train(model, x, y, **settings, reduce=lambda g, size: -g.mean(axis=0))


@_training(
    "You divide the summed gradient by batch_size. The last batch may be shorter: divide by the rows that "
    "it has, as mean(axis=0) does."
)
def divided_by_batch_size(model, x, y, **settings):
    return _train(model, x, y, **settings, reduce=lambda g, size: g.sum(axis=0) / size)


@_training(
    "Your parameters never change. p = p - ... makes a new array that the layer does not know; p -= ... "
    "changes the live one that params() returns."
)
def new_arrays_lost(model, x, y, **settings):
    return _train(model, x, y, **settings, updated=())


@_training("Only W is updated. The biases are in params() too.")
def biases_left_out(model, x, y, **settings):
    return _train(model, x, y, **settings, updated=("W",))


@_training("Only the last layer with parameters is updated: every layer of the model needs its step.")
def only_the_last_layer(model, x, y, **settings):
    return _train(model, x, y, **settings, layers=slice(-2, None))


@_training(
    "You step once in each epoch, or for one batch only. Each batch of an epoch is followed by a step."
)
def one_batch_an_epoch(model, x, y, **settings):
    return _train(model, x, y, **settings, batches=slice(0, 1))


@_training("The last, shorter batch is left out. Each epoch uses all rows.")
def short_batch_dropped(model, x, y, **settings):
    return _train(model, x, y, **settings, keep_short=False)


@_training("The rows come in the same order in each epoch. Draw a new permutation every time.")
def never_shuffled(model, x, y, **settings):
    return _train(model, x, y, **settings, permutation=np.arange)


@_training("Batches are drawn with replacement: some rows come twice in an epoch, others not at all.")
def drawn_with_replacement(model, x, y, **settings):
    return _train(model, x, y, **settings, permutation=lambda rows: np.random.randint(rows, size=rows))


@_training(
    "Your losses are sums over rows and outputs. Divide each epoch's sum by the number of entries of y."
)
def losses_added_up(model, x, y, **settings):
    return [loss * y.size for loss in _train(model, x, y, **settings)]


@_training(
    "You average the batches' mean losses, so a short batch counts as much as a full one. Add up the squared "
    "errors, then divide once."
)
def mean_of_batch_means(model, x, y, **settings):
    return _train(model, x, y, **settings, summary=lambda parts, size: np.mean([p.mean() for p in parts]))


@_training("You report the last batch's loss alone. Add up the whole epoch.")
def last_batch_alone(model, x, y, **settings):
    return _train(model, x, y, **settings, summary=lambda parts, size: parts[-1].mean())


@_training("You report a loss for each batch. One number for each epoch is asked for.")
def loss_for_each_batch(model, x, y, **settings):
    parts = []
    _train(model, x, y, **settings, summary=lambda batches, size: parts.extend(p.mean() for p in batches))
    return parts


@_training("You return nothing, or the model. The model is trained in place; return the list of losses.")
def losses_not_returned(model, x, y, **settings):
    _train(model, x, y, **settings)


@_training("x and y are shuffled in place, so the caller's data change. Index with a permutation.")
def data_shuffled_in_place(model, x, y, **settings):
    order = np.random.permutation(len(x))
    x[...], y[...] = x[order], y[order]
    return _train(model, x, y, **settings)


def _train(
    model,
    x,
    y,
    epochs=30,
    batch_size=32,
    learning_rate=0.5,
    reduce=lambda g, size: g.mean(axis=0),
    updated=("W", "b"),
    layers=slice(None),
    batches=slice(None),
    keep_short=True,
    permutation=np.random.permutation,
    summary=lambda parts, size: sum(map(np.sum, parts)) / size,
):
    """Right training, but for the fault that one of the last seven arguments describes."""
    losses = []
    for _ in range(epochs):
        order, parts = permutation(len(x)), []
        pieces = [order[start : start + batch_size] for start in range(0, len(x), batch_size)][batches]
        for rows in pieces if keep_short else [rows for rows in pieces if len(rows) == batch_size]:
            output = x[rows]
            for layer in model:
                output = layer.forward(output)
            parts.append(np.square(output - y[rows]))
            gradient = 2 * (output - y[rows])
            for layer in model[::-1]:
                gradient = layer.backward(gradient)
            for layer in model[layers]:
                live = layer.params() if hasattr(layer, "params") else {}
                for name in live.keys() & set(updated):
                    live[name][...] -= learning_rate * reduce(layer.grads()[name], batch_size)
        losses.append(summary(parts, y.size))
    return losses
