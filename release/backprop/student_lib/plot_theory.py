"""The theory notebook's deep networks, and its figures. Sigmoid is red, tanh blue, ReLU green; theory is dashed.

A network is a list of layers `(W, b)`, W (in, out) and b (out,), with the activation between all of them and softmax
behind the last. Gradients are measured here, and training runs are recordings: computing a gradient is what
you will write. Every drawing function draws one figure on Matplotlib's current backend and returns None.
"""

from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from student_lib.nn import relu, tanh
from student_lib.plot import THEORY, TRAIN

__all__ = [
    "by_depth", "colleagues_dW", "forward_through", "functions_and_slopes", "gradient_norms", "layers", "losses",
    "numbers", "recorded", "shifted_softmax", "singular_values", "spreads_of_values", "started_at_zero", "xavier",
]  # fmt: skip

COLOURS = {"sigmoid": "crimson", "tanh": TRAIN, "relu": "#33a02c", "linear": "0.45"}
_RUNS = Path(__file__).with_name("datasets") / "theory_runs.npz"
_AT_A_TIME = 25  # copies whose values still fit into the processor's cache


# --- networks -----------------------------------------------------------------------------------------------


def xavier(n_in, n_out):
    """Return the standard deviation sqrt(2 / (n_in + n_out)) (Glorot and Bengio 2010, equation 16)."""
    return np.sqrt(2 / (n_in + n_out))


def layers(sizes, std=xavier, seed=0):
    """Return a network as a list of `[W, b]`: uniform weights, zero biases.

    sizes: units from input to output; std: function (n_in, n_out) -> the weights' standard deviation.
    A uniform distribution on [-a, a] has variance a**2 / 3.
    """
    rng = np.random.default_rng(seed)
    shapes = pairwise(sizes)
    return [[np.sqrt(3) * std(n, m) * rng.uniform(-1, 1, (n, m)), np.zeros(m)] for n, m in shapes]


def forward_through(network, x, activation):
    """Return the values that each layer receives, x (N, in) first, and the logits (N, out) last.

    activation: "sigmoid", "tanh", "relu" or "linear". A layer's W may also be a stack of copies (M, in, out);
    all that follows it is then computed once for each, (M, N, ...).
    """
    values = [x]
    for W, b in network[:-1]:
        values.append(_ACTIVATIONS[activation](values[-1] @ W + b))
    W, b = network[-1]
    return [*values, values[-1] @ W + b]


def losses(network, x, y, activation):
    """Return the cross-entropy of each row, (N,), or (M, N) for a stack; y: (N, out), one-hot."""
    logits = forward_through(network, x, activation)[-1]
    return np.log(np.exp(logits).sum(axis=-1)) - logits[..., y == 1]


def gradient_norms(network, x, y, activation, at=None, eps=1e-2):
    """Return the Euclidean norm of the loss's gradient in each layer's W, first layer first, shape (depth,).

    The loss is the cross-entropy, summed over rows. Every weight's slope is measured: nudged by eps both ways, in a
    copy of the network, so the price grows with weights times layers. `at` chooses layers by number, such as
    (0, -1). x: (N, in); y: (N, out), one-hot. eps is large because a deep sigmoid's slopes of 1e-12 would
    drown in rounding; it costs 0.1 % of a smooth network's norm, and up to a tenth of a ReLU's, for its kinks.
    """
    values = forward_through(network, x, activation)[:-1]
    chosen = range(len(network)) if at is None else [range(len(network))[number] for number in at]
    return np.array([_norm(network[number:], values[number], y, activation, eps) for number in chosen])


