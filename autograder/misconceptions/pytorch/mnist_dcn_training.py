"""Mistakes in measuring, logging and training the deep convolutional network: one loop, one thing done wrong."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .. import misconception

# --- error_rate


def _wrong_in_batches(net, images, labels):
    return [
        (net(xb).argmax(dim=1) != yb).float()
        for xb, yb in zip(images.split(100), labels.split(100), strict=True)
    ]


def _measure(net, images, labels, mode=False, graded=False, back=True, total=torch.cat, scale=1.0):
    before = net.training
    net.train(mode if mode is not None else before)
    with torch.set_grad_enabled(graded):
        wrong = _wrong_in_batches(net, images, labels)
    if back:
        net.train(before)
    return scale * total(wrong).mean().item()


@misconception(
    "pytorch.error_rate",
    advice="You return the share of right labels. The error is the share of wrong ones.",
)
def accuracy_returned(net, images, labels):
    return 1 - _measure(net, images, labels)


@misconception("pytorch.error_rate", advice="You return percent. The error is a share, from 0 to 1.")
def percent_returned(net, images, labels):
    return _measure(net, images, labels, scale=100.0)


@misconception("pytorch.error_rate", advice="You return how many labels are wrong. Divide by all images.")
def count_returned(net, images, labels):
    return _measure(net, images, labels, scale=float(len(labels)))


@misconception(
    "pytorch.error_rate",
    advice="You average the batches' errors, so an image in a short last batch counts more than the others. Count all "
    "wrong labels, and divide once.",
)
def mean_of_batches(net, images, labels):
    return _measure(net, images, labels, total=lambda wrong: torch.stack([batch.mean() for batch in wrong]))


@misconception(
    "pytorch.error_rate",
    advice="You measure in training mode: dropout throws half of fc1 away, another half each time. Call net.eval() "
    "first.",
    by_symptom=True,
)
def evaluation_mode_forgotten(net, images, labels):
    return _measure(net, images, labels, mode=None)


@misconception(
    "pytorch.error_rate",
    advice="You leave the network in evaluation mode, so that the training that follows goes without dropout. Give "
    "back the mode that you found.",
    by_symptom=True,
)
def mode_not_given_back(net, images, labels):
    return _measure(net, images, labels, back=False)


@misconception(
    "pytorch.error_rate",
    advice="You always end in training mode, also for a network that came in evaluation mode. Remember net.training.",
    by_symptom=True,
)
def always_back_to_training(net, images, labels):
    error = _measure(net, images, labels)
    net.train()
    return error


@misconception(
    "pytorch.error_rate",
    advice="You measure with gradients: every layer's values are kept for a .backward() that never comes. Use "
    "torch.no_grad().",
    by_symptom=True,
)
def gradients_kept(net, images, labels):
    return _measure(net, images, labels, graded=True)


@misconception(
    "pytorch.error_rate",
    advice="Only the last batch counts in your error. Add up over all of them.",
)
def last_batch_only(net, images, labels):
    return _measure(net, images, labels, total=lambda wrong: wrong[-1])


# --- log_statistics


def _log(writer, tag, values, step, names=("min", "max", "mean", "std"), histogram="/histogram"):
    values = values.detach()
    for name in names:
        writer.add_scalar(f"{tag}/{name}", getattr(values, name)(), step)
    if histogram is not None:
        writer.add_histogram(tag + histogram, values, step)


@misconception("pytorch.log_statistics", advice="The histogram is missing.", by_symptom=True)
def histogram_left_out(writer, tag, values, step):
    _log(writer, tag, values, step, histogram=None)


@misconception(
    "pytorch.log_statistics",
    advice="Your histogram stands under the tag itself. Its name ends with /histogram.",
    by_symptom=True,
)
def histogram_under_the_tag(writer, tag, values, step):
    _log(writer, tag, values, step, histogram="")


@misconception(
    "pytorch.log_statistics",
    advice="You log the variance. The standard deviation is its root.",
    by_symptom=True,
)
def variance_logged(writer, tag, values, step):
    _log(writer, tag, values, step, names=("min", "max", "mean"))
    writer.add_scalar(f"{tag}/std", values.detach().var(), step)


@misconception(
    "pytorch.log_statistics",
    advice="The step is not passed on, so that all records land at one place on TensorBoard's axis.",
    by_symptom=True,
    variants=[{"step_used": None}],
)
def step_not_passed(writer, tag, values, step, step_used=0):
    _log(writer, tag, values, step_used)


@misconception(
    "pytorch.log_statistics",
    advice="The tag is missing in your names: min, max and the rest of all tensors would be one curve.",
    by_symptom=True,
)
def tag_left_out(writer, tag, values, step):
    for name in ("min", "max", "mean", "std"):
        writer.add_scalar(name, getattr(values.detach(), name)(), step)
    writer.add_histogram("histogram", values, step)


# --- train_dcn


def _seen_by(net):
    kinds = {"W": "weights", "b": "biases"}
    named = {f"{name[2:]}/{kinds[name[0]]}": value for name, value in net.named_parameters()}
    return named | dict(net.seen)


def _epoch(rows, batch_size):
    return torch.randperm(rows).split(batch_size)


def _train(
    net,
    sets,
    optimizer,
    writer,
    max_steps=5500,
    batch_size=50,
    log_every=100,
    epoch=_epoch,
    loss_of=F.cross_entropy,
    zero=True,
    training=True,
    back=True,
    error_every=None,
    logged_every=None,
    monitored=_seen_by,
    errors=("valid", "test"),
    returned=float,
):
    images, labels = sets["train"]
    batches, losses = [], []
    net.train(training)
    for step in range(max_steps):
        batches = batches or list(epoch(len(labels), batch_size))
        rows = batches.pop(0)
        if zero:
            optimizer.zero_grad()
        loss = loss_of(net(images[rows]), labels[rows])
        loss.backward()
        losses.append(returned(loss.detach()))
        if step % (logged_every or log_every) == 0:
            writer.add_scalar("loss", loss.item(), step)
            for tag, values in monitored(net).items():
                _log(writer, tag, values, step)
        optimizer.step()
        if (step + 1) % error_every == 0 if error_every else not batches:
            for name in errors:
                writer.add_scalar(f"error/{name}", _measure(net, *sets[name], back=back), step)
    return losses


@misconception(
    "pytorch.train_dcn",
    advice="You apply softmax before F.cross_entropy, which applies it again: gradients shrink, and the loss cannot "
    "fall below 1.46. Hand it the logits.",
    random=True,
)
def softmax_before_the_loss(*arguments, **settings):
    return _train(*arguments, **settings, loss_of=lambda z, y: F.cross_entropy(F.softmax(z, dim=1), y))


@misconception(
    "pytorch.train_dcn",
    advice="optimizer.zero_grad() is missing: .backward() adds to the gradients that are there, so every step also "
    "repeats all earlier ones.",
    random=True,
)
def gradients_never_zeroed(*arguments, **settings):
    return _train(*arguments, **settings, zero=False)


@misconception(
    "pytorch.train_dcn",
    advice="Your loss is the sum over the batch. The mean keeps the step independent of the batch size.",
    random=True,
)
def summed_loss(*arguments, **settings):
    return _train(*arguments, **settings, loss_of=lambda z, y: F.cross_entropy(z, y, reduction="sum"))


@misconception(
    "pytorch.train_dcn",
    advice="The network is never switched to training mode. If it comes in evaluation mode, it trains without dropout: "
    "call net.train() first.",
    random=True,
)
def training_mode_forgotten(net, *arguments, **settings):
    return _train(net, *arguments, **settings, training=net.training)


@misconception(
    "pytorch.train_dcn",
    advice="Your batches come in the order of the data. Draw a fresh permutation for each epoch.",
    random=True,
)
def batches_in_order(*arguments, **settings):
    return _train(*arguments, **settings, epoch=lambda rows, size: torch.arange(rows).split(size))


@misconception(
    "pytorch.train_dcn",
    advice="You draw each batch afresh from all pictures, so that in an epoch some come twice and others never. Split "
    "one permutation.",
    random=True,
)
def batches_drawn_anew(*arguments, **settings):
    def epoch(rows, size):
        return [torch.randint(rows, (size,)) for _ in range(rows // size)]

    return _train(*arguments, **settings, epoch=epoch)


@misconception(
    "pytorch.train_dcn",
    advice="You permute once, and repeat that order in every epoch. Draw a fresh permutation each time.",
    random=True,
)
def one_permutation(*arguments, **settings):
    kept = {}

    def epoch(rows, size):
        return kept.setdefault(rows, torch.randperm(rows)).split(size)

    return _train(*arguments, **settings, epoch=epoch)


@misconception(
    "pytorch.train_dcn",
    advice="You log in every step. Only steps that are multiples of log_every are asked for: histograms cost time.",
    random=True,
)
def logged_in_every_step(*arguments, **settings):
    return _train(*arguments, **settings, logged_every=1)


@misconception(
    "pytorch.train_dcn",
    advice="Validation and test error are measured in every step. Once an epoch is asked for, when all batches have "
    "passed.",
    random=True,
)
def errors_in_every_step(*arguments, **settings):
    return _train(*arguments, **settings, error_every=1)


@misconception(
    "pytorch.train_dcn",
    advice="Validation and test error follow log_every. They belong after each epoch, whenever the whole training set "
    "has passed.",
    random=True,
)
def errors_when_logging(*arguments, log_every=100, **settings):
    return _train(*arguments, log_every=log_every, **settings, error_every=log_every)


@misconception(
    "pytorch.train_dcn",
    advice="The statistics of weights, biases and net inputs are missing in the event file: loop over monitored(net).",
    random=True,
)
def statistics_left_out(*arguments, **settings):
    return _train(*arguments, **settings, monitored=lambda net: {})


@misconception(
    "pytorch.train_dcn",
    advice="Only parameters are logged. monitored(net) also holds what the last forward pass left in net.seen.",
    random=True,
)
def parameters_only(*arguments, **settings):
    def monitored(net):
        return {tag: value for tag, value in _seen_by(net).items() if tag not in net.seen}

    return _train(*arguments, **settings, monitored=monitored)


@misconception(
    "pytorch.train_dcn",
    advice="The scalar error/test is missing: log both errors after each epoch.",
    random=True,
)
def test_error_left_out(*arguments, **settings):
    return _train(*arguments, **settings, errors=("valid",))


@misconception(
    "pytorch.train_dcn",
    advice="Your list holds tensors, each with the graph of its step: memory grows. Append loss.item().",
    random=True,
)
def tensors_returned(*arguments, **settings):
    return _train(*arguments, **settings, returned=lambda loss: loss)


@misconception(
    "pytorch.train_dcn",
    advice="After the first epoch your network stays in evaluation mode, and goes on without dropout: call net.train() "
    "again after measuring.",
    random=True,
)
def evaluation_mode_stays(*arguments, **settings):
    return _train(*arguments, **settings, back=False)
