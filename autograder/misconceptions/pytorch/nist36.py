"""Mistakes in `source/pytorch/nist36.ipynb`: the letters' networks, the loops around them, convolution by loops.

Modules start at random, so equal symptoms are enough for theirs.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .. import misconception

# --- FullyConnected


def _dense(advice: str, by_symptom: bool = True, variants=()):
    return misconception(
        "pytorch.fully_connected", advice, "FullyConnected", by_symptom=by_symptom, variants=variants
    )


class _FullyConnected(nn.Module):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__()
        self.one, self.two = nn.Linear(inputs, hidden), nn.Linear(hidden, classes)

    def forward(self, x):
        return self.two(torch.sigmoid(self.one(x)))


@_dense("Your network ends with a softmax, and cross_entropy contains another. Return the logits.")
class softmax_at_the_end(_FullyConnected):
    def forward(self, x):
        return super().forward(x).softmax(dim=1)


def _no_bend(x):
    return x


@_dense(
    "The hidden layer has another bend than the sigmoid, or none at all.",
    by_symptom=False,
    variants=[{"bend": bend} for bend in (torch.tanh, F.leaky_relu, F.gelu, _no_bend)],
)
class another_activation(_FullyConnected):
    def __init__(self, inputs=1024, hidden=64, classes=36, bend=F.relu):
        super().__init__(inputs, hidden, classes)
        self.bend = bend

    def forward(self, x):
        return self.two(self.bend(self.one(x)))


@_dense(
    "The logits pass a bend too. Nothing follows the second layer.",
    by_symptom=False,
    variants=[{"bend": F.relu}, {"bend": torch.tanh}],
)
class bend_at_the_end(_FullyConnected):
    def __init__(self, inputs=1024, hidden=64, classes=36, bend=torch.sigmoid):
        super().__init__(inputs, hidden, classes)
        self.bend = bend

    def forward(self, x):
        return self.bend(super().forward(x))


@_dense("A bias is missing: nn.Linear's default has one, in both layers.")
class bias_missing(_FullyConnected):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__(inputs, hidden, classes)
        self.one = nn.Linear(inputs, hidden, bias=False)


@_dense("The sizes are fixed at 1024, 64 and 36. Use the arguments inputs, hidden and classes.")
class sizes_fixed(_FullyConnected):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__(1024, 64, 36)


@_dense(
    "The network has no parameters that PyTorch knows: layers belong into attributes, nn.Sequential or "
    "nn.ModuleList. A plain list, or a layer made in forward, hides them from the optimizer."
)
class layers_hidden(_FullyConnected):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__(inputs, hidden, classes)
        self.layers = [self.one, self.two]
        del self.one, self.two

    def forward(self, x):
        return self.layers[1](torch.sigmoid(self.layers[0](x)))


@_dense("The graph is cut between the layers (.detach(), .data or NumPy), so the first layer never learns.")
class graph_cut(_FullyConnected):
    def forward(self, x):
        return self.two(torch.sigmoid(self.one(x)).detach())


@_dense("All weights start equal. Units that start alike stay alike; leave nn.Linear's random start.")
class zero_start(_FullyConnected):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__(inputs, hidden, classes)
        for weights in self.parameters():
            nn.init.zeros_(weights)


# --- evaluate


def _measured(model, loader):
    """(mean loss, share right, rows) of each batch in evaluation mode."""
    found = []
    model.eval()
    with torch.no_grad():
        for xb, yb in loader:
            logits = model(xb)
            right = (logits.argmax(dim=1) == yb).float().mean().item()
            found.append((F.cross_entropy(logits, yb).item(), right, len(yb)))
    return np.array(found)


@misconception(
    "pytorch.evaluate",
    advice="You average over batches, so the rows of the short last batch weigh more. Average over rows.",
    variants=[{"which": (0,)}, {"which": (1,)}],
)
def averaged_over_batches(model, loader, which=(0, 1)):
    batches = _measured(model, loader)
    return tuple(
        float(
            batches[:, part].mean() if part in which else np.average(batches[:, part], weights=batches[:, 2])
        )
        for part in (0, 1)
    )


@misconception(
    "pytorch.evaluate",
    advice="The loss is a total. Divide it by the number of rows.",
    variants=[{"means": True}],
)
def loss_not_divided(model, loader, means=False):
    loss, right, rows = _measured(model, loader).T
    return float(loss.sum() if means else loss @ rows), float(right @ rows / rows.sum())


@misconception(
    "pytorch.evaluate",
    advice="Each batch's mean loss is added up, and the sum divided by all rows: too small by the batch's size. "
    'Multiply by the batch\'s rows first, or take reduction="sum".',
)
def means_divided_by_rows(model, loader):
    loss, right, rows = _measured(model, loader).T
    return float(loss.sum() / rows.sum()), float(right @ rows / rows.sum())


@misconception("pytorch.evaluate", advice="The accuracy is in percent. Here it is a share, from 0 to 1.")
def in_percent(model, loader):
    loss, right, rows = _measured(model, loader).T
    return float(loss @ rows / rows.sum()), float(100 * (right @ rows) / rows.sum())


@misconception("pytorch.evaluate", advice="Loss and accuracy are those of the last batch alone.")
def last_batch_alone(model, loader):
    loss, right, _ = _measured(model, loader)[-1]
    return float(loss), float(right)


@misconception("pytorch.evaluate", advice="You return (accuracy, loss). The text asks for the loss first.")
def in_reverse(model, loader):
    loss, right, rows = _measured(model, loader).T
    return float(right @ rows / rows.sum()), float(loss @ rows / rows.sum())


@misconception(
    "pytorch.evaluate",
    advice="The model is measured in training mode, with dropout on. Call model.eval() first.",
    by_symptom=True,
    variants=[{"mode": True}],
)
def left_in_training_mode(model, loader, mode=None):
    if mode is not None:
        model.train(mode)
    loss, right, rows = 0.0, 0, 0
    with torch.no_grad():
        for xb, yb in loader:
            logits = model(xb)
            loss += F.cross_entropy(logits, yb, reduction="sum").item()
            right += (logits.argmax(dim=1) == yb).sum().item()
            rows += len(yb)
    return loss / rows, right / rows


@misconception(
    "pytorch.evaluate",
    advice="A graph is recorded for every batch and nobody walks it back: put the loop under torch.no_grad().",
    by_symptom=True,
)
def graph_recorded(model, loader):
    model.eval()
    loss, right, rows = 0.0, 0, 0
    for xb, yb in loader:
        logits = model(xb)
        loss += F.cross_entropy(logits, yb, reduction="sum").item()
        right += (logits.argmax(dim=1) == yb).sum().item()
        rows += len(yb)
    return loss / rows, right / rows


@misconception(
    "pytorch.evaluate",
    advice="You return tensors. Take .item() of the loss and of the number of right rows.",
    by_symptom=True,
    variants=[{"which": (0,)}, {"which": (1,)}],
)
def tensors_returned(model, loader, which=(0, 1)):
    loss, right, rows = _measured(model, loader).T
    values = float(loss @ rows / rows.sum()), float(right @ rows / rows.sum())
    return tuple(torch.tensor(value) if part in which else value for part, value in enumerate(values))


# --- train_epoch


def _train(
    model,
    loader,
    optimizer,
    empty="before",
    step=True,
    loss_of=F.cross_entropy,
    mode="train",
    batches=None,
    reported=lambda losses, rows: float(np.average(losses, weights=rows)),
):
    losses, rows = [], []
    if mode == "train":
        model.train()
    if empty == "once":
        optimizer.zero_grad()
    for xb, yb in loader:
        if empty == "before":
            optimizer.zero_grad()
        loss = loss_of(model(xb), yb)
        loss.backward()
        if empty == "after backward":
            optimizer.zero_grad()
        if step:
            optimizer.step()
        losses.append(loss.item())
        rows.append(len(yb))
        if len(losses) == batches:
            break
    return reported(losses, rows)


@misconception(
    "pytorch.train_epoch",
    advice="The gradients are never emptied, or once an epoch only: backward adds to .grad. Call optimizer.zero_grad() "
    "for every batch.",
    variants=[{"empty": "once"}],
)
def gradients_pile_up(model, loader, optimizer, empty="never"):
    return _train(model, loader, optimizer, empty=empty)


@misconception(
    "pytorch.train_epoch",
    advice="The optimizer changes nothing: its step is missing, or zero_grad stands between backward and step, so "
    "that it finds no gradients.",
    variants=[{"empty": "after backward", "step": True}],
)
def nothing_to_step(model, loader, optimizer, empty="before", step=False):
    return _train(model, loader, optimizer, empty=empty, step=step)


@misconception(
    "pytorch.train_epoch",
    advice="A softmax stands before cross_entropy, which contains one already. Give it the model's logits.",
)
def softmax_before_cross_entropy(model, loader, optimizer):
    return _train(model, loader, optimizer, loss_of=lambda out, y: F.cross_entropy(out.softmax(dim=1), y))


@misconception(
    "pytorch.train_epoch",
    advice="You step along the gradient of the batch's summed loss. Here it is the mean, cross_entropy's default.",
    variants=[{"reported": lambda losses, rows: sum(losses) / sum(rows)}],
)
def stepped_along_the_sum(model, loader, optimizer, reported=lambda losses, rows: float(sum(losses))):
    def summed(out, y):
        return F.cross_entropy(out, y, reduction="sum")

    return _train(model, loader, optimizer, loss_of=summed, reported=reported)


@misconception(
    "pytorch.train_epoch",
    advice="model.train() is missing: after evaluate the model is still in evaluation mode.",
    by_symptom=True,
)
def not_in_training_mode(model, loader, optimizer):
    return _train(model, loader, optimizer, mode="as it is")


@misconception(
    "pytorch.train_epoch", advice="Only the first batch is used: is there a return inside the loop?"
)
def first_batch_alone(model, loader, optimizer):
    return _train(model, loader, optimizer, batches=1)


@misconception(
    "pytorch.train_epoch",
    advice="You average over batches, so the rows of the short last batch weigh more. Average over rows.",
)
def loss_averaged_over_batches(model, loader, optimizer):
    return _train(model, loader, optimizer, reported=lambda losses, rows: float(np.mean(losses)))


@misconception(
    "pytorch.train_epoch",
    advice="The loss that you return is a total. Divide it by the number of rows.",
    variants=[{"weighed": True}],
)
def total_loss(model, loader, optimizer, weighed=False):
    return _train(
        model,
        loader,
        optimizer,
        reported=lambda losses, rows: float(np.dot(losses, rows) if weighed else sum(losses)),
    )


@misconception(
    "pytorch.train_epoch",
    advice="Each batch's mean loss is added up, and the sum divided by all rows: too small by the batch's size. "
    "Multiply by the batch's rows first.",
)
def mean_losses_divided_by_rows(model, loader, optimizer):
    return _train(model, loader, optimizer, reported=lambda losses, rows: sum(losses) / sum(rows))


@misconception("pytorch.train_epoch", advice="You return the loss of the last batch, not the epoch's mean.")
def last_loss_alone(model, loader, optimizer):
    return _train(model, loader, optimizer, reported=lambda losses, rows: losses[-1])


@misconception(
    "pytorch.train_epoch",
    advice="You return a tensor, which holds on to the graphs of all batches. Add up loss.item().",
    by_symptom=True,
)
def tensor_returned(model, loader, optimizer):
    return _train(
        model,
        loader,
        optimizer,
        reported=lambda losses, rows: torch.tensor(float(np.average(losses, weights=rows))),
    )


@misconception(
    "pytorch.train_epoch",
    advice="You make an optimizer of your own and leave the given one alone.",
    by_symptom=True,
)
def own_optimizer(model, loader, optimizer):
    return _train(model, loader, torch.optim.SGD(model.parameters(), lr=0.01))


# --- conv2d_loop


def _convolve(image, weight, bias, channels=slice(None)):
    kh, kw = weight.shape[2:]
    windows = np.lib.stride_tricks.sliding_window_view(image, (kh, kw), axis=(1, 2))[channels]
    return np.einsum("crsij,ocij->ors", windows, weight[:, channels]) + np.reshape(bias, (-1, 1, 1))


@misconception(
    "pytorch.conv2d_loop",
    advice="You flip the kernel, as mathematicians do. Libraries lay it on the image unflipped.",
)
def kernel_flipped(image, weight, bias):
    return _convolve(image, weight[:, :, ::-1, ::-1], bias)


@misconception(
    "pytorch.conv2d_loop",
    advice="One place is missing at the end: a kernel of height k fits at H - k + 1 places.",
    variants=[{"rows": None}, {"columns": None}],
)
def last_place_missing(image, weight, bias, rows=-1, columns=-1):
    return _convolve(image, weight, bias)[:, :rows, :columns]


@misconception(
    "pytorch.conv2d_loop",
    advice="Your output is as large as the image: padded. Here the kernel stays inside.",
    by_symptom=True,
)
def padded(image, weight, bias):
    kh, kw = weight.shape[2:]
    around = ((0, 0), ((kh - 1) // 2, kh // 2), ((kw - 1) // 2, kw // 2))
    return _convolve(np.pad(image, around), weight, bias)


@misconception("pytorch.conv2d_loop", advice="The bias is not added.")
def bias_forgotten(image, weight, bias):
    return _convolve(image, weight, np.zeros(len(weight)))


@misconception(
    "pytorch.conv2d_loop",
    advice="The bias is added once for every input channel, or for every product. It comes once, after the sum.",
    variants=[{"products": True}],
)
def bias_added_often(image, weight, bias, products=False):
    times = weight[0].size if products else len(image)
    return _convolve(image, weight, times * np.asarray(bias))


@misconception("pytorch.conv2d_loop", advice="Only the first input channel is used. Sum over all of them.")
def first_channel_alone(image, weight, bias):
    return _convolve(image, weight, bias, channels=slice(1))


@misconception(
    "pytorch.conv2d_loop",
    advice="You average over input channels, or over the patch. A convolution sums.",
    variants=[{"patch": True}],
)
def averaged(image, weight, bias, patch=False):
    return _convolve(image, weight / (weight[0].size if patch else len(image)), bias)


@misconception(
    "pytorch.conv2d_loop",
    advice="Rows and columns are swapped in the output.",
    by_symptom=True,
)
def rows_and_columns_swapped(image, weight, bias):
    return _convolve(image, weight, bias).swapaxes(1, 2)


# --- SmallCNN


def _cnn(advice: str, by_symptom: bool = True, variants=()):
    return misconception("pytorch.small_cnn", advice, "SmallCNN", by_symptom=by_symptom, variants=variants)


class _SmallCNN(nn.Module):
    def __init__(self, padding=0, features=864, bends=(F.relu, F.relu), pool=F.max_pool2d):
        super().__init__()
        self.one = nn.Conv2d(1, 8, 3, padding=padding)
        self.two = nn.Conv2d(8, 24, 3, padding=padding)
        self.last = nn.Linear(features, 36)
        self.bends, self.pool = bends, pool

    def rounds(self, x):
        x = self.pool(self.bends[0](self.one(x.reshape(-1, 1, 32, 32))), 2)
        return self.pool(self.bends[1](self.two(x)), 2)

    def forward(self, x):
        return self.last(self.rounds(x).flatten(1))


@_cnn("Your network ends with a softmax, and cross_entropy contains another. Return the logits.")
class softmax_at_the_end_of_the_cnn(_SmallCNN):
    def forward(self, x):
        return super().forward(x).softmax(dim=1)


@_cnn("You take the mean of each 2 x 2 block. Max pooling keeps the largest.", by_symptom=False)
class average_pooling(_SmallCNN):
    def __init__(self):
        super().__init__(pool=F.avg_pool2d)


@_cnn(
    "A ReLU is missing after a convolution, or another bend stands there.",
    by_symptom=False,
    variants=[
        {"bends": bends}
        for bends in (
            (F.relu, _no_bend),
            (_no_bend, F.relu),
            (torch.sigmoid, torch.sigmoid),
            (torch.tanh, torch.tanh),
        )
    ],
)
class relu_missing(_SmallCNN):
    def __init__(self, bends=(_no_bend, _no_bend)):
        super().__init__(bends=bends)


@_cnn("The logits pass a ReLU too. Nothing follows the linear layer.", by_symptom=False)
class relu_at_the_end(_SmallCNN):
    def forward(self, x):
        return F.relu(super().forward(x))


@_cnn(
    "The parameters have other sizes: two 3 x 3 convolutions without padding, 1 -> 8 and 8 -> 24, "
    "leave 24 x 6 x 6 = 864 numbers for the linear layer."
)
class other_sizes(_SmallCNN):
    def __init__(self):
        super().__init__(padding=1, features=24 * 8 * 8)


@_cnn(
    "Rows mix: the maps are turned or flattened over the batch as well. flatten(1) keeps the rows apart.",
    by_symptom=False,
    variants=[{"turned": (1, 0, 2, 3)}],
)
class rows_mixed(_SmallCNN):
    def __init__(self, turned=(1, 2, 3, 0)):
        super().__init__()
        self.turned = turned

    def forward(self, x):
        maps = self.rounds(x)
        return self.last(maps.permute(self.turned).reshape(len(maps), -1))


@_cnn("The graph is cut (.detach(), .data or NumPy), so the convolutions never learn.")
class cnn_graph_cut(_SmallCNN):
    def forward(self, x):
        return self.last(self.rounds(x).detach().flatten(1))


@_cnn(
    "The network has no parameters that PyTorch knows: layers belong into attributes, nn.Sequential or "
    "nn.ModuleList, and are made in __init__."
)
class cnn_layers_hidden(_SmallCNN):
    def __init__(self):
        super().__init__()
        self.layers = [self.one, self.two, self.last]
        del self.one, self.two, self.last

    def forward(self, x):
        one, two, last = self.layers
        x = F.max_pool2d(F.relu(one(x.reshape(-1, 1, 32, 32))), 2)
        return last(F.max_pool2d(F.relu(two(x)), 2).flatten(1))
