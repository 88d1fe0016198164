"""The sentences of a model's differences, as a student thinks of layers; `render` puts them out.

Kinds: model_unseen, model_inputs, model_input_shape, model_outputs, model_output, layer_differs,
layer_missing, layer_replaced, layer_extra, layer_order, layer_inputs, layer_shared, layer_unseen,
model_parameters.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from dlcnn.grading.graph.description import JUDGED_BY_OUTPUTS
from dlcnn.grading.graph.nodes import INPUT
from dlcnn.grading.graph.phrases import one_of, phrase, settings_phrase
from dlcnn.grading.render.plain import counted, listed, one_line, shape
from dlcnn.grading.report import Facts

__all__ = ["sentences"]

_MAX_WEIGHTS = 6
_MAX_LAYERS = 4
_PROBLEMS = {
    "not a model": "is no Keras model",
    "subclass": "is computed by a class of your own, so its layers cannot be looked at one by one",
    "unbuilt": "does not know its input shape yet: begin with keras.Input(shape=...)",
    "disconnected": "does not lead from its inputs to its outputs",
    "large": "has more layers than can be compared one by one",
    "unreadable": "could not be looked into",
}


def sentences(facts: Facts) -> list[str]:
    """What is different about a model, one sentence per item.

    Args:
        facts: of kind "model", as `Comparison.facts` gives them.
    """
    told = [
        sentence for each in facts["differences"] for sentence in _SENTENCES[each["kind"]](each)
    ]
    if facts["more"]:
        told.append(f"and {counted(facts['more'], 'further difference')}")
    if all(each["kind"] != "model_unseen" for each in facts["differences"]):
        told.append(f"{facts['matched']} of {counted(facts['layers'], 'layer')} as expected")
    return [f"{one_line(facts['name'])}: {told[0]}", *told[1:]]


def _unseen_model(facts: Facts) -> list[str]:
    told = f"your model {_PROBLEMS[facts['problem']]}"
    judged = facts["problem"] in JUDGED_BY_OUTPUTS
    return [f"{told}; it is judged by what it computes" if judged else told]


def _inputs(facts: Facts) -> list[str]:
    return [f"your model takes {counted(facts['yours'], 'input')}, expected {facts['expected']}"]


def _input_shape(facts: Facts) -> list[str]:
    which = "" if facts["place"] is None else f" number {facts['place'] + 1}"
    yours, expected = shape(facts["yours"]), shape(facts["expected"])
    return [f"your model's input{which} has shape {yours} per example, expected {expected}"]


def _outputs(facts: Facts) -> list[str]:
    return [f"your model gives {counted(facts['yours'], 'output')}, expected {facts['expected']}"]


def _output(facts: Facts) -> list[str]:
    yours, expected = one_of(facts["yours"]), one_of(facts["expected"])
    return [f"your model's output is that of {yours}; expected that of {expected}"]


def _differs(facts: Facts) -> list[str]:
    [expected], [yours] = facts["expected"], facts["yours"]
    if expected["operation"] == yours["operation"]:
        wanted = phrase(expected, facts["settings"], brief=True)
        found = settings_phrase(yours, facts["settings"], brief=True)
    else:
        wanted, found = phrase(expected), phrase(yours)
    told = f"{_after(facts['after'])} we expected {wanted}; yours has {found}"
    return [told + _called(yours) + _times(facts)]


def _missing(facts: Facts) -> list[str]:
    told = f"{_between(facts)}, we expected {_layers(facts['expected'])}"
    if facts["joins"]:
        told += f", which joins {listed([one_of(each) for each in facts['joins']])}"
    found = _layers(facts["yours"]) if facts["kind"] == "layer_replaced" else "none there"
    return [f"{told}; yours has {found}{_times(facts)}"]


def _extra(facts: Facts) -> list[str]:
    told = f"{_between(facts)}, yours has {_layers(facts['yours'])}{_called(facts['yours'][0])}"
    return [f"{told}, which we did not expect{_times(facts)}"]


def _order(facts: Facts) -> list[str]:
    place, yours = _between(facts), _after(facts["yours_after"])
    return [f"{_layers(facts['expected'])} belongs {place}; yours has it {yours}{_times(facts)}"]


def _layer_inputs(facts: Facts) -> list[str]:
    yours, fed = one_of(facts["yours"]), listed([one_of(each) for each in facts["fed_by"]])
    expected = listed([one_of(each) for each in facts["expected"]])
    verb = "joins" if len(facts["fed_by"]) > 1 else "comes after"
    called = _called(facts["yours"])
    return [f"{yours}{called} {verb} {fed}; expected: {expected}{_times(facts)}"]


def _shared(facts: Facts) -> list[str]:
    yours = one_of(facts["yours"])
    if facts["shared"]:
        told = "is one layer called several times; we expected a new layer each time"
    else:
        told = "should be one layer called several times; yours makes a new one each time"
    return [f"{yours} {told}{_times(facts)}"]


def _unseen_layer(facts: Facts) -> list[str]:
    told = f"{_after(facts['after'])} yours has {_layers(facts['yours'])}"
    told += _called(facts["yours"][0]) + _times(facts)
    instead = f" where we expected {_layers(facts['expected'])}" if facts["expected"] else ""
    return [f"{told}{instead}; what that computes is judged by the model's outputs"]


def _parameters(facts: Facts) -> list[str]:
    told = [f"your model has {facts['yours']:,} parameters, expected {facts['expected']:,}"]
    for each in facts["layers"]:
        yours, expected = _sum(each["weights"]), _sum(each["expected_weights"])
        told.append(f"{one_of(each['yours'])} has {yours} parameters, expected {expected}")
    return told


def _sum(weights: Sequence[Sequence[int]]) -> str:
    """Parameters as one works them out: 2·2·8·16 + 16 = 528."""
    total = sum(map(prod, weights))
    if not weights or len(weights) > _MAX_WEIGHTS or all(len(each) < 2 for each in weights):
        return f"{total:,}"
    terms = ["·".join(map(str, each)) for each in weights]
    return f"{' + '.join(terms)} = {total:,}"


def _after(layer: Facts | None) -> str:
    if layer is None or layer["operation"] == INPUT:
        return "right after the input"
    return f"after {one_of(layer)}"


def _between(facts: Facts) -> str:
    after, before = facts["after"], facts["before"]
    if before is None:
        return f"{_after(after)}, at the end"
    if after is None or after["operation"] == INPUT:
        return f"between the input and {one_of(before)}"
    return f"between {one_of(after)} and {one_of(before)}"


def _called(layer: Facts) -> str:
    return f" (you named it {one_line(layer['name'], 60)!r})" if layer["name"] else ""


def _layers(layers: Sequence[Facts]) -> str:
    """One layer, or several in a row."""
    if len(layers) == 1:
        return phrase(layers[0])
    more = len(layers) - _MAX_LAYERS
    told = [phrase(each, brief=True) for each in layers[:_MAX_LAYERS]]
    told += [f"{more} more"] if more > 0 else []
    return f"{counted(len(layers), 'layer')} ({' → '.join(told)})"


def _times(facts: Facts) -> str:
    others = facts["times"] - 1
    return f" (and at {counted(others, 'other place')})" if others else ""


_SENTENCES: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "model_unseen": _unseen_model,
    "model_inputs": _inputs,
    "model_input_shape": _input_shape,
    "model_outputs": _outputs,
    "model_output": _output,
    "layer_differs": _differs,
    "layer_missing": _missing,
    "layer_replaced": _missing,
    "layer_extra": _extra,
    "layer_order": _order,
    "layer_inputs": _layer_inputs,
    "layer_shared": _shared,
    "layer_unseen": _unseen_layer,
    "model_parameters": _parameters,
}
