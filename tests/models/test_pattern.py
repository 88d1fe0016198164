"""Patterns: what they stand for, what is built from them, and where a wrong one is wrong."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dlcnn.models.errors import ModelError
from dlcnn.models.grammar import MAX_LAYERS, TAKES, PatternError, parse
from dlcnn.models.outlines import without_weights
from dlcnn.models.pattern import from_pattern, is_pattern

LECTURE = "INPUT -> [[CONV -> RELU]*2 -> POOL]*3 -> [FC -> RELU]*2 -> FC"


def _kinds(text):
    return [layer.kind for layer in parse(text)]


def _named(model, name):
    return model.get_layer(name).get_config()


def test_pattern_of_the_lecture_builds_the_network_it_says():
    """Repeats are written out; filters double after each POOL; the last FC has the classes."""
    model = from_pattern(LECTURE, input_shape=(48, 32, 3), num_classes=10)
    stage = ["CONV", "RELU", "CONV", "RELU", "POOL"]
    assert _kinds(LECTURE) == stage * 3 + ["FC", "RELU", "FC", "RELU", "FC"]
    convolutions = [each for each in model.layers if isinstance(each, keras.layers.Conv2D)]
    assert [each.filters for each in convolutions] == [32, 32, 64, 64, 128, 128]
    assert {(each.kernel_size, each.strides, each.padding) for each in convolutions} == {
        ((3, 3), (1, 1), "same")
    }
    assert model.get_layer("pool_3").output.shape == (None, 6, 4, 128)
    assert [model.get_layer(f"fc_{i}").units for i in (1, 2, 3)] == [128, 128, 10]
    assert model.get_layer("fc_3").activation is keras.activations.softmax
    assert model.get_layer("fc_2").activation is keras.activations.linear
    assert model.output_shape == (None, 10)


def test_pattern_without_repeats_is_a_linear_classifier():
    """INPUT -> FC flattens the image and scores it."""
    model = from_pattern("INPUT -> FC", (5, 4, 3), 7, classifier_activation=None)
    assert model.count_params() == 5 * 4 * 3 * 7 + 7
    assert model.get_layer("fc_1").activation is keras.activations.linear


def test_pattern_takes_what_is_written():
    """Filters, sizes, strides, padding, units and rates are those of the text, in any spelling."""
    model = from_pattern(
        "input → conv(24, 5x3, stride 2x1, valid) → bn → tanh → maxpool(3, stride 2, same) → "
        "CONV 40@5 → AvgPool 2x1 → dropout(.25) → conv 1x1 → FC 99 → sigmoid → FC(6) → SOFTMAX",
        (40, 30, 1),
    )
    first, second = _named(model, "conv_1"), _named(model, "conv_2")
    assert (first["filters"], first["kernel_size"], first["strides"], first["padding"]) == (
        24,
        (5, 3),
        (2, 1),
        "valid",
    )
    assert (second["filters"], second["kernel_size"]) == (40, (5, 5))
    assert _named(model, "conv_3")["filters"] == 80  # of the CONV before, doubled by AVGPOOL
    pool = _named(model, "pool_1")
    assert (pool["pool_size"], pool["strides"], pool["padding"]) == ((3, 3), (2, 2), "same")
    assert _named(model, "avgpool_1")["pool_size"] == (2, 1)
    assert _named(model, "dropout_1")["rate"] == 0.25
    assert model.get_layer("fc_1").units == 99
    assert model.get_layer("fc_2").activation is keras.activations.linear
    assert model.layers[-1].activation is keras.activations.softmax
    assert isinstance(model.get_layer("bn_1"), keras.layers.BatchNormalization)


def test_pattern_leaves_the_sizes_that_are_left_out_to_the_arguments():
    """`filters` and `units` are the first width and the width of inner FCs."""
    text = "INPUT -> CONV -> POOL -> CONV -> POOL*6 -> CONV -> GAP -> FC -> FC"
    model = from_pattern(text, (128, 128, 3), filters=12, units=50)
    assert [model.get_layer(f"conv_{i}").filters for i in (1, 2, 3)] == [12, 24, 512]
    assert model.get_layer("fc_1").units == 50
    assert [layer.name for layer in model.layers if "flatten" in layer.name] == []


def test_pattern_takes_optional_layers_where_they_fit():
    """POOL? pools until the image is too small; optional=False leaves every such layer out."""
    text = "INPUT -> [CONV -> POOL?]*5 -> DROPOUT? -> FC"
    fitting = from_pattern(text, (9, 8, 3))
    assert [layer.name for layer in fitting.layers if "pool" in layer.name] == [
        "pool_1",
        "pool_2",
        "pool_3",
    ]
    assert fitting.get_layer("conv_5").filters == fitting.get_layer("conv_4").filters == 256
    assert [layer.name for layer in fitting.layers if "dropout" in layer.name] == ["dropout_1"]
    without = from_pattern(text, (9, 8, 3), optional=False)
    assert [each for each in without.layers if "pool" in each.name or "drop" in each.name] == []
    with pytest.raises(PatternError, match="POOL number 4 needs an image of 2 x 2, there it"):
        from_pattern(text.replace("?", ""), (9, 8, 3))


def test_pattern_without_fc_ends_as_it_is_written():
    """A pattern may say a feature extractor, or a network without dense layers."""
    assert from_pattern("INPUT -> CONV 8", (9, 7, 3)).output_shape == (None, 9, 7, 8)
    model = from_pattern("INPUT -> CONV 6@1x1 -> GAP -> SOFTMAX", (9, 7, 3))
    assert model.output_shape == (None, 6)


def test_pattern_gives_a_plain_model_that_trains():
    """What is built compiles and fits like any Keras model, and has stable names."""
    model = from_pattern("INPUT -> CONV 4 -> RELU -> POOL -> FC", (8, 6, 3), 3)
    model.compile("sgd", "sparse_categorical_crossentropy")
    images = keras.random.uniform((5, 8, 6, 3), seed=1)
    model.fit(images, keras.ops.array([0, 1, 2, 0, 1]), verbose=0)
    again = from_pattern("INPUT -> CONV 4 -> RELU -> POOL -> FC", (8, 6, 3), 3)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]


def test_pattern_takes_numpy_integers():
    """Sizes that come out of an array are as good as written ones."""
    shape = tuple(np.array([8, 6, 3]))
    model = from_pattern("INPUT -> CONV -> FC -> FC", shape, np.int64(4), filters=np.int64(2))
    assert model.output_shape == (None, 4)
    assert model.get_layer("conv_1").filters == 2


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("CONV(64, 5x5, stride=2)", "CONV(64, 5x5, stride 2)"),
        ("CONV(filters=64, size=5, strides=2, padding=same)", "CONV(64, 5x5, stride 2)"),
        ("CONV(64, 5, 2)", "CONV(64, 5x5, stride 2)"),
        ("MAXPOOL(3, 2)", "POOL(3, stride 2)"),
        (
            "CONV -> BatchNorm -> Dense(units = 9) -> Dropout(rate=.3)",
            "CONV->BN->FC 9->DROPOUT .3",
        ),
        ("[[CONV -> RELU]*0 -> POOL]*0 -> FC", "FC"),
    ],
)
def test_pattern_takes_usual_spellings(text, same_as):
    """What people write for the same layers builds the same layers."""
    ours, theirs = (
        [replace(layer, column=0, padding=None) for layer in parse(f"INPUT -> {each}")]
        for each in (text, same_as)
    )
    assert ours == theirs


def test_pattern_takes_open_image_sizes_where_it_can():
    """Convolutions and GAP take any size; a flattened image needs a known one, and that is said."""
    model = from_pattern("INPUT -> CONV(8, valid) -> POOL -> GAP -> FC", (None, None, 3), 4)
    assert model.input_shape == (None, None, None, 3)
    assert model.output_shape == (None, 4)
    for text, column in (("INPUT -> CONV -> FC", 17), ("INPUT -> FLATTEN -> RELU", 9)):
        with pytest.raises(PatternError, match=r"(?s)the image size is left open.*GAP") as error:
            from_pattern(text, (None, 8, 3))
        assert error.value.column == column


def test_pattern_is_limited_in_size_only_where_it_needs_memory():
    """A network that no memory holds can still be counted."""
    text = "INPUT -> FC 99999 -> FC"
    with pytest.raises(PatternError, match="250,000,000 is the limit"):
        from_pattern(text)
    with without_weights():
        assert from_pattern(text).count_params() > 1_000_000_000


_WRONG = [
    # the pattern, where the caret stands, what is said
    ("", 0, "begins with INPUT"),
    ("CONV -> FC", 0, "begins with INPUT"),
    ("INPUT ->", 8, "a layer or \\[ must stand here"),
    ("INPUT -> -> FC", 9, "a layer or \\["),
    ("INPUT CONV", 6, "-> or the end must stand here"),
    ("INPUT -> FC]", 11, "-> or the end"),
    ("INPUT -> [CONV -> RELU", 9, "this bracket is not closed"),
    ("INPUT -> [[CONV]*2 -> FC", 9, "this bracket is not closed"),
    ("INPUT -> [CONV RELU] -> FC", 15, "-> or ] must stand here"),
    ("INPUT -> [] -> FC", 10, "a layer"),
    ("INPUT -> [CONV]*N -> FC", 16, "a number must stand here"),
    ("INPUT -> [CONV]*1.5 -> FC", 16, "a whole number"),
    ("INPUT -> [CONV]x999999 -> FC", 16, "5 digits at most"),
    ("INPUT -> RELU x3", 14, "-> or the end"),
    ("INPUT -> [[RELU]*99]*99 -> FC", 21, "1000 layers at most, this makes 9801"),
    ("INPUT -> [RELU]*999 -> RELU -> FC", 33, "this makes 1001"),
    ("INPUT -> " + "[" * 21 + "FC" + "]" * 21, 29, "20 deep"),
    ("INPUT -> KONV -> FC", 9, "no layer KONV.*Did you mean 'CONV'"),
    ("INPUT -> CROSSING", 9, "no layer CROSSING.*There are: CONV, POOL.*MAXPOOL"),
    ("INPUT -> CONV(filters=3x3)", 23, ", or \\) must stand here"),
    ("INPUT -> CONV(padding=full)", 22, "same or valid must stand here"),
    ("INPUT -> CONV(size)", 18, "a number must stand here"),
    ("INPUT -> POOL(filters=3)", 14, "POOL takes size, stride or padding"),
    ("INPUT -> DROPOUT(rate=same)", 22, "from 0 to below 1"),
    ("INPUT -> INPUT", 9, "at the beginning only"),
    ("INPUT -> FC -> CONV -> FC", 15, "CONV needs an image.*Move it before the first FC"),
    ("INPUT -> GAP -> CONV", 16, "CONV needs an image.*Move it before GAP"),
    ("INPUT -> FLATTEN -> FLATTEN", 20, "FLATTEN needs an image"),
    ("INPUT -> FC -> RELU", 15, "SOFTMAX or SIGMOID only may follow"),
    ("INPUT -> FC -> SOFTMAX -> RELU", 26, "SOFTMAX or SIGMOID only may follow"),
    ("INPUT -> FC(7)", 9, "num_classes=6.*pass num_classes=7"),
    ("INPUT -> CONV(32, 3x3, strid 2)", 23, "a number, a size such as 3x3, stride, same or valid"),
    ("INPUT -> CONV(32, 3x3", 21, ", or \\) must stand here"),
    ("INPUT -> CONV(32,)", 17, "a number, a size"),
    ("INPUT -> CONV(32, 3, 5, 2)", 24, "CONV takes its stride once"),
    ("INPUT -> CONV(size=3, size=5)", 22, "CONV takes its size once"),
    ("INPUT -> CONV(same, valid)", 20, "CONV takes its padding once"),
    ("INPUT -> CONV 0", 14, "at least 1"),
    ("INPUT -> CONV 3.5", 14, "a whole number"),
    ("INPUT -> CONV 32@", 17, "a number must stand here"),
    ("INPUT -> CONV 3x3@5", 17, "filters stand before @"),
    ("INPUT -> POOL(2, stride)", 23, "a number must stand here"),
    ("INPUT -> FC(3x3)", 12, "FC takes units"),
    ("INPUT -> RELU(3)", 14, "RELU takes no options"),
    ("INPUT -> DROPOUT(1.5)", 17, "from 0 to below 1"),
    ("INPUT -> [CONV]?", 15, "-> or the end"),
    ("INPUT -> CONV & FC", 14, "'&' means nothing here"),
    ("INPUT -> CONV(8, 9x9, valid) -> FC", 9, "needs an image of 9 x 9, there it is 8 x 7"),
    ("INPUT -> [POOL]*4 -> FC", 10, "POOL number 3 needs an image of 2 x 2, there it is 2 x 1"),
    ("INPUT -> FC 99999 -> FC 99999 -> FC", 21, "parameters by this FC"),
]


@pytest.mark.parametrize(("text", "column", "says"), _WRONG, ids=[each[0] for each in _WRONG])
def test_pattern_error_points_at_the_character(text, column, says):
    """The message shows the pattern, a caret under the fault, and what was expected."""
    with pytest.raises(PatternError, match=f"(?s){says}") as error:
        from_pattern(text, (8, 7, 3))
    assert error.value.column == column
    _assert_caret(str(error.value), text, column)


def _assert_caret(message, text, column):
    """The line above the caret shows, at the caret, the character of the text there."""
    shown, caret = message.split("\n")[1:3]
    assert caret.strip() == "^"
    place = caret.index("^")
    before = text[max(0, column - 5) : column]
    assert shown[4:place].endswith("".join(c if c.isprintable() else " " for c in before))
    if column < len(text) and text[column].isprintable():
        assert shown[place] == text[column]
    else:
        assert len(shown) <= place or shown[place] == " "


def test_pattern_error_shows_a_long_pattern_around_the_fault():
    """Of a long text as much is shown as fits a line, and the caret still points at the fault."""
    text = "INPUT -> " + "RELU -> " * 60 + "RLU" + " -> RELU" * 60
    with pytest.raises(PatternError) as error:
        from_pattern(text)
    assert error.value.column == text.index("RLU")
    _assert_caret(str(error.value), text, error.value.column)
    assert max(map(len, str(error.value).split("\n"))) < 120


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"text": None}, "a pattern is text"),
        ({"input_shape": (64, 64)}, "height, width, channels"),
        ({"input_shape": 64}, "input_shape=64"),
        ({"input_shape": (64, 64, None)}, "input_shape="),
        ({"filters": True}, "filters=True"),
        ({"num_classes": 1}, "pass classifier_activation='sigmoid'"),
        ({"text": "INPUT -> FC -> SOFTMAX", "num_classes": 1}, "softmax shares"),
        ({"name": "a/b"}, "name='a/b'"),
        ({"name": None}, "name=None"),
        ({"input_shape": (64, 0, 3)}, r"input_shape=\(64, 0, 3\)"),
        ({"num_classes": 0}, "num_classes=0"),
        ({"filters": 2.5}, "filters=2.5"),
        ({"units": -1}, "units=-1"),
        ({"classifier_activation": "softmaxx"}, "softmaxx"),
    ],
)
def test_from_pattern_refuses_other_arguments_out_of_range(arguments, says):
    """Every argument has its sentence."""
    with pytest.raises(ModelError, match=says):
        from_pattern(**{"text": "INPUT -> FC", **arguments})


_SPACES = st.sampled_from(["", " ", "  ", "\n", "\t"])
_LAYERS = st.sampled_from(
    [
        *[(kind, kind) for kind in TAKES],
        *[("Conv 32@5x5", "CONV"), ("CONV(8, stride 2)", "CONV"), ("conv(same)", "CONV")],
        *[("pool(2)", "POOL"), ("MAXPOOL 3x2", "POOL"), ("POOL?", "POOL"), ("FC(10)?", "FC")],
        *[("Dropout .5", "DROPOUT"), ("dropout(0.1)", "DROPOUT"), ("avgpool(2, valid)", "AVGPOOL")],
    ]
)


@st.composite
def _sequences(draw, depth=2):
    """A text, and the kinds of layers that it stands for."""
    texts, kinds = [], []
    for _ in range(draw(st.integers(1, 3))):
        if depth and draw(st.booleans()):
            inner, meant = draw(_sequences(depth - 1))
            text = f"[{draw(_SPACES)}{inner}{draw(_SPACES)}]"
            sign = draw(st.sampled_from(["*", "x", " * ", "X"]))
        else:
            text, kind = draw(_LAYERS)
            meant, sign = [kind], draw(st.sampled_from(["*", " *"]))
        times = draw(st.integers(1, 3))
        texts.append(text + (f"{sign}{times}" if times > 1 or draw(st.booleans()) else ""))
        kinds += meant * times
    arrow = draw(_SPACES) + draw(st.sampled_from(["->", "→"])) + draw(_SPACES)
    return arrow.join(texts), kinds


@given(_sequences())
def test_parse_expands_every_valid_pattern(case):
    """A pattern stands for exactly the layers that its brackets and repeats say."""
    text, kinds = case
    assert _kinds(f"Input -> {text}") == kinds
    assert all(layer.column < len(text) + 9 for layer in parse(f"Input -> {text}"))


_PIECES = [*TAKES, *"[]()*x@,?→ \n0123456789.", "INPUT", "->", "stride", "same", "é", "\0", "🙂"]
_GARBAGE = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(_PIECES), max_size=25).map("".join),
    st.lists(st.sampled_from(_PIECES), max_size=12).map(
        lambda words: "INPUT -> " + " ".join(words)
    ),
)


@st.composite
def _mutated(draw):
    """A good pattern with a few characters changed."""
    text = draw(st.sampled_from([LECTURE, "INPUT -> CONV(8, 3x3, stride 2) -> POOL? -> GAP -> FC"]))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(["", *_PIECES])) + text[place + 1 :]
    return text


@settings(max_examples=80, deadline=None)
@given(st.one_of(_GARBAGE, _mutated()))
@example("INPUT -> " + "[" * 5000)
@example("INPUT -> " + "RELU -> " * (MAX_LAYERS + 1) + "FC")
@example("INPUT -> CONV " + "9" * 5000)
@example("INPUT -> CONV 99999@99999x99999 -> FC")
@example("INPUT -> POOL(99999, same) -> FC")
@example("INPUT -> [POOL(2, same)]*900 -> FC")
def test_from_pattern_builds_or_points_into_the_text(text):
    """Whatever the text: a model, or an error whose caret stands within it."""
    outcome = _model_or_error(text)
    if isinstance(outcome, PatternError):
        assert 0 <= outcome.column <= len(text)
        _assert_caret(str(outcome), text, outcome.column)
    else:
        assert isinstance(outcome, keras.Model)


def _model_or_error(text):
    try:
        with without_weights():
            return from_pattern(text, (16, 12, 3))
    except PatternError as error:
        return error


def test_is_pattern_tells_patterns_from_names():
    """An arrow or INPUT makes a pattern, also a wrong one; a name is none."""
    assert is_pattern("INPUT -> CNV")
    assert is_pattern("CONV → FC")
    assert is_pattern(" input")
    assert not is_pattern("resnet50")
