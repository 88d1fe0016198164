"""Looking into a trained network: NumPy images in, maps and named arrays out, pictures apart.

Any Keras 3 classifier of images will do, on TensorFlow, JAX or PyTorch. What a room computes is
loaded, and Keras with it, when it is first asked for. This wing knows no grading.
"""

import importlib
from typing import TYPE_CHECKING, Any

from dlcnn.errors import nearest
from dlcnn.understanding.errors import UnderstandingError, UnderstandingWarning

if TYPE_CHECKING:
    from dlcnn.understanding.attribution.grad_cam import grad_cam, grad_cam_plus_plus
    from dlcnn.understanding.attribution.guided import guided_backprop
    from dlcnn.understanding.attribution.integrated import integrated_gradients
    from dlcnn.understanding.attribution.methods import METHODS
    from dlcnn.understanding.attribution.occlusion import occlusion
    from dlcnn.understanding.attribution.saliency import gradient, saliency
    from dlcnn.understanding.attribution.smoothgrad import smoothgrad
    from dlcnn.understanding.maps import Maps

__all__ = [
    "METHODS",
    "Maps",
    "UnderstandingError",
    "UnderstandingWarning",
    "grad_cam",
    "grad_cam_plus_plus",
    "gradient",
    "guided_backprop",
    "integrated_gradients",
    "occlusion",
    "saliency",
    "smoothgrad",
]

_ROOMS = {  # where what needs Keras lives
    "METHODS": "attribution.methods",
    "Maps": "maps",
    "grad_cam": "attribution.grad_cam",
    "grad_cam_plus_plus": "attribution.grad_cam",
    "gradient": "attribution.saliency",
    "guided_backprop": "attribution.guided",
    "integrated_gradients": "attribution.integrated",
    "occlusion": "attribution.occlusion",
    "saliency": "attribution.saliency",
    "smoothgrad": "attribution.smoothgrad",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(importlib.import_module(f"{__name__}.{_ROOMS[name]}"), name)
    raise AttributeError(f"{__name__} has no {name!r}. {nearest(name, __all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
