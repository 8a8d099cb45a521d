"""Mistakes in `find_the_bugs`."""

from __future__ import annotations

from .. import misconception
from ._measuring import error_of, measured, verdicts_of


def _checked(networks):
    """name -> the right verdicts on the network's gradients."""
    return {
        name: verdicts_of(net.loss, net.params, net.gradients(), lambda a, b: error_of(a, b) <= 1e-6)
        for name, net in networks.items()
    }


@misconception(
    "gradient_check.find_the_bugs",
    advice="You return the networks that are right. The faulty ones are asked for.",
)
def right_ones_returned(networks):
    return [name for name, verdicts in _checked(networks).items() if all(verdicts.values())]


@misconception(
    "gradient_check.find_the_bugs",
    advice="You return no names at all. A dictionary that holds something counts as true, whatever its values "
    "are: look at the values.",
)
def dictionary_is_true(networks):
    return [name for name, verdicts in _checked(networks).items() if not verdicts]


@misconception(
    "gradient_check.find_the_bugs",
    advice="You name a network only if all of its gradients are wrong. One wrong gradient is enough.",
)
def only_if_all_are_wrong(networks):
    return [name for name, verdicts in _checked(networks).items() if not any(verdicts.values())]


@misconception(
    "gradient_check.find_the_bugs",
    advice="You return the letters that are wrong in the notebook. The function must examine the networks that it "
    "is given.",
)
def letters_of_the_notebook(networks):
    return ["A", "B", "C", "E", "F"]


@misconception(
    "gradient_check.find_the_bugs",
    advice="You stop at the first faulty network. Any number of them may be wrong.",
)
def first_one_only(networks):
    return [name for name, verdicts in _checked(networks).items() if not all(verdicts.values())][:1]


@misconception(
    "gradient_check.find_the_bugs",
    advice="You name every network, also those in which all is right. Name one only if a value among its verdicts "
    "is False; the dictionary itself counts as true whatever it holds.",
)
def everyone_named(networks):
    return list(networks)


@misconception(
    "gradient_check.find_the_bugs",
    advice="You compare the gradients of every network with the loss of one and the same network. Each has its own "
    "loss and its own parameters.",
    variants=[{"which": -1}],
)
def one_loss_for_all(networks, which=0):
    judge = list(networks.values())[which]
    slopes = measured(judge.loss, judge.params)
    return [
        name
        for name, net in networks.items()
        if not all(error_of(claimed, slopes[key]) <= 1e-6 for key, claimed in net.gradients().items())
    ]


@misconception(
    "gradient_check.find_the_bugs",
    advice="You return a number, or True or False. Asked for are names: the list of the networks that have a wrong "
    "gradient.",
    variants=[{"answer": "gradients"}, {"answer": "any"}],
)
def number_for_names(networks, answer="networks"):
    wrong = [sum(not verdict for verdict in verdicts.values()) for verdicts in _checked(networks).values()]
    return {"networks": sum(count > 0 for count in wrong), "gradients": sum(wrong), "any": any(wrong)}[answer]
