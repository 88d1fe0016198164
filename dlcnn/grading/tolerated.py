"""What of older code was let pass while marking, or could not be, in a sentence each.

A worker only names kinds (`compat.KINDS`); no word of its own gets into a report.
"""

import re
from collections.abc import Collection

from dlcnn.grading.worker import compat, keras_names

__all__ = ["advice_on", "notes_on"]

_REFUSED = "is refused by NumPy 2.4 and newer; it was accepted here, marks are not lost."

# By what their names begin with, the kinds that share a note, and how it begins.
_TOGETHER = {
    "np.": "Names that NumPy has dropped were accepted here, marks are not lost.",
    "given ": "Names that only modules of the course gave were accepted here, marks are not lost.",
    "keras.": "Names that Keras has dropped were accepted here, marks are not lost.",
    "tensorflow.": "Names that are TensorFlow's own were accepted here, marks are not lost.",
    "argument ": "Arguments that Keras has renamed were accepted here, marks are not lost.",
    "tf.": (
        "Functions of TensorFlow that take no outputs of layers since Keras 3 were accepted here, "
        "marks are not lost."
    ),
    "Keras 3 refuses ": "What Keras 3 refuses was accepted here, marks are not lost.",
}

# By what newer versions say of code that was right under older ones, what to write today.
_ADVICE = {
    "only 0-dimensional arrays can be converted to Python scalars": (
        "Since NumPy 2.4 an array that holds one number is no number: write b.item() for it."
    ),
    "has no attribute 'itemset'": "ndarray.itemset is gone since NumPy 2.0: write a[i] = value.",
    "has no attribute 'ptp'": "ndarray.ptp is gone since NumPy 2.0: write np.ptp(a).",
    "has no attribute 'newbyteorder'": (
        "ndarray.newbyteorder is gone since NumPy 2.0: write a.view(a.dtype.newbyteorder(order))."
    ),
    "inhomogeneous shape": (
        "Since NumPy 1.24 rows of different lengths make no array: give them one length, or pass "
        "dtype=object."
    ),
    (
        r"module 'tensorflow\S*' has no attribute '(ConfigProto|InteractiveSession|Session|contrib|"
        r"get_variable|global_variables_initializer|layers|placeholder|reset_default_graph|"
        r"set_random_seed|variable_scope)'|No module named 'tensorflow\.contrib|"
        r"is not available with Keras 3"
    ): (
        "TensorFlow 1 ended with its sessions, placeholders and tf.layers: write the model with "
        "tf.keras.layers."
    ),
    "A KerasTensor cannot be used as input to a TensorFlow|NOT CONVERTIBLE TO TENSOR": (
        "Since Keras 3 TensorFlow's functions take no outputs of layers: write a layer, or a "
        "function of keras.ops such as keras.ops.relu(X)."
    ),
    r"keras\.layers\.merge\(\) is gone|'Merge'": (
        'merge is gone since Keras 2: write keras.layers.add([X, Y]) for mode="sum", '
        'keras.layers.concatenate([X, Y]) for mode="concat".'
    ),
    r"No module named '(tensorflow\.)?keras\.": (
        "Keras 3 has no module of that name: import from keras.layers, keras.models or keras.utils."
    ),
    "module '[^']*keras[^']*backend' has no attribute": (
        "Keras 3 has dropped most of keras.backend: write the function of keras.ops instead."
    ),
    "has no attribute 'output_shape'": (
        "layer.output_shape is gone since Keras 3: write layer.output.shape."
    ),
    "has no attribute 'input_shape'": (
        "layer.input_shape is gone since Keras 3: write layer.input.shape."
    ),
    "has no attribute 'get_shape'": "get_shape() is gone since Keras 3: write X.shape.",
    "'int' object has no attribute 'value'": (
        "Since TensorFlow 2 the sizes in a shape are numbers: write X.shape[1] without .value."
    ),
    "has no attribute '(evaluate|fit|predict)_generator'": (
        "fit_generator and its like are gone since Keras 3: write fit, evaluate or predict, which "
        "take generators."
    ),
    "has no attribute 'predict_classes'": (
        "predict_classes is gone since Keras 3: write np.argmax(model.predict(X), axis=-1)."
    ),
    "cannot contain character `/`": (
        "Since Keras 3 the name of a layer holds no slash: write an underscore for it."
    ),
    "should be passed as a keyword argument: (False|None|True) ": (
        "Since Keras 3 a layer is called with tensors only, all else by name: write "
        "training=training."
    ),
    "Unrecognized keyword arguments passed to": (
        "Keras 3 has no such argument for this layer: help(keras.layers.Conv2D), with the layer's "
        "own name, lists what it takes."
    ),
}


def advice_on(message: str) -> str | None:
    """What to write today, where an exception's message shows code for an older version."""
    return next((advice for said, advice in _ADVICE.items() if re.search(said, message)), None)


def notes_on(kinds: Collection[str]) -> tuple[str, ...]:
    """The notes on what was tolerated, in a fixed order; kinds of one sort share one."""
    waiting = sorted(kinds)
    shared = []
    for prefix, begins in _TOGETHER.items():
        of_sort = [kind for kind in waiting if kind.startswith(prefix)]
        if of_sort:
            waiting = [kind for kind in waiting if kind not in of_sort]
            advice = "; ".join(
                f"{_shown(kind, prefix)}: write {_instead_of(kind)}" for kind in of_sort
            )
            shared.append(f"{begins} {advice}.")
    return (*map(_note, waiting), *shared)


def _note(kind: str) -> str:
    if kind == "store":
        return (
            "Storing an array that holds one number in an element of another array, as in "
            f"Z[i, h, w, c] = s, {_REFUSED} Write s.item() for what is stored."
        )
    return (
        f"{kind}() of an array that holds one number {_REFUSED} "
        f"For such an array b, write {kind}(b.item())."
    )


def _shown(kind: str, prefix: str) -> str:
    return kind.removeprefix(prefix) if prefix.endswith(" ") else kind


def _instead_of(kind: str) -> str:
    if kind.startswith("np."):
        return compat.REMOVED[kind.removeprefix("np.")]
    if kind.startswith("given "):
        name = kind.removeprefix("given ")
        module = compat.GIVEN[name]
        return f"import {module}" if module == name else f"import {module} as {name}"
    return keras_names.INSTEAD[kind]
