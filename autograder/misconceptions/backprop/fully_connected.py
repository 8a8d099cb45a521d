"""Mistakes in the fully connected network, `source/backprop/fully_connected.ipynb`.

Row vectors: X (N, D), W (D, H), b (H,); the loss and all gradients are sums over the rows.
"""

from __future__ import annotations

import numpy as np

from student_lib.nn import linear_deriv

from ... import oracles
from ...oracles import sigmoid, sigmoid_deriv, softmax
from .. import misconception

# --- initialize_weights


@misconception(
    "backprop.initialize_weights",
    advice="Your weights are spread as if only in_size counted. Xavier's limit has the sum of both sizes "
    "under the root, so that gradients keep their size on the way back too: look at your limit.",
    random=True,
)
def fan_in_only(in_size, out_size, params, name=""):
    _store(params, name, _uniform(np.sqrt(6 / in_size), in_size, out_size))


@misconception(
    "backprop.initialize_weights",
    advice="Your weights come from a normal distribution. Their spread is right, but the exercise asks for "
    "the uniform one (equation 16 of the paper), which has no values beyond its limit.",
    random=True,
)
def normal_distribution(in_size, out_size, params, name=""):
    _store(params, name, np.random.normal(0, np.sqrt(2 / (in_size + out_size)), (in_size, out_size)))


@misconception(
    "backprop.initialize_weights",
    advice="You use the standard deviation sqrt(2 / (in + out)) as the limit. A uniform distribution on ±a "
    "has the variance a^2 / 3, so the limit must be larger by sqrt(3).",
    random=True,
)
def deviation_as_limit(in_size, out_size, params, name=""):
    _store(params, name, _uniform(np.sqrt(2 / (in_size + out_size)), in_size, out_size))


@misconception(
    "backprop.initialize_weights",
    advice="Your weights are far too small for large layers, as if the variance were 2 / (in * out + out). "
    "That formula is a misprint in an old homework: the sizes are added, not multiplied.",
    random=True,
)
def sizes_multiplied(in_size, out_size, params, name=""):
    _store(params, name, _uniform(np.sqrt(6 / (in_size * out_size + out_size)), in_size, out_size))


@misconception(
    "backprop.initialize_weights",
    advice="All your weights are positive: the interval reaches from 0 to the limit instead of from -limit "
    "to limit. Every unit then starts by adding up its inputs.",
    random=True,
)
def positive_weights(in_size, out_size, params, name=""):
    limit = np.sqrt(6 / (in_size + out_size))
    _store(params, name, np.random.uniform(0, limit, (in_size, out_size)))


@misconception(
    "backprop.initialize_weights",
    advice="Your weights are not scaled to the layer: they fill the interval from -1 to 1 whatever its "
    "size. Large layers then saturate; the limit must shrink with in + out.",
    random=True,
)
def unscaled_weights(in_size, out_size, params, name=""):
    _store(params, name, _uniform(1.0, in_size, out_size))


@misconception(
    "backprop.initialize_weights",
    advice="All weights are zero, so all units of a layer compute the same and stay the same forever. Draw "
    "them.",
)
def zero_weights(in_size, out_size, params, name=""):
    _store(params, name, np.zeros((in_size, out_size)))


@misconception(
    "backprop.initialize_weights",
    advice="Your biases are random. Random weights are enough to make units differ; the biases start at "
    "zero.",
    random=True,
)
def random_biases(in_size, out_size, params, name=""):
    limit = np.sqrt(6 / (in_size + out_size))
    _store(params, name, _uniform(limit, in_size, out_size), np.random.uniform(-limit, limit, out_size))


@misconception(
    "backprop.initialize_weights",
    advice="W has its axes the wrong way round. Samples are rows here and the layer computes X W, so W has "
    "one row for each input: (in_size, out_size).",
    random=True,
)
def transposed_weights(in_size, out_size, params, name=""):
    limit = np.sqrt(6 / (in_size + out_size))
    _store(params, name, _uniform(limit, out_size, in_size), np.zeros(out_size))


