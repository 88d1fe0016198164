"""Untrusted side: load a trained model that a student handed in, and have it predict.

It is loaded from memory, as it came over the wire: there may be no folder to put it in. What a
file may hold is held to in `model_file`; that nothing in it does harm is the sandbox's part.
Imports Keras at its first use only.
"""

import importlib
import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from . import model_file  # by path in the worker, as part of dlcnn in tests
from .model_file import ModelFileError

__all__ = ["HandedIn", "ModelFileError", "predictions"]

_BATCH = 64
_BYTES_OF_WEIGHT = 4
_MAX_MESSAGE = 200
_NO_MEMORY = "ResourceExhaustedError"  # TensorFlow's own word for it


class HandedIn(Protocol):
    """A model file: its name, its bytes, and the student's functions by their names."""

    name: str
    data: NDArray[Any]
    functions: Mapping[str, Any]


_kept: dict[tuple[str, str], Any] = {}


def predictions(handed_in: HandedIn, args: tuple[Any, ...], _kwargs: dict[str, Any]) -> object:
    """What a trained model gives for images.

    Args:
        handed_in: the file.
        args: the images; for a file of weights then the name of the student's function that makes
            the model, and that function's arguments.
    """
    images, *made_by = args
    key = (handed_in.name, repr(made_by))
    try:
        if key not in _kept:
            _kept[key] = _loaded(handed_in, made_by)
        return _predicted(_kept[key], images)
    except ModelFileError as error:
        raise ModelFileError(f"{handed_in.name} {error}") from None


def _loaded(handed_in: HandedIn, made_by: Sequence[Any]) -> Any:
    data = handed_in.data.tobytes()
    if handed_in.name.endswith(".keras"):
        return _whole_model(data)
    model_file.hold_weights(data)
    model = _made(handed_in.functions, *made_by)
    _load_weights(model, data)
    return model


def _whole_model(data: bytes) -> Any:
    keras: Any = importlib.import_module("keras")
    contents = model_file.opened(
        data, lambda name: keras.saving.get_registered_object(name) is not None
    )
    try:
        model = _put_together(keras, contents.configuration)
        _load_weights(model, contents.weights)
    except ModelFileError as error:
        if contents.version.startswith(("1.", "2.")):
            raise ModelFileError(
                f"was saved by Keras {contents.version}: load and save it again with Keras 3"
            ) from None
        raise error from None
    return model


def _put_together(keras: Any, configuration: dict[str, Any]) -> Any:
    """The model of a configuration; no memory is taken for weights before they are counted."""
    configuration = {**configuration, "compile_config": None}
    try:
        with keras.StatelessScope(initialize_variables=False):
            model = _attempt(
                lambda: keras.saving.deserialize_keras_object(configuration, safe_mode=True)
            )
            if not isinstance(model, keras.Model):
                raise ModelFileError("holds no model: save the model with model.save('NAME.keras')")
            size = sum(_BYTES_OF_WEIGHT * math.prod(weight.shape) for weight in model.variables)
            if size > model_file.MAX_BYTES:
                most = model_file.megabytes(model_file.MAX_BYTES)
                raise ModelFileError(
                    f"needs {model_file.megabytes(size)} for its weights; a model may have {most}"
                )
    except ModelFileError:
        keras.utils.clear_session()  # forgets the weights that are still to be made
        raise
    with keras.StatelessScope():
        pass  # at its end, Keras makes the weights that were put off
    return model


def _made(functions: Mapping[str, Any], name: str = "", *arguments: Any) -> Any:
    """The model that a student's function makes for the weights to be loaded into."""
    if name not in functions:
        raise ModelFileError(f"holds weights only, and there is no function {name} to make a model")
    keras: Any = importlib.import_module("keras")
    model = functions[name](*arguments)
    if not isinstance(model, keras.Model):
        raise ModelFileError(f"holds weights only, and {name} returned no model to load them into")
    return model


class _NamedBytes(io.BytesIO):
    """Weights in memory; Keras tells their format by what the file is called."""

    def __str__(self) -> str:
        return "model.weights.h5"


def _load_weights(model: Any, data: bytes) -> None:
    _attempt(lambda: model.load_weights(_NamedBytes(data)))


def _attempt(load: Callable[[], Any]) -> Any:
    """What Keras loads; what it refuses is told in its own words, the first line of them."""
    try:
        return load()
    except MemoryError:
        raise
    except Exception as error:
        lines = str(error).split("\n")
        told = next((line.strip() for line in lines if line.strip()), type(error).__name__)
        raise ModelFileError(f"could not be loaded: {told[:_MAX_MESSAGE]}") from None


def _predicted(model: Any, images: NDArray[Any]) -> object:
    taken = getattr(model, "input_shape", None)
    if isinstance(taken, tuple) and not _fits(taken, images.shape):
        raise ModelFileError(
            f"takes images of {_shown(taken)}; the images of this check are {_shown(images.shape)}"
        )
    if isinstance(taken, list | dict):
        raise ModelFileError(f"takes {len(taken)} inputs instead of the images alone")
    batches = range(0, len(images), _BATCH)
    try:
        given = [model(images[start : start + _BATCH], training=False) for start in batches]
    except Exception as error:
        if type(error).__name__ == _NO_MEMORY:
            raise MemoryError from None
        raise
    if any(isinstance(each, list | tuple | dict) for each in given):
        raise ModelFileError("gives several outputs instead of one")
    return np.concatenate([np.asarray(each) for each in given])


def _fits(taken: Sequence[int | None], shape: Sequence[int]) -> bool:
    sizes = zip(taken, shape, strict=False)
    return len(taken) == len(shape) and all(size in (None, given) for size, given in sizes)


def _shown(shape: Sequence[int | None]) -> str:
    """A shape without the batch: 64 x 64 x 3."""
    return " x ".join("any" if size is None else str(size) for size in shape[1:])
