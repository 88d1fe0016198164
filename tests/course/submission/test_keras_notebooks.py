"""Reading notebooks of Keras of every age: what is taken, what is never run, what is told."""

import pytest

from tests.course.submission import keras_notebooks

TENSORFLOW1 = "Written for TensorFlow 1: "


def top_level(submission):
    """What is run besides imports and definitions."""
    lines = (line for cell in submission.cells for line in cell.source.split("\n"))
    kept = (line for line in lines if line[:1] not in ("", " ", "#", ")", "]"))
    return [line for line in kept if not line.startswith(("import ", "from ", "def "))]


@pytest.mark.parametrize(
    ("cells", "functions", "constants"),
    [
        (keras_notebooks.RESIDUAL_2018, ["identity_block", "small_network"], []),
        (keras_notebooks.APPLICATION_2021, ["convolutional_model", "happyModel"], []),
        (
            keras_notebooks.RESIDUAL_2021,
            ["identity_block", "small_network"],
            [
                "CHANNEL_AXIS = 3",
                "BN = dict(axis=CHANNEL_AXIS)",
                "default_initializer = glorot_uniform(seed=0)",
            ],
        ),
        (keras_notebooks.APPLICATION_2024, ["block", "convolutional_model"], ["FILTERS = (8, 16)"]),
    ],
)
def test_definitions_are_taken_and_nothing_is_built_or_trained(read, cells, functions, constants):
    """Of models, training, pictures, seeds, learning phases and test cells nothing is left"""
    submission = read(*cells)
    assert sorted(submission.functions) == functions
    assert top_level(submission) == constants
    assert submission.notes == ()
    assert submission.broken == ()


@pytest.mark.parametrize(
    "constant",
    [
        "initializer = glorot_uniform(seed=0)",
        "initializer = tf.keras.initializers.RandomUniform(0, 1)",
        "initializer = tf.keras.Input(shape=(64, 64, 3))",
        "initializer = layers.Conv2D(8, 3)",
        "initializer = K.image_data_format()",
    ],
)
def test_values_of_keras_that_definitions_use_are_taken(read, constant):
    """An initializer, an input or a layer is put together before the functions are called"""
    submission = read(
        "import tensorflow as tf\nfrom keras import backend as K, layers\n"
        "from keras.initializers import glorot_uniform",
        f"{constant}\nunused = {constant.partition(' = ')[2]}",
        "def block(X):\n    return layers.Dense(2, kernel_initializer=initializer)(X)",
    )
    assert top_level(submission) == [constant]


def test_model_is_built_only_where_a_definition_uses_it(read):
    """A helper that asks the trained model has it untrained, and is told"""
    cells = (
        "import tensorflow as tf",
        "def make():\n    return tf.keras.Sequential()",
        "model = make()\nmodel.summary()",
        "model.fit(X, Y)",
    )
    assert top_level(read(*cells)) == []
    submission = read(*cells, "def ask(X):\n    return model.predict(X)")
    assert top_level(submission) == ["model = make()"]
    (note,) = submission.notes
    assert note.startswith("model is changed in cell 4, line 1")


def test_function_given_to_a_test_is_not_changed_by_it(read):
    """`tests.check(block)` is no part of what `block` needs"""
    submission = read(
        "import public_tests\nfrom keras import layers",
        "def block(X):\n    return layers.ReLU()(X)\n\ndef network(X):\n    return block(X)",
        "public_tests.block_test(block)\npublic_tests.block_test(target=block)",
    )
    assert top_level(submission) == []


def test_tensorflow_1_is_recognised_and_told(read):
    """One sentence says which functions are meant, and what a model is made of today"""
    (note,) = read(*keras_notebooks.APPLICATION_2018).notes
    assert note.startswith(TENSORFLOW1 + "create_placeholders (cell 4), initialize_parameters")
    assert note.endswith("a model is put together from layers of tf.keras.")
    assert note.count(". ") == 0


@pytest.mark.parametrize(
    "cells",
    [
        [
            "import tensorflow as tf",
            "def create():\n    return tf.placeholder('float'), None\n"
            "def run():\n    with tf.Session() as session:\n        pass",
        ],
        [
            "import tensorflow.compat.v1 as tf1\ntf1.disable_v2_behavior()",
            "class Net:\n    def __init__(self):\n        self.X = tf1.placeholder('float')\n"
            "        self.W = tf1.get_variable('W', [2])",
        ],
        [
            "from cnn_utils import *",
            "def model(X):\n    X = tf.layers.dense(X, 3)\n    return tf.contrib.layers.flatten(X)",
        ],
        [
            "import tensorflow",
            "def f():\n    return tensorflow.compat.v1.placeholder('float')",
            "def g():\n    return tensorflow.compat.v1.Session()",
        ],
    ],
)
def test_tensorflow_1_goes_by_many_names(read, cells):
    """Aliases, compat.v1, classes, a name that a course module gave"""
    (note,) = read(*cells).notes
    assert note.startswith(TENSORFLOW1)


@pytest.mark.parametrize(
    "cells",
    [
        ["import tensorflow as tf", "# tf.placeholder, tf.Session\ndef f(X):\n    return X"],
        ["def f(X):\n    '''No tf.placeholder, no tf.Session.'''\n    return 'tf.contrib.layers'"],
        [
            "import tensorflow as tf",
            "def f():\n    return tf.compat.v1.Session(config=tf.compat.v1.ConfigProto())",
        ],
        [
            "import tensorflow as tf",
            "with tf.Session() as session:\n    X = tf.placeholder('float')\n    print(f(X))",
            "def f(X):\n    return tf.keras.layers.ReLU()(X)",
        ],
        [
            "import tensorflow as tf\nimport mine as m",
            "def f(X):\n    return X.layers, m.placeholder, m.Session, tf.keras.layers.ReLU()(X)",
        ],
    ],
)
def test_a_mention_of_tensorflow_1_is_none(read, cells):
    """Comments, texts, test cells, one name only, other modules' names"""
    assert read(*cells).notes == ()


def test_scripts_of_tensorflow_1_are_told_as_well(read_script):
    """A script has no cells: its name stands for them"""
    source = "import tensorflow as tf\ndef f():\n    return tf.placeholder('float'), tf.Session()\n"
    (note,) = read_script(source).notes
    assert "f (student.py)" in note
