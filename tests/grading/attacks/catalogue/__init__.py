"""All attacks, by aim; those that only Keras makes possible are apart."""

from tests.grading.attacks.attack import Attack
from tests.grading.attacks.catalogue import (
    answers,
    endings,
    escapes,
    floods,
    frames,
    interfaces,
    keras_models,
    keras_reach,
    leaks,
    reading,
    remains,
    survivors,
    walks,
    writing,
)

__all__ = ["ATTACKS", "KERAS_ATTACKS"]

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
KERAS_ATTACKS: tuple[Attack, ...] = keras_reach.ATTACKS + keras_models.ATTACKS
