"""Networks by name: found, built, and refused in a sentence."""

import subprocess
import sys

import keras
import pytest

from dlcnn import models
from dlcnn.models import ModelError, Recipe
from dlcnn.models.architecture import architecture, registered


def test_names_are_all_networks_in_the_order_of_their_numbers():
    """Every file in the folder is found, and 18 comes before 101."""
    names = models.names()

    assert {"happy_model", "lenet5", "alexnet", "vgg16", "googlenet", "efficientnet_b7"} <= {*names}
    assert [name for name in names if name.startswith("resnet")] == [
        f"resnet{depth}" for depth in (18, 34, 50, 101, 152)
    ]


def test_find_tells_what_is_recorded():
    """Title, source, variants (the default first) and recipe stand beside the builder."""
    found = models.find("resnet50")

    assert found.name == "resnet50"
    assert found.variants == ("keras", "torchvision", "course")
    assert found.defaults["variant"] == "keras"
    assert "He" in found.source
    assert "50" in found.title
    assert isinstance(models.find("lenet5").recipe, Recipe)
    assert models.find("vgg11").recipe is None
    assert "num_classes" in found.description


@pytest.mark.parametrize("name", models.names())
def test_find_shows_the_first_variant_as_the_default(name):
    """What is listed first is what is built when no variant is asked for."""
    found = models.find(name)

    assert found.defaults.get("variant") == (found.variants[0] if found.variants else None)


def test_models_has_each_network_as_a_function():
    """models.lenet1() is models.build("lenet1"), and dir() and help show it."""
    assert models.lenet1(num_classes=4).output_shape == (None, 4)
    assert models.lenet1.__doc__ == models.find("lenet1").function.__doc__
    assert {*models.names(), "build", "from_pattern"} <= {*dir(models)}
    with pytest.raises(AttributeError, match="lenet9"):
        _ = models.lenet9


def test_architecture_makes_a_function_a_network(monkeypatch):
    """One decorated function is all that a new network needs."""
    monkeypatch.setattr("dlcnn.models.architecture._registered", {**registered()})

    @architecture(title="A line", source="This test", recipe=Recipe(epochs=2))
    def tiny_model(input_shape=(8, 8, 1), num_classes=3):
        x = inputs = keras.Input(input_shape)
        x = keras.layers.GlobalAveragePooling2D()(x)
        return keras.Model(inputs, keras.layers.Dense(num_classes)(x), name="tiny_model")

    assert "tiny_model" in models.names()
    assert models.build("tiny_model", num_classes=5).output_shape == (None, 5)
    assert models.find("tiny_model").recipe.epochs == 2


