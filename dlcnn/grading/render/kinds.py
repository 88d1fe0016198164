"""The sentences of each kind of fact, one function per kind; `words` puts them together."""

from collections.abc import Callable

from dlcnn.grading.render.model_kinds import MODEL_KINDS
from dlcnn.grading.render.plain import counted, is_finite, listed, number, one_line, shape, unlike
from dlcnn.grading.report import Facts

__all__ = ["KINDS"]


def _values(facts: Facts) -> list[str]:
    name, index = one_line(facts["name"]), facts["index"]
    yours, expected = unlike(facts["yours"], facts["expected"])
    told = []
    if facts["shape"]:
        differ = "differs" if facts["size"] == 1 else "differ"
        told.append(
            f"{name} has the right shape {shape(facts['shape'])} and dtype {facts['dtype']}; "
            f"{facts['differing']} of {facts['size']} values {differ}"
        )
        told.append(f"first difference at {name}{index}: yours {yours}, expected {expected}")
    else:
        told.append(f"{name} is a number, as it should be: yours {yours}, expected {expected}")
    told += _errors(facts)
    if "by" in facts:
        told.append(f"expected: how much the loss changes with each number ({facts['by']})")
    if facts.get("not_finite"):
        told.append(f"{facts['not_finite']} of {facts['size']} values are NaN or infinite")
    return told + _subclass(facts)


def _errors(facts: Facts) -> list[str]:
    if str(facts["dtype"]).startswith(("bool", "int", "uint")):
        return []  # compared exactly: no error is allowed, so none is measured
    allowed = f"allowed: rtol {number(facts['rtol'])}, atol {number(facts['atol'])}"
    measured = [
        f"{number(facts[key], digits=3)} {word}"
        for key, word in (("max_absolute", "absolute"), ("max_relative", "relative"))
        # 0 relative: the values differ where 0 was expected, and nothing is relative to 0.
        if is_finite(facts[key]) and facts[key]
    ]
    return [f"largest error {', '.join(measured)} ({allowed})" if measured else allowed]


def _subclass(facts: Facts) -> list[str]:
    if "subclass" not in facts:
        return []
    return [
        f"{one_line(facts['name'])} is a {one_line(facts['subclass'])}; its plain numbers count"
    ]


def _shape(facts: Facts) -> list[str]:
    yours, expected = facts["shape"], facts["expected_shape"]
    told = [f"{one_line(facts['name'])} has shape {shape(yours)}, expected {shape(expected)}"]
    if len(yours) != len(expected):
        told.append(f"that is {counted(len(yours), 'dimension')} instead of {len(expected)}")
    return told + _subclass(facts)


def _dtype(facts: Facts) -> list[str]:
    return [
        f"{one_line(facts['name'])} has the right shape {shape(facts['shape'])} but dtype "
        f"{facts['dtype']}, expected {facts['expected_dtype']}",
        *_subclass(facts),
    ]


def _type(facts: Facts) -> list[str]:
    return [
        f"{one_line(facts['name'])} is {one_line(facts['received'])}, "
        f"expected {one_line(facts['expected'])}"
    ]


def _returns(facts: Facts) -> list[str]:
    names = [one_line(name) for name in facts["names"]]
    return [
        f"{facts['function']} should return {counted(len(names), 'value')}, {', '.join(names)}; "
        f"it returned {one_line(facts['received'])}"
    ]


def _equal(facts: Facts) -> list[str]:
    return [
        f"{one_line(facts['name'])}: yours {one_line(facts['yours'])}, "
        f"expected {one_line(facts['expected'])}"
    ]


def _changed(facts: Facts) -> list[str]:
    name, function = one_line(facts["name"]), facts["function"]
    told = f"{function} changed its input {name}, which should stay as it was: "
    if facts["index"] is None:
        return [f"{told}its shape was {shape(facts['before'])}, then {shape(facts['after'])}"]
    before, after = unlike(facts["before"], facts["after"])
    place = f"{name}{facts['index']}" if facts["index"] else name
    return [f"{told}{place} was {before}, then {after}"]


