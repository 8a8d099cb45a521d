"""Record the training runs that the theory notebook shows. Run it from anywhere: nothing is fetched.

    python tools/build_theory.py            trains and writes the recording
    python tools/build_theory.py --check    trains and compares with the recording

Writes student_lib/datasets/theory_runs.npz: the loss per row before each pass, by the run's name, and in "how" the
settings as JSON. Students get the curves and not this file: training takes a backward pass, which is an answer
to exercises. The gradients come from the grader's oracle, which shares no line with the solutions.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from autograder import oracles
from student_lib import four_clouds, nn, plot_theory, standardise

RECORDING = Path(plot_theory.__file__).with_name("datasets") / "theory_runs.npz"
DEEP, SHALLOW = [2] + 9 * [25] + [4], [2, 25, 4]
SLOPE_OF = {"sigmoid": oracles.sigmoid_deriv, "tanh": nn.tanh_deriv, "relu": nn.relu_deriv}
_FLAT = {"sizes": DEEP, "times_xavier": 1, "passes": 400, "lr": 0.0025, "batch_size": 40}
_BATCHES = {"sizes": SHALLOW, "times_xavier": 0, "passes": 300, "lr": 0.03, "batch_size": 5}
RUNS = {
    "tanh": _FLAT | {"activation": "tanh"},
    "sigmoid": _FLAT | {"activation": "sigmoid"},
    "sigmoid, weights times 4": _FLAT | {"activation": "sigmoid", "times_xavier": 4},
    "tanh from zeros": _BATCHES | {"activation": "tanh"},
    "relu from zeros": _BATCHES | {"activation": "relu"},
    "sigmoid from zeros": _BATCHES | {"activation": "sigmoid"},
    "sigmoid from Xavier": _BATCHES | {"activation": "sigmoid", "times_xavier": 1},
}
Network = list[list[np.ndarray]]


def gradients(network: Network, x: np.ndarray, y: np.ndarray, activation: str) -> list[list[np.ndarray]]:
    """`[dW, db]` of each layer for the cross-entropy summed over the rows; x (N, in), y (N, out) one-hot."""
    *values, logits = plot_theory.forward_through(network, x, activation)
    upstream, found = oracles.softmax(logits) - y, []
    for (W, _), inputs in zip(reversed(network), reversed(values), strict=True):
        grad_inputs, *of_layer = oracles.affine_gradients(inputs, W, upstream)
        found.append(of_layer)
        upstream = grad_inputs * SLOPE_OF[activation](inputs)
    return found[::-1]


def train(
    sizes: list[int],
    activation: str,
    times_xavier: float,
    passes: int,
    lr: float,
    batch_size: int,
    seed: int = 0,
) -> tuple[list[float], Network]:
    """Gradient descent on the four clouds: the loss per row before each pass, and the trained network.

    `batch_size` divides the 40 rows. `seed` is that of the weights; the batches' order is always the same.
    """
    x, y = four_clouds(seed=0)
    x = standardise(x)
    network = plot_theory.layers(sizes, lambda n, m: times_xavier * plot_theory.xavier(n, m), seed)
    order, curve = np.random.default_rng(0), []
    for _ in range(passes):
        curve.append(float(plot_theory.losses(network, x, y, activation).mean()))
        for rows in np.split(order.permutation(len(x)), len(x) // batch_size):
            for layer, of_layer in zip(
                network, gradients(network, x[rows], y[rows], activation), strict=True
            ):
                for parameter, gradient in zip(layer, of_layer, strict=True):
                    parameter -= lr * gradient
    return curve, network


def build() -> dict[str, np.ndarray]:
    """Everything that the recording holds, by name."""
    arrays = {}
    for name, settings in RUNS.items():
        curve, network = train(**settings)
        arrays[name] = np.array(curve)
        if name == "sigmoid from zeros":
            arrays["W from zeros"] = network[0][0]
        print(f"{name:25} loss per row {curve[0]:.4f} -> {curve[-1]:.4f}")
    how = {"built_by": "tools/build_theory.py", "numpy": np.__version__, "weights_seed": 0, "runs": RUNS}
    return arrays | {"how": np.array(json.dumps(how))}


def differences(fresh: dict[str, np.ndarray]) -> list[str]:
    """What in the recording is not as in `fresh`, beyond sums taken in another order."""
    with np.load(RECORDING, allow_pickle=False) as recording:
        old = dict(recording)
    wrong = [f"only one of the two has {name!r}" for name in sorted(old.keys() ^ fresh.keys())]
    curves = sorted((old.keys() & fresh.keys()) - {"how"})
    wrong += [
        f"{name!r} differs"
        for name in curves
        if not np.allclose(old[name], fresh[name], rtol=1e-6, atol=1e-9)
    ]
    if json.loads(str(old["how"]))["runs"] != RUNS:
        wrong.append("the recording's settings are not those here")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, compare with what is there")
    options, fresh = parser.parse_args(), build()
    if not options.check:
        np.savez_compressed(RECORDING, **fresh)
    wrong = differences(fresh)
    print("\n".join(wrong) or f"{RECORDING.name} is as trained, {RECORDING.stat().st_size / 1e3:.0f} kB")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
