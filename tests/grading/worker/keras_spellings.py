"""Old and present spellings of Keras code, as expressions on images `X` and sequences `S`.

And a submission with a function for each, which answers what the expression made.
"""

__all__ = [
    "ADVISED",
    "ARGUMENTS",
    "FUNCTIONS",
    "IMPORTS",
    "NAMES",
    "OPERATIONS",
    "REFUSED",
    "TELLING",
    "TODAY",
    "submission",
]

TELLING = '''
import keras
import numpy as np
import tensorflow as tf
from keras import backend as K, layers
from keras.layers import *

def told(value):
    """The operation that gave a tensor, or an object, by class and settings; else the value."""
    if isinstance(value, keras.KerasTensor):
        operation = value._keras_history.operation
        return [told(operation), str(value.shape)]
    if isinstance(value, keras.Model):
        return [[told(each) for each in value.layers], str(value.output_shape)]
    if isinstance(value, (keras.Layer, keras.optimizers.Optimizer, keras.initializers.Initializer)):
        settings = {key: each for key, each in value.get_config().items() if key != "name"}
        return [type(value).__name__, str(settings)]
    return type(value).__name__ if isinstance(value, keras.Operation) else str(value)
'''

# The old spelling, today's, and what is named.
ARGUMENTS = [
    ("MaxPooling2D(padding='SAME')(X)", "MaxPooling2D(padding='same')(X)", "capitals"),
    ("MaxPooling2D((2, 3), 2, 'VALID')(X)", "MaxPooling2D((2, 3), 2, 'valid')(X)", "capitals"),
    (
        "AveragePooling2D(3, padding='SAME')(X)",
        "AveragePooling2D(3, padding='same')(X)",
        "capitals",
    ),
    (
        "MaxPooling2D(border_mode='SAME', name='SAME')(X)",
        "MaxPooling2D(padding='same')(X)",
        "border_mode, capitals",
    ),
    ("AveragePooling2D()(X)", "AveragePooling2D((2, 2))(X)", "no size"),
    ("AveragePooling2D(strides=1)(X)", "AveragePooling2D(2, strides=1)(X)", "no size"),
    (
        "AveragePooling2D(padding='SAME', name='avg')(X)",
        "AveragePooling2D(2, padding='same')(X)",
        "no size, capitals",
    ),
    ("Conv2D(nb_filter=4, kernel_size=(3, 2))(X)", "Conv2D(4, (3, 2))(X)", "nb_filter"),
    ("Conv2D(4, 3, border_mode='same')(X)", "Conv2D(4, 3, padding='same')(X)", "border_mode"),
    ("Conv2D(4, 3, subsample=(2, 1))(X)", "Conv2D(4, 3, strides=(2, 1))(X)", "subsample"),
    (
        "Convolution2D(4, 3, 2, border_mode='same', init='he_normal', W_regularizer='l2')(X)",
        "Conv2D(4, (3, 2), padding='same', kernel_initializer='he_normal', "
        "kernel_regularizer='l2')(X)",
        "border_mode, init, W_regularizer, nb_row and nb_col",
    ),
    (
        "Convolution2D(4, nb_row=3, nb_col=2, bias=False)(X)",
        "Conv2D(4, (3, 2), use_bias=False)(X)",
        "bias, nb_row and nb_col",
    ),
    (
        "Conv2D(4, 3, b_regularizer='l2', W_constraint='max_norm', b_constraint='max_norm')(X)",
        "Conv2D(4, 3, bias_regularizer='l2', kernel_constraint='max_norm', "
        "bias_constraint='max_norm')(X)",
        "b_regularizer, W_constraint, b_constraint",
    ),
    ("Conv1D(4, filter_length=3)(S)", "Conv1D(4, 3)(S)", "filter_length"),
    ("ZeroPadding2D((3, 1), dim_ordering='tf')(X)", "ZeroPadding2D((3, 1))(X)", "dim_ordering"),
    (
        "MaxPooling2D(border_mode='same', dim_ordering='default')(X)",
        "MaxPooling2D(padding='same')(X)",
        "border_mode, dim_ordering",
    ),
    (
        "Dense(output_dim=3, init='uniform')(X)",
        "Dense(3, kernel_initializer='uniform')(X)",
        "output_dim, init",
    ),
    ("Dropout(p=0.4)(X)", "Dropout(0.4)(X)", "p"),
    (
        "BatchNormalization(axis=3, gamma_init='ones', beta_init='zeros')(X)",
        "BatchNormalization(axis=3, gamma_initializer='ones', beta_initializer='zeros')(X)",
        "gamma_init, beta_init",
    ),
    (
        "BatchNormalization(axis=3)(X, False)",
        "BatchNormalization(axis=3)(X, training=False)",
        "training by position",
    ),
    ("keras.Model(input=X, output=Flatten()(X))", "keras.Model(X, Flatten()(X))", "input, output"),
    (
        "tf.keras.models.Model(inputs=X, output=Dense(2)(X), name='m')",
        "keras.Model(inputs=X, outputs=Dense(2)(X))",
        "output",
    ),
    ("tf.keras.optimizers.Adam(lr=0.5)", "keras.optimizers.Adam(learning_rate=0.5)", "lr"),
    ("keras.optimizers.SGD(lr=0.5, momentum=0.9)", "keras.optimizers.SGD(0.5, 0.9)", "lr"),
]
IMPORTS = [
    (f"from {root}.{module} import {name}", name, f"keras.{module}")
    for module, name in [
        ("layers.merge", "Add"),
        ("layers.merge", "concatenate"),
        ("layers.normalization", "BatchNormalization"),
        ("layers.convolutional", "ZeroPadding2D"),
        ("layers.core", "Dense"),
        ("layers.pooling", "MaxPooling2D"),
        ("layers.advanced_activations", "LeakyReLU"),
        ("layers.experimental.preprocessing", "Rescaling"),
        ("engine", "Layer"),
        ("engine.topology", "Input"),
        ("engine.training", "Model"),
        ("utils.vis_utils", "plot_model"),
        ("utils.np_utils", "to_categorical"),
        ("utils.data_utils", "get_file"),
        ("initializers", "normal"),
        ("initializers", "uniform"),
        ("optimizers", "adam"),
    ]
    for root in ("keras", "tensorflow.keras")
]

