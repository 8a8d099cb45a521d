"""What checks of whole networks share: right networks in float64, what is compared with them, a short training.

Logits are compared up to a constant in each row, which no loss can see.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from .. import Remote, Student, _torch, expect, fail_if


class Reference:
    """A right network on parameters in float64, whose gradients go by the student's names."""

    def __init__(self, named: dict[str, np.ndarray]):
        self.named = {name: torch.tensor(v).double().requires_grad_() for name, v in named.items()}


def expect_logits(logits: np.ndarray, *right: torch.Tensor) -> None:
    """These logits are one of the right ones, up to a constant in each row: log-softmax is as good."""
    logits = expect(logits, "logits").has_shape(*right[0].shape)
    probabilities = logits.min() >= 0 and np.allclose(logits.sum(axis=1), 1, atol=1e-4)
    fail_if(probabilities, "probabilities, not logits")
    ours = [F.log_softmax(one.detach(), dim=1).numpy() for one in right]
    theirs = F.log_softmax(torch.tensor(logits).double(), dim=1).numpy()
    alike = any(np.allclose(theirs, one, rtol=1e-3, atol=1e-4) for one in ours)
    fail_if(not alike, "values differ")


def expect_gradients(
    student: Student, net: Remote, right: Reference, x: np.ndarray, y: np.ndarray, *variants: Any
) -> None:
    """After backward the student's network holds the gradients of `right`, or of the variant with the nearest loss.

    Variants are other forms of `right` on its parameters: called with x in float64, they return logits.
    """
    loss = student.given("torch.nn.functional", "cross_entropy")(
        net(_torch.tensor(student, x)), _torch.tensor(student, y)
    )
    value = _number(loss)
    fail_if(loss.requires_grad.value() is not True, "no gradient reaches a parameter")
    loss.backward()
    found = _torch.gradients(student, net)
    x64, y64 = torch.tensor(x).double(), torch.tensor(y)
    losses = [F.cross_entropy(form(x64), y64) for form in (right, *variants)]
    nearest = min(losses, key=lambda one: abs(one.item() - value))
    nearest.backward()
    for name, parameter in right.named.items():
        expect(found.get(name), "a gradient").close_to(parameter.grad.numpy(), rtol=1e-3, atol=1e-5)


def loss_after_training(
    student: Student, net: Remote, moving: Any, x: Remote, y: Remote, lr: float, steps: int
) -> float:
    """The network's cross entropy on x, y in evaluation mode, after steps of Adam on the parameters `moving`."""
    optimizer = student.given("torch.optim", "Adam")(moving, lr=lr)
    cross_entropy = student.given("torch.nn.functional", "cross_entropy")
    net.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
    net.eval()
    return _number(cross_entropy(net(x), y))


def _number(loss: Any) -> float:
    return float(_torch.array(loss, "the loss").reshape(-1)[0])
