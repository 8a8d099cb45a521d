"""How long an experiment may train: long for you, short for the autograder."""

import os

__all__ = ["budget"]


def budget(*, full, grading):
    """Return `full`, or `grading` while the notebook is being graded.

    Both are positive whole numbers, usually epochs, and `grading` is at most `full`. Training is graded
    by calling your functions, so a shortened experiment costs no points. Raises ValueError otherwise.

    >>> budget(full=500, grading=5)
    500
    """
    for name, value in (("full", full), ("grading", grading)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"budget: {name}={value!r}; expected a whole number of at least 1")
    if grading > full:
        raise ValueError(f"budget: grading={grading} is more than full={full}; grading is the shorter run")
    return grading if _is_grading() else full


def _is_grading():
    environ = os.environ
    return environ.get("CHAINRULE_GRADING") == "1" or environ.get("NBGRADER_EXECUTION") == "autograde"
