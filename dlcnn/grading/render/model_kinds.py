"""The sentences of each kind of fact about a Keras model, but for its layers: see `graph.words`."""

from collections.abc import Callable

from dlcnn.grading.graph.phrases import one_of
from dlcnn.grading.graph.words import sentences
from dlcnn.grading.render.plain import counted, listed, number, one_line, shape
from dlcnn.grading.report import Facts

__all__ = ["MODEL_KINDS"]

_RETURN = {"a Keras model": "return model", "a Keras tensor": "return X"}
_MADE = {
    "Sequential": "was made with the Sequential API",
    "Functional": "was made with the Functional API",
    "subclass": "is computed by a class of your own",
    "tensors": "is a tensor and not yet a model",
    None: "is no Keras model",
}
_HOW = {
    "Sequential": "list its layers in keras.Sequential([...])",
    "Functional": "call each layer on a tensor, from keras.Input(shape=...) on, and end with "
    "keras.Model(inputs=..., outputs=...)",
}


def _no_model(facts: Facts) -> list[str]:
    expected = facts["expected"]
    told = f"{facts['function']} returned {one_line(facts['received'])}, expected {expected}"
    if facts["received"] == "None":
        told += f": does it end with `{_RETURN[expected]}`?"
    return [told]


def _api(facts: Facts) -> list[str]:
    expected = facts["expected"]
    return [
        f"{one_line(facts['name'])} {_MADE[facts['yours']]}, expected the {expected} API: "
        f"{_HOW[expected]}"
    ]


def _weights(facts: Facts) -> list[str]:
    name = one_line(facts["name"])
    told = [f"{name} was given the weights of the expected model, and not all of them have a place"]
    for key, words in (("missing", "it lacks"), ("extra", "it has, unexpectedly,")):
        if facts[key]:
            shapes = listed([shape(each) for each in facts[key]])
            told.append(f"{words} weights of shape {shapes}")
    return told + _more(facts, "further weight")


def _training(facts: Facts) -> list[str]:
    verb = "are" if len(facts["layers"]) > 1 else "is"
    layers = listed([one_of(each) for each in facts["layers"]])
    return [
        f"{one_line(facts['name'])}: {layers} {verb} called with training=False, which keeps to "
        "the stored mean and variance in training too; pass on the mode that you are given, or "
        "leave `training` out",
        *_more(facts, "further layer"),
    ]


def _gradients(facts: Facts) -> list[str]:
    told = [_gradient(each) for each in facts["layers"]]
    told[0] = f"{one_line(facts['name'])}: {told[0]}"
    return told + _more(facts, "further layer")


def _gradient(facts: Facts) -> str:
    layer = (
        one_of(facts["layer"]) if facts["layer"] else f"a weight of shape {shape(facts['shape'])}"
    )
    if facts["why"] == "frozen":
        return f"{layer} is frozen (trainable=False), so training leaves it as it is"
    if facts["why"] == "none":
        return (
            f"no gradient reaches {layer}, so training cannot change it: something on the way "
            "from it to the output stops the gradient, or does not depend on it"
        )
    yours, expected = number(facts["length"], digits=3), number(facts["expected"], digits=3)
    return f"the gradient that reaches {layer} has length {yours}, expected {expected}"


def _accuracy(facts: Facts) -> list[str]:
    share = facts["right"] / facts["images"] if facts["images"] else 0.0
    return [
        f"{one_line(facts['name'])}, trained for {counted(facts['epochs'], 'epoch')}, is right on "
        f"{facts['right']} of {counted(facts['images'], 'test image')}, {share:.1%}; expected at "
        f"least {facts['at_least']:.1%}"
    ]


def _curve(facts: Facts) -> list[str]:
    told = [
        f"{one_line(facts['name'])} is right on {facts['right']} of "
        f"{counted(facts['images'], 'image')}, an accuracy of {facts['accuracy']:.1%}, which earns "
        f"{facts['share']:.0%} of the points"
    ]
    if facts["next"]:
        accuracy, share = facts["next"]
        told.append(f"an accuracy of {accuracy:.1%} earns {share:.0%}")
    return told


def _more(facts: Facts, noun: str) -> list[str]:
    return [f"and {counted(facts['more'], noun)}"] if facts["more"] else []


MODEL_KINDS: dict[str, Callable[[Facts], list[str]]] = {
    "no_model": _no_model,
    "model": sentences,
    "api": _api,
    "weights": _weights,
    "training": _training,
    "gradients": _gradients,
    "accuracy": _accuracy,
    "curve": _curve,
}
