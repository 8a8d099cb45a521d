"""Mistakes in the training of `source/pytorch/images.ipynb`. Batches are drawn at random: symptoms are compared."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .. import misconception

# --- mirrored


def _mirror(advice, variants=()):
    return misconception("pytorch.mirrored", advice, random=True, variants=variants)


def _turn(x, share=0.5):
    return torch.rand(len(x), 1, 1, 1) < share


@_mirror("You turn pictures upside down. Left to right is the axis of the columns, the last: x.flip(3).")
def upside_down(x):
    return torch.where(_turn(x), x.flip(2), x)


@_mirror(
    "All pictures are mirrored, or all stay: one draw decides for the whole batch. Draw once for each picture."
)
def one_draw_for_all(x):
    return x.flip(3) if torch.rand(1).item() < 0.5 else x


@_mirror("Every picture is mirrored, always. Each with probability 1/2.")
def always_mirrored(x):
    return x.flip(3)


@_mirror("You write into the batch itself. Work on a clone, or choose with torch.where.")
def batch_written_into(x):
    turn = _turn(x).flatten()
    x[turn] = x[turn].flip(3)
    return x


@_mirror("Another share than one half is mirrored.", variants=[{"share": 0.8}, {"share": 0.1}])
def another_share_mirrored(x, share=0.25):
    return torch.where(_turn(x, share), x.flip(3), x)


@_mirror(
    "The choice is made for each pixel, plane or row, so pictures are torn. One choice for each picture: (N, 1, 1, 1).",
    variants=[{"shape": shape} for shape in ((1, 3, 1, 1), (0, 3, 1, 1), (0, 1, 2, 1))],
)
def pictures_torn(x, shape=(0, 3, 2, 5)):
    return torch.where(torch.rand([size or len(x) for size in shape]) < 0.5, x.flip(3), x)


@_mirror(
    "The pictures come in another order, while their labels stay. Only columns may change: flip(3), not flip(0)."
)
def pictures_swapped(x):
    return torch.where(_turn(x), x.flip(0), x)


# --- train_objects


def _loop(advice, variants=()):
    return misconception("pytorch.train_objects", advice, random=True, variants=variants)


def _train(
    net,
    x,
    y,
    optimizer,
    epochs=1,
    batch_size=64,
    empty="before",
    loss_of=F.cross_entropy,
    mode=True,
    order="fresh",
    mirror="batch",
    last=True,
    step=True,
    report="rows",
):
    if mode is not None:
        net.train(mode)
    kept = torch.randperm(len(y)) if order != "given" else torch.arange(len(y))
    if mirror == "set":
        x = torch.where(_turn(x), x.flip(3), x)
    losses, all_losses = [], []
    for _ in range(epochs):
        if order == "fresh":
            kept = torch.randperm(len(y))
        if order == "drawn":
            kept = torch.randint(len(y), (len(y),))
        if empty == "epoch":
            optimizer.zero_grad()
        parts = [rows for rows in kept.split(batch_size) if last or len(rows) == batch_size]
        found = []
        for rows in parts:
            xb = x[rows]
            if mirror == "batch":
                xb = torch.where(_turn(xb), xb.flip(3), xb)
            if empty == "before":
                optimizer.zero_grad()
            loss = loss_of(net(xb), y[rows])
            loss.backward()
            if step:
                optimizer.step()
            found.append(loss.item())
        all_losses += found
        weighed = sum(loss * len(rows) for loss, rows in zip(found, parts, strict=True))
        losses.append(
            {
                "rows": weighed / len(y),
                "batches": sum(found) / len(found),
                "sum": weighed,
                "sum of means": sum(found),
                "last": found[-1],
            }.get(report, 0.0)
        )
    return all_losses if report == "every" else losses[-1] if report == "one" else losses


@_loop(
    "The gradients are never emptied, or once an epoch only: backward adds to .grad. Call optimizer.zero_grad() for "
    "every batch.",
    variants=[{"empty": "epoch"}],
)
def training_gradients_pile_up(*args, empty="never", **settings):
    return _train(*args, **settings, empty=empty)


@_loop("A softmax stands before cross_entropy, which contains one already. Give it the network's logits.")
def training_softmax_twice(*args, **settings):
    return _train(*args, **settings, loss_of=lambda out, y: F.cross_entropy(out.softmax(dim=1), y))


@_loop(
    "You step along the batch's summed loss. Here it is the mean, cross_entropy's default.",
    variants=[{"report": "batches"}],
)
def training_summed_loss(*args, report="sum of means", **settings):
    return _train(
        *args, **settings, loss_of=lambda out, y: F.cross_entropy(out, y, reduction="sum"), report=report
    )


@_loop(
    "net.train() is missing: after confusion the network is still in evaluation mode.",
    variants=[{"mode": False}],
)
def training_in_evaluation_mode(*args, mode=None, **settings):
    return _train(*args, **settings, mode=mode)


@_loop("Pictures are permuted and their labels are not. Take x[rows] and y[rows] with the same rows.")
def training_parts_pictures_and_labels(net, x, y, optimizer, epochs=1, batch_size=64):
    losses = []
    for _ in range(epochs):
        x = x[torch.randperm(len(y))]
        losses += _train(net, x, y, optimizer, 1, batch_size, order="given")
    return losses


@_loop("The pictures come in the set's own order. Draw torch.randperm(len(y)) for each epoch.")
def training_in_the_given_order(*args, **settings):
    return _train(*args, **settings, order="given")


@_loop("Every epoch has the same order. Draw torch.randperm(len(y)) inside the loop over epochs.")
def training_order_drawn_once(*args, **settings):
    return _train(*args, **settings, order="once")


@_loop(
    "Batches are drawn with replacement: in an epoch some pictures come twice, others not at all. Split a permutation."
)
def training_with_replacement(*args, **settings):
    return _train(*args, **settings, order="drawn")


@_loop("The batches are not mirrored: net(mirrored(x[rows])).")
def training_never_mirrors(*args, **settings):
    return _train(*args, **settings, mirror="never")


@_loop("The set is mirrored once, so each picture looks the same in every epoch. Mirror each batch.")
def training_mirrors_once(*args, **settings):
    return _train(*args, **settings, mirror="set")


@_loop("The short last batch is left out.", variants=[{"report": "batches"}])
def training_drops_the_last_batch(*args, report="rows", **settings):
    return _train(*args, **settings, last=False, report=report)


@_loop("The optimizer never steps.")
def training_never_steps(*args, **settings):
    return _train(*args, **settings, step=False)


@_loop("You average over batches, so the pictures of the short last batch weigh more. Average over pictures.")
def training_averages_batches(*args, **settings):
    return _train(*args, **settings, report="batches")


@_loop(
    "You return a loss for each batch, or a single one. Each epoch gives one, the mean over its pictures.",
    variants=[{"report": "one"}],
)
def training_losses_not_by_epoch(*args, report="every", **settings):
    return _train(*args, **settings, report=report)


@_loop(
    "The losses are not means over the epoch: they are sums, or the last batch's.",
    variants=[{"report": "last"}, {"report": "sum of means"}],
)
def training_losses_no_means(*args, report="sum", **settings):
    return _train(*args, **settings, report=report)


@_loop("You return tensors, each holding its graph. Take loss.item().")
def training_returns_tensors(*args, **settings):
    return [torch.tensor(loss) for loss in _train(*args, **settings)]
