"""Untrusted side: the profile of assignments that are written in Keras, on TensorFlow.

Loaded once and never used before the last fork: TensorFlow starts its threads with the first
operation, and a fork that has their locks without them hangs. It knows Keras and nothing of wires,
processes and checks; the module itself can be imported where there is no Keras.
"""

import importlib
import logging
import os
import random
import warnings
from typing import Any

import numpy as np

# By path in the worker, as part of dlcnn in tests.
from . import behaviour, borrowed, keras_compat, trained

__all__ = ["OPERATIONS", "canary", "load", "prepare", "refresh", "stand_in"]

_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",  # a device cannot be shared out, and its memory is not ours
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": os.devnull,  # no settings of the user's, and no folder made for them
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # the same sums on every processor
}
_LIBRARIES = ("absl", "keras", "tensorflow")
_SEED = 0


def load() -> None:
    """Import Keras and what of it is otherwise imported at its first use; no operation is run."""
    os.environ.update(_ENVIRONMENT)
    keras = importlib.import_module("keras")
    tensorflow = importlib.import_module("tensorflow")
    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    importlib.import_module("numpy.random")
    tensorflow.keras.layers  # noqa: B018 imported by being looked at
    # Once in its life TensorFlow looks for kernels beside the program, which it finds by /proc.
    kernels: Any = importlib.import_module("tensorflow.python.framework.kernels")
    kernels.get_registered_kernels_for_op("Conv2D")
    keras.utils.set_random_seed(_SEED)
    _silence(keras)


def _silence(keras: Any) -> None:
    """Have Keras and TensorFlow say nothing by themselves: it would seem to be the student's."""
    keras.utils.disable_interactive_logging()  # progress of training, tables of layers
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module=rf"{name}\.")
    # What this one is about is told of the line of a student's class.
    warnings.filterwarnings("ignore", "Do not pass an `input_shape`")


def canary() -> None:
    """What isolated code must be able to do: build a model, call it, and call it as a graph.

    Only a graph needs TensorFlow's threads: what is called step by step runs without them.
    """
    keras: Any = importlib.import_module("keras")
    tensorflow: Any = importlib.import_module("tensorflow")
    inputs = keras.Input((5, 4, 2))
    model = keras.Model(inputs, keras.layers.Conv2D(3, 2)(inputs))
    images = np.zeros((2, 5, 4, 2), np.float32)
    model(images)
    tensorflow.function(model)(images)


stand_in = borrowed.stand_in

OPERATIONS = {**behaviour.OPERATIONS, "predictions": trained.predictions}


def prepare(_source: str) -> None:
    """Once per submission, before its workers are forked: let old Keras code be right, or not."""
    keras_compat.install()


def refresh() -> None:
    """In each new worker: the same submission draws the same numbers every time."""
    random.seed(_SEED)  # Python reseeds it from the system at every fork
