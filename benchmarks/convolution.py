"""Convolution and pooling beside TensorFlow, PyTorch and simple NumPy, interleaved in one run.

    python benchmarks/convolution.py [--cores 2] [--dtype float64] [--pool] [--memory]
    python benchmarks/convolution.py --workloads b d --directions forward --ways ours,torch,im2col

Forward gives the outputs, backward the gradients of inputs, kernel and bias. Everything is held to
one thread and judged by CPU time, or with --cores 2 to two threads and judged by wall time. The
peers have their own tensors beforehand, and for backward what their forward pass would have kept.
What every way gives is compared with one tap after the other in float64: "error" is the largest
difference over the largest value. --memory tells what our operations hold at their peak beyond
arguments and results, by the resident set and by tracemalloc, each in a process of its own.
"""

import argparse
import ctypes
import gc
import importlib.util
import math
import os
import random
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dlcnn import reference

Array: TypeAlias = NDArray[Any]
Pads: TypeAlias = tuple[tuple[int, int], tuple[int, int]]

DIRECTIONS = ("forward", "backward")
PEERS = {"tensorflow": "tensorflow", "tf.function": "tensorflow", "torch": "torch"}
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)

# A way faster than SHORT is repeated until a sample lasts about SAMPLE; where threads of one
# library still wait, spinning, for work when the next one starts, REST lets them fall asleep.
SHORT, SAMPLE, REST, LEAST_SAMPLES = 0.003, 0.005, 0.03, 3
WRONG = {"float32": 1e-3, "float64": 1e-9}

# What is to be reached: ours over the best peer, and the peak over the bytes of the inputs.
JUDGED_TOGETHER = "bcdefg"  # a lasts microseconds and weighs a few kilobytes
GEOMETRIC_MEAN = {1: 1.0, 2: 1.3}
EACH_IN_FLOAT64 = 0.8
POOL_FORWARD, MAX_POOL_BACKWARD = 2.0, 1.0
MEMORY = 1.0


class Arrays(NamedTuple):
    """What one workload is computed from; pooling has neither kernel nor bias."""

    inputs: Array
    grad_outputs: Array
    kernel: Any = None
    bias: Any = None


@dataclass(frozen=True)
class Convolution:
    """One convolution: its shapes, and what is to be reached in float32 on one core."""

    title: str
    images: tuple[int, int, int, int]
    kernel: tuple[int, int, int, int]
    strides: int
    padding: Literal["valid", "same"] | Pads
    target: float

    def __str__(self) -> str:
        return (
            f"{self.title}, images {self.images}, kernel {self.kernel}, strides {self.strides}, "
            f"padding {self.padding}"
        )

    @property
    def window(self) -> tuple[int, int]:
        return self.kernel[:2]

    @property
    def pads(self) -> Pads:
        if self.padding == "valid":
            return ((0, 0), (0, 0))
        if self.padding == "same":
            rows, cols = map(self._pads_of_same, self.images[1:3], self.window)
            return rows, cols
        return self.padding

    def _pads_of_same(self, size: int, window: int) -> tuple[int, int]:
        total = max((math.ceil(size / self.strides) - 1) * self.strides + window - size, 0)
        return total // 2, total - total // 2

    def tiny(self) -> "Convolution":
        return replace(self, images=(2, 12, 12, 4), kernel=(*self.window, 4, 8))

    def draw(self, dtype: str) -> Arrays:
        rng = np.random.default_rng(0)
        padded = (size + sum(pads) for size, pads in zip(self.images[1:3], self.pads, strict=True))
        output = _places(padded, self.window, self.strides)
        *window, channels, filters = self.kernel
        shapes = (self.images, (self.images[0], *output, filters), self.kernel, (filters,))
        data = Arrays(*(rng.standard_normal(shape, dtype) for shape in shapes))
        fan_in = math.prod(window) * channels
        return data._replace(kernel=data.kernel / np.sqrt(fan_in, dtype=dtype))


