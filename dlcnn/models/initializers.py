"""First layers that begin, or stay, as filters for edges and lines; it knows no network."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from dlcnn.models.arguments import count
from dlcnn.models.errors import ModelError, first_line
from dlcnn.reference import kernels

__all__ = ["EdgeFilters", "edge_layer"]

_Kernel = npt.NDArray[np.float64]

_EDGES = {"sobel": kernels.sobel, "scharr": kernels.scharr, "prewitt": kernels.prewitt}
_KINDS = (*_EDGES, "laplacian", "lines")


@keras.saving.register_keras_serializable(package="dlcnn")
class EdgeFilters(keras.initializers.Initializer):  # type: ignore[misc]  # Keras has no types
    """Fill a convolution's kernel with filters for edges and lines; nothing is random.

    >>> keras.layers.Conv2D(8, 3, kernel_initializer=EdgeFilters(("sobel", "lines")))

    - "sobel", "scharr", "prewitt": edges. The angle is the direction in which the image becomes
      brighter, counter-clockwise in degrees: 0 to the right, 90 upwards.
    - "lines": bright lines, as a Gaussian's second derivative. The angle is the direction in which
      the line runs: 0 is horizontal.
    - "laplacian": dots, and edges of any direction; it has no angle.

    The filters of a layer take turns: every kind at the first angle, every kind at the second
    and so on; when all are used up they begin again. Kernels larger than 3x3 are the 3x3 filter
    after binomial smoothing ("lines" are computed at any size). The same filter looks at every
    input channel. The positive weights of a filter sum to 1 and the negative ones to -1 over all
    its channels, so that an image in [0, 1] gives values in [-1, 1].

    Args:
        kinds: one or several of the kinds above.
        angles: one or several, in degrees; by default as many as it takes to give every filter
            its own, spread evenly over 180.

    Raises:
        ModelError: an unknown kind, no kind, no angle; when called, a kernel below 3x3.

    Source: the filters of Sobel & Feldman 1968, Prewitt 1970 and Scharr 2000; any angle from
    two by steering (Freeman & Adelson 1991).
    """

    def __init__(
        self,
        kinds: str | Sequence[str] = ("sobel", "lines"),
        angles: float | Sequence[float] | None = None,
    ) -> None:
        self.kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds or ())
        self.angles = None if angles is None else _degrees(angles)
        unknown = [kind for kind in self.kinds if kind not in _KINDS]
        if unknown or not self.kinds:
            raise ModelError(
                f"EdgeFilters: kinds are some of {', '.join(_KINDS)}. "
                f"Received kinds={kinds!r}. Name one or several of them."
            )
        if self.angles is not None and not (self.angles and all(map(math.isfinite, self.angles))):
            raise ModelError(
                "EdgeFilters: angles are numbers of degrees, at least one. "
                f"Received angles={angles!r}. Leave them out to spread them evenly."
            )

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """The kernel (height, width, in_channels, filters) of a `Conv2D`."""
        if len(shape) != 4 or min(shape[:2]) < 3:
            raise ModelError(
                "EdgeFilters: it fills kernels (height, width, in_channels, filters) of at least "
                f"3x3. Received shape={tuple(shape)}. Use it as kernel_initializer of a Conv2D."
            )
        height, width, in_channels, filters = shape
        bank = [_filter(kind, angle, height, width) for kind, angle in self._turns(filters)]
        turns = [bank[i % len(bank)] for i in range(filters)]
        kernel = kernels.filter_bank(turns, in_channels)
        return keras.ops.convert_to_tensor(kernel, dtype=dtype or keras.config.floatx())

    def _turns(self, filters: int) -> list[tuple[str, float]]:
        """The kind and the angle of each different filter, in order."""
        oriented = [kind for kind in self.kinds if kind != "laplacian"]
        angles = self.angles
        if angles is None:
            once = len(self.kinds) - len(oriented)
            count = math.ceil((filters - once) / max(1, len(oriented)))
            angles = tuple(180 * i / count for i in range(count)) or (0.0,)
        turns = [(kind, angle) for angle in angles for kind in self.kinds]
        return [(kind, angle) for kind, angle in turns if kind in oriented or angle == angles[0]]

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return {"kinds": list(self.kinds), "angles": self.angles and list(self.angles)}


def edge_layer(
    inputs: Any,
    frozen: int,
    trainable: int,
    kernel_size: int | tuple[int, int] = 3,
    *,
    initializer: Any = None,
    strides: int | tuple[int, int] = 1,
    padding: str = "same",
    name: str | None = None,
) -> Any:
    """Look at images through fixed edge filters beside ones that are learnt.

    Two convolutions of the same geometry, their channels joined: the first is not trainable and
    has no bias, the second is an ordinary one. Activation and the rest of the network follow.

    >>> x = inputs = keras.Input((64, 64, 3))
    >>> x = keras.layers.ReLU()(edge_layer(x, frozen=8, trainable=24))

    Args:
        inputs: a symbolic (batch, height, width, channels).
        frozen: number of fixed filters, at least 1.
        trainable: number of filters that are learnt, at least 1.
        kernel_size: of both.
        initializer: of the fixed filters; by default `EdgeFilters()`.
        strides: of both.
        padding: of both, "same" or "valid".
        name: of the joined output; the convolutions are `<name>_frozen` and `<name>_trainable`.
            By default Keras names all three.

    Returns:
        (batch, out_height, out_width, frozen + trainable), the frozen channels first.

    Raises:
        ModelError: one of the counts is not a positive whole number, or Keras cannot convolve so.
    """
    advice = "For one sort only, use a Conv2D."
    frozen = count("edge_layer", "frozen", frozen, advice)
    trainable = count("edge_layer", "trainable", trainable, advice)
    names = [name and f"{name}_{part}" for part in ("frozen", "trainable")]
    geometry = {"kernel_size": kernel_size, "strides": strides, "padding": padding}
    fixed = {
        "use_bias": False,
        "kernel_initializer": initializer or EdgeFilters(),
        "trainable": False,
    }
    try:
        both = [
            keras.layers.Conv2D(frozen, name=names[0], **fixed, **geometry)(inputs),
            keras.layers.Conv2D(trainable, name=names[1], **geometry)(inputs),
        ]
    except ValueError as error:
        raise ModelError(
            f"edge_layer: Keras cannot convolve so ({first_line(error)}). Received {geometry}. "
            "Pass what a Conv2D takes."
        ) from None
    return keras.layers.Concatenate(name=name)(both)


def _degrees(angles: Any) -> tuple[float, ...]:
    """One or several numbers as a tuple; () for anything else."""
    try:
        return tuple(np.atleast_1d(np.asarray(angles, np.float64)).tolist())
    except (TypeError, ValueError):
        return ()


def _filter(kind: str, angle: float, height: int, width: int) -> _Kernel:
    """One filter (height, width), its positive weights summing to 1, the negative to -1."""
    turn = math.radians(angle)
    if kind == "lines":
        return _scaled(_line(turn, height, width))
    if kind == "laplacian":
        return _scaled(_smoothed(kernels.laplacian(), height, width))
    to_the_left, upwards = _EDGES[kind]("vertical"), _EDGES[kind]("horizontal")
    steered = math.sin(turn) * upwards - math.cos(turn) * to_the_left
    return _scaled(_smoothed(steered, height, width))


def _line(turn: float, height: int, width: int) -> _Kernel:
    """A bright line between dark ones, fading towards its ends."""
    rows = np.arange(height)[:, np.newaxis] - (height - 1) / 2
    columns = np.arange(width) - (width - 1) / 2
    across = columns * math.sin(turn) + rows * math.cos(turn)
    along = columns * math.cos(turn) - rows * math.sin(turn)
    thin, long = min(height, width) / 6, min(height, width) / 2
    squared = (across / thin) ** 2
    line = (1 - squared) * np.exp(-squared / 2 - (along / long) ** 2 / 2)
    return np.asarray(line - line.mean())  # even grey gives 0


def _smoothed(kernel: _Kernel, height: int, width: int) -> _Kernel:
    """A 3x3 filter blurred to a larger size."""
    rows, columns = _binomial(height - 2), _binomial(width - 2)
    down = np.apply_along_axis(np.convolve, 0, kernel, rows)
    return np.asarray(np.apply_along_axis(np.convolve, 1, down, columns))


def _binomial(size: int) -> _Kernel:
    return np.array([math.comb(size - 1, i) for i in range(size)], dtype=np.float64)


def _scaled(kernel: _Kernel) -> _Kernel:
    # Rounding of sines leaves values near 0 that should be 0.
    clean = np.where(np.abs(kernel) < 1e-12 * np.abs(kernel).max(), 0, kernel)
    return np.asarray(clean / clean[clean > 0].sum())
