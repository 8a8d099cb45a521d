"""One training step of the coordinate network: the reference in NumPy beside CPU torch, one thread each.

    python -m benchmarks.step [--rounds N]

Forward, backward and SGD update of four layers, hidden 256, mapped input 512, three colours, float32, for batches of
32, 256 and 1024. Every round times both and a large float32 matrix product in turn, in CPU seconds, so that all share
the machine's moods; the figures are medians over the rounds. Writes docs/benchmarks.json and the section "Training
step" of docs/benchmarks.md. Needs torch, which the course itself does not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np

from autograder import reference

try:
    import torch
except ModuleNotFoundError as error:
    raise SystemExit(
        "benchmarks.step compares with torch, which is not installed here: `pip install torch==2.13.0`, "
        "into this environment or into another one that has NumPy and the course."
    ) from error

ROOT = Path(__file__).parents[1]
SIZES, BATCHES = (512, 256, 256, 256, 3), (32, 256, 1024)
LR, SIDE = 0.1, 2048


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    figures: dict[str, Any] = {str(batch): _measure(batch, rounds) for batch in BATCHES}
    figures["profile"] = _profile(BATCHES[-1], rounds)
    figures["machine"] = {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
    }
    _write(figures)


# --- the two networks


def _network() -> Any:
    """The reference's network, as the source notebook's solutions define it."""
    names = reference.namespace("fourier_features.update")
    np.random.seed(0)
    return names["NeuralNetwork"](SIZES[0], list(SIZES[1:-1]), SIZES[-1], len(SIZES) - 1, "SGD")


def _batch(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Mapped coordinates (rows, 512), sines and cosines, and colours (rows, 3), both float32."""
    rng = np.random.default_rng(1)
    phases = rng.uniform(0, 2 * np.pi, size=(rows, SIZES[0] // 2))
    mapped = np.concatenate([np.sin(phases), np.cos(phases)], axis=1)
    return mapped.astype(np.float32), rng.random((rows, SIZES[-1]), dtype=np.float32)


def _numpy_step(net: Any, X: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    def step() -> None:
        net.forward(X)
        net.backward(y)
        net.update(LR)

    return step


def _torch_network(net: Any) -> torch.nn.Sequential:
    """The same network with the same weights in torch."""
    layers: list[torch.nn.Module] = []
    for number, (inputs, outputs) in enumerate(pairwise(SIZES), start=1):
        layer = torch.nn.Linear(inputs, outputs)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(net.params[f"W{number}"].T))
            layer.bias.copy_(torch.from_numpy(net.params[f"b{number}"]))
        layers += [layer, torch.nn.Sigmoid() if outputs == SIZES[-1] else torch.nn.ReLU()]
    return torch.nn.Sequential(*layers)


def _torch_step(model: torch.nn.Sequential, X: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    inputs, colours, loss = torch.from_numpy(X), torch.from_numpy(y), torch.nn.MSELoss()
    # fused: torch's fastest update of the three that it has.
    optimiser = torch.optim.SGD(model.parameters(), lr=LR, fused=True)

    def step() -> None:
        optimiser.zero_grad()
        loss(model(inputs), colours).backward()
        optimiser.step()

    return step


def _require_the_same(net: Any, model: torch.nn.Sequential) -> None:
    """Both took the same steps, and NumPy in float32 throughout; a SystemExit says what differs."""
    arrays = {**net.params, **{f"gradient of {name}": array for name, array in net.gradients.items()}}
    for name, array in arrays.items():
        if array.dtype != np.float32:
            raise SystemExit(f"the reference's {name} is {array.dtype}: something turned it into float64")
    linear = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
    for number, layer in enumerate(linear, start=1):
        for name, theirs in ((f"W{number}", layer.weight.T), (f"b{number}", layer.bias)):
            if not np.allclose(net.params[name], theirs.detach().numpy(), rtol=1e-3, atol=1e-5):
                raise SystemExit(f"{name} of the reference and of torch differ after the same steps")


# --- measuring


def _flops(rows: int) -> int:
    """Operations of one step's matrix products; nobody needs the gradient for the first layer's input."""
    products = [2 * rows * inputs * outputs for inputs, outputs in pairwise(SIZES)]
    return 3 * sum(products) - products[0]


def _measure(rows: int, rounds: int) -> dict[str, float]:
    """Medians in CPU seconds of a step in NumPy and in torch, and what they say about the machine's rate."""
    net, (X, y) = _network(), _batch(rows)
    model = _torch_network(net)
    ours, theirs, products = _numpy_step(net, X, y), _torch_step(model, X, y), _products(rows)
    for _ in range(3):
        ours()
        theirs()
    _require_the_same(net, model)
    left, right = (np.random.default_rng(i).random((SIDE, SIDE), dtype=np.float32) for i in (2, 3))
    repeats = max(1, 2048 // rows)
    jobs = {
        "numpy": (ours, repeats),
        "torch": (theirs, repeats),
        "products": (products, repeats),
        "sgemm": (lambda: left @ right, 1),
    }
    samples: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, (job, times) in jobs.items():
            samples[name].append(_seconds(job, times))
    figures = {name: statistics.median(values) for name, values in samples.items()}
    figures["torch_over_numpy"] = _quotient(samples["torch"], samples["numpy"])
    figures["share"] = _quotient(samples["sgemm"], samples["numpy"]) * _flops(rows) / (2 * SIDE**3)
    figures["sgemm_rate"] = 2 * SIDE**3 / figures.pop("sgemm")
    figures["step_rate"] = _flops(rows) / figures["numpy"]
    return figures


def _quotient(above: list[float], below: list[float]) -> float:
    """The median of the rounds' quotients: what slows a round down slows both."""
    return statistics.median(x / y for x, y in zip(above, below, strict=True))


def _products(rows: int) -> Callable[[], None]:
    """The step's matrix products alone, at their own shapes and in their order."""
    rng = np.random.default_rng(4)
    inputs = [rng.random((rows, size), dtype=np.float32) for size in SIZES]
    weights = [rng.random(shape, dtype=np.float32) for shape in pairwise(SIZES)]

    def products() -> None:
        for X, W in zip(inputs, weights, strict=False):
            X @ W
        for number in reversed(range(len(weights))):
            inputs[number].T @ inputs[number + 1]
            if number:
                inputs[number + 1] @ weights[number].T

    return products


def _seconds(job: Callable[[], Any], times: int) -> float:
    """CPU seconds, of all threads, so that what else the machine does counts little."""
    started = time.process_time()
    for _ in range(times):
        job()
    return (time.process_time() - started) / times


def _profile(rows: int, rounds: int) -> dict[str, float]:
    """Median CPU seconds a step in each method of the reference, less what the methods that it calls take."""
    net, (X, y) = _network(), _batch(rows)
    spent: Counter[str] = Counter()
    inside: list[float] = []

    def timed(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            inside.append(0.0)
            started = time.process_time()
            result = method(*args, **kwargs)
            whole = time.process_time() - started
            spent[name] += whole - inside.pop()
            if inside:
                inside[-1] += whole
            return result

        return wrapped

    for name, method in vars(type(net)).items():
        if callable(method) and not name.startswith("__"):
            setattr(net, name, timed(name, getattr(net, name)))
    step = _numpy_step(net, X, y)
    step()
    samples = []
    for _ in range(rounds):
        spent.clear()
        step()
        samples.append(dict(spent))
    return {name: statistics.median(sample.get(name, 0.0) for sample in samples) for name in samples[0]}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


# --- writing


def _write(figures: dict[str, Any]) -> None:
    """Put the figures into docs/benchmarks.json and between the section's marks in docs/benchmarks.md."""
    store = ROOT / "docs" / "benchmarks.json"
    known = json.loads(store.read_text()) if store.exists() else {}
    store.write_text(json.dumps(known | {"training_step": figures}, indent=1) + "\n")
    text = _text(figures)
    page = ROOT / "docs" / "benchmarks.md"
    before, _, rest = page.read_text().partition("<!-- training step -->")
    _, _, after = rest.partition("<!-- end of training step -->")
    page.write_text(f"{before}<!-- training step -->\n{text}\n<!-- end of training step -->{after}")
    print(text)


def _text(figures: dict[str, Any]) -> str:
    steps = [
        "| batch | NumPy, CPU ms | torch, CPU ms | torch / NumPy | Gflop/s | large product, Gflop/s | share |",
        "|---|---|---|---|---|---|---|",
    ]
    for rows in BATCHES:
        one = figures[str(rows)]
        steps.append(
            f"| {rows} | {one['numpy'] * 1e3:.2f} | {one['torch'] * 1e3:.2f} | {one['torch_over_numpy']:.2f} "
            f"| {one['step_rate'] / 1e9:.0f} | {one['sgemm_rate'] / 1e9:.0f} | {one['share']:.0%} |"
        )
    rows = BATCHES[-1]
    one = figures[str(rows)]
    ideal = one["share"] * one["numpy"]
    parts = [
        f"| where a step of {rows} rows goes | ms | of the step |",
        "|---|---|---|",
        _part("products, if all ran at the large product's rate", ideal, one["numpy"]),
        _part("products at their own shapes, beyond that", one["products"] - ideal, one["numpy"]),
        _part("everything else", one["numpy"] - one["products"], one["numpy"]),
    ]
    profile = figures["profile"]
    whole = sum(profile.values())
    methods = ["| in which method, those it calls left out | ms | of the step |", "|---|---|---|"]
    methods += [
        _part(f"`{name}`", seconds, whole) for name, seconds in sorted(profile.items(), key=lambda p: -p[1])
    ]
    machine = ", ".join(f"{name} {value}" for name, value in figures["machine"].items())
    made = f"Made by `python -m benchmarks.step` on {machine}."
    return "\n".join([*steps, "", *parts, "", *methods, "", made])


def _part(name: str, seconds: float, whole: float) -> str:
    return f"| {name} | {seconds * 1e3:.2f} | {seconds / whole:.1%} |"


if __name__ == "__main__":
    main()