@dataclass(frozen=True)
class Pooling:
    """One pooling of windows that move two pixels at a time."""

    kind: Literal["max", "average"]
    size: int
    images: tuple[int, int, int, int] = (64, 64, 64, 32)
    strides: int = 2

    def __str__(self) -> str:
        return f"{self.size}x{self.size} {self.kind}, images {self.images}, strides {self.strides}"

    def tiny(self) -> "Pooling":
        return replace(self, images=(2, 12, 12, 4))

    def draw(self, dtype: str) -> Arrays:
        rng = np.random.default_rng(0)
        output = _places(self.images[1:3], (self.size, self.size), self.strides)
        shapes = (self.images, (self.images[0], *output, self.images[3]))
        return Arrays(*(rng.standard_normal(shape, dtype) for shape in shapes))


ONE, THREE = ((1, 1), (1, 1)), ((3, 3), (3, 3))

# In c and d, "same" is one pixel on each side.
CONVOLUTIONS = {
    "a": Convolution("toy", (10, 5, 7, 4), (3, 3, 4, 8), 2, ONE, 0.4),
    "b": Convolution("signs", (64, 64, 64, 3), (4, 4, 3, 8), 1, "same", 1.3),
    "c": Convolution("32 channels", (64, 32, 32, 32), (3, 3, 32, 64), 1, "same", 0.9),
    "d": Convolution("VGG", (8, 56, 56, 128), (3, 3, 128, 128), 1, "same", 0.55),
    "e": Convolution("stem", (16, 224, 224, 3), (7, 7, 3, 64), 2, THREE, 1.4),
    "f": Convolution("pointwise", (16, 56, 56, 256), (1, 1, 256, 64), 1, "valid", 1.35),
    "g": Convolution("LeNet", (256, 32, 32, 3), (5, 5, 3, 6), 1, "valid", 1.3),
}
POOLINGS = {
    "max2": Pooling("max", 2),
    "max3": Pooling("max", 3),
    "average2": Pooling("average", 2),
    "average3": Pooling("average", 3),
}

Workload: TypeAlias = Convolution | Pooling


def _as_it_is(result: Any) -> Any:
    return result


class Call(NamedTuple):
    """What is timed, and how to read its result with the channels last."""

    run: Callable[[], Any]
    read: Callable[[Any], Any] = _as_it_is

    def arrays(self) -> tuple[Array, ...]:
        """Run once; one array, or one for each gradient."""
        result = self.read(self.run())
        return tuple(map(np.asarray, result if isinstance(result, tuple) else (result,)))


Way: TypeAlias = Callable[[Any, Arrays, str], Call | None]


def main() -> None:
    """Print a table for each workload and direction, and what of the targets is reached."""
    options = _options()
    _hold_to(options.cores)
    if options.one:
        name, direction, method = options.one
        print(_peak(options.works[name], direction, method, options.dtype))
    elif options.memory:
        _report_memory(options)
    else:
        _report_times(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pool", action="store_true", help="pooling in place of convolution")
    parser.add_argument("--memory", action="store_true", help="peak memory in place of time")
    parser.add_argument("--cores", type=int, choices=GEOMETRIC_MEAN, default=1)
    parser.add_argument("--dtype", choices=WRONG, default="float32")
    parser.add_argument("--workloads", nargs="+", metavar="NAME", help="such as b d, or max2")
    parser.add_argument("--directions", nargs="+", choices=DIRECTIONS, default=DIRECTIONS)
    parser.add_argument("--ways", metavar="WAY,WAY", help="such as ours,torch,im2col")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--budget", type=float, default=3.0, help="seconds for each way")
    parser.add_argument(
        "--one", nargs=3, metavar=("WORKLOAD", "DIRECTION", "METHOD"), help=argparse.SUPPRESS
    )
    options = parser.parse_args()
    works: dict[str, Any] = POOLINGS if options.pool else CONVOLUTIONS
    ways = POOL_WAYS if options.pool else CONVOLUTION_WAYS
    chosen = options.workloads or list(works)
    wanted = options.ways.split(",") if options.ways else list(ways)
    for flag, names, known in (("workloads", chosen, works), ("ways", wanted, ways)):
        if strange := [name for name in names if name not in known]:
            parser.error(f"--{flag} must be of {', '.join(known)}. Received {' '.join(strange)}.")
    options.works = {name: works[name] for name in chosen}
    options.ways = {
        name: ways[name]
        for name in wanted
        if name not in PEERS or importlib.util.find_spec(PEERS[name]) is not None
    }
    return options


def _hold_to(cores: int) -> None:
    """Start again with as many cores, and as many threads in each library, unless it is so."""
    limits = {**dict.fromkeys(THREADS, str(cores)), "CUDA_VISIBLE_DEVICES": "-1"}
    held = all(os.environ.get(name) == value for name, value in limits.items())
    if hasattr(os, "sched_setaffinity"):
        ours = sorted(os.sched_getaffinity(0))
        if len(ours) < cores:
            raise SystemExit(f"--cores must not exceed this machine's. Received --cores {cores}.")
        held = held and len(ours) == cores
        os.sched_setaffinity(0, ours[-cores:])
    if not held:  # libraries read these when they are loaded, and NumPy is loaded already
        environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, **limits}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


