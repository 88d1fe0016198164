"""Descriptions that no honest worker sends: refused as such, never more than that."""

import copy
import json

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

from dlcnn.grading.graph import canonical, compare
from dlcnn.grading.graph.description import read
from dlcnn.grading.graph.words import sentences
from dlcnn.grading.render.plain import printable
from dlcnn.grading.worker.profiles.models import describe
from dlcnn.grading.worker.wire import Opaque, WireError


def _honest():
    inner = keras.Sequential([keras.Input((8, 10, 4)), layers.Conv2D(4, 1, activation="relu")])
    inputs = keras.Input((8, 10, 4))
    x = layers.ZeroPadding2D(1)(inner(inner(inputs)) + inputs)
    x = keras.ops.max_pool(keras.ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), 2)
    x = layers.Concatenate()([x, layers.BatchNormalization()(x)])
    return describe(keras.Model(inputs, [keras.ops.mean(x, axis=(1, 2)), layers.Flatten()(x)]))


HONEST = _honest()
EXPECTED = canonical(HONEST)

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-3, 12)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["Conv2D", "Add", "relu", "same", "model", "operation", "\x1b[31m", "\ud800"])
    | st.just(Opaque("thing")),
    lambda values: (
        st.lists(values, max_size=4)
        | st.lists(values, max_size=4).map(tuple)
        | st.dictionaries(
            st.sampled_from(["tensor", "object", "config", "opaque", "activation", "axis", "x1"]),
            values,
            max_size=3,
        )
    ),
    max_leaves=12,
)


def _places(value, path=()):
    """Every path into nested lists and dicts."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in items:
        if isinstance(each, dict | list):
            yield from _places(each, (*path, key))
        else:
            yield (*path, key)


PLACES = sorted(_places(HONEST), key=str)[1:]


def _survives(said):
    """The description is refused, or compared and told in full."""
    try:
        graph = canonical(said)
    except WireError:
        return
    for pair in ((EXPECTED, graph), (graph, EXPECTED)):
        if pair[0].problem is None:
            facts = compare(*pair).facts("m")
            if facts is not None:
                json.dumps(facts, allow_nan=False)
                assert all(line == printable(line) for line in sentences(facts))


@settings(max_examples=100, deadline=None)
@given(said=plain)
def test_read_refuses_what_is_no_description(said):
    """Any plain value at all is a WireError."""
    with pytest.raises(WireError):
        read(said)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), plain), min_size=1, max_size=3))
def test_canonical_survives_a_forged_description(changes):
    """Anything in place of anything: WireError or a verdict with sentences that can be shown."""
    said = copy.deepcopy(HONEST)
    for path, value in changes:
        holder = said
        try:
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change removed the place
    _survives(said)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_canonical_survives_a_rewired_description(data):
    """Layers, tensors and networks exchanged at random: WireError or a verdict."""
    said = copy.deepcopy(HONEST)
    numbers = st.integers(0, 12)
    for network in said["networks"]:
        for call in network["calls"]:
            if data.draw(st.integers(0, 3)) == 0:
                call["layer"] = data.draw(numbers)
            if data.draw(st.integers(0, 3)) == 0:
                call["arguments"] = {
                    "x": [{"tensor": each} for each in data.draw(st.lists(numbers))]
                }
            if data.draw(st.integers(0, 5)) == 0:
                call["shapes"] = data.draw(
                    st.lists(st.lists(st.none() | numbers, max_size=4), min_size=1, max_size=3)
                )
        if data.draw(st.integers(0, 3)) == 0:
            network["outputs"] = data.draw(st.lists(numbers, min_size=1, max_size=3))
    _survives(said)


def _layer(**changes):
    layer = {"class": "ReLU", "origin": "layer", "name": None, "config": {}, "weights": []}
    return layer | {"network": None} | changes


def _call(layer, *inputs):
    arguments = {"inputs": [{"tensor": each} for each in inputs]}
    return {"layer": layer, "arguments": arguments, "shapes": [[None, 3]]}


def _model(all_layers, *networks):
    told = [{"inputs": [[None, 3]], "calls": calls, "outputs": [len(calls)]} for calls in networks]
    return {"version": 1, "kind": None, "problem": None, "layers": all_layers, "networks": told}


def test_canonical_refuses_a_model_inside_itself():
    """A model whose layer is the model does not hang the grader."""
    itself = _layer(origin="model", network=0)
    with pytest.raises(WireError, match="inside itself"):
        canonical(_model([itself], [_call(0, 0)]))


def test_canonical_gives_up_on_models_that_multiply():
    """Thirty models that each call the next one twice are told to be too large."""
    inner = [_layer(origin="model", network=number) for number in range(1, 30)]
    networks = [[_call(number, 0), _call(number, 1)] for number in range(29)]
    said = _model([*inner, _layer()], *networks, [_call(29, 0)])
    assert canonical(said).problem == "large"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 2}, "version"),
        ({"version": True}, "version"),
        ({"version": np.zeros((2, 0))}, "version"),
        ({"kind": "Torch"}, "kind"),
        ({"problem": "lazy"}, "problem"),
        ({"networks": []}, "without a network"),
        ({"layers": [_layer(name="x" * 300)]}, "text"),
        ({"layers": [_layer(config={"alpha": 1 << 70})]}, "digits"),
        ({"layers": [_layer(config={"alpha": Opaque("thing")})]}, "no known kind"),
        ({"layers": [_layer(config={"alpha": [0] * 70_000})]}, "values"),
        ({"layers": [_layer(weights=[[[None], True]])]}, "unknown size"),
        ({"layers": [_layer(origin="model")]}, "not told"),
        ({"layers": [_layer()] * 3000}, "list"),
        ({"more": 1}, "record"),
    ],
)
def test_read_names_what_is_wrong(change, reason):
    """Each limit and each rule has its own words."""
    honest = _model([_layer()], [_call(0, 0)])
    assert read(honest).layers[0].class_name == "ReLU"
    with pytest.raises(WireError, match=reason):
        read(honest | change)


def test_read_refuses_values_nested_without_end():
    """Depth is limited before Python's own limit is met."""
    deep = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(WireError, match="deeply"):
        read(_model([_layer(config={"alpha": deep})], [_call(0, 0)]))


@pytest.mark.parametrize("name", ["Add", "Dropout", "Dense"])
def test_compare_ends_for_the_widest_and_the_longest_models(name):
    """As many layers as may be told, side by side and in a row, are compared in the end."""
    many = _layer(**{"class": name}, weights=[[[3, 3], True]] if name == "Dense" else [])
    total = {"class": "Add"}
    wide = [_call(0, 0) for _ in range(1000)] + [_call(1, *range(1, 1001))]
    row = [_call(0, place) for place in range(1500)]
    graphs = [
        canonical(_model([many, _layer(**total)], wide)),
        canonical(_model([many, _layer(**total)], row)),
        EXPECTED,
    ]
    for expected in graphs:
        for yours in graphs:
            found = compare(expected, yours)
            assert (found.verdict == "equal") == (expected is yours)