OPERATIONS = [
    ("tf.abs(X)", "keras.ops.abs(X)"),
    ("tf.add(X, X)", "keras.ops.add(X, X)"),
    ("tf.add(X, 1.0)", "keras.ops.add(X, 1.0)"),
    ("tf.cast(X, tf.float16)", "keras.ops.cast(X, 'float16')"),
    ("tf.concat([X, X], axis=3)", "keras.ops.concatenate([X, X], 3)"),
    ("tf.concat([X, X], -1)", "keras.ops.concatenate([X, X], -1)"),
    ("tf.exp(X)", "keras.ops.exp(X)"),
    ("tf.expand_dims(X, 1)", "keras.ops.expand_dims(X, 1)"),
    ("tf.maximum(X, 0.0)", "keras.ops.maximum(X, 0.0)"),
    ("tf.minimum(X, 6.0)", "keras.ops.minimum(X, 6.0)"),
    ("tf.math.multiply(X, X)", "keras.ops.multiply(X, X)"),
    ("tf.nn.avg_pool2d(X, 2, 1, 'VALID')", "keras.ops.average_pool(X, 2, 1)"),
    ("tf.nn.elu(X)", "keras.ops.elu(X)"),
    ("tf.nn.leaky_relu(X, alpha=0.3)", "keras.ops.leaky_relu(X, 0.3)"),
    (
        "tf.nn.max_pool(X, ksize=[1, 4, 3, 1], strides=[1, 4, 3, 1], padding='SAME')",
        "keras.ops.max_pool(X, (4, 3), (4, 3), 'same')",
    ),
    ("tf.nn.max_pool2d(X, 2, 2, 'SAME')", "keras.ops.max_pool(X, 2, 2, 'same')"),
    ("tf.nn.relu(X)", "keras.ops.relu(X)"),
    ("tf.keras.backend.relu(X)", "keras.ops.relu(X)"),
    ("tf.nn.relu6(X)", "keras.ops.relu6(X)"),
    ("tf.nn.selu(X)", "keras.ops.selu(X)"),
    ("tf.nn.softmax(X)", "keras.ops.softmax(X)"),
    ("tf.nn.softmax(X, axis=1)", "keras.ops.softmax(X, 1)"),
    ("tf.nn.softplus(X)", "keras.ops.softplus(X)"),
    (
        "tf.pad(X, [[0, 0], [3, 2], [1, 1], [0, 0]])",
        "keras.ops.pad(X, [[0, 0], [3, 2], [1, 1], [0, 0]])",
    ),
    (
        "tf.pad(X, tf.constant([[0, 0], [3, 2], [1, 1], [0, 0]]), 'REFLECT')",
        "keras.ops.pad(X, [[0, 0], [3, 2], [1, 1], [0, 0]], 'reflect')",
    ),
    ("tf.reduce_max(X, [1, 2])", "keras.ops.max(X, [1, 2])"),
    ("tf.math.reduce_mean(X)", "keras.ops.mean(X)"),
    ("tf.reduce_mean(X, axis=[1, 2], keepdims=True)", "keras.ops.mean(X, [1, 2], keepdims=True)"),
    ("tf.reduce_sum(X, 3)", "keras.ops.sum(X, 3)"),
    ("tf.reshape(X, [-1, 144])", "keras.ops.reshape(X, [-1, 144])"),
    ("tf.nn.sigmoid(X)", "keras.ops.sigmoid(X)"),
    ("tf.sqrt(X)", "keras.ops.sqrt(X)"),
    ("tf.square(X)", "keras.ops.square(X)"),
    ("tf.squeeze(X[:, :1], 1)", "keras.ops.squeeze(X[:, :1], 1)"),
    ("tf.subtract(X, X)", "keras.ops.subtract(X, X)"),
    ("tf.tanh(X)", "keras.ops.tanh(X)"),
    ("tf.transpose(X, perm=[0, 2, 1, 3])", "keras.ops.transpose(X, [0, 2, 1, 3])"),
]