@misconception(
    "backprop.initialize_weights",
    advice="Your b has two axes, (1, out_size). It should have one, (out_size,): broadcasting adds it to "
    "each row.",
    random=True,
)
def bias_with_two_axes(in_size, out_size, params, name=""):
    limit = np.sqrt(6 / (in_size + out_size))
    _store(params, name, _uniform(limit, in_size, out_size), np.zeros((1, out_size)))


@misconception(
    "backprop.initialize_weights",
    advice="You set a seed inside the function, so each layer of one size starts with the same weights. "
    "Seed once, outside, if you need repeatable runs.",
    random=True,
)
def seeded_weights(in_size, out_size, params, name=""):
    np.random.seed(0)
    oracles.initialize_weights(in_size, out_size, params, name)


def _uniform(limit, *shape):
    return np.random.uniform(-limit, limit, shape)


def _store(params, name, W, b=None):
    params["W" + name] = W
    params["b" + name] = np.zeros(W.shape[1]) if b is None else b


# --- sigmoid


@misconception(
    "backprop.sigmoid",
    advice="The minus sign in the exponent is missing: your curve falls where the sigmoid rises.",
)
def sigmoid_without_minus(x):
    return 1 / (1 + np.exp(x))


@misconception(
    "backprop.sigmoid",
    advice="exp(x) / (1 + exp(x)) is the sigmoid on paper, but for large x it is inf / inf, which is nan. "
    "Find a form whose exponent is never large and positive.",
)
def infinity_over_infinity(x):
    return np.exp(x) / (1 + np.exp(x))


@misconception(
    "backprop.sigmoid",
    advice="You compute tanh, which lies between -1 and 1. The sigmoid lies between 0 and 1: sigmoid(0) is "
    "0.5.",
)
def tanh_for_sigmoid(x):
    return np.tanh(x)


@misconception(
    "backprop.sigmoid",
    advice="You return the sigmoid's slope, s (1 - s), which is largest at 0. Return the sigmoid itself.",
)
def slope_for_sigmoid(x):
    return sigmoid(x) * (1 - sigmoid(x))


@misconception(
    "backprop.sigmoid",
    advice="Your result has the type of the input, so whole numbers in give only zeros and ones out. Make "
    "the result array float, whatever x is.",
)
def whole_numbers_cut_off(x):
    result = np.zeros_like(x)
    result[...] = sigmoid(x)
    return result


@misconception(
    "backprop.sigmoid",
    advice="You write the result into x itself, so the caller's array is lost. The pre-activation is needed "
    "later.",
)
def sigmoid_in_place(x):
    if x.dtype.kind != "f":
        return sigmoid(x)
    x[...] = sigmoid(x)
    return x


# --- forward


@misconception("backprop.forward", advice="Your layer forgets its bias: the pre-activation is X W + b.")
def bias_forgotten(X, params, name="", activation=sigmoid):
    return _layer(X, params, name, activation, X @ params["W" + name])


@misconception(
    "backprop.forward",
    advice="Your layer always uses the sigmoid. Call the activation that was passed, or the output layer "
    "cannot have its softmax.",
)
def activation_ignored(X, params, name="", activation=sigmoid):
    return _layer(X, params, name, sigmoid, X @ params["W" + name] + params["b" + name])


@misconception("backprop.forward", advice="You apply the activation twice. Apply it once, to X W + b.")
def activation_twice(X, params, name="", activation=sigmoid):
    return _layer(
        X, params, name, lambda z: activation(activation(z)), X @ params["W" + name] + params["b" + name]
    )


@misconception(
    "backprop.forward",
    advice="You apply no activation: what you return is the pre-activation X W + b.",
)
def pre_activation_returned(X, params, name="", activation=sigmoid):
    oracles.forward(X, params, name, activation)
    return params["cache_" + name][1]


