"""Every method of attribution by name, for whoever lets a person choose one."""

from collections.abc import Callable, Iterable
from typing import Any

from dlcnn.errors import nearest
from dlcnn.understanding.attribution.grad_cam import grad_cam, grad_cam_plus_plus
from dlcnn.understanding.attribution.guided import guided_backprop
from dlcnn.understanding.attribution.integrated import integrated_gradients
from dlcnn.understanding.attribution.occlusion import occlusion
from dlcnn.understanding.attribution.saliency import saliency
from dlcnn.understanding.attribution.smoothgrad import smoothgrad
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.maps import Maps

__all__ = ["METHODS", "USUAL", "names_of"]

METHODS: dict[str, Callable[..., Maps]] = {
    method.__name__: method
    for method in (
        saliency,
        smoothgrad,
        integrated_gradients,
        guided_backprop,
        grad_cam,
        grad_cam_plus_plus,
        occlusion,
    )
}
"""From name to `method(model, images, targets=None, batch_size=…, **options)`."""

USUAL = ("saliency", "smoothgrad", "integrated_gradients", "guided_backprop", "grad_cam")
"""The methods that are asked where nobody names others."""


def names_of(methods: Any, where: str) -> list[str]:
    """Names in `METHODS`, one or an iterable of several, each once.

    Raises:
        UnderstandingError: there is none, or one of another name; the nearest is offered.
    """
    given = [methods] if isinstance(methods, str) else methods
    names = list(given) if isinstance(given, Iterable) else []
    if not names:
        received = "none" if isinstance(given, Iterable) else _shown(methods)
        raise UnderstandingError(
            f"{where}: methods are names, one or more. Received {received}. Name some of "
            f"{', '.join(METHODS)}."
        )
    for name in names:
        if not isinstance(name, str) or name not in METHODS:
            raise UnderstandingError(
                f"{where}: there is no method of this name. Received {_shown(name)}. "
                f"{nearest(getattr(name, '__name__', name), METHODS)}"
            )
    return list(dict.fromkeys(map(str, names)))


def _shown(given: Any) -> str:
    """What was passed for names; of what is written at length, its type."""
    short = given is None or isinstance(given, str | int)
    return repr(given) if short else f"one of type {type(given).__name__}"
