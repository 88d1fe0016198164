"""Which devices a training uses, through `tf.distribute` and `keras.distribution` alone.

It knows no model's layers, no data and no run folder.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from dlcnn.training.errors import TrainingError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

__all__ = [
    "Devices",
    "Scope",
    "devices_of",
    "distribute",
    "on_this_machine",
    "only_deterministic",
    "seed_backend",
    "wait_for_machines",
]

Scope = Literal["devices", "machines"]
_VARIABLES = tuple(
    f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")
)


@dataclass(frozen=True)
class Devices:
    """What a training is spread over.

    Attributes:
        count: devices in all; each batch is divided among them.
        machine: which machine this is, from 0; the first one writes the run folder.
        share: (i, n) where this process makes the i-th of n parts of each batch by itself.
    """

    count: int = 1
    machine: int = 0
    share: tuple[int, int] = (0, 1)


@contextmanager
def distribute(over: Scope = "devices") -> Iterator[None]:
    """Spread the training of a model that is built and fitted in this block.

    Each batch is divided among the devices, and what they learn from it is averaged
    (synchronous data parallelism): the result is that of one device, but for rounding, where no
    layer looks at the whole batch, as BatchNormalization does.

        with training.distribute("devices"):
            model = models.resnet50((64, 64, 3), 6)
            training.fit(model, dataset)

    On TensorFlow this is `tf.distribute.MirroredStrategy`, on JAX
    `keras.distribution.DataParallel`. Keras trains over several machines on JAX only. The same
    program runs on every machine, and three variables tell it of the others before it starts:
    KERAS_DISTRIBUTION_JOB_ADDRESSES (host:port of machine 0), KERAS_DISTRIBUTION_NUM_PROCESSES (how
    many machines there are) and KERAS_DISTRIBUTION_PROCESS_ID (which one this is, from 0). All of
    them see one run folder, which machine 0 writes, and all of them make the same calls, or they
    wait for one another.

    Args:
        over: "devices", the GPUs of this machine (its CPUs, where there is no GPU), or "machines",
            those of several.

    Raises:
        TrainingError: the backend cannot, `over` is neither, or the machines are not told of one
            another in time.
    """
    import keras

    if over not in get_args(Scope):
        raise TrainingError(
            "distribute: training is spread over 'devices' or 'machines'. "
            f"Received over={over!r}. Name one of them."
        )
    backend = keras.backend.backend()
    if backend == "tensorflow":
        with _tf_strategy(over).scope():
            yield
    elif backend == "jax":
        with _jax_distribution(over):
            yield
    else:
        raise TrainingError(
            "distribute: Keras spreads training on TensorFlow and JAX only. "
            f"Received backend={backend!r}. Set KERAS_BACKEND, or name --backend, to one of them."
        )


def _tf_strategy(over: Scope) -> "tf.distribute.Strategy":
    import tensorflow as tf

    if over == "machines":
        raise TrainingError(
            "distribute: Keras trains over several machines on JAX only. Received over='machines' "
            "and backend='tensorflow'. Set KERAS_BACKEND, or name --backend, to jax."
        )
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([device.name for device in devices])


@contextmanager
def _jax_distribution(over: Scope) -> Iterator[None]:
    import keras

    if over == "machines":
        _join_machines()
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)


def _join_machines() -> None:
    """Connect this process with those of the other machines, once for all blocks.

    Raises:
        TrainingError: a variable is missing or no whole number, or JAX has computed already.
    """
    import jax
    import keras

    address, count, place = (os.environ.get(name, "") for name in _VARIABLES)
    if not (address and count.isdecimal() and place.isdecimal() and int(place) < int(count)):
        received = ", ".join(f"{name}={os.environ.get(name)!r}" for name in _VARIABLES)
        raise TrainingError(
            "distribute: machines find one another by three variables: host:port of machine 0, how "
            f"many there are, and which one this is, from 0. Received {received}. Set all three "
            "on every machine."
        )
    if jax.distributed.is_initialized():
        return
    try:
        keras.distribution.initialize()
    except RuntimeError as error:
        raise TrainingError(
            "distribute: machines are joined before the program computes anything. Received "
            f"over='machines' when JAX had started, or could not connect ({error}). Begin the "
            f"block first, and see that every machine reaches {address}."
        ) from None


@contextmanager
def on_this_machine() -> Iterator[None]:
    """Let this machine make variables by itself, as saving and loading a model does.

    In a block of several machines all of them make a variable together, or wait for the others.
    """
    import keras

    if keras.backend.backend() != "jax":
        yield
        return
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)


def wait_for_machines() -> None:
    """Go on when all machines have come here; at once where there is one."""
    import keras

    if keras.backend.backend() == "jax":
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices("dlcnn")


def devices_of(model: "keras.Model", batch_size: int) -> Devices:
    """What the block around this call spreads the training of `model` over.

    Raises:
        TrainingError: the model was built outside the block, or a batch cannot be divided.
    """
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        devices, inside = _tf_devices(model)
    elif backend == "jax":
        devices, inside = _jax_devices(model)
    else:
        return Devices()
    if not inside:
        raise TrainingError(
            "fit: a model is built and fitted in the same training.distribute block, which "
            f"places its weights. Received model={model.name!r}, built outside. "
            "Move both calls into one block."
        )
    if batch_size % devices.count:
        raise TrainingError(
            f"fit: each of {devices.count} devices takes an equal part of a batch. Received "
            f"batch_size={batch_size}. Name a multiple of {devices.count}."
        )
    return devices


def _tf_devices(model: "keras.Model") -> tuple[Devices, bool]:
    import tensorflow as tf

    strategy = tf.distribute.get_strategy()
    created_here = strategy.extended.variable_created_in_scope
    inside = all(created_here(weight.value) for weight in model.weights)
    return Devices(strategy.num_replicas_in_sync), inside


def _jax_devices(model: "keras.Model") -> tuple[Devices, bool]:
    import jax
    import keras

    distribution = keras.distribution.distribution()
    count = 1 if distribution is None else distribution.device_mesh.devices.size
    placed = {len(weight.value.sharding.device_set) for weight in model.weights}
    machine, machines = jax.process_index(), jax.process_count()
    return Devices(count, machine, (machine, machines)), placed <= {count}


def only_deterministic() -> None:
    """Let the backend use, from now on, only operations that give the same again on one machine.

    Raises:
        TrainingError: it had to be told when the program began.
    """
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    elif backend == "torch":
        import torch

        torch.use_deterministic_algorithms(True)
    else:
        import jax

        flag = "--xla_gpu_deterministic_ops=true"
        if jax.default_backend() == "gpu" and flag not in os.environ.get("XLA_FLAGS", ""):
            raise TrainingError(
                "fit: JAX is told to be deterministic before it starts on a GPU. Received "
                f"deterministic=True without it. Set XLA_FLAGS={flag}, or use the command, "
                "which does."
            )


def seed_backend(seed: int, epoch: int) -> None:
    """Let what a backend draws by itself in an epoch follow from the seed of a training.

    That is PyTorch with its Dropout without a seed; all else is drawn from variables of the model.
    """
    import keras

    if keras.backend.backend() == "torch":
        import torch

        torch.manual_seed(int(np.random.SeedSequence((seed, epoch)).generate_state(1)[0]))