@misconception(
    "backprop.forward",
    advice="The cache is (X, pre_act, post_act), in this order; yours has the last two exchanged, so "
    "backwards will take the slope at the wrong values.",
)
def cache_exchanged(X, params, name="", activation=sigmoid):
    post_act = oracles.forward(X, params, name, activation)
    X, pre_act, post_act = params["cache_" + name]
    params["cache_" + name] = (X, post_act, pre_act)
    return post_act


@misconception(
    "backprop.forward",
    advice="There is no entry 'cache_' + name in params after the call. backwards needs it, one for each "
    "layer.",
)
def no_cache_under_the_name(X, params, name="", activation=sigmoid):
    post_act = oracles.forward(X, params, name, activation)
    params["cache"] = params["cache_" + name]
    del params["cache_" + name]
    return post_act


@misconception(
    "backprop.forward",
    advice="Your cache leaves out the pre-activation: it holds X, pre_act and post_act, three arrays.",
)
def cache_of_two(X, params, name="", activation=sigmoid):
    post_act = oracles.forward(X, params, name, activation)
    params["cache_" + name] = (X, post_act)
    return post_act


def _layer(X, params, name, activation, pre_act):
    post_act = activation(pre_act)
    params["cache_" + name] = (X, pre_act, post_act)
    return post_act


# --- softmax


@misconception(
    "backprop.softmax",
    advice="You subtract one maximum for the whole matrix. A row far below it becomes all zeros and 0 / 0 "
    "is nan: each row needs its own maximum.",
)
def global_maximum(x):
    exps = np.exp(x - x.max())
    return exps / exps.sum(axis=1, keepdims=True)


@misconception(
    "backprop.softmax",
    advice="You exponentiate the logits as they are. exp(710) is already inf, and exp of a very negative "
    "row is 0 throughout: use that softmax does not change when a row is shifted.",
)
def no_maximum(x):
    exps = np.exp(x)
    return exps / exps.sum(axis=1, keepdims=True)


