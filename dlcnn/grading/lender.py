"""Models with parts of the solution in them, when upstream tasks are answered by the grader.

The worker is told only the shape of what such a task returns. Here the layers that the solution
would have added are put in their place, so that the student's own can be compared; and what the
model computes is what the solution's computes where they are all the same.
"""

import json
from collections.abc import Mapping
from typing import Any

from dlcnn.grading.calls import Call
from dlcnn.grading.graph import canonical, compare
from dlcnn.grading.models import is_model
from dlcnn.grading.worker.pool import AnswerRefusedError, Reply
from dlcnn.grading.worker.wire import WireError

__all__ = ["Lender"]

_ORIGIN = "borrowed"
# What data raises that are not of the form which the worker's own code gives them.
_OF_NO_FORM = (AttributeError, IndexError, KeyError, TypeError, ValueError, WireError)


class Lender:
    """Answers for upstream tasks that are given symbolic tensors, and knows what it lent.

    A worker may say that anything was lent to it; it gets the layers of calls that it asked for.
    """

    def __init__(self, solution: Call) -> None:
        """Take what calls the solution's functions."""
        self._solution = solution
        self._lent: set[str] = set()

    def shape(
        self, function: str, arguments: tuple[Any, ...], keywords: Mapping[str, Any]
    ) -> list[int | None]:
        """The shape of the tensor that the solution's function returns.

        Raises:
            AnswerRefusedError: it returns none for these arguments.
        """
        try:
            graph = canonical(self._described(function, arguments, keywords))
            (number, output) = graph.outputs[0]
            self._lent.add(_named(function, arguments, keywords))
        except _OF_NO_FORM as error:
            raise AnswerRefusedError(f"{function}: no call that can be answered") from error
        return list(graph.nodes[number].shapes[output])

    def completing(self, call: Call) -> Call:
        """Calls to a fresh worker of the student's, with what is borrowed filled in."""
        self._lent.clear()

        def completed(name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Reply:
            operation, _, task = name.rpartition(" of ")
            if operation and self._is_solved(call, task, arguments):
                return self._solution(name, arguments, keywords)
            return self._completed(call, name, arguments, keywords)

        return completed

    def _completed(
        self, call: Call, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Reply:
        reply = call(name, arguments, keywords)
        answer: Any = reply.value
        if is_model(answer):
            answer["description"] = self._filled(answer["description"])
        return reply

    def _is_solved(self, call: Call, task: str, arguments: tuple[Any, ...]) -> bool:
        """Whether a model is made of the solution's layers, with what it borrowed."""
        called = tuple(arguments[0]), dict(arguments[1])
        answers: list[Any] = [
            self._completed(call, task, *called).value,
            self._solution(task, *called).value,
        ]
        if not all(map(is_model, answers)):
            return False
        try:
            yours, ours = (canonical(answer["description"]) for answer in answers)
            return compare(ours, yours).verdict == "equal"
        except WireError:
            return False

    def _filled(self, said: Any) -> Any:
        """A description with the solution's layers for those that were borrowed."""
        try:
            layers, networks = list(said["layers"]), list(said["networks"])
            for number, layer in enumerate(layers[:]):
                if layer["origin"] == _ORIGIN:
                    config = layer["config"]
                    call = config["function"], config["arguments"], config["keywords"]
                    if _named(*call) not in self._lent:
                        return said
                    lent = self._described(*call)
                    layers[number] = _inner_model(layer, len(networks))
                    networks += [_moved(each, len(layers)) for each in lent["networks"]]
                    layers += [
                        _renumbered(each, layers[number]["network"]) for each in lent["layers"]
                    ]
        except (*_OF_NO_FORM, AnswerRefusedError):
            return said  # no description at all, which is found out where it is read
        return {**said, "layers": layers, "networks": networks}

    def _described(self, function: str, arguments: Any, keywords: Any) -> Any:
        """What the solution makes of a call that came from a student's code."""
        optional = {
            name: {"keras": "if_accepted", "value": _as_input(value)}
            for name, value in keywords.items()
        }
        reply = self._solution(function, tuple(map(_as_input, arguments)), optional)
        if not is_model(reply.value):
            failure = reply.failure
            raise AnswerRefusedError(
                f"{failure.type}: {failure.message}" if failure else f"{function}: no tensor"
            )
        return reply.value["description"]


def _named(function: str, arguments: Any, keywords: Any) -> str:
    """One text for one call."""
    return json.dumps([function, list(arguments), dict(keywords)], sort_keys=True)


def _as_input(value: Any) -> Any:
    """An argument with a symbolic input where the student's code had a tensor."""
    if isinstance(value, dict) and value.get("keras") == "tensor":
        return {"keras": "input", "shape": list(value["shape"])[1:]}
    return [_as_input(each) for each in value] if isinstance(value, list) else value


def _inner_model(layer: dict[str, Any], network: int) -> dict[str, Any]:
    return {**layer, "origin": "model", "config": {}, "weights": [], "network": network}


def _moved(network: dict[str, Any], layers: int) -> dict[str, Any]:
    """A network whose layers come after so many others."""
    calls = [{**call, "layer": call["layer"] + layers} for call in network["calls"]]
    return {**network, "calls": calls}


def _renumbered(layer: dict[str, Any], networks: int) -> dict[str, Any]:
    """A layer whose inner model comes after so many others."""
    inner = layer["network"]
    return layer if inner is None else {**layer, "network": inner + networks}