# --- time -----------------------------------------------------------------------------------------


def _report_times(options: argparse.Namespace) -> None:
    found = (name for name in ("tensorflow", "torch") if importlib.util.find_spec(name))
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", *found))
    clock = "CPU" if options.cores == 1 else "wall"
    print(f"{options.dtype}, {options.cores} core(s), {clock} time; {libraries}")
    ratios: dict[tuple[str, str], float] = {}
    for name, work in options.works.items():
        data = work.draw(options.dtype)
        for direction in options.directions:
            print(f"\n{name} {direction}: {work}", flush=True)
            medians, errors = _compare(work, data, direction, options)
            best_peer = min((medians[way] for way in PEERS if way in medians), default=math.nan)
            print(f"  {'way':<12} {'median ms':>10} {'x best peer':>12} {'error':>9}")
            for way, seconds in sorted(medians.items(), key=lambda item: item[1]):
                ratio = seconds / best_peer
                print(f"  {way:<12} {1e3 * seconds:10.3f} {ratio:12.2f} {errors[way]:9.1e}")
            if "ours" in medians and not math.isnan(best_peer):
                ratios[name, direction] = medians["ours"] / best_peer
    _summarize(ratios, options)


def _compare(
    work: Workload, data: Arrays, direction: str, options: argparse.Namespace
) -> tuple[dict[str, float], dict[str, float]]:
    """Median seconds of every way, and its error; a wrong way ends the run."""
    prepared = {way: prepare(work, data, direction) for way, prepare in options.ways.items()}
    calls = {way: call for way, call in prepared.items() if call is not None}
    exact = _exact(work, data, direction)
    errors = {way: _error(call.arrays(), exact) for way, call in calls.items()}
    del exact
    for way, error in errors.items():
        if not error <= WRONG[options.dtype]:
            raise SystemExit(
                f"{way}: the result must be that of one tap after the other in float64. "
                f"Received an error of {error:.1e} in {direction} of {work}."
            )
    runs = {way: call.run for way, call in calls.items()}
    return _median_seconds(runs, options), errors


def _exact(work: Workload, data: Arrays, direction: str) -> tuple[Array, ...]:
    precise = Arrays(*(array if array is None else array.astype(np.float64) for array in data))
    call = _ways_of(work)["per-tap"](work, precise, direction)
    assert call is not None
    return call.arrays()


def _error(results: tuple[Array, ...], exact: tuple[Array, ...]) -> float:
    errors = []
    for found, expected in zip(results, exact, strict=True):
        assert found.shape == expected.shape, (found.shape, expected.shape)
        errors.append(float(np.abs(found - expected).max() / np.abs(expected).max()))
    return max(errors)


