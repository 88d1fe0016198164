"""Speaking the grader's own protocol: forged, broken, endless and poisoned frames.

There is nothing to show outside, where nobody listens; what the grader tells of each attack shows
that its frame arrived.
"""

from tests.grading.attacks.attack import Attack

__all__ = ["ATTACKS"]

_SPEAK = """
import os
import struct
import time
import gc

def say(header, body_bytes=0, body=b"", header_bytes=None):
    header_bytes = len(header) if header_bytes is None else header_bytes
    os.write(3, struct.pack("<4sIQ", b"DLC1", header_bytes, body_bytes) + header + body)

def worker():
    return next(each for each in gc.get_objects() if type(each).__name__ == "_Student")

def reply(tree, specs="[]", body=b""):
    identity = worker()._call_id
    header = f'[{specs},["t",["{identity}","value",{tree},["d",[],[]]]]]'
    say(header.encode(), len(body), body)
"""

_REFUSED = ("protocol", "size")


def _call(name: str, body: str, *told: str) -> Attack:
    source = f"{_SPEAK}\ndef scale(X, factor):\n    {body}\n    time.sleep(0.1)\n    return X\n"
    return Attack(name, source, "none", told=told)


_FORGED = (
    _call(
        "a forged reply that claims a pass",
        """reply('["d",["status","score","max_score"],["PASS",10,10]]')""",
        "type",
    ),
    _call("a forged reply of a value that is no value", """reply('["x",1,2,3]')""", "protocol"),
    _call(
        "replies forged for the calls to come",
        """[reply('null') for _ in range(12)]""",
        "type",
    ),
    _call(
        "more stale replies than anybody waits for",
        """[say(b'[[],["t",["0","value",null,["d",[],[]]]]]') for _ in range(64)]""",
        "protocol",
    ),
    _call(
        "a forged question to the grader",
        """say(b'[[],["t",["%s","ask","scale",["t",[["t",[]],["d",[],[]]]]]]]'"""
        """ % worker()._call_id.encode())""",
        "protocol",
    ),
    Attack(
        "a forged answer to the first question: what is defined",
        _SPEAK
        + """
class Forged:
    say(b'[[],["d",["defined","problems"],[["l",["scale","shift","bounds"]],["l",[]]]]]')

def scale(X, factor):
    return X

class Hidden:
    del globals()["scale"]
""",
        "none",
    ),
    Attack(
        "a frame that brings descriptors along",
        """
import os
import socket

def scale(X, factor):
    channel = socket.socket(fileno=os.dup(3))
    socket.send_fds(channel, [b"DLC1" + bytes(12)], [0] * 60)
    return X
""",
        "none",
        told=("protocol", "exception"),
    ),
    Attack(
        "changes forged for arrays that were never sent",
        _SPEAK
        + """
def scale(X, factor):
    header = '[[["<f8",[1]]],["t",["%s","value",null,["d",[99],[["a"]]]]]]' % worker()._call_id
    say(header.encode(), 8, bytes(8))
    time.sleep(0.1)
""",
        "none",
        told=("protocol",),
    ),
)

_BROKEN = (
    _call("bytes that are no frame", 'os.write(3, b"HTTP/1.1 200 OK" * 10)', "protocol"),
    _call("a header of four gigabytes", "say(b'', header_bytes=0xFFFFFFFF)", *_REFUSED),
    _call("a body of eight exabytes", "say(b'[[],null]', body_bytes=1 << 63)", *_REFUSED),
    _call(
        "a frame cut short, then silence",
        "say(b'[', header_bytes=1000); time.sleep(100) if factor > 0 else None",
        "time",
    ),
    _call("a frame cut short, then the end", "say(b'[', header_bytes=1000); os._exit(0)", "crash"),
    _call(
        "a frame that comes one byte at a time",
        "say(b'', header_bytes=1 << 19); "
        "[(os.write(3, b' '), time.sleep(0.01)) for _ in range(300 if factor > 0 else 0)]",
        "time",
        "protocol",
    ),
    _call("a header that is no JSON", "say(b'{' * 1000)", "protocol"),
    _call("a header nested half a million deep", "say(b'[' * 500_000)", "protocol"),
    _call("a number of half a million digits", "say(b'[[],' + b'9' * 500_000 + b']')", "protocol"),
    _call("values nested deeper than allowed", """reply('["l",[' * 40 + ']]' * 40)""", "protocol"),
    _call("half a million values", """reply('["l",[' + '0,' * 400_000 + '0]]')""", *_REFUSED),
    _call("the same key twice", """reply('["d",["a","a"],[1,2]]')""", "protocol"),
    _call(
        "an array larger than the universe",
        """reply('["a"]', '[["<f8",[281474976710656,281474976710656]]]')""",
        "protocol",
    ),
    _call(
        "an empty array of impossible shape",
        """reply('["a"]', '[["<f8",[0,281474976710656,281474976710656]]]')""",
        "protocol",
    ),
    _call("an array of negative length", """reply('["a"]', '[["<f8",[-6]]]')""", "protocol"),
    _call("an array that is not sent", """reply('["a"]', '[["<f8",[6]]]')""", "protocol"),
    _call("bytes that belong to no array", """reply('null', body=bytes(64))""", "protocol"),
)

_PICKLES = """
import builtins
import pickle
import numpy as np

class Poison:
    def __reduce__(self):
        return builtins.open, (TARGETS["survivor"], "w")
"""
_UNPICKLED = "pickle.loads(pickle.dumps(scale(X, 3.0)))"

_POISONED = (
    Attack(
        "an answer that acts when it is unpickled",
        _PICKLES + "\ndef scale(X, factor):\n    return Poison()\n",
        "survivor",
        verdict=_UNPICKLED,
        told=("type",),
    ),
    Attack(
        "an object array that acts when it is unpickled",
        _PICKLES + "\ndef scale(X, factor):\n    return np.array([Poison()], dtype=object)\n",
        "survivor",
        verdict=_UNPICKLED,
        told=("type",),
    ),
    Attack(
        "a pickle in place of a frame, and as an array's dtype",
        _SPEAK
        + _PICKLES
        + """
def scale(X, factor):
    poison = pickle.dumps(Poison())
    if factor > 0:
        reply('["a"]', '[["|O",[1]]]', poison)
    else:
        os.write(3, poison)
    time.sleep(0.1)
""",
        "none",
        told=("protocol",),
    ),
    Attack(
        "a dict whose keys act when they are compared",
        """
class Key(str):
    def __eq__(self, other):
        open(TARGETS["survivor"], "w").close()
        return True
    __hash__ = str.__hash__

def scale(X, factor):
    return {Key("a"): 1}
""",
        "survivor",
        verdict="scale(X, 3.0) == {'a': 1}",
        told=("type",),
    ),
)

ATTACKS = _FORGED + _BROKEN + _POISONED
