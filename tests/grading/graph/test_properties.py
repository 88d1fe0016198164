"""Models drawn at random: spelling never matters, structure always does."""

import keras
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers, ops

from dlcnn.grading.graph.words import sentences
from tests.grading.graph.course import compared

_ACTIVATIONS = st.sampled_from(["linear", "relu", "tanh", "softmax", "leaky_relu"])
_SIZES = st.integers(1, 3)
_PARTS = st.one_of(
    st.tuples(st.just("conv"), st.integers(2, 5), _SIZES, _SIZES, st.booleans(), _ACTIVATIONS),
    st.tuples(st.just("pool"), st.integers(2, 3), st.booleans(), st.booleans()),
    st.tuples(st.just("dropout"), st.sampled_from([0.1, 0.2, 0.5])),
    st.tuples(st.just("pad"), st.integers(1, 3)),
    st.tuples(st.just("normalize"), st.sampled_from([1, 2, 3])),
    st.tuples(st.just("residual"), _SIZES),
    st.tuples(st.just("concatenate"), st.integers(2, 5)),
)
PLANS = st.lists(_PARTS, min_size=1, max_size=5)
_SETTINGS = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _padding(x, same):
    """Small images are padded in any case, so that something is left of them."""
    return "same" if same or min(x.shape[1:3]) < 6 else "valid"


class _Builder:
    """Builds a plan, with a spelling drawn for each of its parts."""

    def __init__(self, draw):
        self._draw = draw

    def model(self, plan, units=3):
        inputs = keras.Input((33, 29, 4))
        x = inputs
        for part in plan:
            step = getattr(self, f"_{part[0]}")
            x = self._maybe_inside(step, x, part[1:])
        return keras.Model(
            inputs, self._activated(layers.Dense(units), "softmax", layers.Flatten()(x))
        )

    def _choose(self, *spellings):
        return spellings[self._draw(st.integers(0, len(spellings) - 1))]

    def _name(self):
        return f"mine_{next(_NUMBERS)}" if self._draw(st.booleans()) else None

    def _maybe_inside(self, step, x, sizes):
        if not self._choose(False, False, True):
            return step(x, *sizes)
        inputs = keras.Input(x.shape[1:])
        return keras.Model(inputs, step(inputs, *sizes), name=self._name())(x)

    def _activated(self, layer, name, x):
        if self._draw(st.booleans()):
            layer.activation = keras.activations.get(name)
            return layer(x)
        apply = self._choose(layers.Activation(name), keras.activations.get(name))
        return apply(layer(x))

    def _conv(self, x, filters, kernel, stride, same, activation):
        size = self._choose(kernel, (kernel, kernel), [kernel, kernel])
        steps = self._choose(stride, (stride, stride))
        conv = layers.Conv2D(filters, size, steps, _padding(x, same), name=self._name())
        return self._activated(conv, activation, x)

    def _pool(self, x, size, largest, same):
        name = "Max" if largest else "Average"
        kind = self._choose(f"{name}Pooling2D", f"{name[:3].replace('Ave', 'Avg')}Pool2D")
        strides = self._choose(None, size, (size, size))
        padding = _padding(x, same)
        pool = getattr(layers, kind)(size, strides, padding)
        operation = ops.max_pool if largest else ops.average_pool
        return self._choose(pool, lambda x: operation(x, size, strides, padding))(x)

    def _dropout(self, x, rate):
        return layers.Dropout(rate, name=self._name(), seed=self._choose(None, 7))(x)

    def _pad(self, x, width):
        forms = width, (width, width), ((width, width), (width, width))
        return layers.ZeroPadding2D(self._choose(*forms))(x)

    def _normalize(self, x, axis):
        return layers.BatchNormalization(axis=self._choose(axis, axis - 4))(x)

    def _residual(self, x, kernel):
        other = layers.Conv2D(x.shape[-1], kernel, padding="same")(x)
        pair = self._choose([x, other], [other, x])
        return self._choose(layers.Add(), layers.add, lambda pair: pair[0] + pair[1])(pair)

    def _concatenate(self, x, filters):
        pair = [x, layers.Conv2D(filters, 1)(x)]
        join = self._choose(layers.Concatenate(), lambda pair: ops.concatenate(pair, axis=3))
        return join(pair)


_NUMBERS = iter(range(10**9))


@_SETTINGS
@given(plan=PLANS, data=st.data())
def test_compare_never_sees_spelling(plan, data):
    """Names, nesting, order of what is added, layers or operations: the verdict is equal."""
    first, second = (_Builder(data.draw).model(plan) for _ in range(2))
    found = compared(first, second)
    assert (found.verdict, found.differences, found.credit) == ("equal", (), 1.0)


def _changed(part, draw):
    """The part with one of its values another, or another part."""
    place = draw(st.integers(1, len(part) - 1))
    value = part[place]
    if isinstance(value, bool) or value == "leaky_relu":
        return ("pad", 4)
    if isinstance(value, str):
        return (*part[:place], "leaky_relu", *part[place + 1 :])
    if part[0] == "normalize":
        return ("normalize", value % 3 + 1)
    return (*part[:place], value + (0.1 if part[0] == "dropout" else 1), *part[place + 1 :])


@_SETTINGS
@given(plan=PLANS, data=st.data())
def test_compare_always_sees_structure(plan, data):
    """One value changed, one part more or one less: different, less credit, and told."""
    place = data.draw(st.integers(0, len(plan)))
    units = 3
    if place == len(plan):
        other, units = plan, 4
    elif data.draw(st.booleans()):
        other = [*plan[:place], _changed(plan[place], data.draw), *plan[place + 1 :]]
    else:
        other = [*plan[:place], *plan[place + 1 :]]
    expected, yours = _Builder(data.draw).model(plan), _Builder(data.draw).model(other, units)
    for pair in ((expected, yours), (yours, expected)):
        found = compared(*pair)
        assert found.verdict == "different"
        assert 0 <= found.credit < 1
        assert 1 <= len(found.differences) <= 6
        assert all(sentences(found.facts("your model")))