def _median_seconds(
    runs: dict[str, Callable[[], Any]], options: argparse.Namespace
) -> dict[str, float]:
    """Warm every way twice, then one sample of each in every round, in another order each time."""
    clock, rest = (time.process_time, 0.0) if options.cores == 1 else (time.perf_counter, REST)
    repeats = {}
    for way, run in runs.items():
        run()
        seconds = _sample(run, 1, clock)
        repeats[way] = math.ceil(SAMPLE / max(seconds, 1e-6)) if seconds < SHORT else 1
    samples: dict[str, list[float]] = {way: [] for way in runs}
    order, shuffler = list(runs), random.Random(0)
    gc.collect()  # once: with TensorFlow loaded it takes longer than most samples
    gc.disable()
    for _ in range(options.rounds):
        shuffler.shuffle(order)
        for way in order:
            taken = samples[way]
            if len(taken) >= LEAST_SAMPLES and sum(taken) * repeats[way] > options.budget:
                continue
            time.sleep(rest)
            taken.append(_sample(runs[way], repeats[way], clock))
    gc.enable()
    return {way: statistics.median(taken) for way, taken in samples.items()}


def _sample(run: Callable[[], Any], repeats: int, clock: Callable[[], float]) -> float:
    started = clock()
    for _ in range(repeats):
        result = run()
    seconds = clock() - started
    del result  # giving a last large array back to the system is not counted
    return seconds / repeats


def _summarize(ratios: dict[tuple[str, str], float], options: argparse.Namespace) -> None:
    if not ratios:
        return
    print(f"\nOurs over the best peer, {options.dtype}, {options.cores} core(s)")
    for (name, direction), ratio in ratios.items():
        target = _target(name, direction, options)
        print(f"  {name:<8} {direction:<9} {ratio:5.2f}{_verdict(ratio, target)}")
    together = [ratio for (name, _), ratio in ratios.items() if name in JUDGED_TOGETHER]
    if together and not options.pool:
        mean, whole = statistics.geometric_mean(together), len(JUDGED_TOGETHER) * len(DIRECTIONS)
        complete = options.dtype == "float32" and len(together) == whole
        target = GEOMETRIC_MEAN[options.cores] if complete else None
        figures = f"geometric mean of {len(together)} of {whole} figures, b to g"
        print(f"  {figures}: {mean:.2f}{_verdict(mean, target)}")


def _target(name: str, direction: str, options: argparse.Namespace) -> float | None:
    """What ours over the best peer may be; None where nothing was promised."""
    work = options.works[name]
    if isinstance(work, Pooling):
        backward = MAX_POOL_BACKWARD if work.kind == "max" else None
        return POOL_FORWARD if direction == "forward" else backward
    if options.dtype == "float64":
        return EACH_IN_FLOAT64 if name in JUDGED_TOGETHER else None
    return work.target if options.cores == 1 else None


def _verdict(value: float, target: float | None) -> str:
    if target is None:
        return ""
    return f"  target {target:.2f}  {'reached' if value <= target else 'not reached'}"


# --- memory ---------------------------------------------------------------------------------------


def _report_memory(options: argparse.Namespace) -> None:
    methods = ["traced"]
    if Path("/proc/self/clear_refs").exists():
        methods.insert(0, "resident")
    print(f"Peak beyond arguments and results over the inputs' bytes, ours, {options.dtype},")
    print(f"{options.cores} core(s); the first column is judged")
    print(f"  {'':<18}" + "".join(f"{method:>10}" for method in methods))
    for name in options.works:
        for direction in options.directions:
            peaks = [_peak_in_a_process(name, direction, method, options) for method in methods]
            target = MEMORY if options.pool or name in JUDGED_TOGETHER else None
            columns = "".join(f"{peak:10.2f}" for peak in peaks)
            print(f"  {name:<8} {direction:<9}{columns}{_verdict(peaks[0], target)}", flush=True)


