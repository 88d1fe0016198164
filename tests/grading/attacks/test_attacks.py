"""Every attack of the catalogue: it is one, and it gains nothing.

The assertions that all of them share are `Arena.grade`'s.
"""

import pytest

from tests.conftest import CORRECT
from tests.grading.attacks.arena import Arena, Outside
from tests.grading.attacks.attack import Attack
from tests.grading.attacks.catalogue import ATTACKS

_SHOWN = [attack for attack in ATTACKS if attack.control != "none"]


def _names(attacks: list[Attack] | tuple[Attack, ...]) -> list[str]:
    return [attack.name.replace(" ", "-") for attack in attacks]


def test_attacks_are_many_and_each_has_its_own_name():
    """No attack hides another one of the same name."""
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 40


def test_arena_gives_honest_code_full_marks(arena):
    """The positive control: the same canaries, the same zygote, and every mark is there."""
    arena.grade(CORRECT, deserved=(10, 4))


def test_arena_sees_what_an_attack_must_not_do(arena, world):
    """The watch is awake: an undeserved point, a touched file and a leak are each noticed."""
    with pytest.raises(AssertionError, match="undeserved"):
        arena.grade(CORRECT)
    with pytest.raises(AssertionError, match="LEAK"):
        arena.grade("def scale(X, factor):\n    print('LEAK')\n", marks=("LEAK",))
    world.survivor.touch()
    with pytest.raises(AssertionError, match="survivor"):
        arena.grade("def scale(X, factor):\n    return X\n")


def assert_stopped(attack: Attack, arena: Arena) -> None:
    """Grade it; what is told of it is one of the things that it may be told with."""
    if attack.needs_more_than(arena.tier):
        pytest.skip(f"isolation {attack.tier} stops it, and here it is {arena.tier}")
    report = arena.face(attack)
    if attack.told:
        first = next(task for task in report.tasks if task.task == "scale").checks[0]
        assert first.facts["kind"] in attack.told, first.facts


@pytest.mark.parametrize("attack", ATTACKS, ids=_names(ATTACKS))
def test_attack_gains_nothing(attack: Attack, arena: Arena):
    """No point, no neighbour changed, nothing left, nothing read out, and the run finished."""
    assert_stopped(attack, arena)


@pytest.mark.parametrize("attack", _SHOWN, ids=_names(_SHOWN))
def test_attack_works_where_nothing_stops_it(attack: Attack, outside: Outside):
    """Outside the sandbox, or in front of a plain grader, it does what it is for."""
    worked = outside.works(attack)
    if attack.rare and not worked:
        pytest.skip(attack.rare)
    assert worked
