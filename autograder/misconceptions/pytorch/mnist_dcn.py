"""Mistakes in the deep convolutional network's parts and in the network itself (`mnist_dcn.ipynb`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from .. import misconception

# --- weight_variable, bias_variable


@misconception(
    "pytorch.weight_variable",
    advice="You return a plain tensor. Neither net.parameters() nor an optimizer finds it, so it never learns: wrap it "
    "in nn.Parameter.",
    random=True,
)
def weights_without_parameter(shape):
    return torch.randn(shape) * 0.1


@misconception(
    "pytorch.weight_variable",
    advice="Your weights spread too little: 0.1 is the standard deviation, not the variance.",
    random=True,
)
def weights_too_small(shape):
    return nn.Parameter(torch.randn(shape) * 0.01)


@misconception(
    "pytorch.weight_variable",
    advice="torch.randn has the standard deviation 1. Multiply by 0.1, or the first loss is in the hundreds.",
    random=True,
)
def weights_too_large(shape):
    return nn.Parameter(torch.randn(shape))


@misconception(
    "pytorch.weight_variable",
    advice="torch.rand draws between 0 and 1, so no weight is negative. The normal distribution is torch.randn.",
    random=True,
)
def weights_all_positive(shape):
    return nn.Parameter(torch.rand(shape) * 0.1)


@misconception(
    "pytorch.weight_variable",
    advice="All your weights are equal, so all units of a layer compute the same, and stay the same. Draw at random.",
    by_symptom=True,
    variants=[{"value": 0.0}],
)
def weights_all_equal(shape, value=0.1):
    return nn.Parameter(torch.full(shape, value))


@misconception(
    "pytorch.bias_variable",
    advice="Your biases start at 0. That often works too, but here they are to start at 0.1.",
)
def biases_at_zero(shape):
    return nn.Parameter(torch.zeros(shape))


@misconception(
    "pytorch.bias_variable", advice="Biases learn too: wrap the tensor in nn.Parameter.", by_symptom=True
)
def biases_without_parameter(shape):
    return torch.full(shape, 0.1)


@misconception(
    "pytorch.bias_variable",
    advice="Your biases are random. Units differ by their weights already; every bias starts at 0.1.",
    random=True,
)
def biases_random(shape):
    return nn.Parameter(torch.randn(shape) * 0.1)


# --- conv2d, max_pool_2x2


@misconception(
    "pytorch.conv2d",
    advice="Without padding a 5 x 5 window loses two rows on each side, and fc1's shape no longer fits. Pad with 2.",
)
def no_padding(x, W):
    return F.conv2d(x, W)


@misconception(
    "pytorch.conv2d",
    advice="You turn the kernel by 180 degrees. That is the mathematician's convolution; networks slide W as it is.",
)
def turned_kernel(x, W):
    return F.conv2d(x, W.flip(2, 3), padding=2)


@misconception(
    "pytorch.conv2d",
    advice="Your convolution is cut off from the gradient, so its weights would never learn: no .detach(), .data, "
    "no_grad or NumPy on the way.",
    by_symptom=True,
)
def convolution_detached(x, W):
    return F.conv2d(x, W, padding=2).detach()


@misconception(
    "pytorch.conv2d",
    advice="Beyond the border your picture goes on; it should be 0 there.",
    variants=[{"mode": "reflect"}, {"mode": "circular"}],
)
def border_continued(x, W, mode="replicate"):
    return F.conv2d(F.pad(x, (2, 2, 2, 2), mode=mode), W)


@misconception(
    "pytorch.conv2d",
    advice="padding=1 fits windows of 3 x 3. Yours are 5 x 5, and lose a row on each side: pad with 2.",
)
def padding_for_three(x, W):
    return F.conv2d(x, W, padding=1)


@misconception(
    "pytorch.max_pool_2x2",
    advice="You take the mean of each block. Max-pooling keeps its largest value.",
)
def mean_pooling(x):
    return F.avg_pool2d(x, 2)


@misconception(
    "pytorch.max_pool_2x2",
    advice="Your blocks overlap: the stride is 2, as the blocks are wide.",
)
def overlapping_blocks(x):
    return F.max_pool2d(x, 2, stride=1)


@misconception(
    "pytorch.max_pool_2x2",
    advice="You keep one corner of each block, whatever the other three hold. Take the largest of the four.",
)
def corners_kept(x):
    return x[:, :, ::2, ::2]


@misconception(
    "pytorch.max_pool_2x2",
    advice="A block of negative numbers has a negative maximum; yours gives 0. Do not pad, and leave ReLU to the "
    "activation.",
)
def never_negative(x):
    return F.max_pool2d(x.relu(), 2)


# --- DeepConvNet


class DeepConvNet(nn.Module):
    """The grader's own, in pieces that one mistake each replaces."""

    rate = 0.5

    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        self.act, self.seen = act, {}
        init = init or (lambda shape: nn.Parameter(torch.randn(shape) * 0.1))
        for layer, shape in self.shapes(pieces).items():
            setattr(self, f"W_{layer}", init(shape))
            wide = shape[0] if layer.startswith("conv") else shape[1]
            setattr(self, f"b_{layer}", nn.Parameter(torch.full((wide,), 0.1)))

    def shapes(self, pieces):
        fully = {"fc1": (3136, 1024 * pieces), "fc2": (1024, 10)}
        return {"conv1": (32 * pieces, 1, 5, 5), "conv2": (64 * pieces, 32, 5, 5), **fully}

    def forward(self, x):
        self.seen = {}
        for layer in ("conv1", "conv2"):
            x = self.convolve(layer, x)
        return self.output(self.drop(self.fully(self.flat(x))))

    def convolve(self, layer, x):
        z = F.conv2d(x, getattr(self, f"W_{layer}"), padding=2) + getattr(self, f"b_{layer}").view(-1, 1, 1)
        a = self.bend(z)
        return self.keep(layer, z, a, F.max_pool2d(a, 2))

    def keep(self, layer, z, a, pooled):
        found = {"net_input": z, "activation": a, "pooled": pooled}
        self.seen |= {f"{layer}/{what}": value for what, value in found.items()}
        return pooled

    def bend(self, z):
        return self.act(z)

    def flat(self, x):
        return x.flatten(1)

    def fully(self, x):
        self.seen["fc1/net_input"] = x @ self.W_fc1 + self.b_fc1
        self.seen["fc1/activation"] = self.bend(self.seen["fc1/net_input"])
        return self.seen["fc1/activation"]

    def drop(self, a):
        return F.dropout(a, self.rate, training=self.training)

    def output(self, a):
        self.seen["fc2/net_input"] = a @ self.W_fc2 + self.b_fc2
        return self.seen["fc2/net_input"]


