"""All attacks, by aim."""

from tests.grading.attacks.attack import Attack
from tests.grading.attacks.catalogue import (
    answers,
    endings,
    escapes,
    floods,
    frames,
    interfaces,
    leaks,
    reading,
    remains,
    survivors,
    walks,
    writing,
)

__all__ = ["ATTACKS"]

_ROOMS = (
    answers,
    walks,
    endings,
    survivors,
    floods,
    frames,
    leaks,
    reading,
    writing,
    escapes,
    interfaces,
    remains,
)
ATTACKS: tuple[Attack, ...] = tuple(attack for room in _ROOMS for attack in room.ATTACKS)
