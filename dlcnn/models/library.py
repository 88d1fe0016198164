"""Every named network: listed, found and built by name; it knows no network in particular.

A network is a file's decorated function in `architectures/`, found by listing that folder.
"""

import functools
import importlib
import pkgutil
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcnn.errors import nearest
from dlcnn.models import architectures
from dlcnn.models.architecture import Architecture, registered
from dlcnn.models.errors import ModelError
from dlcnn.models.shapes import Shape

if TYPE_CHECKING:
    import keras

__all__ = ["build", "find", "names"]


def names() -> tuple[str, ...]:
    """All networks that `build` knows, numbers in their order: resnet18 before resnet152."""
    _import_all()
    return tuple(sorted(registered(), key=_natural))


def find(name: str) -> Architecture:
    """What is recorded about a network.

    Raises:
        ModelError: there is no network of this name; the nearest is offered.
    """
    known = names()
    if name not in known:
        raise ModelError(
            f"models: there is no network of this name. Received name={name!r}. "
            f"{nearest(name, known)}"
        )
    return registered()[name]


def build(
    name: str,
    /,
    input_shape: Shape | None = None,
    num_classes: int | None = None,
    *,
    variant: str | None = None,
    weights: "str | Path | keras.Model | None" = None,
    **options: Any,
) -> "keras.Model":
    """Build a network by name; what is left out is the network's own default.

    Args:
        name: one of `names()`.
        input_shape: (height, width, channels).
        num_classes: how many classes to tell apart.
        variant: one of the published forms in `find(name).variants`.
        weights: None for random start values; a file (.weights.h5, .keras, or Keras' older .h5);
            a model with the same layers, such as one of `keras.applications`; or "imagenet",
            which Keras downloads. A .weights.h5 holds no settings, such as strides, only the
            shapes of weights: it is taken by any network with these shapes.
        **options: what the builder takes besides, such as `include_top=False` for the feature
            maps, or `classifier_activation=None` for logits.

    Returns:
        A plain Keras model.

    Raises:
        ModelError: an unknown name, variant or option, a shape that the network cannot take, or
            weights that cannot be read or belong to another network.
    """
    architecture = find(name)
    own = {"input_shape": input_shape, "num_classes": num_classes, "variant": variant}
    given = {option: value for option, value in own.items() if value is not None}
    arguments = architecture.arguments(**given, **options)
    if weights is None:
        return architecture.function(**arguments)

    from dlcnn.models.weights import imagenet, load

    source = imagenet(architecture, arguments) if weights == "imagenet" else weights
    model = architecture.function(**arguments)
    load(model, source)
    return model


@functools.cache
def _import_all() -> None:
    for file in pkgutil.iter_modules(architectures.__path__):
        importlib.import_module(f"{architectures.__name__}.{file.name}")


def _natural(name: str) -> list[tuple[str, int]]:
    """A key that sorts runs of digits by their value."""
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", name)]
