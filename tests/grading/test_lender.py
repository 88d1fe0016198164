"""A network of blocks that failed is marked with the solution's blocks in their place."""

import pytest

from dlcnn.course.discover import find_course
from dlcnn.course.template import sync
from dlcnn.grading.engine import grade_submission
from dlcnn.grading.exam import load_exam
from dlcnn.grading.render.words import sentences

_SPEC = """
title = "Blocks"
version = "1.0"
order = 1
profile = "keras"

[limits]
memory_mb = 2000

[[task]]
name = "block"
title = "A block"

[[task]]
name = "network"
title = "A network of blocks"
uses = ["block"]
"""

_SOLUTION = '''
# %%
from keras import Input, Model, layers


# %%
def block(X, f, filters):
    """A convolution, added to its input."""
    # BEGIN SOLUTION
    X_shortcut = X
    X = layers.Conv2D(filters, f, padding="same")(X)
    return layers.ReLU()(layers.Add()([X, X_shortcut]))
    # END SOLUTION


# %%
def network(input_shape):
    """Two blocks and a classifier."""
    # BEGIN SOLUTION
    inputs = Input(input_shape)
    X = layers.Conv2D(4, 1)(inputs)
    X = block(X, 3, 4)
    X = layers.MaxPooling2D(2)(X)
    X = block(X, f=2, filters=4)
    X = layers.Flatten()(X)
    return Model(inputs, layers.Dense(3, activation="softmax")(X))
    # END SOLUTION
'''

_CHECKS = '''
import numpy as np

from dlcnn.grading import check, expect_gradients, expect_model, expect_outputs, keras_input


@check(task="block", points=2)
def block_layers(student, rng):
    """block adds a convolution to its input"""
    expect_model("block", student.block(keras_input(7, 5, 4), 3, 4), rng)


@check(task="network", points=3)
def network_layers(student, rng):
    """network has the layers"""
    expect_model("network", student.network((9, 7, 2)), rng)


@check(task="network", points=5)
def network_answers(student, rng):
    """network computes the same"""
    images = rng.standard_normal((2, 9, 7, 2))
    network = student.network((9, 7, 2))
    expect_outputs("network", network, images, rng)
    expect_gradients("network", network, images, rng)
'''

_NETWORK = """
from tensorflow.keras import Input, Model, layers

def network(input_shape):
    inputs = Input(input_shape)
    X = layers.Conv2D(4, 1)(inputs)
    X = block(X, 3, filters=4)
    X = layers.MaxPooling2D(POOL)(X)
    X = block(X, 2, filters=4)
    X = layers.Flatten()(X)
    return Model(inputs, layers.Dense(3, activation="softmax")(X))
"""

_NO_SHORTCUT = """
def block(X, f, filters, training=True):
    return layers.ReLU()(layers.Conv2D(filters, f, padding="same")(X))
"""


@pytest.fixture(scope="module")
def exam(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    texts = {
        "assignments/blocks/assignment.toml": _SPEC,
        "assignments/blocks/README.md": "# Blocks\n",
        "graders/blocks/solution.py": _SOLUTION,
        "graders/blocks/checks.py": _CHECKS,
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip(), encoding="utf-8")
    sync(find_course(root).assignment("blocks"))
    return load_exam(find_course(root), "blocks")


@pytest.fixture
def grade(exam, keras_zygote, tmp_path):
    """The tasks of a script, by name."""

    def run(text):
        path = tmp_path / "ada.py"
        path.write_text(text, encoding="utf-8")
        report = grade_submission(exam, path, "ada", keras_zygote, shown_path="ada.py")
        return {task.task: task for task in report.tasks}

    return run


def told(task):
    """What a student reads about a task."""
    return "\n".join(text for check in task.checks for text in sentences(check.facts))


def test_network_of_a_wrong_block_is_marked_with_the_right_one(grade):
    """A wrong block costs its own points; the network earns all of its."""
    tasks = grade(_NETWORK.replace("POOL", "2") + _NO_SHORTCUT)

    assert (tasks["block"].status, tasks["block"].score) == ("FAIL", 0)
    assert (tasks["network"].status, tasks["network"].score) == ("PASS", 8)
    assert tasks["network"].spoiled_by == ("block",)


def test_network_that_is_wrong_besides_is_told_its_own_mistake(grade):
    """With the right block in it, what is left is the network's own."""
    network = grade(_NETWORK.replace("POOL", "3") + _NO_SHORTCUT)["network"]

    assert (network.status, network.score, network.spoiled_by) == ("FAIL", 0, ("block",))
    assert "MaxPooling2D" in told(network)
    assert "Add" not in told(network)


def test_network_that_calls_a_block_wrongly_is_told_so(grade):
    """What the solution's block says to the call is what the student reads."""
    text = _NETWORK.replace("POOL", "2").replace("block(X, 2, filters=4)", "block(inputs, 2)")
    network = grade(text + _NO_SHORTCUT)["network"]

    assert network.status == "FAIL"
    assert "filters" in told(network)


def test_network_of_right_blocks_is_marked_as_it_is(grade):
    """Nothing is lent where nothing is wrong."""
    block = _NO_SHORTCUT.replace(
        'layers.Conv2D(filters, f, padding="same")(X)',
        'X + layers.Conv2D(filters, f, padding="same")(X)',
    )
    tasks = grade(_NETWORK.replace("POOL", "2") + block)

    assert [(task.status, task.spoiled_by) for task in tasks.values()] == [("PASS", ())] * 2


@pytest.mark.parametrize("block_is_right", [True, False])
def test_network_that_forges_a_loan_earns_nothing_by_it(grade, block_is_right):
    """Only what was asked for is lent; layers that say they are the solution's are no answer."""
    forged = """
import keras

class Forged(layers.Layer):
    borrowed = {"function": "network", "arguments": [{"keras": "tensor", "shape": [None, 9, 7, 2]}],
                "keywords": {}}

    def call(self, inputs):
        return inputs

def network(input_shape):
    inputs = Input(input_shape)
    return Model(inputs, Forged()(inputs))
"""
    block = _NO_SHORTCUT
    if block_is_right:
        block = block.replace("layers.Conv2D", "X + layers.Conv2D")
    tasks = grade("from tensorflow.keras import Input, Model, layers\n" + block + forged)

    assert tasks["block"].status == ("PASS" if block_is_right else "FAIL")
    assert (tasks["network"].status, tasks["network"].score) == ("FAIL", 0)


@pytest.mark.parametrize(
    "question",
    [
        "block(np.ones(3))",
        "block({'keras': 'tensor'}, 3, 4)",
        "block({'keras': 'tensor', 'shape': [None, 1e9]}, 3, 10**12)",
        "block(*[None] * 50)",
        "block([[[]]], filters={1: 2})",
        "block({'keras': 'tensor', 'shape': ['a']}, object(), 4)",
    ],
)
def test_questions_of_no_form_are_refused(grade, question):
    """Whatever a worker asks past the stand-in, the grader answers or refuses, and goes on."""
    text = f"""
import numpy as np
from tensorflow.keras import Input, Model, layers

def network(input_shape):
    ask = block.__closure__[0].cell_contents
    try:
        (ask if callable(ask) else block.__closure__[1].cell_contents)({question[6:]}
    except Exception as error:
        raise RuntimeError("refused " + type(error).__name__)
"""
    network = grade(text + _NO_SHORTCUT)["network"]

    assert network.status == "FAIL"
    assert network.spoiled_by == ("block",)
    assert "refused UpstreamError" in told(network)