def _faulty(method: str, wrong: Callable[..., Any]) -> type:
    # The student's class has this name, and an object's type is part of what a check is told.
    return type("DeepConvNet", (DeepConvNet,), {method: wrong})


def _mistake(method: str, advice: str) -> Callable[[Callable[..., Any]], None]:
    """Register a class with a wrong `method` as a misconception."""

    def register(wrong: Callable[..., Any]) -> None:
        def make(*args: Any, **kwargs: Any) -> DeepConvNet:
            return _faulty(method, wrong)(*args, **kwargs)

        make.__name__ = wrong.__name__
        misconception("pytorch.DeepConvNet", advice, replaces="DeepConvNet", by_symptom=True)(make)

    return register


def _ending_in(function: Callable[[DeepConvNet, torch.Tensor], torch.Tensor], kept: bool) -> type:
    """A network with something behind its logits; with `kept`, seen holds what comes out of that."""

    def output(self, a):
        made = function(self, DeepConvNet.output(self, a))
        if kept:
            self.seen["fc2/net_input"] = made
        return made

    return _faulty("output", output)


@misconception(
    "pytorch.DeepConvNet",
    "You return probabilities. F.cross_entropy applies softmax itself; done twice, the loss cannot fall below 1.46, "
    "and learning is slow. Return the logits.",
    replaces="DeepConvNet",
    by_symptom=True,
    variants=[{"kept": True}],
)
def softmax_at_the_end(*args, kept=False, **kwargs):
    return _ending_in(lambda net, z: F.softmax(z, dim=1), kept)(*args, **kwargs)


