"""Mistakes in `source/pytorch/images.ipynb`: planes, and the objects' network.

Modules start at random, so equal symptoms are enough for theirs.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .. import misconception

# --- channel_statistics


@misconception("pytorch.channel_statistics", advice="Values run from 0 to 255 in yours. Divide by 255 first.")
def not_divided_by_255(pictures):
    return pictures.mean(axis=(0, 1, 2)), pictures.std(axis=(0, 1, 2))


@misconception(
    "pytorch.channel_statistics",
    advice="One mean and deviation for all colours together. Each colour has its own: leave axis 3 out.",
    variants=[{"repeated": True}],
)
def colours_together(pictures, repeated=False):
    values = pictures / 255
    many = (lambda value: np.full(3, value)) if repeated else float
    return many(values.mean()), many(values.std())


@misconception(
    "pytorch.channel_statistics",
    advice="You take each picture's own deviation and average those: how much pictures differ from each other is lost. "
    "One deviation over all.",
    variants=[{"axis": (0, 1)}, {"axis": (0,)}, {"axis": (1,)}],
)
def deviations_averaged(pictures, axis=(1, 2)):
    values = pictures / 255
    std = values.std(axis=axis)
    return values.mean(axis=(0, 1, 2)), std.reshape(-1, 3).mean(axis=0)


@misconception(
    "pytorch.channel_statistics",
    advice="You average over another set of axes. Average over pictures, rows and columns, axes 0, 1 and 2; three "
    "numbers remain.",
    variants=[{"axis": axis} for axis in ((1, 2), (0,), (1, 2, 3), (0, 2, 3))],
)
def other_axes(pictures, axis=(0, 1)):
    values = pictures / 255
    return values.mean(axis=axis), values.std(axis=axis)


@misconception(
    "pytorch.channel_statistics", advice="The second result is the variance. Take its square root."
)
def variance_returned(pictures):
    values = pictures / 255
    return values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))


# --- to_batch


def _as_batch(pictures, mean, std, move=lambda x: x.transpose(0, 3, 1, 2)):
    normalised = (pictures / 255 - np.asarray(mean)) / np.asarray(std)
    return torch.tensor(np.ascontiguousarray(move(normalised)), dtype=torch.float32)


@misconception(
    "pytorch.to_batch",
    advice="reshape (or view) gives the right shape with the wrong content: it cuts the row of numbers anew, and "
    "planes mix colours with places. Move the axis: transpose(0, 3, 1, 2) or permute.",
)
def planes_misread(pictures, mean, std):
    return _as_batch(pictures, mean, std, lambda x: x.reshape(len(x), 3, *x.shape[1:3]))


@misconception(
    "pytorch.to_batch",
    advice="Rows and columns are swapped: your planes are (W, H). transpose(0, 3, 1, 2), not T or swapaxes.",
)
def pictures_lie_on_their_side(pictures, mean, std):
    return _as_batch(pictures, mean, std, lambda x: x.transpose(0, 3, 2, 1))


@misconception("pytorch.to_batch", advice="The colours still stand last: the tensor is (N, H, W, 3).")
def colours_still_last(pictures, mean, std):
    return _as_batch(pictures, mean, std, lambda x: x)


@misconception(
    "pytorch.to_batch",
    advice="You normalise by the statistics of these pictures, and ignore those that were given. A network must meet "
    "new pictures on the scale that it was trained on.",
    variants=[{"each": True}],
)
def own_statistics(pictures, mean, std, each=False):
    values, axis = pictures / 255, (1, 2) if each else (0, 1, 2)
    kept = {"axis": axis, "keepdims": True}
    normalised = (values - values.mean(**kept)) / np.maximum(values.std(**kept), 1e-12)
    return torch.tensor(normalised.transpose(0, 3, 1, 2), dtype=torch.float32)


@misconception(
    "pytorch.to_batch",
    advice="Mean and deviation belong to values from 0 to 1. Divide the pictures by 255 first.",
)
def bytes_normalised(pictures, mean, std):
    return _as_batch(255.0 * pictures, mean, std)


@misconception(
    "pytorch.to_batch",
    advice="The normalisation is incomplete or in another order: subtract the mean, then divide by the deviation.",
    variants=[{"form": form} for form in ("divided", "multiplied", "squared", "divided first", "none")],
)
def another_formula(pictures, mean, std, form="shifted"):
    values, mean, std = pictures / 255, np.asarray(mean), np.asarray(std)
    normalised = {
        "shifted": values - mean,
        "divided": values / std,
        "multiplied": (values - mean) * std,
        "squared": (values - mean) / std**2,
        "divided first": values / std - mean,
        "none": values,
    }[form]
    return torch.tensor(normalised.transpose(0, 3, 1, 2), dtype=torch.float32)


@misconception(
    "pytorch.to_batch",
    advice="The tensor is float64, NumPy's usual type. Layers hold float32 and refuse others: dtype=torch.float32.",
    by_symptom=True,
)
def float64_kept(pictures, mean, std):
    return _as_batch(pictures, mean, std).double()


# --- ObjectCNN


def _network(advice, by_symptom=True, variants=(), random=False):
    return misconception("pytorch.object_cnn", advice, "ObjectCNN", random, by_symptom, variants=variants)


class _ObjectCNN(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1) for before, after in ((3, 16), (16, 32), (32, 64))
        )
        self.linear = nn.Linear(1024, classes)

    def features(self, x):
        for convolution in self.convolutions:
            x = self.round(convolution(x))
        return F.adaptive_avg_pool2d(x, 4).flatten(1)

    def round(self, x):
        return F.max_pool2d(F.relu(x), 2)

    def forward(self, x):
        return self.linear(F.dropout(self.features(x), 0.5, self.training))


@_network("The network ends with a softmax, and cross_entropy contains another. Return the logits.")
class object_softmax_at_the_end(_ObjectCNN):
    def forward(self, x):
        return super().forward(x).softmax(dim=1)


@_network(
    "A bend follows the last layer. Logits may be negative: nothing comes after the linear layer.",
    by_symptom=False,
)
class bend_after_the_logits(_ObjectCNN):
    def forward(self, x):
        return F.relu(super().forward(x))


@_network("ReLU is missing between the convolutions.", by_symptom=False)
class no_relu_between(_ObjectCNN):
    def round(self, x):
        return F.max_pool2d(x, 2)


@_network("You average where the largest should be kept: max_pool2d.", by_symptom=False)
class averages_for_maxima(_ObjectCNN):
    def round(self, x):
        return F.avg_pool2d(F.relu(x), 2)


@_network(
    "The last pooling takes the maxima of the 4 x 4 fields. adaptive_avg_pool2d(x, 4) averages each field.",
    by_symptom=False,
)
class fields_by_maximum(_ObjectCNN):
    def features(self, x):
        for convolution in self.convolutions:
            x = self.round(convolution(x))
        return F.adaptive_max_pool2d(x, 4).flatten(1)


@_network(
    "Your network takes pictures of 32 x 32 pixels only. F.adaptive_avg_pool2d(x, 4) before the flattening makes 4 x 4 "
    "fields of any size."
)
class one_size_only(_ObjectCNN):
    def features(self, x):
        for convolution in self.convolutions:
            x = self.round(convolution(x))
        return x.flatten(1)


@_network(
    "Dropout is on in evaluation mode too. F.dropout must be told, training=self.training; nn.Dropout knows its mode.",
    random=True,
)
class dropout_always_on(_ObjectCNN):
    def forward(self, x):
        return self.linear(F.dropout(self.features(x), 0.5))


@_network(
    "Dropout is missing: half of the 1024 numbers before the linear layer, in training mode.", random=True
)
class dropout_missing(_ObjectCNN):
    def forward(self, x):
        return self.linear(self.features(x))


@_network("Another share than one half is dropped.", random=True, variants=[{"share": 0.1}, {"share": 0.8}])
class another_share_dropped(_ObjectCNN):
    def __init__(self, classes=10, share=0.2):
        super().__init__(classes)
        self.share = share

    def forward(self, x):
        return self.linear(F.dropout(self.features(x), self.share, self.training))


@_network("The number of classes is fixed at 10. Use the argument classes.")
class ten_classes_always(_ObjectCNN):
    def __init__(self, classes=10):
        super().__init__(10)


@_network(
    "The layers have other sizes than the table's: 3 x 3 kernels, 16, 32 and 64 channels, each with a bias, one linear "
    "layer from 1024.",
    variants=[{"kernel": 5}, {"channels": (32, 64, 128)}, {"channels": (8, 16, 32)}, {"bias": False}],
)
class layers_of_other_sizes(_ObjectCNN):
    def __init__(self, classes=10, kernel=3, channels=(16, 32, 32), bias=True):
        super().__init__(classes)
        pairs = zip((3, *channels), channels, strict=False)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, kernel, padding=kernel // 2, bias=bias) for before, after in pairs
        )
        self.linear = nn.Linear(16 * channels[-1], classes)


@_network(
    "No convolution is found by net.parameters(): layers belong into attributes, nn.Sequential or nn.ModuleList. A "
    "plain list hides them from the optimizer."
)
class convolutions_hidden(_ObjectCNN):
    def __init__(self, classes=10):
        super().__init__(classes)
        hidden = list(self.convolutions)
        del self.convolutions
        self.convolutions = hidden


@_network(
    "The convolutions need padding=1: without it they lose a row on each side, and other pixels meet.",
    by_symptom=False,
)
class no_padding(_ObjectCNN):
    def __init__(self, classes=10):
        super().__init__(classes)
        for convolution in self.convolutions:
            convolution.padding = (0, 0)
