"""What convolutional networks compute, in clear NumPy: the answers everything else is held to.

The operations are here by name. Rooms beside them have names of their own to go by: `arithmetic`
(sizes, weights and work of layers), `kernels` (Sobel and other named kernels), `layers` (which keep
weights and are called with data), `network` and `descent` (which run and train them), and
`step_by_step` (the course's eight functions, which are here too). `plain` says what is computed and
`engine` makes it fast, within what `settings` allows. Needs NumPy only; knows no framework, no
assignments and no files.
"""

from dlcnn.reference import arithmetic, descent, kernels, layers, network
from dlcnn.reference.convolution import (
    conv1d,
    conv1d_gradients,
    conv2d,
    conv2d_gradients,
    conv3d,
    conv3d_gradients,
)
from dlcnn.reference.depthwise import (
    depthwise_conv1d,
    depthwise_conv1d_gradients,
    depthwise_conv2d,
    depthwise_conv2d_gradients,
)
from dlcnn.reference.engine import settings
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.global_pooling import (
    global_average_pool1d,
    global_average_pool1d_gradients,
    global_average_pool2d,
    global_average_pool2d_gradients,
    global_max_pool1d,
    global_max_pool1d_gradients,
    global_max_pool2d,
    global_max_pool2d_gradients,
)
from dlcnn.reference.matrix import col2im, convolution_as_dense, convolution_matrix, im2col
from dlcnn.reference.pooling import (
    average_pool1d,
    average_pool1d_gradients,
    average_pool2d,
    average_pool2d_gradients,
    max_pool1d,
    max_pool1d_gradients,
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
from dlcnn.reference.transposed import (
    conv1d_transpose,
    conv1d_transpose_gradients,
    conv2d_transpose,
    conv2d_transpose_gradients,
    conv3d_transpose,
    conv3d_transpose_gradients,
)
from dlcnn.reference.true_convolution import (
    true_convolution1d,
    true_convolution1d_gradients,
    true_convolution2d,
    true_convolution2d_gradients,
    true_convolution3d,
    true_convolution3d_gradients,
)

__all__ = [
    "ShapeError",
    "arithmetic",
    "average_pool1d",
    "average_pool1d_gradients",
    "average_pool2d",
    "average_pool2d_gradients",
    "col2im",
    "conv1d",
    "conv1d_gradients",
    "conv1d_transpose",
    "conv1d_transpose_gradients",
    "conv2d",
    "conv2d_gradients",
    "conv2d_transpose",
    "conv2d_transpose_gradients",
    "conv3d",
    "conv3d_gradients",
    "conv3d_transpose",
    "conv3d_transpose_gradients",
    "conv_backward",
    "conv_forward",
    "conv_single_step",
    "convolution_as_dense",
    "convolution_matrix",
    "create_mask_from_window",
    "depthwise_conv1d",
    "depthwise_conv1d_gradients",
    "depthwise_conv2d",
    "depthwise_conv2d_gradients",
    "descent",
    "distribute_value",
    "global_average_pool1d",
    "global_average_pool1d_gradients",
    "global_average_pool2d",
    "global_average_pool2d_gradients",
    "global_max_pool1d",
    "global_max_pool1d_gradients",
    "global_max_pool2d",
    "global_max_pool2d_gradients",
    "im2col",
    "kernels",
    "layers",
    "max_pool1d",
    "max_pool1d_gradients",
    "max_pool2d",
    "max_pool2d_gradients",
    "network",
    "pool_backward",
    "pool_forward",
    "settings",
    "true_convolution1d",
    "true_convolution1d_gradients",
    "true_convolution2d",
    "true_convolution2d_gradients",
    "true_convolution3d",
    "true_convolution3d_gradients",
    "zero_pad",
]
