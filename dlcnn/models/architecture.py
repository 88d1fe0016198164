"""What makes a function a named network; it knows how builders look, and no network by name."""

import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec

from dlcnn.errors import nearest
from dlcnn.models.arguments import check_scores, count, image_shape
from dlcnn.models.errors import ModelError
from dlcnn.models.recipe import Recipe

if TYPE_CHECKING:
    import keras

__all__ = ["Architecture", "architecture", "registered"]

_P = ParamSpec("_P")
_registered: dict[str, "Architecture"] = {}


@dataclass(frozen=True)
class Architecture:
    """What is recorded about a network beside its builder.

    Attributes:
        name: the builder's name, by which the network is found.
        title: the network in a line.
        source: the paper, course or library that defines it.
        recipe: how it is known to train well; None where nobody has measured it.
        application: the class of `keras.applications` with the same layers, or None.
        function: the builder, returning an untrained `keras.Model`.
    """

    name: str
    title: str
    source: str
    recipe: Recipe | None
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

    def arguments(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """All arguments of a call of the builder, its defaults included, checked and made plain.

        Raises:
            ModelError: there is no such argument, or no network could be built with it.
        """
        for option, value in kwargs.items():
            if option == "variant" and not self.variants:
                raise ModelError(
                    f"{self.name}: there is one form of it only. Received variant={value!r}. "
                    "Leave variant out."
                )
            if option not in self.options:
                raise ModelError(
                    f"{self.name}: it has no such option. Received {option}={value!r}. "
                    f"{nearest(option, self.options)}"
                )
        try:
            bound = inspect.signature(self.function).bind(*args, **kwargs)
        except TypeError as error:
            raise ModelError(
                f"{self.name}: only input_shape and num_classes may stand without their names. "
                f"Received {len(args)} such values ({error}). Name the others."
            ) from None
        bound.apply_defaults()
        self._check(bound.arguments)
        return bound.arguments

    def _check(self, arguments: dict[str, Any]) -> None:
        """Refuse arguments that no network could be built with; make sizes plain integers."""
        shape, classes = self.defaults["input_shape"], self.defaults["num_classes"]
        arguments["input_shape"] = image_shape(
            self.name, arguments["input_shape"], f"{shape} is its default."
        )
        arguments["num_classes"] = count(
            self.name, "num_classes", arguments["num_classes"], f"{classes} is its default."
        )
        if self.variants and arguments["variant"] not in self.variants:
            raise ModelError(
                f"{self.name}: there is no such variant. Received "
                f"variant={arguments['variant']!r}. {nearest(arguments['variant'], self.variants)}"
            )
        if arguments.get("include_top"):
            activation = arguments.get("classifier_activation")
            check_scores(self.name, arguments["num_classes"], activation)


def architecture(
    *, title: str, source: str, recipe: Recipe | None = None, application: str | None = None
) -> Callable[[Callable[_P, "keras.Model"]], Callable[_P, "keras.Model"]]:
    """Make a builder findable by its own name and let it explain what it cannot build.

    The builder's signature says the rest: the defaults of `input_shape` and `num_classes` are the
    network's own, and a `variant` annotated `Literal[...]` lists its published forms.

    Args:
        title: the network in a line.
        source: the paper, course or library that defines it.
        recipe: how it is known to train well; left out where nobody has measured it.
        application: the class of `keras.applications` with the same layers.
    """

    def register(function: Callable[_P, "keras.Model"]) -> Callable[_P, "keras.Model"]:
        name = function.__name__
        build: Callable[..., keras.Model] = function

        @functools.wraps(function)
        def builder(*args: _P.args, **kwargs: _P.kwargs) -> "keras.Model":
            from dlcnn.models.limits import explain, refuse_too_large

            arguments = _registered[name].arguments(*args, **kwargs)
            try:
                refuse_too_large(name, build, arguments, _registered[name].defaults)
                return build(**arguments)
            except ValueError as error:
                raise ModelError(explain(name, build, arguments, error)) from None

        _registered[name] = Architecture(name, title, source, recipe, application, builder)
        return builder

    return register


def registered() -> Mapping[str, Architecture]:
    """The architectures whose files have been imported, by name."""
    return _registered
