"""What makes a function a named network; it knows how builders look, and no network by name."""

import difflib
import functools
import inspect
import operator
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec

from dlcnn.models.errors import ModelError
from dlcnn.models.recipe import Recipe

if TYPE_CHECKING:
    import keras

__all__ = ["Architecture", "Shape", "architecture", "nearest", "registered"]

Shape = tuple[int | None, int | None, int]
"""(height, width, channels); None where a network takes images of any size."""

_P = ParamSpec("_P")
_registered: dict[str, "Architecture"] = {}


@dataclass(frozen=True)
class Architecture:
    """What is recorded about a network beside its builder.

    Attributes:
        name: the builder's name, by which the network is found.
        title: the network in a line.
        source: the paper, course or library that defines it.
        recipe: how it is best trained.
        application: the class of `keras.applications` with the same layers, or None.
        function: the builder, returning an untrained `keras.Model`.
    """

    name: str
    title: str
    source: str
    recipe: Recipe
    application: str | None
    function: Callable[..., "keras.Model"]

    @property
    def options(self) -> Mapping[str, inspect.Parameter]:
        """The arguments that the builder takes, by name."""
        return inspect.signature(self.function).parameters

    @property
    def defaults(self) -> dict[str, Any]:
        """The builder's own default of every argument."""
        return {name: option.default for name, option in self.options.items()}

    @property
    def variants(self) -> tuple[str, ...]:
        """The published forms it can be built in, the default first; () for a single form."""
        return typing.get_args(typing.get_type_hints(self.function).get("variant"))

    @property
    def description(self) -> str:
        """The builder's docstring."""
        return inspect.getdoc(self.function) or self.title


def architecture(
    *, title: str, source: str, recipe: Recipe | None = None, application: str | None = None
) -> Callable[[Callable[_P, "keras.Model"]], Callable[_P, "keras.Model"]]:
    """Make a builder findable by its own name and let it explain what it cannot build.

    The builder's signature says the rest: the defaults of `input_shape` and `num_classes` are the
    network's own, and a `variant` annotated `Literal[...]` lists its published forms.

    Args:
        title: the network in a line.
        source: the paper, course or library that defines it.
        recipe: how it is best trained; by default `Recipe()`.
        application: the class of `keras.applications` with the same layers.
    """

    def register(function: Callable[_P, "keras.Model"]) -> Callable[_P, "keras.Model"]:
        name = function.__name__
        signature = inspect.signature(function)
        build: Callable[..., keras.Model] = function

        @functools.wraps(function)
        def builder(*args: _P.args, **kwargs: _P.kwargs) -> "keras.Model":
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            _check(_registered[name], bound.arguments)
            try:
                return build(**bound.arguments)
            except ValueError as error:
                from dlcnn.models.limits import explain

                raise ModelError(explain(name, build, bound.arguments, error)) from None

        _registered[name] = Architecture(
            name, title, source, recipe or Recipe(), application, builder
        )
        return builder

    return register


def registered() -> Mapping[str, Architecture]:
    """The architectures whose files have been imported, by name."""
    return _registered


def nearest(name: str, names: Sequence[str]) -> str:
    """What to try instead of an unknown name: the closest one, or all of them."""
    close = difflib.get_close_matches(str(name), names, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Choose one of {', '.join(names)}."


def _check(known: Architecture, arguments: dict[str, Any]) -> None:
    """Refuse arguments that no network could be built with; make sizes plain integers."""
    arguments["input_shape"] = _shape(known, arguments["input_shape"])
    num_classes = arguments["num_classes"]
    if not isinstance(num_classes, int | typing.SupportsIndex) or operator.index(num_classes) < 1:
        raise ModelError(
            f"{known.name}: num_classes is how many classes to tell apart, 1 or more. "
            f"Received num_classes={num_classes!r}. {known.defaults['num_classes']} is its default."
        )
    if known.variants and arguments["variant"] not in known.variants:
        raise ModelError(
            f"{known.name}: there is no such variant. Received variant={arguments['variant']!r}. "
            f"{nearest(arguments['variant'], known.variants)}"
        )


def _shape(known: Architecture, shape: Any) -> Shape:
    """(height, width, channels) as plain integers, None where the size is left open."""
    try:
        height, width, channels = shape
        sizes = [None if size is None else operator.index(size) for size in (height, width)]
        channels = operator.index(channels)
    except (TypeError, ValueError):
        sizes, channels = [0, 0], 0
    if channels < 1 or any(size is not None and size < 1 for size in sizes):
        raise ModelError(
            f"{known.name}: input_shape is (height, width, channels) in whole pixels, without the "
            f"batch. Received input_shape={shape!r}. "
            f"{known.defaults['input_shape']} is its default."
        )
    return sizes[0], sizes[1], channels
