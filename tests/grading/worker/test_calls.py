"""What comes of a call: values, exceptions, and every way of not answering."""

import numpy as np
import pytest

from dlcnn.grading.worker.pool import AnswerRefusedError, Frame, Limits

A = np.arange(6.0).reshape(2, 3)


def test_call_passes_arguments_and_returns_the_value(load):
    """Positional and keyword arguments arrive, tuples and dicts of arrays come back"""
    worker = load("""
        SCALE = 10

        def scale(X, factor, *, offset=0):
            return X * factor * SCALE + offset, {"cache": (X, factor)}
    """)
    reply = worker.call("scale", (A, 2), {"offset": np.float32(1)})
    value, cache = reply.value
    np.testing.assert_array_equal(value, A * 20 + 1)
    np.testing.assert_array_equal(cache["cache"][0], A)
    assert cache["cache"][1] == 2
    assert reply.failure is None
    assert not reply.exhausted
    assert 0 < reply.seconds < 1


def test_call_keeps_state_within_a_worker_and_not_beyond(open_session):
    """Calls of one worker share its globals; a fresh worker starts from the definitions"""
    session = open_session("""
        import numpy as np
        seen = []

        def answer():
            seen.append(1)
            np.planted = len(seen)
            return len(seen), np.planted
    """)
    worker = session.worker()
    assert [worker.call("answer").value for _ in range(3)] == [(1, 1), (2, 2), (3, 3)]
    assert session.worker().call("answer").value == (1, 1)


def test_call_reports_an_exception_with_the_students_frames(load):
    """Type, message and the student's own lines; no frame of ours, no NumPy internals"""
    worker = load("""
        import numpy as np

        def inner(X):
            return np.dot(X, X)

        def answer(X):
            return inner(X)
    """)
    failure = worker.call("answer", (A,)).failure
    assert (failure.kind, failure.type) == ("exception", "ValueError")
    assert "shapes (2,3) and (2,3) not aligned" in failure.message
    assert failure.frames == (
        Frame("cell 1", 7, "answer", "return inner(X)"),
        Frame("cell 1", 4, "inner", "return np.dot(X, X)"),
    )
    assert worker.call("inner", (A[:, :2],)).failure is None


@pytest.mark.parametrize(
    ("raised", "type_name"),
    [
        ("KeyboardInterrupt()", "KeyboardInterrupt"),
        ("GeneratorExit()", "GeneratorExit"),
        ("NotImplementedError('later')", "NotImplementedError"),
        ("Exception('x' * 10**6)", "Exception"),
        ("Nasty()", "Nasty"),
    ],
)
def test_call_survives_any_exception(load, raised, type_name):
    """Whatever is raised is an answer, and the worker goes on"""
    worker = load(f"""
        class Nasty(BaseException):
            def __str__(self):
                raise SystemExit

        def answer():
            raise {raised}

        def fine():
            return 1
    """)
    reply = worker.call("answer")
    assert (reply.failure.kind, reply.failure.type) == ("exception", type_name)
    assert len(reply.failure.message) <= 2000
    assert worker.call("fine").value == 1


def test_call_cleans_what_it_quotes(outcome):
    """Control characters and direction marks of a message or a print reach no terminal"""
    reply = outcome(r"""
        def answer():
            print("\x1b[2Jprinted\u202e\tkept\n")
            raise ValueError("\x1b]0;title\x07mess\u2066age\x00")
    """)
    assert reply.failure.message == "]0;titlemessage"
    assert reply.printed == "[2Jprinted\tkept\n\n"


def test_call_takes_the_colours_out_of_what_it_quotes(outcome):
    """The codes go as a whole; brackets that are no codes stay"""
    reply = outcome(r"""
        def answer():
            print("\x1b[1;31mred\x1b[0m [0m]")
            raise ValueError("\x1b[1mbold\x1b[22m, X[1m")
    """)
    assert reply.failure.message == "bold, X[1m"
    assert reply.printed == "red [0m]\n"


