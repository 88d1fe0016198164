"""Convolutional layers: `conv1d`, `conv2d` and `depthwise_conv2d` with weights of their own."""

from typing import Any, ClassVar, Literal

from dlcnn.reference import convolution, depthwise
from dlcnn.reference._arguments import (
    Array,
    DataFormat,
    IntOrSizes,
    as_sizes,
    require_data_format,
    require_images,
)
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.layers.activation import activation_function
from dlcnn.reference.layers.base import (
    Call,
    Gradients,
    Seed,
    Weight,
    WeightedLayer,
    positive_integer,
    require_padding,
)
from dlcnn.reference.padding import Padding

__all__ = ["Conv1D", "Conv2D", "DepthwiseConv2D"]


class _Convolution(WeightedLayer):
    """What the convolutional layers share: a window, a bias and an activation."""

    _AXES: ClassVar[int]
    # The operation and its gradients. In a tuple, since a function would become a method.
    _OPERATION: ClassVar[tuple[Any, Any]]

    def __init__(
        self,
        kernel_size: IntOrSizes,
        options: dict[str, Any],
        activation: str | None,
        use_bias: bool,
        seed: Seed,
    ) -> None:
        super().__init__(seed)
        self._kernel_size = as_sizes(self._where, "kernel_size", kernel_size, self._AXES)
        for name in ("strides", "dilation_rate"):
            options[name] = as_sizes(self._where, name, options[name], self._AXES)
        if options["padding"] == "causal" and self._AXES == 1:
            steps = options["dilation_rate"][0] * (self._kernel_size[0] - 1)
            options["padding"] = ((steps, 0),)
        require_padding(self._where, options["padding"], self._AXES)
        require_data_format(self._where, options["data_format"])
        self._options = options
        self._activation = activation_function(self._where, activation)
        self._use_bias = use_bias

    def _in_channels(self, inputs: Array) -> int:
        data_format = self._options["data_format"]
        require_images(self._where, "inputs", inputs, self._AXES, data_format)
        channels: int = inputs.shape[-1 if data_format == "channels_last" else 1]
        return channels

    def _kernel_and_bias(self, kernel: tuple[int, ...], outputs: int) -> dict[str, Weight]:
        weights = {"kernel": Weight((*self._kernel_size, *kernel), "glorot_uniform")}
        return {**weights, "bias": Weight((outputs,), "zeros")} if self._use_bias else weights

    def _outputs(self, inputs: Array) -> Array:
        convolve, _ = self._OPERATION
        kernel, bias = self.weights["kernel"], self.weights.get("bias")
        return self._activation.outputs(convolve(inputs, kernel, bias, **self._options))

    def _gradients(self, grad_outputs: Array, call: Call[Array]) -> Gradients[Array]:
        _, convolve_gradients = self._OPERATION
        grad_outputs = self._activation.grad_inputs(grad_outputs, call.outputs)
        grad_inputs, grad_kernel, grad_bias = convolve_gradients(
            grad_outputs, call.inputs, self.weights["kernel"], **self._options
        )
        weights = {"kernel": grad_kernel, "bias": grad_bias}
        return Gradients(grad_inputs, {name: weights[name] for name in self.weights})


class _FilterBank(_Convolution):
    """A convolution whose filters see all channels, or all of their group."""

    def __init__(
        self,
        filters: int,
        kernel_size: IntOrSizes,
        *,
        strides: IntOrSizes = 1,
        padding: Padding | Literal["causal"] = "valid",
        data_format: DataFormat = "channels_last",
        dilation_rate: IntOrSizes = 1,
        groups: int = 1,
        activation: str | None = None,
        use_bias: bool = True,
        seed: Seed = None,
    ) -> None:
        options = {
            "strides": strides,
            "padding": padding,
            "data_format": data_format,
            "dilation_rate": dilation_rate,
            "groups": groups,
        }
        super().__init__(kernel_size, options, activation, use_bias, seed)
        self._filters = positive_integer(self._where, "filters", filters)
        self._groups = positive_integer(self._where, "groups", groups)

    def _expected_weights(self, inputs: Array) -> dict[str, Weight]:
        channels = self._in_channels(inputs)
        if channels % self._groups:
            raise ShapeError(
                f"{self._where}: the input channels must be a multiple of groups. "
                f"Received inputs.shape={inputs.shape}, groups={self._groups}."
            )
        return self._kernel_and_bias((channels // self._groups, self._filters), self._filters)


class Conv2D(_FilterBank):
    """Cross-correlate images with filters: `conv2d` with a kernel and a bias of its own.

    Args:
        filters: channels of the output.
        kernel_size: pixels of a filter, int or (rows, cols).
        strides: as `conv2d`.
        padding: as `conv2d`.
        data_format: as `conv2d`.
        dilation_rate: as `conv2d`.
        groups: as `conv2d`.
        activation: a name as `Activation` takes it, applied to the outputs.
        use_bias: whether a number is added to each channel of the output.
        seed: draws the kernel at the first call.

    Input shape: (batch, height, width, in_channels).
    Output shape: (batch, out_height, out_width, filters).
    Weights: kernel (kernel_height, kernel_width, in_channels / groups, filters), bias (filters,).

    Raises:
        ShapeError: a size is no integer of at least 1, or `padding` is malformed; when called,
            as `conv2d`.
        ValueError: a count is no integer of at least 1, or `data_format` or the activation is
            unknown.

    Source: agrees with `keras.layers.Conv2D`.
    """

    _AXES = 2
    _OPERATION = convolution.conv2d, convolution.conv2d_gradients


class Conv1D(_FilterBank):
    """Cross-correlate sequences (batch, length, in_channels) with filters: `Conv2D` on one axis.

    `padding` may also be "causal": an output sees no later step than its own.

    Source: agrees with `keras.layers.Conv1D`.
    """

    _AXES = 1
    _OPERATION = convolution.conv1d, convolution.conv1d_gradients


class DepthwiseConv2D(_Convolution):
    """Cross-correlate each channel of images with filters of its own: `depthwise_conv2d`.

    Args:
        kernel_size: as `Conv2D`, and so are all that are not told here.
        depth_multiplier: filters of each channel.

    Input shape: (batch, height, width, in_channels).
    Output shape: (batch, out_height, out_width, in_channels * depth_multiplier).
    Weights: kernel (kernel_height, kernel_width, in_channels, depth_multiplier), bias.

    Source: agrees with `keras.layers.DepthwiseConv2D`.
    """

    _AXES = 2
    _OPERATION = depthwise.depthwise_conv2d, depthwise.depthwise_conv2d_gradients

    def __init__(
        self,
        kernel_size: IntOrSizes,
        *,
        strides: IntOrSizes = 1,
        padding: Padding = "valid",
        depth_multiplier: int = 1,
        data_format: DataFormat = "channels_last",
        dilation_rate: IntOrSizes = 1,
        activation: str | None = None,
        use_bias: bool = True,
        seed: Seed = None,
    ) -> None:
        options = {
            "strides": strides,
            "padding": padding,
            "data_format": data_format,
            "dilation_rate": dilation_rate,
        }
        super().__init__(kernel_size, options, activation, use_bias, seed)
        self._multiplier = positive_integer(self._where, "depth_multiplier", depth_multiplier)

    def _expected_weights(self, inputs: Array) -> dict[str, Weight]:
        channels = self._in_channels(inputs)
        kernel = (channels, self._multiplier)
        return self._kernel_and_bias(kernel, channels * self._multiplier)
