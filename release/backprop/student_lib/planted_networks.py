"""Networks for the gradient check: six that train alike, five of them with a planted fault in their gradients.

Also colleagues' checkers with a planted fault each, and networks made of your own layers or of given ones.
Reading on spoils the riddles, and earns nothing: grading uses other networks.
"""

import numpy as np

from student_lib.data import four_clouds, standardise

__all__ = ["Network", "colleagues_checkers", "given_network", "network_of", "six_networks"]

_DECAY = 0.01


class Network:
    """Parameters, a loss to measure, and gradients to doubt.

    `params`: dict, name -> float array. `loss(params)`: the loss for these parameters, one number; it changes
    nothing. `gradients()`: dict, name -> array, what the network claims its gradients at `params` to be.
    """

    def __init__(self, params, loss, gradients):
        self.params, self.loss, self.gradients = params, loss, gradients


def six_networks(seed=0):
    """Return six networks, a dict "A" to "F" -> Network: same points, same start; one has right gradients.

    Two features, six tanh units, four classes: "W1" (2, 6), "b1" (6,), "W2" (6, 4), "b2" (4,). The loss is the
    summed cross entropy of 40 points plus 0.01 / 2 times the sum of the squared weights. Another seed draws
    other points from the same clouds; the parameters start alike for every seed.

    >>> nets = six_networks()
    >>> sorted(nets), nets["A"].params["W1"].shape
    (['A', 'B', 'C', 'D', 'E', 'F'], (2, 6))
    """
    points, y = four_clouds(seed)
    x = standardise(points)
    return {name: _classifier(x, y, fault) for name, fault in zip("ABCDEF", _FAULTS, strict=True)}


def network_of(layers, x, y, hidden_size=5):
    """Return a Network made of the functions in `layers`, a module: `nn.py` from the notebook fully_connected.

    One hidden sigmoid layer and a softmax, x (N, D), y (N, C) one-hot. Raises AttributeError when a function
    is missing, and NotImplementedError when one is still a stub.
    """
    params = {}
    layers.initialize_weights(x.shape[1], hidden_size, params, "layer1")
    layers.initialize_weights(hidden_size, y.shape[1], params, "output")
    names = tuple(params)

    def run(params):
        params = dict(params)  # forward leaves its caches in this copy
        hidden = layers.forward(x, params, "layer1", layers.sigmoid)
        return layers.forward(hidden, params, "output", layers.softmax), params

    def loss(params):
        return layers.compute_loss_and_acc(y, run(params)[0])[0]

    def gradients():
        probs, filled = run(network.params)
        delta = layers.backwards(probs - y, filled, "output", np.ones_like)
        layers.backwards(delta, filled, "layer1")
        return {name: filled["grad_" + name] for name in names}

    network = Network(params, loss, gradients)
    network.loss(params), network.gradients()
    return network


def given_network(x):
    """Return a Network of three given layers, scale, shift and tanh, which work column by column.

    It should exchange the two columns of x, (N, 2); the loss is the summed squared error. "scale" and "shift"
    are (2,).
    """
    params = {"scale": np.array([0.8, 1.1]), "shift": np.array([-0.0704, 0.3])}
    target = x[:, ::-1]

    def output(params):
        return np.tanh(x * params["scale"] + params["shift"])

    def loss(params):
        return np.sum((output(params) - target) ** 2)

    def gradients():
        out = output(network.params)
        slope = 2 * (out - target) * (1 - out**2)
        return {"scale": (slope * x).sum(axis=0), "shift": slope.sum(axis=0)}

    network = Network(params, loss, gradients)
    return network


def colleagues_checkers(numerical_gradient, relative_error):
    """Return three faulty checkers, a dict: name -> function(network) -> dict, parameter -> relative error.

    They use *your* two functions, each in a wrong way.
    """

    def ada(network):
        measured, claimed = numerical_gradient(network.loss, network.params), network.gradients()
        return {
            name: relative_error(slope / np.abs(slope).max(), claimed[name] / np.abs(claimed[name]).max())
            for name, slope in measured.items()
        }

    def ben(network):
        claimed, errors = network.gradients(), {}
        for name, values in network.params.items():

            def loss(part):
                return network.loss({**network.params, **part})

            measured = numerical_gradient(loss, {name: values})
            errors[name] = relative_error(measured[name], claimed[name])
            values -= 1e-5
        return errors

    def cleo(network):
        claimed, other_points = network.gradients(), six_networks(seed=1)["A"].loss
        measured = numerical_gradient(other_points, network.params)
        return {name: relative_error(slope, claimed[name]) for name, slope in measured.items()}

    return {"Ada": ada, "Ben": ben, "Cleo": cleo}


def _classifier(x, y, fault):
    rng = np.random.default_rng(5)
    params = {
        "W1": rng.normal(scale=0.7, size=(2, 6)),
        "b1": rng.normal(scale=0.3, size=6),
        "W2": rng.normal(scale=0.4, size=(6, 4)),
        "b2": np.zeros(4),
    }

    def forward(params):
        z = x @ params["W1"] + params["b1"]
        hidden = np.tanh(z)
        logits = hidden @ params["W2"] + params["b2"]
        return z, hidden, logits - logits.max(axis=1, keepdims=True)

    def loss(params):
        _, _, logits = forward(params)
        entropy = np.log(np.exp(logits).sum(axis=1)).sum() - (y * logits).sum()
        return entropy + _DECAY / 2 * ((params["W1"] ** 2).sum() + (params["W2"] ** 2).sum())

    def gradients():
        return _backprop(network.params, x, y, *forward(network.params), fault)

    network = Network(params, loss, gradients)
    return network


# One for each letter.
_FAULTS = ("pre_activation", "mean", "last_row", "", "decay", "slope")


def _backprop(params, x, y, z, hidden, logits, fault):
    exps = np.exp(logits)
    top = exps / exps.sum(axis=1, keepdims=True) - y
    slope = {"slope": np.ones_like(z), "pre_activation": 1 - z**2}.get(fault, 1 - hidden**2)
    below = top @ params["W2"].T * slope
    rows = slice(-1) if fault == "last_row" else slice(None)
    return {
        "W1": x.T @ below + _DECAY * params["W1"],
        "b1": below.mean(axis=0) if fault == "mean" else below.sum(axis=0),
        "W2": hidden[rows].T @ top[rows] + (0 if fault == "decay" else _DECAY * params["W2"]),
        "b2": top.sum(axis=0),
    }
