"""Looking into a trained network: NumPy images in, maps and named arrays out, pictures apart.

Any Keras 3 classifier of images will do, on TensorFlow, JAX or PyTorch. What a room computes is
loaded, and Keras with it, when it is first asked for. This wing knows no grading.
"""

import importlib
from typing import TYPE_CHECKING, Any

from dlcnn.errors import nearest
from dlcnn.understanding.errors import UnderstandingError, UnderstandingWarning

if TYPE_CHECKING:
    from dlcnn.understanding.attribution.saliency import gradient, saliency

__all__ = [
    "UnderstandingError",
    "UnderstandingWarning",
    "gradient",
    "saliency",
]

_ROOMS = {  # where what needs Keras lives
    "gradient": "attribution.saliency",
    "saliency": "attribution.saliency",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(importlib.import_module(f"{__name__}.{_ROOMS[name]}"), name)
    raise AttributeError(f"{__name__} has no {name!r}. {nearest(name, __all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
