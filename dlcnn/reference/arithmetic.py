"""How many outputs a window gives along one axis, and what padding it needs; knows no arrays."""

from dlcnn.reference.errors import ShapeError

__all__ = ["output_size", "same_padding"]


def output_size(size: int, window: int, *, stride: int = 1, pad: tuple[int, int] = (0, 0)) -> int:
    """Count the places a window takes along one axis.

    Args:
        size: pixels along the axis.
        window: pixels the window covers.
        stride: pixels moved per output position, >= 1.
        pad: pixels added (before, after).

    Returns:
        floor((size + before + after - window) / stride) + 1.

    Raises:
        ShapeError: the window does not fit even once.

    Source: Dumoulin & Visin 2016, relation 6.
    """
    places = (size + pad[0] + pad[1] - window) // stride + 1
    if places < 1:
        raise ShapeError(
            "output_size: the window must fit in the padded axis. "
            f"Received size={size}, window={window}, pad={pad}."
        )
    return places


def same_padding(size: int, window: int, stride: int) -> tuple[int, int]:
    """Give the (before, after) pixels that make ceil(size / stride) outputs, as TensorFlow does.

    The odd pixel goes after. With a stride above 1 this is not (window - 1) / 2 on each side.
    """
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + window - size, 0)
    return total // 2, total - total // 2