# Names that are looked up in a module, and the kinds that are named.
NAMES = [
    ("K.set_learning_phase(1)", ["keras.backend.set_learning_phase"]),
    ("tf.keras.backend.set_learning_phase(True)", ["keras.backend.set_learning_phase"]),
    ("K.int_shape(X)", ["keras.backend.*"]),
    ("keras.losses.mse.__name__", ["keras.losses.*"]),
    ("keras.preprocessing.image.ImageDataGenerator", ["keras.preprocessing.image.*"]),
    ("keras.utils.np_utils.to_categorical([1])", ["keras.utils.np_utils"]),
    (
        "tf.keras.layers.experimental.preprocessing.Rescaling(2)(X)",
        ["keras.layers.experimental", "keras.layers.experimental.preprocessing"],
    ),
    ("keras.engine.topology.Layer", ["keras.engine", "keras.engine.topology"]),
]

# What Keras 3 takes as it stands, however old it looks, and what it is right to refuse.
TODAY = [
    "Conv2D(4, 3, padding='SAME')(X)",
    "Convolution2D(4, 3, 2)(X)",
    "Conv2D(4, 3, activation=tf.nn.relu)(X)",
    "Conv2D(4, 3, kernel_initializer=keras.initializers.glorot_uniform(seed=0))(X)",
    "MaxPooling2D()(X)",
    "MaxPool2D((2, 3), padding='same')(X)",
    "BatchNormalization(axis=3)(X, training=True)",
    "keras.Model(X, Flatten()(X))",
    "keras.Model(inputs=X, outputs=[Flatten()(X), X])",
    "keras.models.clone_model(keras.Model(X, AveragePooling2D(2)(Conv2D(4, 3)(X))))",
    "keras.Sequential([InputLayer(input_shape=(8, 6, 3)), Flatten(), Dense(2)])",
    "LeakyReLU(alpha=0.2)(X)",
    "tf.keras.initializers.random_uniform(seed=0)",
    "tf.keras.backend.int_shape(X)",
    "K.image_data_format()",
    "Lambda(lambda x: tf.nn.relu(x))(X)",
    "tf.nn.relu(tf.constant([1.0, -1.0]))",
    "tf.pad(np.ones((2, 3)), [[1, 0], [0, 2]])",
    "X + X",
]
REFUSED = [
    "Input(64, 64, 3)",
    "Add()(X, X)",
    "Conv2D(4, 3, padding='full')(X)",
    "Conv2D(4, 3, name='res/2a')",
    "Conv2D(4, 3)(X, True)",
    "MaxPooling2D(padding='Same ')(X)",
    "MaxPooling2D(2, 2, 'same', 'channels_last', 'name', 'more')",
    "Conv2D(kernel_size=3)",
    "Conv2D(4, 3, nb_row=3)",
    "Conv2D(4, kernel_size=3, nb_row=3, nb_col=3)",
    "Conv2D(4, 3, padding='same', border_mode='valid')(X)",
    "Dense(3, nb_filter=2)",
    "Flatten(border_mode='same')",
    "BatchNormalization()(X, 'training')",
    "keras.Model(input=1)",
    "keras.optimizers.Adam(rate=0.1)",
    "tf.identity(X)",
    "tf.nn.relu(X, unknown=1)",
    "tf.pad(X, [[0, 0], [3, 2], [1, 1], [0, 0]], constant_values=2)",
    "tf.nn.max_pool2d(X, 2, 2, 'SAME', data_format='NCHW')",
    "tf.placeholder(tf.float32)",
    "keras.layers.merge2",
    "keras.backend.learning_phase()",
    "__import__('keras.layers.unknown')",
    "__import__('keras.wrappers.scikit_learn')",
]

