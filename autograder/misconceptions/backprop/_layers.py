"""How a faulty box takes the place of a layer's class."""

from __future__ import annotations

from .. import misconception


def box(exercise_id: str, name: str, advice: str, random: bool = False):
    """Register a class in the place of the student's `name`, and call it so: transcripts hold type names."""

    def register(faulty: type) -> type:
        misconception(exercise_id, advice, replaces=name, random=random)(faulty)
        faulty.__name__ = name
        return faulty

    return register
