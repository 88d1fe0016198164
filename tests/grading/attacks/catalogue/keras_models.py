"""Answers and endings that only Keras makes possible: forged, hostile, endless and huge ones."""

from tests.grading.attacks.attack import Attack

__all__ = ["ATTACKS"]

_HEAD = """
import keras
import numpy as np
import tensorflow as tf
"""
_WRONG = """
def scale(X, factor):
    return np.zeros_like(X)
"""

_FORGED = (
    Attack(
        "tf.debugging asserts nothing",
        _HEAD
        + """
class Patched:
    tf.debugging.assert_near = tf.debugging.assert_equal = lambda *_arguments, **_options: None
"""
        + _WRONG,
        "verdict",
        verdict="__import__('tensorflow').debugging.assert_near(scale(X, 3.0), solution(X, 3.0))"
        " is None",
        told=("values",),
    ),
    Attack(
        "every model predicts what the plain grader's solution gives",
        _HEAD
        + """
class Patched:
    keras.Model.__call__ = lambda model, inputs, **_options: solution(inputs, 3.0)

def scale(X, factor):
    return np.asarray(keras.Sequential()(X))
""",
        "verdict",
        told=("exception",),
    ),
    Attack(
        "a tensor equals everything",
        _HEAD
        + """
class Patched:
    type(tf.constant(0.0)).__eq__ = lambda *_arguments: True

def scale(X, factor):
    return tf.zeros_like(X)
""",
        "verdict",
        verdict="(scale(X, 3.0) == solution(X, 3.0)) is True",
    ),
)

_ENDLESS = (
    Attack(
        "tf.while_loop without end",
        _HEAD
        + """
@tf.function
def forever():
    return tf.while_loop(lambda n: n >= 0, lambda n: n * 0, [tf.constant(0)])

def scale(X, factor):
    forever()
    return X
""",
        "hang",
        told=("time",),
    ),
    Attack(
        "a layer whose call never returns",
        _HEAD
        + """
class Slow(keras.layers.Layer):
    def call(self, inputs):
        while True:
            pass

def scale(X, factor):
    return Slow()(X)
""",
        "hang",
        told=("time",),
    ),
    Attack(
        "a tensor of more memory than there is",
        _HEAD
        + """
def weapon():
    held = [tf.fill((150 << 20,), tf.constant(1, tf.uint8)) for _ in range(8)]
    return len(held) == 8
""",
    ),
)


def _hostile(name: str, body: str, bound: float = 8.0) -> Attack:
    """A model that is told of itself: its description is all that could do harm."""
    lines = "\n    ".join(body.strip().splitlines())
    source = f"{_HEAD}\ndef scale(X, factor):\n    inputs = keras.Input((4, 6, 2))\n    {lines}\n"
    return Attack(
        name, source, "none", told=("type", "exception", "size", "crash", "time"), bound=bound
    )


_HOSTILE = (
    _hostile(
        "a model whose names act on a terminal",
        r"""
layer = keras.layers.Dense(2, name="\x1b[2JLEAK\r")
return keras.Model(inputs, layer(inputs), name="LEAK\x00" * 100_000)
""",
    ),
    _hostile(
        "a layer whose configuration never comes",
        """
class Layer(keras.layers.Dense):
    def get_config(self):
        while True:
            pass
Layer.__module__ = "keras.layers"
return keras.Model(inputs, Layer(2)(inputs))
""",
    ),
    _hostile(
        "a layer whose configuration is enormous",
        """
class Layer(keras.layers.Dense):
    def get_config(self):
        return {"LEAK" * 100: ["LEAK" * 1_000_000] * 100_000}
Layer.__module__ = "keras.layers"
return keras.Model(inputs, Layer(2)(inputs))
""",
    ),
    _hostile(
        "a layer whose configuration and name end the process",
        """
import os
class Layer(keras.layers.Dense):
    name = property(lambda layer: os._exit(0), lambda layer, name: None)
    def get_config(self):
        os._exit(0)
Layer.__module__ = "keras.layers"
return Layer(2)
""",
    ),
    _hostile(
        "a model of three thousand layers",
        """
for _ in range(3000):
    inputs = keras.ops.negative(inputs)
return inputs
""",
        bound=16.0,
    ),
    _hostile(
        "a model that contains itself",
        """
model = keras.Model(inputs, keras.layers.ReLU()(inputs))
model.layers[1]._inbound_nodes[0].operation = model
model._operations.append(model)
return model
""",
    ),
    _hostile(
        "a tensor that lies about where it comes from",
        """
tensor = keras.layers.ReLU()(inputs)
tensor._keras_history = tensor._keras_history._replace(operation=tensor, node_index=1 << 70)
tensor._shape = (1 << 70, None, "LEAK")
return tensor
""",
    ),
)

ATTACKS = _FORGED + _ENDLESS + _HOSTILE
