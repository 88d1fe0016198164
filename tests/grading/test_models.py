"""What a worker says of a model: believed in its form only, whatever that is."""

import copy
import json
import random
from types import SimpleNamespace

import numpy as np
import pytest

from dlcnn.grading import (
    check,
    expect_accuracy,
    expect_api,
    expect_gradients,
    expect_model,
    expect_outputs,
)
from dlcnn.grading.marking import run_check
from dlcnn.grading.models import is_model
from dlcnn.grading.render.words import sentences
from dlcnn.grading.worker import wire
from dlcnn.grading.worker.pool import Failure, Reply

SHAPES = [[2, 3, 3, 4], [4], [60, 5], [5]]
ATTEMPTS = 800


def _layer(name, config, weights):
    return {
        "class": name,
        "origin": "layer",
        "name": None,
        "config": config,
        "weights": [[shape, True] for shape in weights],
        "network": None,
    }


def _called(layer, shape):
    arguments = {"inputs": {"tensor": layer}, "training": False}
    return {"layer": layer, "arguments": arguments, "shapes": [shape]}


ANSWERS = {
    "call": {
        "keras": "model",
        "description": {
            "version": 1,
            "kind": "Functional",
            "problem": None,
            "layers": [
                _layer("Conv2D", {"filters": 4, "kernel_size": [2, 3]}, SHAPES[:2]),
                _layer("Flatten", {}, []),
                _layer("Dense", {"units": 5, "activation": "softmax"}, SHAPES[2:]),
            ],
            "networks": [
                {
                    "inputs": [[None, 6, 5, 3]],
                    "calls": [
                        _called(0, [None, 5, 3, 4]),
                        _called(1, [None, 60]),
                        _called(2, [None, 5]),
                    ],
                    "outputs": [3],
                }
            ],
        },
    },
    "outputs": {"weights": SHAPES, "outputs": [np.full((2, 5), 0.2, np.float32)]},
    "gradients": [
        [[SHAPES[0], True, 1.5], [SHAPES[1], True, 0.5]],
        [],
        [[SHAPES[2], True, 2.5], [SHAPES[3], True, 3.5]],
    ],
    "fit": np.tile(np.array([0.8, 0.05, 0.05, 0.05, 0.05], np.float32), (2, 1)),
}


@check(task="net", points=8)
def everything(student, rng):
    """net is right in every way"""
    model, images = student.net(), rng.standard_normal((2, 6, 5, 3))
    expect_api("model", model, "Functional")
    expect_model("model", model, rng)
    expect_outputs("model", model, images, rng)
    expect_outputs("model", model, images, rng, training=True)
    expect_gradients("model", model, images, rng)
    pair = (images, np.zeros(2, int))
    expect_accuracy("model", model, pair, pair, rng, epochs=1, at_least=0.5)


@check(task="net", points=8, partial=True)
def everything_in_parts(student, rng):
    """net is right in each way"""
    everything.function(student, rng)


def _saying(answers):
    """What calls functions and gets these answers, by the operation."""

    def call(name, _arguments, _keywords):
        answer = answers[name.rpartition(" of ")[0] or "call"]
        return answer if isinstance(answer, Reply) else Reply(value=answer)

    return call


def _mark(answers, solution=ANSWERS, declared=everything):
    given = None if solution is None else _saying(solution)
    returns, rng = {"net": ()}, np.random.default_rng(0)
    return run_check(declared, _saying(answers), returns, rng, solution=given).result


def test_run_check_passes_answers_that_agree():
    """The control of what follows: unforged, every expectation holds."""
    assert _mark(ANSWERS).status == "PASS"
    assert _mark(ANSWERS, declared=everything_in_parts).score == 8


def test_is_model_knows_its_form():
    """Only the very form that a profile gives is taken for a model."""
    assert is_model(ANSWERS["call"])
    for other in (None, {}, {"keras": "model"}, {"keras": ["model"], "description": 1}):
        assert not is_model(other)


PARTS = [
    (None, {}),
    ("weights", SHAPES),
    ("weights", [[2, -1]]),
    ("weights", [[1] * 40]),
    ("outputs", [[0.2] * 5]),
    ("outputs", "text"),
    ("outputs", None),
]


