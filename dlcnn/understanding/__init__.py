"""Looking into a trained network: NumPy images in, maps and named arrays out, pictures apart.

Any Keras 3 classifier of images will do, on TensorFlow, JAX or PyTorch. What a room computes is
loaded, and Keras with it, when it is first asked for. This wing knows no grading.
"""

import importlib
from typing import TYPE_CHECKING, Any

from dlcnn.errors import nearest
from dlcnn.understanding.errors import UnderstandingError, UnderstandingWarning

if TYPE_CHECKING:
    from dlcnn.understanding.adversarial.attack import fgsm, pgd
    from dlcnn.understanding.adversarial.curves import (
        SuccessCurve,
        Transfer,
        success_curve,
        transfer,
    )
    from dlcnn.understanding.adversarial.result import Adversarial
    from dlcnn.understanding.adversarial.robust import (
        RobustAdversarial,
        robust_attack,
        survival,
    )
    from dlcnn.understanding.adversarial.training import Adversary
    from dlcnn.understanding.ascent.dream import deep_dream
    from dlcnn.understanding.ascent.result import Ascent
    from dlcnn.understanding.ascent.synthesis import class_model, filter_model
    from dlcnn.understanding.attribution.grad_cam import grad_cam, grad_cam_plus_plus
    from dlcnn.understanding.attribution.guided import guided_backprop
    from dlcnn.understanding.attribution.integrated import integrated_gradients
    from dlcnn.understanding.attribution.methods import METHODS, USUAL
    from dlcnn.understanding.attribution.occlusion import occlusion
    from dlcnn.understanding.attribution.saliency import gradient, saliency
    from dlcnn.understanding.attribution.segmentation import Segments, segment
    from dlcnn.understanding.attribution.smoothgrad import smoothgrad
    from dlcnn.understanding.callback import LookWhileTraining
    from dlcnn.understanding.contact.look import Look, look
    from dlcnn.understanding.contact.page import Picture, write_page
    from dlcnn.understanding.equivariance.invariance import Invariance, invariance
    from dlcnn.understanding.judging.judge import judge
    from dlcnn.understanding.judging.judgement import Judgement
    from dlcnn.understanding.judging.pointing import pointing_game
    from dlcnn.understanding.maps import Maps
    from dlcnn.understanding.network.activations import Activations, activations
    from dlcnn.understanding.network.distributions import (
        Distribution,
        Distributions,
        distributions,
    )
    from dlcnn.understanding.network.kernels import Kernels, kernels
    from dlcnn.understanding.network.neurons import (
        LayerGradients,
        NeuronGradient,
        layer_gradients,
        neuron_gradient,
    )
    from dlcnn.understanding.network.selection import Selection, layer
    from dlcnn.understanding.network.similarity import Similarity, similarity
    from dlcnn.understanding.network.strongest import Strongest, strongest
    from dlcnn.understanding.network.tuning import Tuning, tuning

__all__ = [
    "METHODS",
    "USUAL",
    "Activations",
    "Adversarial",
    "Adversary",
    "Ascent",
    "Distribution",
    "Distributions",
    "Invariance",
    "Judgement",
    "Kernels",
    "LayerGradients",
    "Look",
    "LookWhileTraining",
    "Maps",
    "NeuronGradient",
    "Picture",
    "RobustAdversarial",
    "Segments",
    "Selection",
    "Similarity",
    "Strongest",
    "SuccessCurve",
    "Transfer",
    "Tuning",
    "UnderstandingError",
    "UnderstandingWarning",
    "activations",
    "class_model",
    "deep_dream",
    "distributions",
    "fgsm",
    "filter_model",
    "grad_cam",
    "grad_cam_plus_plus",
    "gradient",
    "guided_backprop",
    "integrated_gradients",
    "invariance",
    "judge",
    "kernels",
    "layer",
    "layer_gradients",
    "look",
    "neuron_gradient",
    "occlusion",
    "pgd",
    "pointing_game",
    "robust_attack",
    "saliency",
    "segment",
    "similarity",
    "smoothgrad",
    "strongest",
    "success_curve",
    "survival",
    "transfer",
    "tuning",
    "write_page",
]

_ROOMS = {  # where what needs Keras lives
    "Activations": "network.activations",
    "Adversarial": "adversarial.result",
    "Adversary": "adversarial.training",
    "Ascent": "ascent.result",
    "Distribution": "network.distributions",
    "Distributions": "network.distributions",
    "Invariance": "equivariance.invariance",
    "Judgement": "judging.judgement",
    "Kernels": "network.kernels",
    "LayerGradients": "network.neurons",
    "Look": "contact.look",
    "LookWhileTraining": "callback",
    "METHODS": "attribution.methods",
    "Maps": "maps",
    "NeuronGradient": "network.neurons",
    "Picture": "contact.page",
    "RobustAdversarial": "adversarial.robust",
    "Segments": "attribution.segmentation",
    "Selection": "network.selection",
    "Similarity": "network.similarity",
    "Strongest": "network.strongest",
    "SuccessCurve": "adversarial.curves",
    "Transfer": "adversarial.curves",
    "Tuning": "network.tuning",
    "USUAL": "attribution.methods",
    "activations": "network.activations",
    "class_model": "ascent.synthesis",
    "deep_dream": "ascent.dream",
    "distributions": "network.distributions",
    "fgsm": "adversarial.attack",
    "filter_model": "ascent.synthesis",
    "grad_cam": "attribution.grad_cam",
    "grad_cam_plus_plus": "attribution.grad_cam",
    "gradient": "attribution.saliency",
    "guided_backprop": "attribution.guided",
    "integrated_gradients": "attribution.integrated",
    "invariance": "equivariance.invariance",
    "judge": "judging.judge",
    "kernels": "network.kernels",
    "layer": "network.selection",
    "layer_gradients": "network.neurons",
    "look": "contact.look",
    "neuron_gradient": "network.neurons",
    "occlusion": "attribution.occlusion",
    "pgd": "adversarial.attack",
    "pointing_game": "judging.pointing",
    "robust_attack": "adversarial.robust",
    "saliency": "attribution.saliency",
    "segment": "attribution.segmentation",
    "similarity": "network.similarity",
    "smoothgrad": "attribution.smoothgrad",
    "strongest": "network.strongest",
    "success_curve": "adversarial.curves",
    "survival": "adversarial.robust",
    "transfer": "adversarial.curves",
    "tuning": "network.tuning",
    "write_page": "contact.page",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(importlib.import_module(f"{__name__}.{_ROOMS[name]}"), name)
    raise AttributeError(f"{__name__} has no {name!r}. {nearest(name, __all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