def _peak_in_a_process(
    name: str, direction: str, method: str, options: argparse.Namespace
) -> float:
    command = [sys.executable, __file__, "--one", name, direction, method]
    command += ["--dtype", options.dtype, "--cores", str(options.cores)]
    command += ["--pool"] if options.pool else []
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name} {direction}: {done.stderr[-2000:]}")
    return float(done.stdout)


def _peak(work: Workload, direction: str, method: str, dtype: str) -> float:
    """Extra bytes at the peak of one call of ours, over those of its inputs."""
    square = np.ones((1024, 1024), dtype)
    square = square @ square  # BLAS gets its own buffers, which are no part of a call
    for warming_up in (True, False):
        this = work.tiny() if warming_up else work
        data = this.draw(dtype)
        call = _ways_of(work)["ours"](this, data, direction)
        assert call is not None
        extra = (_resident_bytes if method == "resident" else _traced_bytes)(call)
    return extra / data.inputs.nbytes


def _traced_bytes(call: Call) -> int:
    tracemalloc.start()
    results = call.arrays()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - sum(array.nbytes for array in results)


def _resident_bytes(call: Call) -> int:
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)  # or what was freed before would be used again without being seen
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew at what is resident now
    before = _status_bytes("VmRSS")
    results = call.arrays()
    return _status_bytes("VmHWM") - before - sum(array.nbytes for array in results)


def _status_bytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) * 2**10


# --- convolution: ours and the peers --------------------------------------------------------------


def _our_convolution(work: Convolution, data: Arrays, direction: str) -> Call:
    moves = {"strides": work.strides, "padding": work.padding}
    if direction == "forward":
        return Call(lambda: reference.conv2d(data.inputs, data.kernel, data.bias, **moves))
    return Call(
        lambda: reference.conv2d_gradients(data.grad_outputs, data.inputs, data.kernel, **moves)
    )


def _tensorflow_convolution(
    work: Convolution, data: Arrays, direction: str, *, compiled: bool = False
) -> Call:
    import tensorflow as tf

    inputs, grad_outputs, kernel, bias = map(tf.constant, data)
    inputs_shape, kernel_shape = map(tf.constant, (work.images, work.kernel))
    moves: dict[str, Any] = {"strides": [1, work.strides, work.strides, 1]}
    if isinstance(work.padding, str):
        padding: Any = work.padding.upper()
        moves["padding"] = padding
    else:
        padding = [(0, 0), *work.padding, (0, 0)]
        moves |= {"padding": "EXPLICIT", "explicit_paddings": sum(padding, ())}

    def forward(inputs: Any, kernel: Any, bias: Any) -> Any:
        return tf.nn.bias_add(tf.nn.conv2d(inputs, kernel, work.strides, padding), bias)

    def backward(grad_outputs: Any, inputs: Any, kernel: Any) -> Any:
        return (
            tf.raw_ops.Conv2DBackpropInput(
                input_sizes=inputs_shape, filter=kernel, out_backprop=grad_outputs, **moves
            ),
            tf.raw_ops.Conv2DBackpropFilter(
                input=inputs, filter_sizes=kernel_shape, out_backprop=grad_outputs, **moves
            ),
            tf.reduce_sum(grad_outputs, axis=(0, 1, 2)),
        )

    if direction == "forward":
        run, arguments = forward, (inputs, kernel, bias)
    else:
        run, arguments = backward, (grad_outputs, inputs, kernel)
    return Call(partial(tf.function(run) if compiled else run, *arguments))