def _exception(facts: Facts) -> list[str]:
    told = [f"{facts['function']} stopped with {_raised(facts)}"]
    where = facts.get("where")
    if where:
        inside = one_line(where["function"])
        place = f"in {one_line(where['label'])}, line {where['line']}"
        place += f", in {inside}" if inside not in (facts["function"], "<module>") else ""
        code = one_line(where.get("code") or "")
        told.append(f"{place}: {code}" if code else place)
    return told


def _running(facts: Facts) -> str:
    """What was running: a function, or what stands around the functions when a file is loaded."""
    return "the code outside of your functions" if facts.get("loading") else facts["function"]


def _time(facts: Facts) -> list[str]:
    if facts.get("spent"):
        return [f"{facts['function']} was not called: calls before it used up this task's time"]
    limit = counted(facts["seconds"], "second")
    return [f"{_running(facts)} had not finished after {limit} and was stopped"]


def _memory(facts: Facts) -> list[str]:
    return [f"{_running(facts)} asked for more memory than the {facts['limit_mb']} MB it may use"]


def _output(facts: Facts) -> list[str]:
    limit = facts["limit_bytes"]
    size = f"{limit // 2**20} MiB" if limit >= 2**20 else f"{limit // 1024} KiB"
    return [f"{_running(facts)} printed more than {size} of text and was stopped"]


def _crash(facts: Facts) -> list[str]:
    return [f"Python itself ended while {_running(facts)} was running ({one_line(facts['how'])})"]


def _exit(facts: Facts) -> list[str]:
    return [f"{_running(facts)} called exit or sys.exit, which ends Python, instead of returning"]


def _size(facts: Facts) -> list[str]:
    limit = facts["limit_mb"]
    return [f"what {facts['function']} returned is larger than the {limit} MB that can be compared"]


def _protocol(facts: Facts) -> list[str]:
    return [f"the answer of {facts['function']} did not arrive whole, so it could not be compared"]


def _undefined(facts: Facts) -> list[str]:
    told = [f"{facts['function']} could not be defined: {_raised(facts)}"]
    if "label" in facts:
        told.append(f"in {one_line(facts['label'])}, line {facts['line']}")
    return told


def _missing(facts: Facts) -> list[str]:
    return [f"there is no function {facts['function']} in this file yet"]


def _no_file(facts: Facts) -> list[str]:
    return [f"there is no {one_line(facts['file'])} beside this file yet"]


def _file(facts: Facts) -> list[str]:
    return [one_line(facts["message"], limit=500)]


def _untouched(facts: Facts) -> list[str]:
    return [f"{facts['function']} is still to be written"]


def _broken(facts: Facts) -> list[str]:
    place = f"{one_line(facts['label'])}, line {facts['line']}"
    code = one_line(facts.get("code") or "")
    return [
        f"{facts['function']} could not be read, because of {place}: {one_line(facts['message'])}",
        *([code] if code else []),
    ]


def _upstream(facts: Facts) -> list[str]:
    tasks = facts["tasks"]
    pronoun = "it passes" if len(tasks) == 1 else "they pass"
    return [f"{facts['function']} needs {listed(tasks)}; it is judged once {pronoun}"]


def _fault(facts: Facts) -> list[str]:
    return [
        f"the grader failed here, through no fault of the submission: {one_line(facts['message'])}",
        "this check gave no verdict; please tell the teacher",
    ]


def _raised(facts: Facts) -> str:
    kind, message = one_line(facts["type"]), one_line(facts["message"])
    return f"{kind}: {message}" if message else kind


KINDS: dict[str, Callable[[Facts], list[str]]] = {
    "values": _values,
    "shape": _shape,
    "dtype": _dtype,
    "type": _type,
    "returns": _returns,
    "equal": _equal,
    "changed": _changed,
    "exception": _exception,
    "time": _time,
    "memory": _memory,
    "output": _output,
    "crash": _crash,
    "exit": _exit,
    "size": _size,
    "protocol": _protocol,
    "undefined": _undefined,
    "missing": _missing,
    "no_file": _no_file,
    "file": _file,
    "model_file": _file,
    "untouched": _untouched,
    "broken": _broken,
    "upstream": _upstream,
    "fault": _fault,
    **MODEL_KINDS,
}