def test_importing_models_loads_no_keras():
    """Listing what the room offers stays quick."""
    code = "import sys; from dlcnn import models; models.build; sys.exit('keras' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("resnet1", {}, "Did you mean 'resnet18'?"),
        ("", {}, "There are: alexnet,"),
        ("VGG16", {}, "Did you mean 'vgg16'?"),
        ("resnet50", {"variant": "torch"}, "Did you mean 'torchvision'?"),
        ("resnet18", {"variant": "keras"}, "one form of it only. Received variant='keras'"),
        ("resnet18", {"include_tops": False}, "Did you mean 'include_top'?"),
        ("resnet18", {"num_classes": 0}, "1 or more. Received num_classes=0."),
        ("lenet5", {"name": "mine"}, "no such option. Received name='mine'."),
        ("resnet18", {"num_classes": True}, "1 or more. Received num_classes=True."),
        ("lenet5", {"num_classes": 1}, "pass classifier_activation='sigmoid'"),
        ("resnet18", {"num_classes": 2.5}, "1 or more. Received num_classes=2.5."),
        ("resnet18", {"input_shape": (224, 224)}, "Received input_shape=(224, 224)."),
        ("resnet18", {"input_shape": (224, -1, 3)}, "Received input_shape=(224, -1, 3)."),
        ("resnet18", {"input_shape": 224}, "Received input_shape=224."),
        ("resnet18", {"input_shape": (224, 224, None)}, "(224, 224, 3) is its default."),
        ("lenet1", {"classifier_activation": "sotmax"}, "sotmax"),
        ("happy_model", {"num_classes": 6}, "num_classes is 2. Received num_classes=6."),
        ("convolutional_model", {"num_classes": 10**12}, "250,000,000 parameters at most, this"),
        ("vgg11", {"input_shape": (4000, 4000, 3)}, "250,000,000 parameters at most, this"),
        ("vgg11", {"input_shape": (None, None, 3)}, "must be given. Received input_shape=(None,"),
    ],
)
def test_build_refuses_in_a_sentence(name, options, message):
    """What cannot be built is named, with what to do instead."""
    with pytest.raises(ModelError) as caught:
        models.build(name, **options)

    assert message in str(caught.value)
    assert str(caught.value).startswith(name if name in models.names() else "models")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "options", "layer", "smallest"),
    [
        ("alexnet", {"input_shape": (20, 20, 3)}, "MaxPooling2D 2 of 3 needs 3 x 3", 67),
        ("vgg16", {"input_shape": (16, 300, 1)}, "MaxPooling2D 5 of 5 needs 2 x 2", 32),
        ("lenet5", {"input_shape": (8, 8, 1)}, "Conv2D 2 of 3 needs 5 x 5", 32),
        ("happy_model", {"input_shape": (1, 5, 3)}, "MaxPooling2D 1 of 1 needs 2 x 2", 2),
        ("lenet1", {"input_shape": (15, 40, 1)}, "AveragePooling2D 2 of 2 needs 2 x 2", 16),
        pytest.param(
            *("googlenet", {"input_shape": (64, 64, 3), "auxiliary_heads": True}),
            *("AveragePooling2D 2 of 2 needs 5 x 5", 65),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_build_names_the_layer_that_an_image_is_too_small_for(name, options, layer, smallest):
    """The layer, what it needs and receives, and the smallest size, which does work."""
    square = (smallest, smallest, options["input_shape"][2])
    with pytest.raises(ModelError) as caught:
        models.build(name, **options)

    message = str(caught.value)
    assert layer in message
    assert f"Received input_shape={options['input_shape']}" in message
    assert message.endswith(f"The smallest square that it takes is {square}.")
    models.outline(name, **{**options, "input_shape": square})
    assert min(options["input_shape"][:2]) < smallest


def test_build_explains_also_when_the_function_is_called():
    """models.lenet5(...) refuses in the same words as models.build("lenet5", ...)."""
    with pytest.raises(ModelError, match="Conv2D 2 of 3 needs 5 x 5"):
        models.lenet5((8, 8, 1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: models.lenet5(classes=10), "lenet5: it has no such option. Received classes=10."),
        (lambda: models.lenet5((32, 32, 1), 10, "dense"), "lenet5: only input_shape and num_cla"),
        (lambda: models.vgg16(variant="keras"), "one form of it only"),
        (lambda: models.lenet1(num_classes=1), "softmax shares 1.0 among the classes"),
        (lambda: models.outline("lenet1", num_classes="3"), "Received num_classes='3'."),
    ],
)
def test_builders_refuse_wrong_calls_in_a_sentence(call, message):
    """A function of a network refuses what build refuses, in the same words."""
    with pytest.raises(ModelError) as caught:
        call()

    assert message in str(caught.value)


def test_builders_take_one_class_where_it_means_something():
    """One score is fine as a logit, behind a sigmoid, and where there is no classifier."""
    for options, units in (
        ({"classifier_activation": "sigmoid"}, 1),
        ({"classifier_activation": None}, 1),
        ({"include_top": False}, 12),
    ):
        assert models.outline("lenet1", num_classes=1, **options).output_shape[-1] == units


def test_models_offers_the_nearest_name():
    """A misspelt function of the room is an AttributeError that helps."""
    with pytest.raises(AttributeError, match=r"Did you mean 'resnet50'\?"):
        _ = models.resnet5


def test_outline_is_not_limited_in_size():
    """What no memory holds can be counted; within the limit it can be built."""
    assert models.outline("convolutional_model", num_classes=10**7).count_params() > 250_000_000
    assert models.build("convolutional_model", num_classes=1000).output_shape == (None, 1000)


def test_outline_needs_no_memory_for_weights():
    """The largest network is counted without a number of its weights being drawn."""
    model = models.outline("vgg19")

    assert model.count_params() == 143_667_240
    assert all(weight._value is None for weight in model.weights)