@pytest.mark.parametrize(
    ("body", "kind", "detail"),
    [
        ("import sys; sys.exit(3)", "exit", {}),
        ("raise SystemExit", "exit", {}),
        ("import os; os._exit(3)", "crash", {"how": "exit code 3"}),
        ("import os; os.abort()", "crash", {"how": "signal SIGABRT"}),
        ("import ctypes; ctypes.string_at(0)", "crash", {"how": "signal SIGSEGV"}),
        ("while True: pass", "time", {"seconds": 0.3}),
        ("import time; time.sleep(60)", "time", {"seconds": 0.3}),
        ("a = []\n    while True: a.append(bytearray(10**6))", "memory", {"limit_mb": 128}),
        ("a = []\n    while True: a.append(len(a))", "memory", {"limit_mb": 128}),
        ("return np.zeros((2 << 30) // 8)", "memory", {"limit_mb": 128}),
        ("return np.broadcast_to(1.0, 1 << 28)", "size", {"limit_mb": 1}),
        ("return np.zeros(1 << 18)", "size", {"limit_mb": 1}),
        ("return list(range(100000))", "size", {"limit_mb": 1}),
        ("while True: print('x' * 1000)", "output", {"limit_bytes": 8 << 20}),
        ("import os; os.write(1, b'x' * (100 << 20))", "output", {"limit_bytes": 8 << 20}),
        ("import os; os.close(3)", "crash", {"how": "signal SIGKILL"}),
        ("import socket as s; s.socket(fileno=3).shutdown(2)", "crash", {"how": "signal SIGKILL"}),
    ],
)
def test_call_says_why_there_is_no_value(load, body, kind, detail):
    """Each way of not answering has its kind and costs only the call"""
    limits = Limits(wall_seconds=0.3 if kind == "time" else 5, memory_mb=128, answer_bytes=1 << 20)
    worker = load(f"import numpy as np\ndef answer():\n    {body}\n", limits)
    reply = worker.call("answer")
    assert reply.failure.kind == kind
    assert reply.failure.detail == detail
    assert reply.exhausted == (kind != "size")
    assert reply.value is None
    if reply.exhausted:
        with pytest.raises(ValueError, match="the worker has ended"):
            worker.call("answer")


def test_call_ends_a_deaf_loop(outcome):
    """A loop that ignores every signal it can is killed all the same"""
    limits = Limits(wall_seconds=0.3)
    reply = outcome(
        """
        import signal

        def answer():
            for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            while True:
                try:
                    while True:
                        pass
                except BaseException:
                    pass
        """,
        limits=limits,
    )
    assert reply.failure.kind == "time"
    assert reply.seconds < 1.5


def test_call_survives_recursion(outcome):
    """Endless recursion is an exception like any other, with a few of its frames"""
    reply = outcome("def answer():\n    return answer()\n")
    assert (reply.failure.kind, reply.failure.type) == ("exception", "RecursionError")
    assert 1 <= len(reply.failure.frames) <= 20


def test_call_gives_no_input(outcome):
    """input() finds the end of its file and waits for nobody"""
    assert outcome("def answer():\n    return input('? ')\n").failure.type == "EOFError"


def test_call_captures_prints_of_this_call_only(load):
    """What is printed comes with the call that printed it, kept up to a cap"""
    worker = load("""
        print("while loading")

        def answer(text, times):
            for _ in range(times):
                print(text)
    """)
    assert worker.call("answer", ("hello", 2)).printed == "hello\nhello\n"
    assert worker.call("answer", ("", 0)).printed == ""
    reply = worker.call("answer", ("x" * 99, 5000))
    assert reply.failure is None
    assert len(reply.printed) == 64 << 10


@pytest.mark.parametrize("first", ["os.close(1), os.close(2)", "sys.stdout.close()"])
def test_call_works_without_the_log(outcome, first):
    """A student who closes the standard streams hurts nobody"""
    reply = outcome(f"import os, sys\ndef answer():\n    {first}\n    return 5\n")
    assert reply.value == 5


@pytest.mark.parametrize(
    ("expression", "type_name"),
    [
        ("(x for x in ())", "generator"),
        ("np.array([object()])", "ndarray of dtype object"),
        ("Strange()", "Strange"),
        ("answer", "function"),
    ],
)
def test_call_names_values_that_are_not_data(outcome, expression, type_name):
    """An object of the student's never arrives, only the name of its type"""
    source = f"import numpy as np\nclass Strange: pass\ndef answer():\n    return {expression}\n"
    assert outcome(source).value.type_name == type_name


