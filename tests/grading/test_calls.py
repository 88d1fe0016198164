"""What went wrong in a call, in words that are the same whenever it goes wrong."""

import textwrap

import pytest

from dlcnn.grading.calls import facts_of_failure, mask
from dlcnn.grading.worker.pool import Failure, Limits, Program

_TENSOR = "<KerasTensor shape=(None, 4, 3), dtype=float32, sparse=False, ragged=False, name={}>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<Scale object at 0x7f3a5c0d1e20>", "<Scale object at 0x…>"),
        ("in /srv/grading/ada/work.py", "in …/work.py"),
        (_TENSOR.format("keras_tensor_12"), "<KerasTensor shape=(None, 4, 3), dtype=float32>"),
        ("at keras_tensor_7, input_layer_2", "at keras_tensor, input_layer"),
        ("Input 0 of layer 'conv2d_7' is", "Input 0 of layer 'conv2d' is"),
        ('Layer "functional_3" expects', 'Layer "functional" expects'),
        ("Sequential model sequential_12 cannot", "Sequential model sequential cannot"),
        ("<ConvBN name=conv_bn_2, built=True>", "<ConvBN name=conv_bn, built=True>"),
        ("path=dense_4/kernel, shape", "path=dense/kernel, shape"),
        ("shape of 'conv_bn_1' (of type ConvBN)", "shape of 'conv_bn' (of type ConvBN)"),
    ],
)
def test_mask_hides_what_differs_from_run_to_run(text, shown):
    """Addresses, folders, and what Keras numbers as it goes."""
    assert mask(text) == shown
    assert mask(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "name 'x_1' is not defined",
        "module 'keras.layers' has no attribute 'Conv2d_1'",
        "Received shapes (4, 4, 3) and (4, 4, 2): 1/2",
        'The name "stem_1" is used 2 times in the model',
        "unexpected keyword argument 'filters_2'",
    ],
)
def test_mask_leaves_what_the_student_wrote(text):
    """Names and numbers of the student's own are what a message is about."""
    assert mask(text) == text


def test_facts_of_failure_are_cut_after_they_are_masked():
    """A counter that has one digit more moves nothing."""
    one, other = (
        facts_of_failure("f", Failure("exception", "ValueError", f"keras_tensor_{number}, " * 60))
        for number in (9, 10)
    )
    assert one == other
    assert len(one["message"]) == 500


_MISTAKEN = """
import keras
from keras import layers

class Own(layers.Layer):
    def call(self, x):
        raise ValueError("mine")

def strange(x):
    return Own()(x)

def small(x):
    return layers.MaxPooling2D(9)(layers.Conv2D(4, 3)(x))

def flat(x):
    return layers.Conv2D(4, 3)(layers.Flatten()(x))

def two(x):
    model = keras.Sequential([keras.Input((8, 6, 3)), layers.Flatten()])
    return model([x, x])
"""


@pytest.mark.parametrize("function", ["strange", "small", "flat", "two"])
def test_facts_of_failure_are_the_same_whatever_was_made_before(function, keras_zygote):
    """What Keras says of a layer is the same for the second one of its kind."""
    program = Program((("cell 1", 1, textwrap.dedent(_MISTAKEN)),))
    with keras_zygote.session(program, Limits(wall_seconds=20, memory_mb=1024)) as session:
        worker = session.worker()
        sent = ({"keras": "input", "shape": [8, 6, 3]},)
        first, second = (worker.call(function, sent).failure for _ in range(2))
    assert first.message != second.message
    assert facts_of_failure(function, first) == facts_of_failure(function, second)