@pytest.mark.parametrize(("part", "value"), PARTS)
def test_run_check_fails_outputs_of_no_known_form(part, value):
    """Forged outputs are an answer that did not arrive, and no error of the grader's."""
    forged = value if part is None else {**ANSWERS["outputs"], part: value}
    result = _mark({**ANSWERS, "outputs": forged})
    whole = part == "weights" and value == SHAPES
    assert result.status == ("PASS" if whole else "FAIL")
    if not whole:
        assert result.facts == {"kind": "protocol", "function": "net"}


def _spoilt(value, chance, rng):
    """A copy with something else in a few places."""
    if rng.random() < chance:
        odd = [None, -1, 10**30, 1.5, float("nan"), "x" * 300, [], {}, [[]], True, {"tensor": 99}]
        odd += [wire.Opaque("Thing"), np.zeros((2, 0)), np.float64(3), "Conv2D", 2, "model"]
        return copy.deepcopy(rng.choice(odd))
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if rng.random() > chance / 3}
        return {name: _spoilt(each, chance, rng) for name, each in kept.items()}
    if isinstance(value, list):
        repeated = [each for each in value for _ in range(1 + (rng.random() < chance / 3))]
        return [_spoilt(each, chance, rng) for each in repeated]
    return value


@pytest.mark.parametrize("declared", [everything, everything_in_parts], ids=lambda each: each.name)
@pytest.mark.parametrize("operation", ANSWERS)
def test_run_check_survives_forged_answers(operation, declared):
    """Whatever is said in place of an answer fails or passes, and can be put into words."""
    rng = random.Random(operation)
    verdicts = set()
    for _ in range(ATTEMPTS):
        chance = rng.choice([0.01, 0.05, 0.3])
        forged = {**ANSWERS, operation: _spoilt(ANSWERS[operation], chance, rng)}
        result = _mark(forged, declared=declared)
        assert result.status in ("PASS", "FAIL"), (result.facts, forged[operation])
        stored = json.loads(json.dumps(result.facts, allow_nan=False))
        assert all(isinstance(each, str) for each in sentences(stored))
        assert 0 <= result.score <= 8
        verdicts.add(result.status)
    assert verdicts == {"PASS", "FAIL"}


def test_run_check_tells_a_failure_of_an_operation():
    """A model that cannot be computed with fails with what happened there."""
    broken = Reply(failure=Failure("exception", "ValueError", "the model takes 2 inputs"))
    facts = _mark({**ANSWERS, "outputs": broken}).facts
    assert (facts["kind"], facts["function"], facts["type"]) == ("exception", "net", "ValueError")


@pytest.mark.parametrize(
    "solution",
    [
        None,
        {**ANSWERS, "call": None},
        {**ANSWERS, "call": {"keras": "model", "description": None}},
        {**ANSWERS, "outputs": None},
        {**ANSWERS, "gradients": Reply(failure=Failure("time"))},
    ],
    ids=["none", "no model", "unreadable", "no outputs", "time"],
)
def test_run_check_is_at_fault_without_a_solution(solution):
    """What the solution does not answer is the course's error, never the student's."""
    result = _mark(ANSWERS, solution)
    assert (result.status, result.facts["kind"]) == ("ERROR", "fault")


def test_model_asks_the_solution_once():
    """Many expectations of one model make the solution's model once."""
    asked = []

    def counting(name, *_):
        asked.append(name)
        return _saying(ANSWERS)(name, (), {})

    returns, rng = {"net": ()}, np.random.default_rng(0)
    run_check(everything, _saying(ANSWERS), returns, rng, solution=counting)
    assert asked.count("net") == 1
    assert asked.count("outputs of net") == 2


def test_operations_are_sent_the_call_that_made_the_model():
    """The worker can make the model again: it is sent function, arguments and keywords."""
    sent = SimpleNamespace()

    def call(name, arguments, keywords):
        if name == "outputs of net":
            sent.arguments, sent.keywords = arguments, keywords
        return _saying(ANSWERS)(name, (), {})

    @check(task="net", points=1)
    def with_arguments(student, rng):
        """net takes arguments"""
        expect_outputs("model", student.net(3, size=4), np.ones((2, 6, 5, 3)), rng, training=True)

    run_check(with_arguments, call, {"net": ()}, np.random.default_rng(0), solution=call)
    assert sent.keywords == {}
    args, kwargs, seed, [images], training = sent.arguments
    assert (args, kwargs, training) == ((3,), {"size": 4}, True)
    assert type(seed) is int
    assert images.dtype == np.float32