def _torch_convolution(work: Convolution, data: Arrays, direction: str) -> Call:
    import torch

    (top, bottom), (left, right) = work.pads
    inputs, grad_outputs = map(_torch_images, (data.inputs, data.grad_outputs))
    kernel = torch.from_numpy(data.kernel.transpose(3, 2, 0, 1).copy())
    kernel = kernel.to(memory_format=torch.channels_last)
    bias = torch.from_numpy(data.bias)
    even = top == bottom and left == right
    pads = [top, left] if even else [0, 0]

    def with_border() -> Any:
        sides = (left, right, top, bottom)
        return inputs if even else torch.nn.functional.pad(inputs, sides)

    if direction == "forward":
        convolve = partial(torch.nn.functional.conv2d, stride=work.strides, padding=pads)
        return Call(lambda: convolve(with_border(), kernel, bias), _channels_last)
    moves = ([work.strides] * 2, pads, [1, 1], False, [0, 0], 1)
    kept = with_border()
    rows, cols = work.images[1:3]

    def read(grads: Any) -> Any:
        grad_inputs, grad_kernel, grad_bias = grads
        cut = grad_inputs if even else grad_inputs[:, :, top : top + rows, left : left + cols]
        return _channels_last(cut), grad_kernel.permute(2, 3, 1, 0), grad_bias

    gradients = torch.ops.aten.convolution_backward
    all_three = [True, True, True]
    return Call(
        lambda: gradients(grad_outputs, kept, kernel, list(bias.shape), *moves, all_three), read
    )


def _torch_images(images: Array) -> Any:
    """NHWC memory as PyTorch's channels_last."""
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def _channels_last(images: Any) -> Any:
    return images.permute(0, 2, 3, 1)


# --- convolution: simple NumPy --------------------------------------------------------------------


def _places(padded: Iterable[int], window: tuple[int, int], strides: int) -> tuple[int, ...]:
    return tuple((size - taps) // strides + 1 for size, taps in zip(padded, window, strict=True))


def _pad(images: Array, pads: Pads) -> Array:
    return np.pad(images, ((0, 0), *pads, (0, 0))) if any(map(any, pads)) else images


def _crop(padded: Array, pads: Pads) -> Array:
    (top, bottom), (left, right) = pads
    return padded[:, top : padded.shape[1] - bottom, left : padded.shape[2] - right]


def _taps(
    padded: Array, window: tuple[int, int], strides: int
) -> Iterator[tuple[tuple[int, int], Array]]:
    """Each (row, col) of a window, and a view of the pixels that it meets in all places."""
    rows, cols = _places(padded.shape[1:3], window, strides)
    for row, col in np.ndindex(*window):
        across = slice(col, col + (cols - 1) * strides + 1, strides)
        yield (row, col), padded[:, row : row + (rows - 1) * strides + 1 : strides, across]


def _windows(padded: Array, window: tuple[int, int], strides: int) -> Array:
    """(batch, rows, cols, channels, window rows, window cols), a view."""
    return sliding_window_view(padded, window, axis=(1, 2))[:, ::strides, ::strides]


def _columns(padded: Array, kernel: Array, strides: int) -> Array:
    """A line for each place of the window, that holds the pixels in the kernel's order."""
    windows = _windows(padded, kernel.shape[:2], strides)
    return windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, math.prod(kernel.shape[:3]))


def _im2col(inputs: Array, kernel: Array, bias: Array, strides: int, pads: Pads) -> Array:
    padded, filters = _pad(inputs, pads), kernel.shape[3]
    rows, cols = _places(padded.shape[1:3], kernel.shape[:2], strides)
    outputs = _columns(padded, kernel, strides) @ kernel.reshape(-1, filters) + bias
    return outputs.reshape(-1, rows, cols, filters)


def _im2col_gradients(
    grad_outputs: Array, inputs: Array, kernel: Array, strides: int, pads: Pads
) -> tuple[Array, Array, Array]:
    padded, filters = _pad(inputs, pads), kernel.shape[3]
    lines = grad_outputs.reshape(-1, filters)
    grad_kernel = _columns(padded, kernel, strides).T @ lines
    grad_columns = lines @ kernel.reshape(-1, filters).T
    grad_windows = grad_columns.reshape(*grad_outputs.shape[:3], *kernel.shape[:3])
    grad_padded = np.zeros_like(padded)
    for (row, col), grad_pixels in _taps(grad_padded, kernel.shape[:2], strides):
        grad_pixels += grad_windows[:, :, :, row, col]
    return _crop(grad_padded, pads), grad_kernel.reshape(kernel.shape), lines.sum(axis=0)


