"""Attacks in a worker that has Keras: those that only Keras makes possible, and all the others.

Of the others `make test` runs one or two of each aim: the layers are the same as beside NumPy, and
what may differ with Keras loaded is whether they are put on, what was left open, and the limits.
"""

import pytest

from tests.grading.attacks.arena import Arena, Outside
from tests.grading.attacks.attack import Attack
from tests.grading.attacks.catalogue import ATTACKS, KERAS_ATTACKS
from tests.grading.attacks.test_attacks import assert_stopped

_HONEST = """
import keras
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

def scale(X, factor):
    layer = layers.Rescaling(factor, dtype="float64")
    inputs = keras.Input(X.shape[1:], dtype="float64")
    return keras.Model(inputs, layer(inputs))(X).numpy()

def shift(X, factor, offset):
    return tf.add(scale(X, factor), offset).numpy()

@tf.function
def smallest(X):
    return tf.reduce_min(X)

def bounds(X):
    rows = tf.data.Dataset.from_tensor_slices(X).map(
        lambda row: tf.numpy_function(np.max, [row], tf.float64), num_parallel_calls=2
    )
    return smallest(X).numpy(), np.max([row.numpy() for row in rows.prefetch(2)])
"""

_REPRESENTATIVE = (
    "np.allclose says yes from the import on",
    "walk the frames to the solution",
    "a segmentation fault",
    "a loop that is deaf to every signal",
    "a daemon outlives the submission",
    "memory bomb",
    "thread bomb",
    "fork bomb",
    "a forged reply that claims a pass",
    "read the solution",
    "hold more descriptors than one's own",
    "read the environment of the process that started the grader",
    "overwrite the report",
    "a file left in a scratch or public folder",
)
_LONG = ("a layer whose call never returns", "a layer whose configuration never comes")
_SHOWN = [attack for attack in KERAS_ATTACKS if attack.control != "none"]


def _name(attack: Attack) -> str:
    return attack.name.replace(" ", "-")


def _either(attack: Attack, *, now: bool) -> object:
    """An attack as a parameter: for `make test`, or left to `make test-all`."""
    return pytest.param(attack, id=_name(attack), marks=() if now else (pytest.mark.slow,))


def test_representatives_are_attacks():
    """None of those that are chosen by name was renamed."""
    assert {attack.name for attack in ATTACKS} >= set(_REPRESENTATIVE)
    assert {attack.name for attack in KERAS_ATTACKS} >= set(_LONG)


def test_attacks_by_way_of_keras_have_names_of_their_own():
    """No attack hides another one of the same name."""
    names = [attack.name for attack in (*ATTACKS, *KERAS_ATTACKS)]
    assert len(set(names)) == len(names)


def test_honest_keras_code_has_full_marks(roomy_arena):
    """The positive control: models, graphs and threads work where no attack comes through."""
    roomy_arena.grade(_HONEST, deserved=(10, 4))


@pytest.mark.parametrize("attack", [_either(a, now=a.name not in _LONG) for a in KERAS_ATTACKS])
def test_attack_by_way_of_keras_gains_nothing(attack: Attack, roomy_arena: Arena):
    """No point, no neighbour changed, nothing left, nothing read out, and the run finished."""
    assert_stopped(attack, roomy_arena)


@pytest.mark.parametrize("attack", [_either(a, now=a.name in _REPRESENTATIVE) for a in ATTACKS])
def test_attack_gains_nothing_beside_keras(attack: Attack, keras_arena: Arena):
    """What is stopped beside NumPy is stopped beside Keras."""
    assert_stopped(attack, keras_arena)


@pytest.mark.parametrize("attack", _SHOWN, ids=_name)
def test_attack_by_way_of_keras_works_where_nothing_stops_it(
    attack: Attack, keras_outside: Outside
):
    """Outside the sandbox, or in front of a plain grader, it does what it is for."""
    worked = keras_outside.works(attack)
    if attack.rare and not worked:
        pytest.skip(attack.rare)
    assert worked
