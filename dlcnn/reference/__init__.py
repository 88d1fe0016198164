"""What convolutional networks compute, in clear NumPy: the answers everything else is held to.

Needs NumPy only; knows no layers of a framework, no assignments and no files.
"""

from dlcnn.reference.convolution import conv2d, conv2d_gradients
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.pooling import (
    average_pool2d,
    average_pool2d_gradients,
    max_pool2d,
    max_pool2d_gradients,
)
from dlcnn.reference.step_by_step import (
    conv_backward,
    conv_forward,
    conv_single_step,
    create_mask_from_window,
    distribute_value,
    pool_backward,
    pool_forward,
    zero_pad,
)

__all__ = [
    "ShapeError",
    "average_pool2d",
    "average_pool2d_gradients",
    "conv2d",
    "conv2d_gradients",
    "conv_backward",
    "conv_forward",
    "conv_single_step",
    "create_mask_from_window",
    "distribute_value",
    "max_pool2d",
    "max_pool2d_gradients",
    "pool_backward",
    "pool_forward",
    "zero_pad",
]