def test_call_returns_none_and_nan(outcome):
    """None and not-a-number are values like others"""
    value = outcome("import numpy as np\ndef answer():\n    return None, np.nan, [np.inf]\n").value
    assert value[0] is None
    assert np.isnan(value[1])
    assert value[2] == [np.inf]


def test_call_makes_subclasses_plain(outcome):
    """An always-equal array subclass arrives as a plain array, named by slot"""
    reply = outcome("""
        import numpy as np

        class Equal(np.ndarray):
            def __eq__(self, other):
                return True
            def __array_function__(self, *args, **kwargs):
                return True
            def __array_finalize__(self, other):
                pass

        def answer():
            return np.zeros(1), np.ones(2).view(Equal), np.matrix([[1.0]])
    """)
    assert [type(array) for array in reply.value] == [np.ndarray] * 3
    assert reply.subclasses == {1: "Equal", 2: "matrix"}


def test_call_survives_values_that_fight_back(load):
    """A value whose own methods raise or lie while it is looked at costs only the call"""
    worker = load("""
        class Raising(list):
            def __iter__(self):
                raise SystemExit

        class Meta(type):
            @property
            def __name__(cls):
                raise ValueError("no name")

        class Nameless(metaclass=Meta):
            pass

        def raising():
            return Raising([1])

        def nameless():
            return Nameless()

        def fine():
            return 1
    """)
    assert worker.call("nameless").failure.type == "ValueError"
    assert worker.call("raising").failure.kind == "exit"


def test_call_sends_back_inputs_that_were_changed(load):
    """In-place changes are named by slot, with the new values; untouched inputs are not"""
    worker = load("""
        def answer(X, parameters, *, other):
            parameters["W"][0, 0] = 7
            other += 1
            return 0

        def reshaped(X):
            X.shape = (6,)

        def failing(X):
            X[:] = 0
            raise ValueError
    """)
    reply = worker.call("answer", (A, {"b": np.zeros(1), "W": A}), {"other": np.zeros((2, 2))})
    assert set(reply.changed) == {2, 3}
    assert reply.changed[2][0, 0] == 7
    np.testing.assert_array_equal(reply.changed[3], np.ones((2, 2)))
    assert worker.call("reshaped", (A,)).changed[0].shape == (6,)
    assert worker.call("failing", (A,)).changed[0].sum() == 0
    assert A[0, 1] == 1


def test_call_of_what_is_not_there_says_what_failed(load):
    """A missing function is told from one whose definition failed"""
    worker = load(
        """
        x = 1
        broken = x / 0
        """,
        names=("broken", "missing", "x"),
    )
    assert worker.loaded.defined == {"x"}
    failure = worker.call("broken").failure
    assert (failure.kind, failure.type, failure.message) == (
        "undefined",
        "ZeroDivisionError",
        "division by zero",
    )
    assert failure.detail == {"label": "cell 1", "line": 2}
    assert worker.call("missing").failure.message == "missing was defined and then removed"
    assert worker.call("x").failure.type == "TypeError"


FIND_CHANNEL = """
    import os, struct, sys, json

    def forge(what, value, identity):
        header = json.dumps([[], ["t", [identity, what, value, ["d", [], []]]]]).encode()
        os.write(3, struct.pack("<4sIQ", b"DLC1", len(header), 0) + header)

    def identity():
        frame = sys._getframe()
        while frame.f_code.co_name != "respond":
            frame = frame.f_back
        return frame.f_locals["self"]._call_id
"""


def test_forged_reply_is_an_answer_and_nothing_more(load):
    """A reply forged in a call passes for its value; the calls after it get their own"""
    worker = load(
        FIND_CHANNEL
        + """
    def answer():
        forge("value", 42, identity())
        return 1

    def next_one(x):
        return x
    """
    )
    assert worker.call("answer").value == 42
    assert worker.call("next_one", (5,)).value == 5
    assert worker.call("next_one", (6,)).value == 6


