"""Every method of attribution by name, for whoever lets a person choose one."""

from collections.abc import Callable

from dlcnn.understanding.attribution.grad_cam import grad_cam, grad_cam_plus_plus
from dlcnn.understanding.attribution.guided import guided_backprop
from dlcnn.understanding.attribution.integrated import integrated_gradients
from dlcnn.understanding.attribution.occlusion import occlusion
from dlcnn.understanding.attribution.saliency import saliency
from dlcnn.understanding.attribution.smoothgrad import smoothgrad
from dlcnn.understanding.maps import Maps

__all__ = ["METHODS"]

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
"""From name to `method(model, images, targets=None, batch_size=64, **options)`."""
