"""Attacks that want points which nobody earned: forged scores, lying values, patched tools, a lying channel."""

from __future__ import annotations

from .. import SOLVED

# In the order of docs/security.md.
PARTS = ("notebook", "tools", "values", "channel")

# softmax is not solved in these; sigmoid keeps its points.
SPOILT = {"sigmoid": 2.0}
# A result of the right shape earns the check that the argument stays as it is, one of softmax's five.
SHAPED = {"sigmoid": 2.0, "softmax": 0.6}
NOT_TRAINED = {name: points for name, points in SOLVED.items() if name != "train_network"}
STUB = "def softmax(x):\n    return None\n"