@misconception(
    "pytorch.DeepConvNet",
    "You return log-probabilities. Here the network returns plain logits; F.cross_entropy does the rest.",
    replaces="DeepConvNet",
    by_symptom=True,
    variants=[{"kept": True}],
)
def log_softmax_at_the_end(*args, kept=False, **kwargs):
    return _ending_in(lambda net, z: F.log_softmax(z, dim=1), kept)(*args, **kwargs)


@misconception(
    "pytorch.DeepConvNet",
    "You bend the logits too. After fc2 there is nothing: a ReLU there makes every unlikely class equally unlikely, "
    "and stops its gradient.",
    replaces="DeepConvNet",
    by_symptom=True,
    variants=[{"kept": True}],
)
def bent_logits(*args, kept=False, **kwargs):
    return _ending_in(lambda net, z: net.act(z), kept)(*args, **kwargs)


@_mistake(
    "drop",
    "F.dropout drops always, unless it is told otherwise: it does not know the network's mode. Pass "
    "training=self.training.",
)
def dropout_always(self, a):
    return F.dropout(a, 0.5)


@_mistake("drop", "There is no dropout between fc1's activation and fc2.")
def dropout_missing(self, a):
    return a


@_mistake(
    "drop",
    "You zero half of the activations, but leave the others as they are, so that sums in training are half as large "
    "as in evaluation. F.dropout also doubles what it keeps.",
)
def dropout_without_scaling(self, a):
    return a * (torch.rand_like(a) < 0.5) if self.training else a


@_mistake(
    "flat",
    "Your rows mix places and channels in another order than the channels-first one, so that they do not fit W_fc1: "
    "flatten (64, 7, 7) as it is.",
)
def flattened_places_first(self, x):
    return x.permute(0, 2, 3, 1).flatten(1)


@_mistake(
    "bend",
    "You always use ReLU. The argument act says which function bends the net inputs.",
)
def always_relu(self, z):
    return torch.relu(z)


@misconception(
    "pytorch.DeepConvNet",
    "seen lacks a part of what the table asks for, or all of it. Does the dictionary end up in self.seen?",
    replaces="DeepConvNet",
    by_symptom=True,
    variants=[{"all_of_it": True}],
)
def seen_left_empty(*args, all_of_it=False, **kwargs):
    def keep(self, layer, z, a, pooled):
        return pooled

    def forward(self, x):
        logits = DeepConvNet.forward(self, x)
        self.seen = {}
        return logits

    return (_faulty("forward", forward) if all_of_it else _faulty("keep", keep))(*args, **kwargs)


@_mistake(
    "convolve",
    "The convolutions' biases take no part: add b, one number for each channel, before the activation.",
)
def channel_bias_left_out(self, layer, x):
    z = F.conv2d(x, getattr(self, f"W_{layer}"), padding=2)
    a = self.bend(z)
    return self.keep(layer, z, a, F.max_pool2d(a, 2))


@_mistake(
    "convolve",
    "You pool before the activation. With ReLU that ends in the same numbers, but seen then holds activations of half "
    "the size, and with a bend that falls somewhere the order matters.",
)
def pooled_before_bending(self, layer, x):
    z = F.conv2d(x, getattr(self, f"W_{layer}"), padding=2) + getattr(self, f"b_{layer}").view(-1, 1, 1)
    pooled = F.max_pool2d(z, 2)
    a = self.bend(pooled)
    self.seen |= {f"{layer}/net_input": z, f"{layer}/pooled": pooled, f"{layer}/activation": a}
    return a


@_mistake(
    "fully",
    "fc1's activation is missing: fc1 and fc2 are then one matrix product.",
)
def fc1_not_bent(self, x):
    self.seen["fc1/net_input"] = self.seen["fc1/activation"] = x @ self.W_fc1 + self.b_fc1
    return self.seen["fc1/activation"]


@_mistake(
    "shapes",
    "`pieces` changes nothing in your network: with two pieces the first three layers are twice as wide.",
)
def pieces_ignored(self, pieces):
    return DeepConvNet.shapes(self, 1)