# What no longer works, and what its student is told to write.
ADVISED = [
    ("tf.placeholder(tf.float32)", "tf.keras.layers"),
    ("tf.Session()", "tf.keras.layers"),
    ("tf.layers.dense(X, 3)", "tf.keras.layers"),
    ("tf.compat.v1.layers.flatten(X)", "tf.keras.layers"),
    ("__import__('tensorflow.contrib')", "tf.keras.layers"),
    ("tf.identity(X)", "keras.ops.relu(X)"),
    ("tf.stack([X, X])", "keras.ops.relu(X)"),
    ("keras.layers.merge([X, X], mode='sum')", "keras.layers.add([X, Y])"),
    ("keras.layers.Merge", "keras.layers.add([X, Y])"),
    ("__import__('keras.wrappers.scikit_learn')", "import from keras.layers"),
    ("K.get_session()", "keras.ops"),
    ("Dense(3).output_shape", "layer.output.shape"),
    ("Flatten().input_shape", "layer.input.shape"),
    ("X.get_shape()", "write X.shape"),
    ("X.shape[1].value", "without .value"),
    ("keras.Model(X, X).fit_generator()", "write fit"),
    ("keras.Sequential().predict_classes(X)", "np.argmax(model.predict(X), axis=-1)"),
    ("Conv2D(4, 3, name='res/2a')", "write an underscore"),
    ("Conv2D(4, 3)(X, True)", "write training=training"),
    ("BatchNormalization(mode=2)", "help(keras.layers.Conv2D)"),
    ("Conv2D(4, 3, weights=[])", "help(keras.layers.Conv2D)"),
    ("Input(64, 64, 3)", None),
    ("Add()(X, X)", None),
    ("Dense(3)(5)", None),
]

_EXPRESSIONS = [
    *(expression for old, new, _ in ARGUMENTS for expression in (old, new)),
    *(expression for pair in OPERATIONS for expression in pair),
    *TODAY,
    *REFUSED,
    *(expression for expression, _ in [*NAMES, *ADVISED]),
]
_ANSWERS = {each: f"answer_{number}" for number, each in enumerate(_EXPRESSIONS)}
_IMPORTS = {each: f"import_{number}" for number, (each, *_) in enumerate(IMPORTS)}
FUNCTIONS = _ANSWERS | _IMPORTS


def submission() -> str:
    """A function for each expression and each import."""
    answers = [
        f"def {name}():\n"
        "    X, S = Input((8, 6, 3)), Input((7, 3))\n"
        f"    return told({expression})\n"
        for expression, name in _ANSWERS.items()
    ]
    imports = [
        f"def {_IMPORTS[statement]}():\n    {statement}\n    return {name}.__name__\n"
        for statement, name, _ in IMPORTS
    ]
    return TELLING + "\n".join(answers + imports)
