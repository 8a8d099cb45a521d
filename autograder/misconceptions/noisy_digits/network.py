"""Mistakes in `MyNet`, in `save_model`, and in the file that is handed in."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from .. import misconception

# --- MyNet


class _Net(nn.Module):
    """A small convolutional network, right but for what a subclass changes."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 4, 5), nn.Linear(4 * 12 * 12, 10)

    def scores(self, x):
        return self.fc(F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1))

    def forward(self, x):
        return F.log_softmax(self.scores(x), dim=1)


def _net(advice: str) -> Callable[[type], type]:
    return misconception("noisy_digits.MyNet", advice=advice, replaces="MyNet", random=True)


@_net(
    "You return the scores themselves. nll_loss needs log-probabilities: F.log_softmax(scores, dim=1) at the end."
)
class raw_scores(_Net):
    def forward(self, x):
        return self.scores(x)


@_net(
    "You return probabilities; nll_loss takes their logarithm for granted. Use log_softmax instead of softmax."
)
class softmax_without_logarithm(_Net):
    def forward(self, x):
        return F.softmax(self.scores(x), dim=1)


@_net(
    "You apply log_softmax after softmax: no class can become likelier than 0.23. Apply log_softmax to the scores."
)
class softmax_twice(_Net):
    def forward(self, x):
        return F.log_softmax(F.softmax(self.scores(x), dim=1), dim=1)


@_net("Your probabilities add up over the batch. The classes of one picture are a row: dim=1.")
class softmax_over_the_batch(_Net):
    def forward(self, x):
        return F.log_softmax(self.scores(x), dim=0)


@_net(
    "Dropout stays on in evaluation mode: F.dropout needs training=self.training; nn.Dropout knows by itself."
)
class dropout_always_on(_Net):
    def scores(self, x):
        return self.fc(F.dropout(F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1), 0.5))


@_net(
    "A picture's answer depends on the other pictures of its batch. Take mean and deviation of each picture by itself."
)
class normalised_over_the_batch(_Net):
    def scores(self, x):
        return super().scores((x - x.mean()) / (x.std() + 1e-3))


@_net("A layer of __init__ takes no part in forward, so it learns nothing. Use it, or leave it out.")
class unused_layer(_Net):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(10, 10)


@_net(
    "Some layers are in a plain list, where PyTorch does not find them: neither optimizer nor file has their weights."
)
class layers_in_a_list(_Net):
    def __init__(self):
        super().__init__()
        self.hidden = [nn.Conv2d(1, 1, 3, padding=1)]

    def scores(self, x):
        return super().scores(self.hidden[0](x))


@_net(
    "Your network has more than 2,000,000 parameters, most of them probably between the last picture and a dense layer."
)
class too_many_parameters(_Net):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(1500, 1500)

    def scores(self, x):
        return super().scores(x) + self.hidden(x.new_zeros(len(x), 1500))[:, :10]


# --- save_model


def _save(name: str, advice: str, write: Callable[[nn.Module, Any], Any]) -> None:
    def save_model(model: nn.Module, path: Any) -> None:
        write(model, path)

    save_model.__name__ = name
    misconception("noisy_digits.save_model", advice=advice, random=True)(save_model)


_save(
    "whole_object_saved",
    "The file holds Python objects, not only tensors: loading it would run code. Save model.state_dict().",
    torch.save,
)
_save(
    "running_averages_missing",
    "You save the parameters only. state_dict() has the running averages of batch normalisation too.",
    lambda model, path: torch.save({name: p.data for name, p in model.named_parameters()}, path),
)
_save(
    "wrapped_in_a_checkpoint",
    "Your file holds a list, or a dictionary around the state_dict. Save the state_dict itself.",
    lambda model, path: torch.save({"model": model.state_dict(), "epoch": 1}, path),
)
_save(
    "path_ignored",
    "There is no file at the path that was given: use the argument, not a name of your own.",
    lambda model, path: None,
)
_save(
    "weights_converted",
    "Saving changes the model: half(), to() and zero_grad() work in place on a module.",
    lambda model, path: torch.save(model.half().state_dict(), path),
)


# --- model: files in the place of model.pt


class _File:
    """The path of a file that shows one mistake; it is written when it is first used."""

    def __init__(self, name: str, write: Callable[[Path], Any]):
        self.__name__, self._write = name, write

    @cached_property
    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        folder = tempfile.TemporaryDirectory(prefix="chainrule-")
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self._write(Path(folder.name, "model.pt"))
        return folder

    def __fspath__(self) -> str:
        return str(Path(self._folder.name, "model.pt"))


def _file(name: str, advice: str, write: Callable[[Path], Any]) -> None:
    register = misconception("noisy_digits.model", advice=advice, replaces="MODEL_FILE", random=True)
    register(_File(name, write))


def _reference(change: Callable[[dict[str, torch.Tensor]], Any]) -> Callable[[Path], None]:
    """Writes the reference's weights after a change."""

    def write(path: Path) -> None:
        weights = torch.load(REFERENCE, map_location="cpu", weights_only=True)
        torch.save(change(weights), path)

    return write


def _too_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate((20 << 20) + 1)


def _rolled(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """One class further: what was the output for 3 is that for 4."""
    *_, weight, bias = weights
    return weights | {name: weights[name].roll(1, 0) for name in (weight, bias)}


def _untrained(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {
        name: torch.randn_like(value) / 10 if value.ndim > 1 else value for name, value in weights.items()
    }


REFERENCE = Path(__file__).parents[2] / "solutions" / "noisy_digits" / "model.pt"

_file(
    "no_model_handed_in",
    "There is no model.pt beside your notebook. Train in full, run the cell that saves it, and hand in both files.",
    lambda path: None,
)
_file(
    "whole_object_handed_in",
    "Your model.pt is a Python object, or damaged: it is not loaded, since that would run code. Use save_model.",
    lambda path: torch.save(_Net(), path),
)
_file(
    "checkpoint_handed_in",
    "Your model.pt wraps the weights in something else. Save the model's state_dict itself.",
    _reference(lambda weights: {"model": weights, "epoch": 30}),
)
_file(
    "huge_file",
    "Your model.pt is larger than 20 MB. MyNet with at most 2,000,000 parameters needs 8 MB: save nothing else.",
    _too_large,
)
_file(
    "other_architecture",
    "The weights in model.pt are not those of the MyNet in your notebook. Hand in the MyNet that you trained.",
    lambda path: torch.save(_Net().state_dict(), path),
)
_file(
    "labels_one_too_large",
    "Your model's answers are one too large: were its labels, in training? See what it says to one picture of a 3.",
    _reference(_rolled),
)
_file(
    "at_chance_on_clean_digits",
    "Your model cannot read clean digits either. Was it saved before training, overwritten by a short run, or "
    "trained on "
    "pictures of another scale than 0 to 1? What the network wants of its input belongs in forward.",
    _reference(_untrained),
)