def _norm(network, inputs, y, activation, eps):
    """The measured norm for the first layer's W."""
    (W, b), *above = network
    squares = 0.0
    for part in np.array_split(eps * np.eye(W.size), -(-W.size // _AT_A_TIME)):
        nudge = part.reshape(-1, *W.shape)  # each copy has another weight's place
        up, down = (losses([(W + way * nudge, b), *above], inputs, y, activation) for way in (1, -1))
        squares += np.square((up - down).sum(axis=1) / (2 * eps)).sum()
    return np.sqrt(squares)


def recorded(name):
    """Return a recorded training run, the loss per row before each of its passes; "W from zeros" is (2, 25).

    All began from `layers` with seed 0 and saw the standardised `four_clouds(seed=0)`. "how" says the rest. Raises
    KeyError, with the names that there are.
    """
    with np.load(_RUNS, allow_pickle=False) as runs:
        if name not in runs:
            raise KeyError(f"no recorded run {name!r}; there are {', '.join(map(repr, runs))}")
        return runs[name]


def _sigmoid(z):
    """The textbook's formula: it would overflow below -709, which no net input here comes near."""
    return 1 / (1 + np.exp(-z))


_ACTIVATIONS = {"sigmoid": _sigmoid, "tanh": tanh, "relu": relu, "linear": np.array}


def colleagues_dW(delta, x):
    """Return a colleague's dJ/dW for J's slope `delta` (k, 1) in y = W x + b and the input x (d, 1)."""
    return x * delta.T


# --- figures ------------------------------------------------------------------------------------------------


def shifted_softmax(x, shifts):
    """Draw exp(x + c), on a log axis, above softmax(x + c), a column for each c in `shifts`. x: (d,)."""
    x, classes = np.asarray(x, dtype=float), np.arange(len(x))
    axes = _grid(
        2, len(shifts), 1.9, "A shift changes every exponential and no probability", sharex=True, sharey="row"
    )
    for column, c in zip(axes.T, shifts, strict=True):
        exps = np.exp(x + c)
        column[0].bar(classes, exps, color="0.6")
        column[0].axhline(1, color=THEORY, linestyle="--", linewidth=0.8)
        column[0].set_yscale("log")
        column[0].set_title(f"c = {c:g}", fontsize=8)
        column[1].bar(classes, exps / exps.sum(), color=TRAIN)
        column[1].set(ylim=(0, 1), xlabel="entry")
    axes[0, 0].set_ylabel("exp(x + c)")
    axes[1, 0].set_ylabel("softmax(x + c)")


def singular_values(values):
    """Draw the singular values of each table, relative to its largest. values: dict, activation -> (N, units)."""
    ((axis,),) = _grid(1, 1, 5.0, "Linear layers hand on what came in, and no more", height=2.7)
    for activation, table in values.items():
        sizes = np.linalg.svd(table, compute_uv=False)
        axis.semilogy(
            np.arange(1, len(sizes) + 1), np.maximum(sizes / sizes[0], 1e-17), "o-", markersize=4,
            color=COLOURS[activation], label=activation,
        )  # fmt: skip
    axis.set(xlabel="singular value, largest first", ylabel="relative to the largest")
    axis.legend(fontsize=8)


def functions_and_slopes(functions, slope_of):
    """Draw each function and, below it, its slope as `slope_of(function, z)` measures it.

    functions: dict, activation -> function of an array.
    """
    z = np.linspace(-5, 5, 401)
    axes = _grid(
        2, len(functions), 2.4, "Three activations and their measured slopes", sharex=True, sharey="row"
    )
    for column, (activation, function) in zip(axes.T, functions.items(), strict=True):
        slopes = slope_of(function, z)
        column[0].plot(z, function(z), color=COLOURS[activation])
        column[0].set_title(activation, fontsize=8)
        column[0].set_ylim(-1.2, 2.2)
        column[1].plot(z, slopes, color=COLOURS[activation])
        column[1].axhline(slopes.max(), color=THEORY, linestyle="--", linewidth=0.8)
        column[1].text(-4.9, slopes.max() + 0.04, f"largest {slopes.max():.2f}", fontsize=7)
        column[1].set(ylim=(-0.1, 1.25), xlabel="net input z")
    axes[0, 0].set_ylabel("value")
    axes[1, 0].set_ylabel("slope")


def numbers(tables, title, across="column j", up="row i"):
    """Draw tables beside each other, their numbers written in; rounding error as 0.

    tables: dict, heading -> (rows, columns).
    """
    axes = _grid(1, len(tables), 2.3, title, height=2.3)[0]
    span = 1.6 * max(max(np.abs(table).max() for table in tables.values()), 1e-9)
    for axis, (heading, table) in zip(axes, tables.items(), strict=True):
        axis.imshow(table, cmap="RdBu_r", vmin=-span, vmax=span, aspect="auto")
        for (row, column), value in np.ndenumerate(table):
            axis.text(
                column, row, f"{value if abs(value) > 1e-8 else 0:.2g}", ha="center", va="center", fontsize=8
            )
        ticks = [np.arange(size) for size in np.shape(table)]
        axis.set_title(heading, fontsize=8)
        axis.set(xlabel=across, yticks=ticks[0], xticks=ticks[1])
        axis.set_xticklabels(ticks[1] + 1)
        axis.set_yticklabels(ticks[0] + 1)
    axes[0].set_ylabel(up)


def by_depth(norms):
    """Draw the gradient's size by layer, a panel for each depth, and a quarter per layer, dashed.

    norms: dict, depth -> dict, activation -> (depth,) norms, first layer first.
    """
    axes = _grid(
        1,
        len(norms),
        2.1,
        "The sigmoid loses a factor of four per layer, at every depth",
        height=2.7,
        sharey=True,
    )[0]
    for axis, (depth, lines) in zip(axes, norms.items(), strict=True):
        layer = np.arange(1, depth + 1)
        for activation, sizes in lines.items():
            axis.semilogy(layer, sizes, ".-", color=COLOURS[activation], label=activation)
        quarter = lines["sigmoid"][-1] * 0.25 ** (depth - layer)
        axis.semilogy(layer, quarter, "--", color=THEORY, label="a quarter per layer")
        axis.set_title(f"depth {depth}", fontsize=8)
        axis.set_xlabel("layer")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set_ylabel("norm of dL/dW")
    axes[0].legend(fontsize=7, loc="lower right")


def spreads_of_values(values):
    """Draw a histogram of each array of values in [-1, 1] and write its deviation. values: dict, heading -> array."""
    title = "The tenth tanh layer: dead, dead, alive, saturated"
    axes = _grid(1, len(values), 2.1, title, height=2.5, sharex=True)[0]
    for axis, (heading, table) in zip(axes, values.items(), strict=True):
        flat = np.ravel(table)
        axis.hist(flat, bins=41, range=(-1, 1), weights=np.full(flat.size, 1 / flat.size), color=TRAIN)
        axis.text(0.04, 0.9, f"deviation {flat.std():.2g}", transform=axis.transAxes, fontsize=7)
        axis.set_title(heading, fontsize=8)
        axis.margins(y=0.25)
        axis.set_xlabel("value")
    axes[0].set_ylabel("share of values")


def started_at_zero(losses, W):
    """Draw the losses by pass beside the weights W (in, units) of one of the networks.

    losses: dict, (activation, start) -> numbers; every start but "zeros" is drawn thin.
    """
    left, right = _grid(1, 2, 3.6, "Started at zero: who moves, and what do the units become?", height=2.7)[0]
    for (activation, start), values in losses.items():
        style = {
            "linewidth": 2.5 if start == "zeros" else 1,
            "linestyle": ":" if activation == "relu" else "-",
        }
        left.plot(values, color=COLOURS[activation], label=f"{activation}, {start}", **style)
    left.set(xlabel="pass", ylabel="loss, 40 rows", ylim=(0, 95))
    left.legend(fontsize=7, loc="upper right", ncols=2)
    span = max(np.abs(W).max(), 1e-12)
    right.pcolormesh(W, cmap="RdBu_r", vmin=-1.3 * span, vmax=1.3 * span, edgecolors="white", linewidth=0.5)
    right.set_title("sigmoid from zeros: W of layer 1", fontsize=8)
    right.set(xlabel="hidden unit", ylabel="input")
    right.set_yticks([0.5, 1.5], ["0", "1"])


def _grid(rows, columns, width, title, height=3.6, **shared):
    """Return the axes, (rows, columns), of a new figure; the margins are fixed, which draws fast."""
    if columns == 0:
        raise ValueError("nothing to draw: 0 panels")
    wide = max(width * columns, 4.0)
    figure, axes = plt.subplots(rows, columns, figsize=(wide, height), squeeze=False, **shared)
    spread = 0.12 if shared.get("sharey") else 0.3
    figure.subplots_adjust(
        left=0.65 / wide,
        right=1 - 0.1 / wide,
        bottom=0.47 / height,
        top=1 - 0.55 / height,
        wspace=spread,
        hspace=0.12,
    )
    figure.suptitle(title, fontsize=11)
    for axis in axes.flat:
        axis.tick_params(labelsize=7)
        for label in (axis.xaxis.label, axis.yaxis.label):
            label.set_fontsize(8)
    return axes
