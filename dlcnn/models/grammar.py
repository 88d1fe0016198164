"""The lecture's notation for networks, read into a plain list of layers.

    pattern = "INPUT" , { arrow , item } ;
    item    = layer , [ "*" , integer ]
            | "[" , item , { arrow , item } , "]" , [ ( "*" | "x" ) , integer ] ;
    layer   = name , [ short | "(" , option , { "," , option } , ")" ] , [ "?" ] ;
    short   = number | size | integer , "@" , size ;
    option  = short | word , [ "=" ] , ( number | size ) | [ "padding" , [ "=" ] ] , padding ;
    word    = "filters" | "units" | "rate" | "size" | "stride" | "strides" ;
    padding = "same" | "valid" ;
    size    = integer , [ "x" , integer ] ;
    arrow   = "->" | "→" ;

It must not know Keras, nor the shapes of images: what a layer takes (`TAKES`) and where it may
stand in the text is all that is judged here, and every error points at a character.
"""

import re
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from dlcnn.errors import nearest
from dlcnn.models.errors import ModelError

__all__ = ["MAX_LAYERS", "TAKES", "PatternError", "PatternLayer", "parse"]

MAX_LAYERS = 1000
_MAX_DEPTH = 20
_MAX_DIGITS = 5  # larger numbers are slips, not layers
_SHOWN = 72  # characters of a long pattern around the error

_FIELDS = ("amount", "size", "stride", "padding")
TAKES: dict[str, tuple[str, ...]] = {
    "CONV": _FIELDS,
    "POOL": _FIELDS[1:],
    "AVGPOOL": _FIELDS[1:],
    "FC": ("amount",),
    "DROPOUT": ("amount",),
    **dict.fromkeys(("BN", "FLATTEN", "GAP", "RELU", "SIGMOID", "SOFTMAX", "TANH"), ()),
}
_AMOUNTS = {"CONV": "filters", "FC": "units", "DROPOUT": "rate"}
_PADDINGS = ("SAME", "VALID")
_ALIASES = {"BATCHNORM": "BN", "DENSE": "FC", "MAXPOOL": "POOL"}
_WORDS = {
    **dict.fromkeys(("FILTERS", "UNITS", "RATE"), "amount"),
    "SIZE": "size",
    "STRIDE": "stride",
    "STRIDES": "stride",
    "PADDING": "padding",
}

_TOKEN = re.compile(
    r"(?P<arrow>->|→)|(?P<number>[0-9]*\.[0-9]+|[0-9]+)|(?P<x>[x\u00d7](?=\s*[0-9]))"
    r"|(?P<word>[a-z_][a-z_0-9]*)|(?P<sign>[][()*@,?=])",
    re.IGNORECASE | re.ASCII,
)