def _per_tap(inputs: Array, kernel: Array, bias: Array, strides: int, pads: Pads) -> Array:
    outputs: Any = bias
    for tap, pixels in _taps(_pad(inputs, pads), kernel.shape[:2], strides):
        outputs = outputs + np.tensordot(pixels, kernel[tap], axes=1)
    return outputs


def _per_tap_gradients(
    grad_outputs: Array, inputs: Array, kernel: Array, strides: int, pads: Pads
) -> tuple[Array, Array, Array]:
    padded, places = _pad(inputs, pads), (0, 1, 2)
    grad_padded, grad_kernel = np.zeros_like(padded), np.empty_like(kernel)
    for tap, pixels in _taps(padded, kernel.shape[:2], strides):
        grad_kernel[tap] = np.tensordot(pixels, grad_outputs, axes=(places, places))
    for tap, grad_pixels in _taps(grad_padded, kernel.shape[:2], strides):
        grad_pixels += np.tensordot(grad_outputs, kernel[tap].T, axes=1)
    return _crop(grad_padded, pads), grad_kernel, grad_outputs.sum(axis=places)


def _einsum(inputs: Array, kernel: Array, bias: Array, strides: int, pads: Pads) -> Array:
    windows = _windows(_pad(inputs, pads), kernel.shape[:2], strides)
    return np.einsum("nhwcij,ijcf->nhwf", windows, kernel, optimize=True) + bias


def _simple_convolution(
    forward: Callable[..., Array], backward: Callable[..., tuple[Array, ...]] | None = None
) -> Way:
    """Functions of arrays as a way; None where a direction does not come naturally."""

    def prepare(work: Convolution, data: Arrays, direction: str) -> Call | None:
        moves = (work.strides, work.pads)
        if direction == "forward":
            return Call(lambda: forward(data.inputs, data.kernel, data.bias, *moves))
        if backward is None:
            return None
        return Call(lambda: backward(data.grad_outputs, data.inputs, data.kernel, *moves))

    return prepare


# --- pooling --------------------------------------------------------------------------------------


def _our_pooling(work: Pooling, data: Arrays, direction: str) -> Call:
    operation = f"{work.kind}_pool2d"
    if direction == "forward":
        pool = getattr(reference, operation)
        return Call(lambda: pool(data.inputs, work.size, strides=work.strides))
    gradients = getattr(reference, f"{operation}_gradients")
    return Call(lambda: gradients(data.grad_outputs, data.inputs, work.size, strides=work.strides))


def _tensorflow_pooling(
    work: Pooling, data: Arrays, direction: str, *, compiled: bool = False
) -> Call:
    import tensorflow as tf

    inputs, grad_outputs = map(tf.constant, data[:2])
    inputs_shape = tf.constant(work.images)
    pool = tf.nn.max_pool2d if work.kind == "max" else tf.nn.avg_pool2d
    sides = {"ksize": [1, work.size, work.size, 1], "strides": [1, work.strides, work.strides, 1]}

    def forward(inputs: Any) -> Any:
        return pool(inputs, work.size, work.strides, "VALID")

    def max_backward(grad_outputs: Any, inputs: Any, outputs: Any) -> Any:
        return tf.raw_ops.MaxPoolGrad(
            orig_input=inputs, orig_output=outputs, grad=grad_outputs, padding="VALID", **sides
        )

    def average_backward(grad_outputs: Any) -> Any:
        return tf.raw_ops.AvgPoolGrad(
            orig_input_shape=inputs_shape, grad=grad_outputs, padding="VALID", **sides
        )

    run: Callable[..., Any]
    if direction == "forward":
        run, arguments = forward, (inputs,)
    elif work.kind == "max":
        run, arguments = max_backward, (grad_outputs, inputs, forward(inputs))
    else:
        run, arguments = average_backward, (grad_outputs,)
    return Call(partial(tf.function(run) if compiled else run, *arguments))


