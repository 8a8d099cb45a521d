"""Checks of find_the_bugs: the faulty among fresh networks are named."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from .. import ArgumentError, Remote, Student, check, fail_if
from ._lent import give_right_checker
from ._losses import Loss, Params, copied
from ._networks import FAULTS, PlantedNetwork

_NAMES = ("Rosa", "Tim", "Ines", "Olaf", "Juno", "Karl", "net 1", "net 2")


@check(
    "gradient_check.find_the_bugs",
    hint="A network is right only if all of its gradients are.",
    weight=2,
    rescue=give_right_checker,
)
def faulty_networks_are_found(student, rng):
    """Among fresh networks under fresh names, exactly those with a wrong gradient are named."""
    spoils_all, *others = sorted(FAULTS, key=lambda fault: -len(FAULTS[fault]))
    faults = ["none", "none", spoils_all, *rng.permutation(others)[:3]]
    names = rng.permutation(_NAMES)
    _expect_found(student, rng, dict(zip(names, rng.permutation(faults), strict=False)))


@check(
    "gradient_check.find_the_bugs",
    hint="Look at every network; how many are wrong is not known.",
    rescue=give_right_checker,
)
def none_or_all(student, rng):
    """When all are right the list is empty, when all are wrong it is complete."""
    _expect_found(
        student,
        rng,
        dict.fromkeys(_NAMES[:3], "none"),
        dict(zip(_NAMES[3:6], ("mean", "last entry", "wrong sign"), strict=True)),
    )


def _expect_found(student: Student, rng, *groups: dict[str, str]) -> None:
    """For each group, name -> fault, find_the_bugs names those whose fault is not "none", in any order."""
    found = [_names(student.find_the_bugs(_networks(student, rng, group))) for group in groups]
    for names, group in zip(found, groups, strict=True):
        wrong = {str(name) for name, fault in group.items() if fault != "none"}
        fail_if(wrong - names, "a wrong network is not named")
        fail_if(names - wrong, "a right network is named")


def _networks(student: Student, rng, group: dict[str, str]) -> dict[str, Remote]:
    make, networks = student.given("student_lib.planted_networks", "Network"), {}
    for name, fault in group.items():
        net = PlantedNetwork(rng)
        claimed = net.gradient if fault == "none" else net.faulty(fault)
        networks[str(name)] = make(net.params, Loss(student, net.loss, net.params), _giver(claimed))
    return networks


def _giver(grads: Params) -> Callable[[], Params]:
    def gradients(*args: Any, **kwargs: Any) -> Params:
        if args or kwargs:
            raise ArgumentError("gradients() takes no argument")
        return copied(grads)

    return gradients


def _names(value: Any) -> set[str]:
    names = list(itertools.islice(value, 100)) if type(value) in (list, tuple, set) else None
    fail_if(names is None or not all(type(name) is str for name in names), "not a list of names")
    return set(names)