@misconception(
    "backprop.softmax",
    advice="You take each column's maximum. Samples are rows: the shift must be the same for a whole row, "
    "or the probabilities change.",
)
def maximum_of_columns(x):
    exps = np.exp(x - x.max(axis=0, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


@misconception(
    "backprop.softmax",
    advice="Your columns sum to one, but samples are rows: look at the axis of your sum.",
)
def columns_sum_to_one(x):
    return softmax(x.T).T


@misconception(
    "backprop.softmax",
    advice="You divide by the sum over the whole matrix, so the whole matrix sums to one and not each row.",
)
def matrix_sums_to_one(x):
    exps = np.exp(x - x.max(axis=1, keepdims=True))
    return exps / np.sum(np.exp(x - x.max(axis=1, keepdims=True)))


@misconception(
    "backprop.softmax",
    advice="The maximum or the sum of each row has lost its axis: shape (N,) does not broadcast against (N, "
    "C). Look at keepdims.",
)
def axis_lost(x):
    exps = np.exp(x - x.max(axis=1))
    return exps / exps.sum(axis=1)


@misconception(
    "backprop.softmax",
    advice="You return the logarithms of the probabilities; a row of probabilities sums to one.",
)
def logarithms_returned(x):
    return np.log(softmax(x))


@misconception(
    "backprop.softmax",
    advice="Your result is right, but x -= ... has shifted the caller's logits too. Make a new array.",
)
def logits_shifted_in_place(x):
    result = softmax(x)
    if x.dtype.kind == "f":
        x -= x.max(axis=1, keepdims=True)
    return result


# --- compute_loss_and_acc


@misconception(
    "backprop.compute_loss_and_acc",
    advice="Your loss is the mean over the rows; here it is the sum. Gradients would be N times too large "
    "for it.",
)
def loss_averaged(y, probs):
    loss, acc = oracles.compute_loss_and_acc(y, probs)
    return loss / len(y), acc


@misconception(
    "backprop.compute_loss_and_acc",
    advice="Your loss is negative: the minus sign before log p is missing, so a better network has a higher "
    "loss.",
)
def loss_without_minus(y, probs):
    loss, acc = oracles.compute_loss_and_acc(y, probs)
    return -loss, acc


@misconception(
    "backprop.compute_loss_and_acc",
    advice="You return one loss for each row. The loss is one number: their sum.",
)
def loss_for_each_row(y, probs):
    return -np.log(probs[np.arange(len(y)), y.argmax(axis=1)]), oracles.accuracy(y, probs)


@misconception(
    "backprop.compute_loss_and_acc",
    advice="0 * log(0) is nan in floating point, though the limit is 0. A wrong class may have probability "
    "0: take the logarithm only of the right class's probability.",
)
def zero_times_infinity(y, probs):
    return -np.sum(y * np.log(probs)), oracles.accuracy(y, probs)


@misconception(
    "backprop.compute_loss_and_acc",
    advice="You count the wrong classes too, with log(1 - p). That is the loss of independent yes-or-no "
    "questions; here only the right class's -log p counts.",
)
def wrong_classes_counted(y, probs):
    return -np.sum(np.log(np.where(y == 1, probs, 1 - probs))), oracles.accuracy(y, probs)


@misconception(
    "backprop.compute_loss_and_acc",
    advice="You use a logarithm to base 2. The gradient probs - y belongs to the natural logarithm.",
)
def logarithm_to_base_two(y, probs):
    loss, acc = oracles.compute_loss_and_acc(y, probs)
    return loss / np.log(2), acc


@misconception(
    "backprop.compute_loss_and_acc",
    advice="Your accuracy is in percent; it is a fraction between 0 and 1.",
)
def accuracy_in_percent(y, probs):
    loss, acc = oracles.compute_loss_and_acc(y, probs)
    return loss, 100 * acc


@misconception(
    "backprop.compute_loss_and_acc",
    advice="Your accuracy counts the right rows; divide by the number of rows.",
)
def accuracy_as_count(y, probs):
    loss, acc = oracles.compute_loss_and_acc(y, probs)
    return loss, round(len(y) * acc)


@misconception(
    "backprop.compute_loss_and_acc",
    advice="You return (acc, loss); the order is (loss, acc).",
)
def accuracy_first(y, probs):
    return oracles.compute_loss_and_acc(y, probs)[::-1]


@misconception(
    "backprop.compute_loss_and_acc",
    advice="You looked for the largest probability of each column; the classes of one sample stand in a row.",
)
def largest_of_columns(y, probs):
    return oracles.cross_entropy(y, probs), np.mean(y.argmax(axis=0) == probs.argmax(axis=0))


# --- backwards


@misconception(
    "backprop.backwards",
    advice="You divide the gradients by the number of rows, but the loss is a sum over the rows, so its "
    "gradient is a sum too. With five rows yours is five times too small.",
)
def gradients_averaged(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, delta = _through_activation(delta, params, name, activation_deriv)
    return _gradients(X, delta, params, name, grad_W=X.T @ delta / len(X), grad_b=delta.mean(axis=0))


@misconception(
    "backprop.backwards",
    advice="Your grad_b is a mean over the rows while grad_W is a sum. Both belong to the same summed loss.",
)
def bias_gradient_averaged(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, delta = _through_activation(delta, params, name, activation_deriv)
    return _gradients(X, delta, params, name, grad_b=delta.mean(axis=0))


@misconception(
    "backprop.backwards",
    advice="The activation's derivative is missing: delta is the gradient at the layer's output, and the "
    "chain rule takes it to the pre-activation first. Such a network still trains, which hides the "
    "mistake.",
)
def derivative_forgotten(delta, params, name="", activation_deriv=sigmoid_deriv):
    return _gradients(params["cache_" + name][0], delta, params, name)


@misconception(
    "backprop.backwards",
    advice="You compute activation_deriv(delta). The slope depends on where the unit is, not on the "
    "gradient that arrives: pass it the post-activation from the cache and multiply.",
)
def derivative_of_delta(delta, params, name="", activation_deriv=sigmoid_deriv):
    return _gradients(params["cache_" + name][0], activation_deriv(delta), params, name)


@misconception(
    "backprop.backwards",
    advice="You pass the pre-activation to activation_deriv. The given derivatives take the "
    "post-activation, the cache's last entry.",
)
def derivative_of_pre_activation(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, pre_act, _ = params["cache_" + name]
    return _gradients(X, delta * activation_deriv(pre_act), params, name)


@misconception(
    "backprop.backwards",
    advice="You multiply by the activation's derivative twice. The chain rule has it once for each layer.",
)
def derivative_twice(delta, params, name="", activation_deriv=sigmoid_deriv):
    _, delta = _through_activation(delta, params, name, activation_deriv)
    return oracles.backwards(delta, params, name, activation_deriv)


@misconception(
    "backprop.backwards",
    advice="You always use the sigmoid's derivative. Call the activation_deriv that was passed.",
)
def derivative_ignored(delta, params, name="", activation_deriv=sigmoid_deriv):
    return oracles.backwards(delta, params, name)


@misconception(
    "backprop.backwards",
    advice="Your gradients are right, but delta *= ... has changed the caller's array. Make a new one.",
)
def delta_changed(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, _, post_act = params["cache_" + name]
    delta *= activation_deriv(post_act)
    return _gradients(X, delta, params, name)


@misconception(
    "backprop.backwards",
    advice="Your grad_W is transposed. It has W's shape: one row for each input, one column for each unit.",
)
def weight_gradient_transposed(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, delta = _through_activation(delta, params, name, activation_deriv)
    return _gradients(X, delta, params, name, grad_W=delta.T @ X)


@misconception(
    "backprop.backwards",
    advice="Your grad_b has one row for each sample. The bias is added to every row, so its gradient is the "
    "sum over the rows, of shape (out,).",
)
def bias_gradient_not_summed(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, delta = _through_activation(delta, params, name, activation_deriv)
    return _gradients(X, delta, params, name, grad_b=delta)


@misconception(
    "backprop.backwards",
    advice="Your grad_b has two axes, (1, out). b has one, and after an update it would grow to two.",
)
def bias_gradient_with_two_axes(delta, params, name="", activation_deriv=sigmoid_deriv):
    X, delta = _through_activation(delta, params, name, activation_deriv)
    return _gradients(X, delta, params, name, grad_b=delta.sum(axis=0, keepdims=True))


@misconception(
    "backprop.backwards",
    advice="grad_W and grad_b are right, but the gradient that you return skips the activation: use the "
    "gradient at the pre-activation for it too.",
)
def activation_skipped_on_the_way_down(delta, params, name="", activation_deriv=sigmoid_deriv):
    oracles.backwards(delta, params, name, activation_deriv)
    return delta @ params["W" + name].T


@misconception(
    "backprop.backwards",
    advice="You return the gradient at the pre-activation. The layer below needs the one for X: it still "
    "has to pass through W.",
)
def weights_skipped_on_the_way_down(delta, params, name="", activation_deriv=sigmoid_deriv):
    oracles.backwards(delta, params, name, activation_deriv)
    return _through_activation(delta, params, name, activation_deriv)[1]


def _through_activation(delta, params, name, activation_deriv):
    X, _, post_act = params["cache_" + name]
    return X, delta * activation_deriv(post_act)


def _gradients(X, delta, params, name, grad_W=None, grad_b=None):
    params["grad_W" + name] = X.T @ delta if grad_W is None else grad_W
    params["grad_b" + name] = delta.sum(axis=0) if grad_b is None else grad_b
    return delta @ params["W" + name].T


# --- get_random_batches


@misconception(
    "backprop.get_random_batches",
    advice="You draw the rows of a batch with replacement, so a row can come twice while others never come. "
    "Permute all rows once and cut.",
    random=True,
)
def drawn_with_replacement(x, y, batch_size):
    draws = [np.random.choice(len(x), batch_size) for _ in range(len(x) // batch_size)]
    return [(x[rows], y[rows]) for rows in draws]


@misconception(
    "backprop.get_random_batches",
    advice="You draw each batch anew from all rows, so batches share rows and others never come. Permute "
    "all rows once and cut.",
    random=True,
)
def drawn_for_each_batch(x, y, batch_size):
    draws = [np.random.permutation(len(x))[:batch_size] for _ in range(len(x) // batch_size)]
    return [(x[rows], y[rows]) for rows in draws]


@misconception(
    "backprop.get_random_batches",
    advice="Your batches overlap: the start moves by one row and not by batch_size. Assigning to a for "
    "loop's variable does not move the loop on.",
    random=True,
)
def overlapping_batches(x, y, batch_size):
    order = np.random.permutation(len(x))
    starts = range(len(x) - batch_size + 1)
    return [(x[order[start : start + batch_size]], y[order[start : start + batch_size]]) for start in starts]


@misconception(
    "backprop.get_random_batches",
    advice="Every entry of your list is the same pair of arrays, refilled again and again, so all batches "
    "hold the last one's rows. Make new arrays for each batch.",
    random=True,
)
def one_buffer_for_all(x, y, batch_size):
    batches = oracles.get_random_batches(x, y, batch_size)
    whole = [pair for pair in batches if len(pair[0]) == batch_size]
    return whole[-1:] * len(whole)


@misconception(
    "backprop.get_random_batches",
    advice="The batches come in the rows' original order: the permutation is missing, or computed and not "
    "used.",
    random=True,
)
def permutation_not_used(x, y, batch_size):
    starts = range(0, len(x), batch_size)
    return [(x[start : start + batch_size], y[start : start + batch_size]) for start in starts]


@misconception(
    "backprop.get_random_batches",
    advice="You make batch_size batches instead of batches of batch_size rows: array_split takes the number "
    "of parts.",
    random=True,
)
def number_for_size(x, y, batch_size):
    return [(x[rows], y[rows]) for rows in np.array_split(np.random.permutation(len(x)), batch_size)]


@misconception(
    "backprop.get_random_batches",
    advice="x and y are permuted differently, so samples get the labels of others. Use one permutation for "
    "both.",
    random=True,
)
def permuted_separately(x, y, batch_size):
    return oracles.get_random_batches(x, y[np.random.permutation(len(y))], batch_size)


@misconception(
    "backprop.get_random_batches",
    advice="Every call gives the same order: a seed is set inside the function. Each epoch needs a fresh "
    "one.",
    random=True,
)
def seeded_batches(x, y, batch_size):
    np.random.seed(0)
    return oracles.get_random_batches(x, y, batch_size)


@misconception(
    "backprop.get_random_batches",
    advice="You shuffle the caller's x or y in place. Index with a permutation, which makes new arrays.",
    random=True,
)
def shuffled_in_place(x, y, batch_size):
    order = np.random.permutation(len(x))
    x[...], y[...] = x[order], y[order]
    starts = range(0, len(x), batch_size)
    return [(x[start : start + batch_size].copy(), y[start : start + batch_size].copy()) for start in starts]


# --- train_network


@misconception(
    "backprop.train_network",
    advice="Each update divides the gradients by the batch's rows; they are sums here. Training is slower "
    "than the learning rate says.",
    random=True,
)
def updates_averaged(train_x, train_y, valid_x, valid_y, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, scale=lambda rows: 1 / rows)


@misconception(
    "backprop.train_network",
    advice="You add the gradients, so the loss rises. Gradient descent subtracts them.",
    random=True,
)
def gradients_added(train_x, train_y, valid_x, valid_y, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, scale=lambda rows: -1)


@misconception(
    "backprop.train_network",
    advice="The first layer never changes: its weights and biases stay as they were drawn. Such a network "
    "still trains fairly well, which hides the mistake.",
    random=True,
)
def first_layer_frozen(train_x, train_y, valid_x, valid_y, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, frozen=("Wlayer1", "blayer1"))


@misconception(
    "backprop.train_network",
    advice="The biases are never updated. They have gradients too.",
    random=True,
)
def biases_frozen(train_x, train_y, valid_x, valid_y, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, frozen=("blayer1", "boutput"))


@misconception(
    "backprop.train_network",
    advice="The first layer's backwards runs without the sigmoid's derivative. Pass it sigmoid_deriv; only "
    "the output layer, whose delta is probs - y, gets linear_deriv.",
    random=True,
)
def hidden_derivative_forgotten(train_x, train_y, valid_x, valid_y, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, hidden_deriv=linear_deriv)


@misconception(
    "backprop.train_network",
    advice="The output layer multiplies probs - y by another derivative. probs - y is already the gradient "
    "at the logits: pass linear_deriv.",
    random=True,
)
def softmax_derived_twice(train_x, train_y, valid_x, valid_y, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, output_deriv=sigmoid_deriv)


@misconception(
    "backprop.train_network",
    advice="You update once in each iteration. max_iters counts passes over the data: each goes through all "
    "batches.",
    random=True,
)
def one_batch_for_each_epoch(train_x, train_y, valid_x, valid_y, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, batches_used=1)


@misconception(
    "backprop.train_network",
    advice="Your history holds summed losses. Divide each by its number of rows, so that training and "
    "validation share an axis.",
    random=True,
)
def losses_summed(train_x, train_y, valid_x, valid_y, **settings):
    params, history = _train((train_x, train_y), (valid_x, valid_y), **settings)
    history["train_loss"] = [loss * len(train_x) for loss in history["train_loss"]]
    history["valid_loss"] = [loss * len(valid_x) for loss in history["valid_loss"]]
    return params, history


@misconception(
    "backprop.train_network",
    advice="You measure the validation set before the epoch's updates, so its curve is one epoch late and "
    "the last entry does not belong to the parameters that you return.",
    random=True,
)
def validation_too_early(train_x, train_y, valid_x, valid_y, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, validate_late=False)


@misconception(
    "backprop.train_network",
    advice="Your training numbers are those of the last batch alone. Add up the whole epoch, then divide by "
    "its rows.",
    random=True,
)
def last_batch_reported(train_x, train_y, valid_x, valid_y, **settings):
    return _train((train_x, train_y), (valid_x, valid_y), **settings, reported=slice(-1, None))


def _train(
    train,
    valid,
    hidden_size=64,
    max_iters=50,
    batch_size=5,
    learning_rate=1e-3,
    scale=lambda rows: 1.0,
    frozen=(),
    hidden_deriv=sigmoid_deriv,
    output_deriv=linear_deriv,
    batches_used=None,
    validate_late=True,
    reported=slice(None),
):
    """Right training, but for the fault that one of the last seven arguments describes."""
    params, history = {}, {"train_loss": [], "train_acc": [], "valid_loss": [], "valid_acc": []}
    oracles.initialize_weights(train[0].shape[1], hidden_size, params, "layer1")
    oracles.initialize_weights(hidden_size, train[1].shape[1], params, "output")
    for _ in range(max_iters):
        before = _measure(params, *valid)
        totals = []
        for xb, yb in oracles.get_random_batches(*train, batch_size)[:batches_used]:
            probs = oracles.forward(oracles.forward(xb, params, "layer1"), params, "output", softmax)
            totals.append([*oracles.compute_loss_and_acc(yb, probs), len(xb)])
            delta = oracles.backwards(probs - yb, params, "output", output_deriv)
            oracles.backwards(delta, params, "layer1", hidden_deriv)
            for key in {"Wlayer1", "blayer1", "Woutput", "boutput"} - set(frozen):
                params[key] = params[key] - learning_rate * scale(len(xb)) * params["grad_" + key]
        losses, accs, rows = np.array(totals[reported]).T
        after = _measure(params, *valid) if validate_late else before
        numbers = (losses.sum() / rows.sum(), accs @ rows / rows.sum(), *after)
        for values, number in zip(history.values(), numbers, strict=True):
            values.append(number)
    return params, history


def _measure(params, x, y):
    probs = oracles.forward(oracles.forward(x, params, "layer1"), params, "output", softmax)
    loss, acc = oracles.compute_loss_and_acc(y, probs)
    return loss / len(x), acc
