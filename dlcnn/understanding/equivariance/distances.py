"""How far two outputs of a layer are apart, for each image; it knows nothing of layers."""

from keras import ops

from dlcnn.models.shapes import Tensor

__all__ = ["distance", "similarity"]


def _norm(outputs: Tensor) -> Tensor:
    # Divided by the largest first: squares of large or tiny outputs would leave float32.
    flat = ops.reshape(outputs, (ops.shape(outputs)[0], -1))
    largest = ops.max(ops.abs(flat), axis=1)
    safe = ops.where(largest > 0, largest, 1.0)
    return safe * ops.sqrt(ops.sum(ops.square(flat / safe[:, None]), axis=1))


def distance(old: Tensor, new: Tensor) -> Tensor:
    """(N,) relative to the larger norm; 0 for two outputs of nothing."""
    largest = ops.maximum(_norm(old), _norm(new))
    return _norm(old - new) / ops.where(largest > 0, largest, 1.0)


def similarity(old: Tensor, new: Tensor) -> Tensor:
    """(N,) the cosine between outputs; 1 for two outputs of nothing, 0 for one."""
    ours, theirs = _norm(old), _norm(new)
    both, none = (ours > 0) & (theirs > 0), (ours == 0) & (theirs == 0)
    count = ops.shape(old)[0]
    unit = [
        ops.reshape(each, (count, -1)) / ops.where(norm > 0, norm, 1.0)[:, None]
        for each, norm in ((old, ours), (new, theirs))
    ]
    cosine = ops.sum(unit[0] * unit[1], axis=1)
    return ops.where(both, cosine, ops.cast(none, "float32"))
