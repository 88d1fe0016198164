"""Untrusted side: what older Keras and TensorFlow took and newer ones do not, in tables.

`profiles.keras_compat` does what they say; the grader takes from them the kinds that a worker may
name, and what to write instead of each. Standard library only.
"""

from collections.abc import Mapping

__all__ = [
    "CAPITALS",
    "DATA_FORMATS",
    "INSTEAD",
    "LAYER_ARGUMENTS",
    "LEARNING_PHASE",
    "LEFT_IN_TENSORFLOW",
    "MODEL_ARGUMENTS",
    "MOVED",
    "NO_POOL_SIZE",
    "OPTIMIZER_ARGUMENTS",
    "POOLING",
    "PYTHON_KERAS",
    "RENAMED",
    "ROWS_AND_COLUMNS",
    "TRAINING",
]

CAPITALS = "Keras 3 refuses padding in capitals"
LEARNING_PHASE = "keras.backend.set_learning_phase"
NO_POOL_SIZE = "Keras 3 refuses AveragePooling2D()"
PYTHON_KERAS = "tensorflow.python.keras"
ROWS_AND_COLUMNS = "argument nb_row and nb_col"
TRAINING = "argument training by position"

_OF_DATA = {"dim_ordering": "data_format"}
_OF_WINDOWS = {"border_mode": "padding", **_OF_DATA}
_OF_WEIGHTS = {
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
}
_OF_CONVOLUTIONS = {
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "subsample": "strides",
    **_OF_WINDOWS,
    **_OF_WEIGHTS,
}

# By layers, the arguments that went by other names.
POOLING = tuple(f"{which}Pooling{axes}D" for which in ("Average", "Max") for axes in (1, 2, 3))
LAYER_ARGUMENTS: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D", "SeparableConv2D"), _OF_CONVOLUTIONS),
    **dict.fromkeys(POOLING, _OF_WINDOWS),
    **dict.fromkeys(("GlobalAveragePooling2D", "GlobalMaxPooling2D"), _OF_DATA),
    **dict.fromkeys(("Cropping2D", "UpSampling2D", "ZeroPadding2D"), _OF_DATA),
    "Dense": {"output_dim": "units", **_OF_WEIGHTS},
    "BatchNormalization": {"gamma_init": "gamma_initializer", "beta_init": "beta_initializer"},
    "Dropout": {"p": "rate"},
}
DATA_FORMATS = {"tf": "channels_last", "th": "channels_first", "default": None}
MODEL_ARGUMENTS: Mapping[str, str] = {"input": "inputs", "output": "outputs"}
OPTIMIZER_ARGUMENTS: Mapping[str, str] = {"lr": "learning_rate"}

# Modules of Keras that are gone, and those that have now what they had.
MOVED: Mapping[str, tuple[str, ...]] = {
    **{
        f"layers.{name}": ("layers",)
        for name in (
            *("advanced_activations", "convolutional", "core", "embeddings", "experimental"),
            *("experimental.preprocessing", "merge", "noise", "normalization", "pooling"),
            *("recurrent", "wrappers"),
        )
    },
    **{
        f"utils.{name}": ("utils",)
        for name in (
            *("data_utils", "generic_utils", "layer_utils", "np_utils", "vis_utils"),
            "visualize_util",
        )
    },
    **{
        f"engine{name}": ("layers", "models", "utils")
        for name in ("", ".base_layer", ".input_layer", ".topology", ".training")
    },
    "initializations": ("initializers",),
    "objectives": ("losses",),
}

# Modules in which `tf.keras` has kept names that `keras` has not.
LEFT_IN_TENSORFLOW = ("backend", "layers", "losses", "metrics", "preprocessing.image")

# Classes that had other names too, by their modules.
RENAMED: Mapping[str, Mapping[str, str]] = {
    "initializers": {"normal": "RandomNormal", "uniform": "RandomUniform"},
    "optimizers": {
        name.lower(): name
        for name in ("Adadelta", "Adagrad", "Adam", "Adamax", "Nadam", "RMSprop", "SGD")
    },
}

# Functions of TensorFlow that took the outputs of layers, and what does today.
_OPERATIONS = {
    "tf.abs": "keras.ops.abs(X)",
    "tf.add": "keras.layers.Add()([X, Y])",
    "tf.cast": "keras.ops.cast(X, dtype)",
    "tf.concat": "keras.layers.Concatenate()([X, Y])",
    "tf.exp": "keras.ops.exp(X)",
    "tf.expand_dims": "keras.ops.expand_dims(X, axis)",
    "tf.maximum": "keras.layers.Maximum()([X, Y])",
    "tf.minimum": "keras.layers.Minimum()([X, Y])",
    "tf.multiply": "keras.layers.Multiply()([X, Y])",
    "tf.nn.avg_pool2d": "keras.layers.AveragePooling2D(pool_size)(X)",
    "tf.nn.elu": "keras.layers.ELU()(X)",
    "tf.nn.leaky_relu": "keras.layers.LeakyReLU()(X)",
    "tf.nn.max_pool2d": "keras.layers.MaxPooling2D(pool_size)(X)",
    "tf.nn.relu": "keras.layers.ReLU()(X)",
    "tf.nn.relu6": "keras.layers.ReLU(6)(X)",
    "tf.nn.selu": 'keras.layers.Activation("selu")(X)',
    "tf.nn.softmax": "keras.layers.Softmax()(X)",
    "tf.nn.softplus": 'keras.layers.Activation("softplus")(X)',
    "tf.pad": "keras.layers.ZeroPadding2D(padding)(X)",
    "tf.reduce_max": "keras.ops.max(X, axis)",
    "tf.reduce_mean": "keras.ops.mean(X, axis)",
    "tf.reduce_sum": "keras.ops.sum(X, axis)",
    "tf.reshape": "keras.layers.Reshape(shape)(X)",
    "tf.sigmoid": 'keras.layers.Activation("sigmoid")(X)',
    "tf.sqrt": "keras.ops.sqrt(X)",
    "tf.square": "keras.ops.square(X)",
    "tf.squeeze": "keras.ops.squeeze(X, axis)",
    "tf.subtract": "keras.layers.Subtract()([X, Y])",
    "tf.tanh": 'keras.layers.Activation("tanh")(X)',
    "tf.transpose": "keras.layers.Permute(axes)(X)",
}

# Every kind of what may be tolerated, and what to write instead.
INSTEAD: Mapping[str, str] = {
    CAPITALS: 'padding="same" or padding="valid"',
    LEARNING_PHASE: "training=True or training=False where a layer or model is called",
    NO_POOL_SIZE: "AveragePooling2D(pool_size=(2, 2))",
    PYTHON_KERAS: "tensorflow.keras",
    ROWS_AND_COLUMNS: "kernel_size=(rows, columns)",
    TRAINING: "training=training",
    **{
        f"argument {old}": new
        for arguments in (*LAYER_ARGUMENTS.values(), MODEL_ARGUMENTS, OPTIMIZER_ARGUMENTS)
        for old, new in arguments.items()
    },
    **{
        f"keras.{old}": " or ".join(f"keras.{new}" for new in places)
        for old, places in MOVED.items()
    },
    **{f"keras.{name}.*": f"tf.keras.{name}.*" for name in LEFT_IN_TENSORFLOW},
    **{
        f"keras.{module}.{old}": f"keras.{module}.{new}"
        for module, names in RENAMED.items()
        for old, new in names.items()
    },
    **_OPERATIONS,
}