def _torch_pooling(work: Pooling, data: Arrays, direction: str) -> Call:
    import torch

    inputs, grad_outputs = map(_torch_images, data[:2])
    window, strides = [work.size] * 2, [work.strides] * 2
    operations = torch.ops.aten
    if direction == "forward":
        functions = torch.nn.functional
        pool = functions.max_pool2d if work.kind == "max" else functions.avg_pool2d
        run = partial(pool, inputs, window, strides)
    elif work.kind == "max":
        _, largest = operations.max_pool2d_with_indices(inputs, window, strides)
        rest = ([0, 0], [1, 1], False, largest)
        run = partial(
            operations.max_pool2d_with_indices_backward,
            *(grad_outputs, inputs, window, strides, *rest),
        )
    else:
        rest = ([0, 0], False, True, None)
        run = partial(operations.avg_pool2d_backward, grad_outputs, inputs, window, strides, *rest)
    return Call(run, _channels_last)


def _per_tap_pooling(work: Pooling, data: Arrays, direction: str) -> Call:
    backward = _max_per_tap_gradients if work.kind == "max" else _average_per_tap_gradients
    forward = _max_per_tap if work.kind == "max" else _average_per_tap
    window = (work.size, work.size)
    if direction == "forward":
        return Call(lambda: forward(data.inputs, window, work.strides))
    return Call(lambda: backward(data.grad_outputs, data.inputs, window, work.strides))


def _max_per_tap(inputs: Array, window: tuple[int, int], strides: int) -> Array:
    (_, largest), *others = _taps(inputs, window, strides)
    for _, pixels in others:
        largest = np.maximum(largest, pixels)
    return largest


def _average_per_tap(inputs: Array, window: tuple[int, int], strides: int) -> Array:
    return sum(pixels for _, pixels in _taps(inputs, window, strides)) / math.prod(window)


def _max_per_tap_gradients(
    grad_outputs: Array, inputs: Array, window: tuple[int, int], strides: int
) -> Array:
    """The first of equal pixels receives the gradient, as in TensorFlow."""
    largest = _max_per_tap(inputs, window, strides)
    grad_inputs, unclaimed = np.zeros_like(inputs), np.ones(largest.shape, np.bool_)
    both = zip(_taps(inputs, window, strides), _taps(grad_inputs, window, strides), strict=True)
    for (_, pixels), (_, grad_pixels) in both:
        receives = unclaimed & (pixels == largest)
        unclaimed ^= receives
        grad_pixels += receives * grad_outputs
    return grad_inputs


def _average_per_tap_gradients(
    grad_outputs: Array, inputs: Array, window: tuple[int, int], strides: int
) -> Array:
    grad_inputs, share = np.zeros_like(inputs), grad_outputs / math.prod(window)
    for _, grad_pixels in _taps(grad_inputs, window, strides):
        grad_pixels += share
    return grad_inputs


CONVOLUTION_WAYS: dict[str, Way] = {
    "ours": _our_convolution,
    "tensorflow": _tensorflow_convolution,
    "tf.function": partial(_tensorflow_convolution, compiled=True),
    "torch": _torch_convolution,
    "im2col": _simple_convolution(_im2col, _im2col_gradients),
    "per-tap": _simple_convolution(_per_tap, _per_tap_gradients),
    "einsum": _simple_convolution(_einsum),
}
POOL_WAYS: dict[str, Way] = {
    "ours": _our_pooling,
    "tensorflow": _tensorflow_pooling,
    "tf.function": partial(_tensorflow_pooling, compiled=True),
    "torch": _torch_pooling,
    "per-tap": _per_tap_pooling,
}


def _ways_of(work: Workload) -> dict[str, Way]:
    return POOL_WAYS if isinstance(work, Pooling) else CONVOLUTION_WAYS


if __name__ == "__main__":
    main()