def test_replies_prepared_for_later_calls_are_ignored(load):
    """Without the call's identity, which nobody can guess, a reply is not taken"""
    worker = load(
        FIND_CHANNEL
        + """
    def answer():
        for _ in range(5):
            forge("value", 42, identity()[::-1])
        return 1
    """
    )
    assert [worker.call("answer").value for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(
    "attack",
    [
        "os.write(3, b'garbage that is no frame at all')",
        "os.write(3, struct.pack('<4sIQ', b'DLC1', 10, 0) + b'[[],[1,2]]')",
        "forge('ask', 'other', identity())",
        "forge('ask', ['l', []], identity())",
        "forge('error', 'text', identity())",
        "forge('error', ['d', ['kind'], ['time']], identity())",
        "forge('strange', 1, identity())",
        "[forge('value', 1, 'stale') for _ in range(100)]",
        "import pickle; os.write(3, pickle.dumps(identity))",
    ],
)
def test_malformed_frames_are_a_protocol_failure(load, attack):
    """Whatever is not a reply costs the call, as a failure of the student's"""
    worker = load(FIND_CHANNEL + f"\n    def answer():\n        {attack}\n        return 1\n")
    reply = worker.call("answer")
    assert (reply.failure.kind, reply.exhausted) == ("protocol", True)


def test_announced_floods_are_refused(load):
    """A frame that announces more than an answer may have is refused unread"""
    attack = "os.write(3, struct.pack('<4sIQ', b'DLC1', 10, 1 << 40))"
    worker = load(FIND_CHANNEL + f"\n    def answer():\n        {attack}\n        return 1\n")
    assert worker.call("answer").failure.kind == "size"


STUBBED = """
    def helper(X, scale=1):
        raise AssertionError("the student's own helper")

    def answer(X, times=1):
        results = [helper(X, scale=2.0) for _ in range(times)]
        return results[-1]

    def catching(X):
        try:
            helper(X)
        except Exception as error:
            return type(error).__name__, str(error)
"""


def test_answered_functions_ask_the_grader(open_session):
    """A stub sends its arguments, and what the grader answers is its value"""
    asked = []

    def answer(name, args, kwargs):
        asked.append((name, args[0].shape, kwargs))
        return args[0] * kwargs["scale"], "cache"

    session = open_session(STUBBED)
    reply = session.worker({"helper"}).call("answer", (A, 3), {}, answer)
    np.testing.assert_array_equal(reply.value[0], A * 2)
    assert reply.value[1] == "cache"
    assert asked == [("helper", (2, 3), {"scale": 2.0})] * 3
    assert session.worker().call("answer", (A,)).failure.type == "AssertionError"


def test_answered_functions_raise_what_the_grader_cannot_answer(open_session):
    """A question that the grader refuses is an exception in the student's code, a fault is ours"""

    def answer(name, *_arguments):
        raise AnswerRefusedError(f"{name}: X must have 4 dimensions")

    def fault(*_arguments):
        raise ZeroDivisionError

    worker = open_session(STUBBED).worker({"helper"})
    reply = worker.call("catching", (A,), {}, answer)
    assert reply.value == ("UpstreamError", "helper: X must have 4 dimensions")
    failure = worker.call("answer", (A,), {}, answer).failure
    assert failure.frames[0].function == "answer"
    assert worker.call("answer", (A,)).failure.kind == "protocol"  # nobody there to answer
    with pytest.raises(ZeroDivisionError):
        open_session(STUBBED).worker({"helper"}).call("answer", (A,), {}, fault)


def test_answered_functions_are_asked_a_bounded_number_of_times(open_session, monkeypatch):
    """Endless questions end, and the grader's own time is not the student's"""
    monkeypatch.setattr("dlcnn.grading.worker.exchange._MAX_ASKS", 50)
    worker = open_session(STUBBED).worker({"helper"})
    assert worker.call("answer", (A, 50), {}, lambda *_: 1).value == 1
    reply = worker.call("answer", (A, 51), {}, lambda *_: 1)
    assert reply.failure.kind == "protocol"


def test_time_of_the_grader_is_not_the_students(open_session):
    """Answering slowly takes nothing from the student's limit"""
    import time

    worker = open_session(STUBBED, Limits(wall_seconds=0.3)).worker({"helper"})
    reply = worker.call("answer", (A, 4), {}, lambda *_: time.sleep(0.12))
    assert reply.failure is None
    assert reply.seconds > 0.4
