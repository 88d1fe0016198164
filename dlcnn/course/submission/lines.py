"""Where statements may begin in a text that Python does not accept as a whole.

Follows strings, comments and brackets only, so that it works on notebook magics and on broken code.
"""

import re
from dataclasses import dataclass

__all__ = ["Start", "statement_starts"]

_TOKEN = re.compile(
    r"""
      \#[^\n]*                         # a comment
    | \\\n                             # a line that goes on
    | \n
    | [()\[\]{}]
    | (?P<long>\"{3}|'{3})
    | "(?:[^"\\\n]|\\.)*"?
    | '(?:[^'\\\n]|\\.)*'?
    """,
    re.VERBOSE | re.DOTALL,
)
_LONG_STRING_END = {
    quotes: re.compile(rf"(?:[^\\]|\\.)*?{quotes}", re.DOTALL) for quotes in ('"""', "'''")
}
# Cannot go on inside brackets: where one stands, a bracket above was never closed.
_DEFINITION = re.compile(r"(?:async[ \t]+def|def|class|import|from)[ \t]|@\w")
_MAGIC = re.compile(
    r"""[ \t]*+(?:
        [%!?]                                        # %matplotlib inline, !ls, ?np.sum
      | [\w.*]+\?{1,2}[ \t]*(?:\n|\Z)                # np.sum?
      | [\w., \t*()\[\]]+=[ \t]*[%!]                 # files = !ls
    )""",
    re.VERBOSE,
)
_REST_OF_MAGIC = re.compile(r"(?:[^\n]*\\\n)*[^\n]*")


@dataclass(frozen=True)
class Start:
    """Where a statement may begin.

    Attributes:
        offset: the start of its line in the text.
        magic: the text of the line or lines, where it is IPython's and not Python's.
    """

    offset: int
    magic: str = ""


def statement_starts(text: str) -> list[Start]:
    """Every place where a statement may begin, in order; blank lines are among them."""
    starts: list[Start] = []
    offset: int | None = 0
    while offset is not None:
        magic = _magic_at(text, offset)
        starts.append(Start(offset, magic))
        offset = _next_start(text, offset + len(magic))
    return starts


def _magic_at(text: str, offset: int) -> str:
    if not _MAGIC.match(text, offset):
        return ""
    rest = _REST_OF_MAGIC.match(text, offset)
    return rest.group() if rest else ""


def _next_start(text: str, offset: int) -> int | None:
    """The offset after the first line break that is not inside a string or brackets."""
    depth = 0
    while token := _TOKEN.search(text, offset):
        offset = token.end()
        found = token.group()
        if token["long"]:
            end = _LONG_STRING_END[found].match(text, offset)
            offset = end.end() if end else len(text)
        elif found in "([{":
            depth += 1
        elif found in ")]}":
            depth = max(0, depth - 1)
        elif found == "\n" and (depth == 0 or _DEFINITION.match(text, offset)):
            return offset if offset < len(text) else None
    return None
