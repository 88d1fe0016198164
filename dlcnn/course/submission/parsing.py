"""Text of a cell to statements; where a cell does not parse, the pieces that do still count.

Sources may be hostile: nothing here takes more than linear time or recurses into them.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from dlcnn.course.submission.lines import statement_starts
from dlcnn.course.submission.model import Broken, Cell
from dlcnn.course.submission.repair import repair

__all__ = ["ParsedCell", "parse_cell"]

_GOES_ON = re.compile(r"(?:else|elif|except|finally)\b|[)\]}]")
_PLAIN_START = re.compile(r"^(?:@\w|(?:async[ \t]+def|def|class|import|from)[ \t])", re.MULTILINE)
_DEFINED = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def[ \t]+(\w+)|(\w+)[ \t]*=[ \t]*lambda\b)", re.M)
_INDENTED_RETURN = re.compile(r"^[ \t]+return\b", re.MULTILINE)
_LINE_NUMBER = re.compile(r"\bon line (\d+)")
# Python needs quadratic time for these; no one writes them by hand.
_LONG_DOTTED_NAME = re.compile(r"(?:\.[\s\\]*[^\W\d]\w*[\s\\]*){300}")
_F_STRING = re.compile(r"\b(?:[fF][rR]?|[rR][fF])[\"']")
_MAX_BRACES = 3000
_MAX_SHOWN = 200  # of a line of code in a message


@dataclass
class ParsedCell:
    """A cell's lines and what Python makes of them."""

    label: str
    lines: list[str]
    statements: list[ast.stmt] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def parse_cell(cell: Cell) -> ParsedCell:
    """Parse a cell as it stands, else as IPython would read it, else piece by piece."""
    text = cell.source.replace("\r\n", "\n").replace("\r", "\n")
    tree = _parse(text)
    notes: list[str] = []
    if not isinstance(tree, ast.Module):
        text, notes = repair(cell.label, text)
        tree = _parse(text)
    parsed = ParsedCell(cell.label, text.split("\n"), notes=notes)
    if isinstance(tree, ast.Module):
        parsed.statements = tree.body
    else:
        line = 0
        for piece in _pieces(text):
            _add_piece(parsed, piece, line)
            line += piece.count("\n")
    _add_stray_returns(parsed)
    return parsed


def _parse(text: str) -> ast.Module | SyntaxError:
    if _takes_too_long(text):
        return SyntaxError("the code is too complex to be read")
    try:
        return ast.parse(text)
    except SyntaxError as error:
        return error
    except (RecursionError, MemoryError):
        return SyntaxError("the code is nested too deeply")
    except ValueError:  # a NUL, in some versions of Python
        return SyntaxError("the code holds characters that are no text")


def _takes_too_long(text: str) -> bool:
    if text.count(".") > 300 and _LONG_DOTTED_NAME.search(text):
        return True
    return text.count("{") > _MAX_BRACES and bool(_F_STRING.search(text))


def _pieces(text: str) -> Iterator[str]:
    """Cut before every statement at the left margin; a decorator stays with its function."""
    cut, decorated = 0, False
    for start in statement_starts(text):
        letter = text[start.offset : start.offset + 1]
        if letter in ("", " ", "\t", "\n", "#") or _GOES_ON.match(text, start.offset):
            continue
        if start.offset > cut and not decorated:
            yield text[cut : start.offset]
            cut = start.offset
        decorated = letter == "@"
    yield text[cut:]


def _add_piece(parsed: ParsedCell, piece: str, line: int) -> None:
    parts = [piece]
    tree = _parse(piece)
    if not isinstance(tree, ast.Module):
        # A string that is never closed swallows what follows: try each definition by itself.
        cuts = [match.start() for match in _PLAIN_START.finditer(piece)][1:]
        parts = [piece[start:end] for start, end in pairwise([0, *cuts, len(piece)])]
    for part in parts:
        tree = tree if part == piece else _parse(part)
        if isinstance(tree, ast.Module):
            parsed.statements += ast.increment_lineno(tree, line).body
        else:
            _add_broken(parsed, part, line, tree)
        line += part.count("\n")


def _add_broken(parsed: ParsedCell, piece: str, line: int, error: SyntaxError) -> None:
    names = {one or other for one, other in _DEFINED.findall(piece)}
    if not names and isinstance(error, IndentationError) and _INDENTED_RETURN.search(piece):
        above = parsed.statements[-1] if parsed.statements else None
        if isinstance(above, ast.FunctionDef):
            names.add(above.name)
            parsed.statements.pop()
    complained = line + min(max(error.lineno or 1, 1), piece.count("\n") + 1)
    message = _LINE_NUMBER.sub(lambda match: f"on line {int(match[1]) + line}", error.msg)
    parsed.broken.append(_broken(parsed, complained, message, names))


def _add_stray_returns(parsed: ParsedCell) -> None:
    """A `return` at the left margin parses, but Python refuses its cell: a body was not indented.

    The function above is torn, so it is not run without its end.
    """
    message = "'return' outside function"
    kept: list[ast.stmt] = []
    stray = None
    for node in reversed(parsed.statements):
        if isinstance(node, ast.Return):
            stray = node
        elif stray and isinstance(node, ast.FunctionDef):
            parsed.broken.append(_broken(parsed, stray.lineno, message, {node.name}))
            stray = None
        else:
            kept.append(node)
    if stray:
        parsed.broken.append(_broken(parsed, stray.lineno, message, set()))
    parsed.statements = kept[::-1]


def _broken(parsed: ParsedCell, line: int, message: str, names: set[str]) -> Broken:
    code = parsed.lines[line - 1].strip()[:_MAX_SHOWN]
    return Broken(parsed.label, line, message, code, frozenset(names))
