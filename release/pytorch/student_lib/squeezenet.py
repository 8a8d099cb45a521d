"""SqueezeNet 1.1 with the weights of ImageNet that ship with the course. Imports PyTorch."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn

__all__ = ["SqueezeNet", "as_input", "squeezenet"]

_WEIGHTS = Path(__file__).with_name("datasets") / "squeezenet11.npz"
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Fire(nn.Module):
    """1 x 1 to few channels, then 1 x 1 and 3 x 3 side by side: (N, inputs, h, w) to (N, 2*expand, h, w)."""

    def __init__(self, inputs, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = torch.relu(self.squeeze(x))
        return torch.cat([torch.relu(self.expand1x1(x)), torch.relu(self.expand3x3(x))], dim=1)


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1: 1,235,496 parameters for 1000 classes, the names of parameters as in torchvision.

    `features` gives (N, 512, h, w), about a sixteenth of the picture each way; `classifier` a dropout, a 1 x 1
    convolution to the classes (`classifier[1]`), ReLU, and the mean over all places. Input: (N, 3, H, W), float32,
    at least 33 pixels each way, made with `as_input`; trained at 224 to 227. Output: (N, classes) scores.

    F. N. Iandola et al., "SqueezeNet", arXiv:1602.07360; version 1.1 as in the authors' repository.
    """

    def __init__(self, classes=1000):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(64, 16, 64), Fire(128, 16, 64), nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(128, 32, 128), Fire(256, 32, 128), nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Dropout(0.5), nn.Conv2d(512, classes, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1)
        )

    def forward(self, x):
        return self.classifier(self.features(x)).flatten(1)


def squeezenet(pretrained=True, path=None):
    """Return a `SqueezeNet` for ImageNet's 1000 classes, in train mode as every new module.

    pretrained: load the weights that ship with the course; otherwise they are random. `path` names another file of
    this format: npz, float16, a key for each parameter. Raises FileNotFoundError for none, and ValueError for one
    that is cut or holds other arrays.

    >>> net = squeezenet(pretrained=False)
    >>> sum(parameter.numel() for parameter in net.parameters())
    1235496
    """
    net = SqueezeNet()
    if pretrained:
        net.load_state_dict(_read(Path(path or _WEIGHTS), net.state_dict()))
    return net


def as_input(pictures):
    """Return pictures (N, H, W, 3), uint8 RGB, as what the network was trained on: (N, 3, H, W), float32.

    Each channel is divided by 255, then ImageNet's mean is subtracted and its deviation divided by, as torchvision
    does. Raises ValueError for another shape or dtype.
    """
    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or pictures.shape[3] != 3 or pictures.dtype != np.uint8:
        raise ValueError(
            f"as_input: got {pictures.shape} {pictures.dtype}; expected pictures (N, H, W, 3) of uint8, RGB"
        )
    x = torch.from_numpy(pictures.transpose(0, 3, 1, 2).astype(np.float32) / 255)
    mean, deviation = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (MEAN, DEVIATION))
    return (x - mean) / deviation


def _read(path, expected):
    """Return the file's arrays as float32 tensors, with the keys and shapes of `expected`."""
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: copy student_lib again, with its folder datasets")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, TypeError) as error:
        raise ValueError(
            f"{path} cannot be read: expected an npz file with SqueezeNet's weights, found "
            f"{path.stat().st_size} bytes that give {type(error).__name__}; copy it again"
        ) from error
    for key in sorted({*arrays, *expected}):
        found = arrays[key].shape if key in arrays else "no such array"
        wanted = tuple(expected[key].shape) if key in expected else "no such array"
        if found != wanted:
            raise ValueError(f"{path} holds other weights: {key} is {found}, SqueezeNet 1.1 has {wanted}")
    return {key: torch.from_numpy(array.astype(np.float32)) for key, array in arrays.items()}