class PatternError(ModelError):
    """A pattern that says no network; `column` is where it goes wrong, from 0."""

    def __init__(self, text: str, column: int, rule: str, advice: str) -> None:
        self.column = column
        seen = "".join(each if each.isprintable() else " " for each in text)
        start = max(0, column - _SHOWN // 2)
        shown = seen[start : start + _SHOWN]
        before, after = "…" * (start > 0), "…" * (start + _SHOWN < len(seen))
        caret = " " * (len(before) + column - start) + "^"
        super().__init__(
            f"from_pattern: {rule}. Received at column {column + 1}:\n"
            f"    {before}{shown}{after}\n    {caret}\n{advice}{'' if advice[-1] in '.?' else '.'}"
        )


@dataclass(frozen=True)
class PatternLayer:
    """A layer as the pattern writes it; None where it leaves the choice to us.

    Attributes:
        kind: one of the names of the grammar, in capitals.
        column: where it stands in the text.
        amount: filters, units or rate.
        size: of the kernel or the pooling window, (rows, columns).
        stride: (rows, columns).
        padding: "same" or "valid".
        optional: written with `?`.
    """

    kind: str
    column: int
    amount: float | None = None
    size: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    padding: str | None = None
    optional: bool = False


def parse(text: str) -> tuple[PatternLayer, ...]:
    """The layers that a pattern stands for, repeats written out, INPUT left away.

    Raises:
        PatternError: the text is no pattern.
        ModelError: it is no text.
    """
    if not isinstance(text, str):
        raise ModelError(
            f"from_pattern: a pattern is text. Received {type(text).__name__}. "
            'Write for example "INPUT -> [CONV -> RELU]*2 -> POOL -> FC".'
        )
    return tuple(_Parser(text).pattern())


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


def _tokens(text: str) -> list[_Token]:
    tokens = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        found = _TOKEN.match(text, position)
        if found is None:
            advice = "Write layers with -> between them, [...]*2 for repeats"
            raise PatternError(text, position, f"{text[position]!r} means nothing here", advice)
        tokens.append(_Token(str(found.lastgroup), found.group().upper(), position))
        position = found.end()
    return [*tokens, _Token("end", "", max(len(text.rstrip()), 0))]


class _Parser:
    """Recursive descent, a method per rule of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.place = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.place]

    def fail(self, rule: str, advice: str, at: _Token | None = None) -> PatternError:
        return PatternError(self.text, (at or self.token).column, rule, advice)

    def expected(self, *what: str) -> PatternError:
        return self.fail(
            f"{_listed(what)} must stand here", "Write it in, or take out what is there"
        )

    def accept(self, *texts: str) -> _Token | None:
        """The next token if it is one of `texts` (or kinds of tokens), else None."""
        token = self.token
        if token.kind not in texts and token.text not in texts:
            return None
        self.place += token.kind != "end"
        return token

    def pattern(self) -> list[PatternLayer]:
        if not self.accept("INPUT"):
            raise self.fail("a pattern begins with INPUT", "Begin with INPUT ->")
        layers: list[PatternLayer] = []
        while self.accept("arrow"):
            layers += self.item(depth=0)
            self.bound(len(layers), self.token)
        if self.token.kind == "end":
            return layers
        raise self.expected("->", "the end")

    def item(self, depth: int) -> list[PatternLayer]:
        opening = self.accept("[")
        if not opening:
            return self.repeated([self.layer()], "*")
        if depth == _MAX_DEPTH:
            rule = f"brackets are nested {_MAX_DEPTH} deep at most"
            raise self.fail(rule, "Write some of the repeats out", opening)
        layers = self.item(depth + 1)
        while self.accept("arrow"):
            layers += self.item(depth + 1)
            self.bound(len(layers), opening)
        if not self.accept("]"):
            if self.token.kind == "end":
                raise self.fail("this bracket is not closed", "Close it with ]", opening)
            raise self.expected("->", "]")
        return self.repeated(layers, "*", "x")

    def repeated(self, layers: list[PatternLayer], *signs: str) -> list[PatternLayer]:
        if not self.accept(*signs):
            return layers
        number = self.token
        times = self.integer("how many times")
        self.bound(times * len(layers), number)
        return layers * times

    def bound(self, count: int, at: _Token) -> None:
        if count > MAX_LAYERS:
            rule = f"a pattern stands for {MAX_LAYERS} layers at most, this makes {count}"
            raise self.fail(rule, "Repeat less", at)

    def layer(self) -> PatternLayer:
        token = self.accept("word")
        if not token:
            raise self.expected("a layer", "[")
        kind = _ALIASES.get(token.text, token.text)
        if kind not in TAKES:
            raise self.unknown(token)
        layer = PatternLayer(kind, token.column)
        if self.token.kind == "number":
            layer = self.short(layer)
        elif self.accept("("):
            layer = self.option(layer)
            while self.accept(","):
                layer = self.option(layer)
            if not self.accept(")"):
                raise self.expected(",", ")")
        return replace(layer, optional=self.accept("?") is not None)

    def unknown(self, token: _Token) -> PatternError:
        if token.text == "INPUT":
            return self.fail("INPUT stands at the beginning only", "Take it out", token)
        advice = nearest(token.text, (*TAKES, *_ALIASES))
        return self.fail(f"there is no layer {token.text}", advice, token)

    def short(self, layer: PatternLayer) -> PatternLayer:
        """What may follow a name without brackets: `32`, `3x3`, `32@3x3`."""
        layer = self.number_or_size(layer)
        if sign := self.accept("@"):
            if layer.amount is None:
                raise self.fail("filters stand before @", "Write for example 32@3x3", sign)
            layer = self.fill(layer, "size", self.size(), sign)
        return layer

    def option(self, layer: PatternLayer) -> PatternLayer:
        if self.token.kind == "number":
            return self.short(layer)
        if word := self.accept(*_WORDS):
            self.accept("=")
            return self.value(layer, _WORDS[word.text], word)
        if self.token.text in _PADDINGS:
            return self.value(layer, "padding", self.token)
        raise self.expected("a number", "a size such as 3x3", "stride", "same", "valid")

    def number_or_size(self, layer: PatternLayer) -> PatternLayer:
        """Bare numbers are the filters, units or rate, then the size, then the stride."""
        pair = self.tokens[self.place + 1].kind == "x"
        takes = [each for each in _FIELDS[pair:3] if each in TAKES[layer.kind]] or ["size"]
        free = (each for each in takes if getattr(layer, each) is None)
        return self.value(layer, next(free, takes[-1]), self.token)

    def value(self, layer: PatternLayer, field: str, at: _Token) -> PatternLayer:
        """The value of an option that is known by now; `at` is where the option begins."""
        if field == "padding":
            if padding := self.accept(*_PADDINGS):
                return self.fill(layer, field, padding.text.lower(), at)
            raise self.expected("same", "valid")
        if field != "amount":
            return self.fill(layer, field, self.size(), at)
        if layer.kind != "DROPOUT":
            return self.fill(layer, field, self.positive(_AMOUNTS.get(layer.kind, "it")), at)
        share = self.accept("number")
        if share and float(share.text) < 1:
            return self.fill(layer, field, float(share.text), at)
        rule = "DROPOUT takes the share of values that it drops, from 0 to below 1"
        raise self.fail(rule, "Write for example DROPOUT(0.5)", share)

    def fill(self, layer: PatternLayer, field: str, value: Any, token: _Token) -> PatternLayer:
        takes = TAKES[layer.kind]
        if field not in takes:
            names = [_AMOUNTS[layer.kind] if each == "amount" else each for each in takes]
            rule = f"{layer.kind} takes {_listed(names) if names else 'no options'}"
            raise self.fail(rule, "Take out what it does not take", token)
        if getattr(layer, field) is not None:
            name = _AMOUNTS[layer.kind] if field == "amount" else field
            raise self.fail(f"{layer.kind} takes its {name} once", "Take out the second", token)
        return replace(layer, **{field: value})

    def size(self) -> tuple[int, int]:
        rows = self.positive("rows")
        return (rows, self.positive("columns")) if self.accept("x") else (rows, rows)

    def positive(self, what: str) -> int:
        token = self.token
        if value := self.integer(what):
            return value
        raise self.fail(f"{what} are at least 1", "Write a larger number", token)

    def integer(self, what: str) -> int:
        token = self.accept("number")
        if not token:
            raise self.fail(f"a number must stand here ({what})", "Write it in")
        if token.text.isdigit() and len(token.text) <= _MAX_DIGITS:
            return int(token.text)
        rule = f"{what} is a whole number of {_MAX_DIGITS} digits at most"
        raise self.fail(rule, "Write such a number", token)


def _listed(words: "list[str] | tuple[str, ...]") -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
