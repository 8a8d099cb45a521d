"""What the reference of fine_tuning.ipynb reaches on Oxford Flowers-17, which the course does not ship.

    OMP_NUM_THREADS=1 python -m benchmarks.fine_tuning [FOLDER]

FOLDER holds train, val and test, each with a subfolder for each of 17 classes, by default
../shared/data/flowers17_160px beside the checkout. The functions are the notebook's solutions, with its settings: the
largest square of each picture at 160 pixels for SqueezeNet and at 64 for FlowerNet, 30 epochs, learning rate 0.001,
batches of 32, on the CPU. Nothing was chosen by the test pictures. Writes docs/fine_tuning.md.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from autograder import reference
from student_lib.folders import flowers17
from student_lib.squeezenet import as_input, squeezenet

ROOT = Path(__file__).parents[1]
FOLDER = ROOT.parent / "shared" / "data" / "flowers17_160px"
EPOCHS, RATE, SIDE, SMALL, CLASSES = 30, 1e-3, 160, 64, 17
SEEDS, NUMBERS, DRAWS = (0, 1, 2), (2, 5, 10, 20), (0, 1)
AIM = 0.89


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    torch.set_num_threads(1)
    found = measure(parser.parse_args().folder)
    (ROOT / "docs" / "fine_tuning.md").write_text(_report(found), encoding="utf-8")
    print(_report(found))


def measure(folder: Path) -> dict[str, Any]:
    """Accuracies by row of the report, and seconds."""
    names = reference.namespace("pytorch.fit")
    parts, _ = flowers17(folder, SIDE)
    labels = {part: torch.tensor(y) for part, (_, y) in parts.items()}
    net = names["replace_head"](squeezenet(), CLASSES)
    names["freeze"](net)
    start = time.process_time()
    maps = {part: names["outputs"](net.features, as_input(x)) for part, (x, _) in parts.items()}
    found: dict[str, Any] = {"body_seconds": time.process_time() - start, "head": []}

    def trained(model: nn.Module, x: torch.Tensor, y: torch.Tensor, epochs: int = EPOCHS) -> nn.Module:
        names["fit"](model, x, y, epochs, RATE)
        return model

    def accuracy(model: nn.Module, x: torch.Tensor, part: str) -> float:
        return (names["outputs"](model, x).argmax(dim=1) == labels[part]).float().mean().item()

    def head(body: nn.Module | None = None) -> nn.Module:
        fresh = names["replace_head"](body or squeezenet(pretrained=False), CLASSES)
        return nn.Sequential(fresh.classifier, nn.Flatten())

    for seed in SEEDS:
        torch.manual_seed(seed)
        start = time.process_time()
        model = trained(head(net), maps["train"], labels["train"])
        found["head_seconds"] = time.process_time() - start
        found["head"].append({part: accuracy(model, maps[part], part) for part in ("val", "test")})
    found["inputs"] = {what: accuracy(net, x, "test") for what, x in _wrong_inputs(parts["test"][0]).items()}
    points = {part: value.mean(dim=(2, 3)).numpy() for part, value in maps.items()}
    near = names["nearest"](points["test"], points["train"], 5)
    found["nearest"] = float(np.mean(parts["train"][1][near] == parts["test"][1][:, None]))
    found["numbers"] = {}
    for number in NUMBERS:
        shares = []
        for seed in DRAWS:
            torch.manual_seed(seed)
            rows = _some_rows(parts["train"][1], number, seed)
            epochs = max(EPOCHS, 10 * EPOCHS * 32 // (3 * len(rows)))
            shares.append(
                accuracy(
                    trained(head(), maps["train"][rows], labels["train"][rows], epochs), maps["test"], "test"
                )
            )
        found["numbers"][number] = shares
    torch.manual_seed(0)
    small = {part: as_input(_resized(x)) for part, (x, _) in parts.items() if part != "val"}
    own = trained(names["FlowerNet"](CLASSES), small["train"], labels["train"])
    found["flower_net"] = accuracy(own, small["test"], "test")
    found["random"] = _random_body(names, parts, labels, trained, accuracy, head)
    return found


def _random_body(names, parts, labels, trained, accuracy, head) -> float:
    """The test accuracy of a head on a body that never saw a picture, started as He et al. do."""
    torch.manual_seed(0)
    net = squeezenet(pretrained=False)
    for layer in net.features.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    maps = {part: names["outputs"](net.features, as_input(parts[part][0])) for part in ("train", "test")}
    return accuracy(trained(head(net), maps["train"], labels["train"]), maps["test"], "test")


def _wrong_inputs(pictures: np.ndarray) -> dict[str, torch.Tensor]:
    raw = torch.tensor(pictures).permute(0, 3, 1, 2).float()
    return {
        "blue, green, red": as_input(np.ascontiguousarray(pictures[..., ::-1])),
        "0 to 1, not normalised": raw / 255,
        "0 to 255": raw,
    }


def _some_rows(y: np.ndarray, number: int, seed: int) -> np.ndarray:
    draws = np.random.default_rng(seed)
    return np.concatenate(
        [draws.permutation(np.flatnonzero(y == label))[:number] for label in range(CLASSES)]
    )


def _resized(pictures: np.ndarray) -> np.ndarray:
    small = [Image.fromarray(one).resize((SMALL, SMALL), Image.Resampling.BICUBIC) for one in pictures]
    return np.stack([np.asarray(one) for one in small])


def _report(found: dict[str, Any]) -> str:
    """docs/fine_tuning.md."""
    tests = [one["test"] for one in found["head"]]
    validated = [one["val"] for one in found["head"]]
    error = (np.mean(tests) * (1 - np.mean(tests)) / 340) ** 0.5
    rows = {
        "new head on the pretrained body, 40 a class": tests,
        **{f"the same, {number} a class": shares for number, shares in found["numbers"].items()},
        "FlowerNet, from scratch, 40 a class": [found["flower_net"]],
        "new head on a random body, 40 a class": [found["random"]],
        "guessing": [1 / CLASSES],
    }
    lines = [
        "# Fine tuning on Flowers-17",
        "",
        "Written by `python -m benchmarks.fine_tuning`. The pictures are not part of the course: 680 for training, 340",
        "for validation, 340 for testing, shortest side 160 pixels, 17 classes. The functions are the solutions of",
        "`source/pytorch/fine_tuning.ipynb`, with its settings: 30 epochs, Adam with learning rate 0.001, batches of",
        "32 (more epochs where pictures are few). No test picture took part in a choice.",
        "",
        "| | test accuracy, each run | mean |",
        "|---|---|---|",
        *(
            f"| {what} | {', '.join(f'{share:.3f}' for share in shares)} | {np.mean(shares):.3f} |"
            for what, shares in rows.items()
        ),
        "",
        f"Aimed at: {AIM} or more for the head; the worst of {len(tests)} seeds has {min(tests):.3f} "
        f"({'reached' if min(tests) >= AIM else 'missed'}). One seed's",
        f"standard error on 340 pictures is {error:.3f}. Validation accuracies: "
        f"{', '.join(f'{share:.3f}' for share in validated)}.",
        "",
        "The last head, fed with test pictures that were prepared wrongly:",
        "",
        "| input | test accuracy |",
        "|---|---|",
        f"| as in training | {tests[-1]:.3f} |",
        *(f"| {what} | {share:.3f} |" for what, share in found["inputs"].items()),
        "",
        "Of the five training pictures nearest to a test picture by the body's features, "
        f"{found['nearest']:.0%} are of its",
        f"class. CPU seconds on one thread: {found['body_seconds']:.0f} for all maps, once; "
        f"{found['head_seconds']:.0f} for the head's 30 epochs.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
