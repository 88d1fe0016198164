"""Whole notebooks of Keras and TensorFlow as students of different years wrote them, in cells.

Each holds all that such a notebook holds: imports of modules that are not here, magics, pictures,
training, questions to the model, test cells.
"""

__all__ = [
    "APPLICATION_2018",
    "APPLICATION_2021",
    "APPLICATION_2024",
    "RESIDUAL_2018",
    "RESIDUAL_2021",
]

# TensorFlow 1 through and through.
APPLICATION_2018 = (
    """
import math
import numpy as np
import h5py
import matplotlib.pyplot as plt
import scipy
from PIL import Image
from scipy import ndimage
import tensorflow as tf
from tensorflow.python.framework import ops
from cnn_utils import *

%matplotlib inline
np.random.seed(1)
""",
    """
# Loading the data (signs)
X_train_orig, Y_train_orig, X_test_orig, Y_test_orig, classes = load_dataset()
""",
    """
X_train = X_train_orig/255.
Y_train = convert_to_one_hot(Y_train_orig, 6).T
conv_layers = {}
""",
    """
# GRADED FUNCTION: create_placeholders

def create_placeholders(n_H0, n_W0, n_C0, n_y):
    ### START CODE HERE ### (≈2 lines)
    X = tf.placeholder(tf.float32, shape=(None, n_H0, n_W0, n_C0))
    Y = tf.placeholder(tf.float32, shape=(None, n_y))
    ### END CODE HERE ###
    return X, Y
""",
    """
def initialize_parameters():
    tf.set_random_seed(1)
    xavier = tf.contrib.layers.xavier_initializer(seed=0)
    W1 = tf.get_variable("W1", [4, 4, 3, 8], initializer=xavier)
    W2 = tf.get_variable("W2", [2, 2, 8, 16], initializer=xavier)
    return {"W1": W1, "W2": W2}
""",
    """
tf.reset_default_graph()
with tf.Session() as sess_test:
    parameters = initialize_parameters()
    init = tf.global_variables_initializer()
    sess_test.run(init)
    print("W1 = " + str(parameters["W1"].eval()[1,1,1]))
""",
    """
def forward_propagation(X, parameters):
    Z1 = tf.nn.conv2d(X, parameters['W1'], strides=[1, 1, 1, 1], padding='SAME')
    A1 = tf.nn.relu(Z1)
    P1 = tf.nn.max_pool(A1, ksize=[1, 8, 8, 1], strides=[1, 8, 8, 1], padding='SAME')
    P = tf.contrib.layers.flatten(P1)
    return tf.contrib.layers.fully_connected(P, 6, activation_fn=None)

def compute_cost(Z3, Y):
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=Z3, labels=Y))
""",
    """
def model(X_train, Y_train, learning_rate=0.009, num_epochs=100):
    ops.reset_default_graph()
    X, Y = create_placeholders(64, 64, 3, 6)
    cost = compute_cost(forward_propagation(X, initialize_parameters()), Y)
    optimizer = tf.train.AdamOptimizer(learning_rate=learning_rate).minimize(cost)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for epoch in range(num_epochs):
            sess.run([optimizer, cost], feed_dict={X: X_train, Y: Y_train})
""",
    "_, _, parameters = model(X_train, Y_train)",
)

# Keras 2 beside TensorFlow 1: the test cells open sessions, the functions are Keras.
RESIDUAL_2018 = (
    """
import numpy as np
from keras import layers
from keras.layers import Input, Add, Dense, Activation, ZeroPadding2D, BatchNormalization
from keras.layers import Flatten, Conv2D, AveragePooling2D, MaxPooling2D, GlobalMaxPooling2D
from keras.models import Model, load_model
from keras.preprocessing import image
from keras.utils import layer_utils
from keras.utils.data_utils import get_file
from keras.applications.imagenet_utils import preprocess_input
import pydot
from IPython.display import SVG
from keras.utils.vis_utils import model_to_dot
from keras.utils import plot_model
from resnets_utils import *
from keras.initializers import glorot_uniform
import scipy.misc
from matplotlib.pyplot import imshow
%matplotlib inline

import keras.backend as K
K.set_image_data_format('channels_last')
K.set_learning_phase(1)
""",
    """
def identity_block(X, f, filters, stage, block):
    conv_name_base = 'res' + str(stage) + block + '_branch'
    bn_name_base = 'bn' + str(stage) + block + '_branch'
    F1, F2, F3 = filters
    X_shortcut = X

    X = Conv2D(filters = F1, kernel_size = (1, 1), padding = 'valid',
               name = conv_name_base + '2a', kernel_initializer = glorot_uniform(seed=0))(X)
    X = BatchNormalization(axis = 3, name = bn_name_base + '2a')(X)
    X = Activation('relu')(X)
    X = Conv2D(filters = F2, kernel_size = (f, f), padding = 'same',
               name = conv_name_base + '2b', kernel_initializer = glorot_uniform(seed=0))(X)
    X = BatchNormalization(axis = 3, name = bn_name_base + '2b')(X)
    X = Activation('relu')(X)
    X = Conv2D(filters = F3, kernel_size = (1, 1), padding = 'valid',
               name = conv_name_base + '2c', kernel_initializer = glorot_uniform(seed=0))(X)
    X = BatchNormalization(axis = 3, name = bn_name_base + '2c')(X)

    X = Add()([X, X_shortcut])
    X = Activation('relu')(X)
    return X
""",
    """
tf.reset_default_graph()

with tf.Session() as test:
    np.random.seed(1)
    A_prev = tf.placeholder("float", [3, 4, 4, 6])
    X = np.random.randn(3, 4, 4, 6)
    A = identity_block(A_prev, f = 2, filters = [2, 4, 6], stage = 1, block = 'a')
    test.run(tf.global_variables_initializer())
    out = test.run([A], feed_dict={A_prev: X, K.learning_phase(): 0})
    print("out = " + str(out[0][1][1][0]))
""",
    """
def small_network(input_shape = (64, 64, 3), classes = 6):
    X_input = Input(input_shape)
    X = ZeroPadding2D((3, 3))(X_input)
    X = Conv2D(6, (7, 7), strides = (2, 2), name = 'conv1',
               kernel_initializer = glorot_uniform(seed=0))(X)
    X = identity_block(X, 3, [2, 4, 6], stage=2, block='a')
    X = AveragePooling2D(padding='SAME', name='avg_pool')(X)
    width = int(math.sqrt(X.shape[-1] * 6))
    X = Flatten()(X)
    X = Dense(classes, activation='softmax', name='fc' + str(classes))(X)
    return Model(input = X_input, output = X, name='small')
""",
    "model = small_network(input_shape = (64, 64, 3), classes = 6)",
    "model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])",
    """
X_train_orig, Y_train_orig, X_test_orig, Y_test_orig, classes = load_dataset()
X_train = X_train_orig/255.
Y_train = convert_to_one_hot(Y_train_orig, 6).T
""",
    "model.fit(X_train, Y_train, epochs = 2, batch_size = 32)",
    """
img_path = 'images/my_image.jpg'
img = image.load_img(img_path, target_size=(64, 64))
x = preprocess_input(np.expand_dims(image.img_to_array(img), axis=0))
print('Input image shape:', x.shape)
my_image = scipy.misc.imread(img_path)
imshow(my_image)
print(model.predict(x))
""",
    """
plot_model(model, to_file='model.png')
SVG(model_to_dot(model).create(prog='dot', format='svg'))
""",
)

APPLICATION_2021 = (
    """
import math
import numpy as np
import h5py
import matplotlib.pyplot as plt
from matplotlib.pyplot import imread
import scipy
from PIL import Image
import pandas as pd
import tensorflow as tf
import tensorflow.keras.layers as tfl
from tensorflow.python.framework import ops
from cnn_utils import *
from test_utils import summary, comparator

%matplotlib inline
np.random.seed(1)
""",
    """
X_train_orig, Y_train_orig, X_test_orig, Y_test_orig, classes = load_happy_dataset()
X_train = X_train_orig/255.
index = 124
plt.imshow(X_train_orig[index]) #display sample training image
plt.show()
""",
    """
# GRADED FUNCTION: happyModel

def happyModel():
    model = tf.keras.Sequential([
            # YOUR CODE STARTS HERE
            tfl.ZeroPadding2D(padding=(3, 3), input_shape=(64, 64, 3)),
            tfl.Conv2D(32, (7, 7), strides=1),
            tfl.BatchNormalization(axis=3),
            tfl.ReLU(),
            tfl.MaxPool2D(),
            tfl.Flatten(),
            tfl.Dense(1, activation='sigmoid')
            # YOUR CODE ENDS HERE
        ])
    return model
""",
    """
happy_model = happyModel()
# Print a summary for each layer
for layer in summary(happy_model):
    print(layer)

output = [['ZeroPadding2D', (None, 70, 70, 3), 0, ((3, 3), (3, 3))],
            ['Dense', (None, 1), 32769, 'sigmoid']]
comparator(summary(happy_model), output)
""",
    """
happy_model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy'])
happy_model.summary()
happy_model.fit(X_train, Y_train, epochs=10, batch_size=16)
happy_model.evaluate(X_test, Y_test)
""",
    """
def convolutional_model(input_shape):
    input_img = tf.keras.Input(shape=input_shape)
    Z1 = tfl.Conv2D(8, 4, padding='SAME')(input_img)
    A1 = tf.nn.relu(Z1)
    P1 = tfl.MaxPool2D(pool_size=8, strides=8, padding='SAME')(A1)
    Z2 = tfl.Conv2D(filters=16, kernel_size=2, padding='same')(P1)
    A2 = tfl.ReLU()(Z2)
    P2 = tfl.MaxPool2D(4, 4, 'SAME')(A2)
    F = tfl.Flatten()(P2)
    outputs = tfl.Dense(units=6, activation='softmax')(F)
    model = tf.keras.Model(inputs=input_img, outputs=outputs)
    return model
""",
    """
conv_model = convolutional_model((64, 64, 3))
conv_model.compile(optimizer=tf.keras.optimizers.Adam(lr=0.001),
                   loss='categorical_crossentropy', metrics=['accuracy'])
conv_model.summary()
""",
    """
train_dataset = tf.data.Dataset.from_tensor_slices((X_train, Y_train)).batch(64)
history = conv_model.fit(train_dataset, epochs=100, validation_data=test_dataset)
history.history
""",
    """
df_loss_acc = pd.DataFrame(history.history)
df_loss = df_loss_acc[['loss','val_loss']]
df_loss.plot(title='Model loss', figsize=(12,8)).set(xlabel='Epoch', ylabel='Loss')
""",
)

RESIDUAL_2021 = (
    """
import tensorflow as tf
import numpy as np
import scipy.misc
from tensorflow.keras.applications.resnet_v2 import ResNet50V2
from tensorflow.keras.preprocessing import image
from tensorflow.keras.applications.resnet_v2 import preprocess_input, decode_predictions
from tensorflow.keras import layers
from tensorflow.keras.layers import Input, Add, Dense, Activation, ZeroPadding2D, Flatten
from tensorflow.keras.layers import Conv2D, AveragePooling2D, MaxPooling2D, BatchNormalization
from tensorflow.keras.models import Model, load_model
from resnets_utils import *
from tensorflow.keras.initializers import random_uniform, glorot_uniform, constant, identity
from tensorflow.python.framework.ops import EagerTensor
from matplotlib.pyplot import imshow

from test_utils import summary, comparator
import public_tests

%matplotlib inline
np.random.seed(1)
tf.random.set_seed(2)
""",
    "CHANNEL_AXIS = 3\nBN = dict(axis=CHANNEL_AXIS)\ndefault_initializer = glorot_uniform(seed=0)",
    """
def identity_block(X, f, filters, training=True, initializer=random_uniform):
    F1, F2, F3 = filters
    X_shortcut = X
    X = Conv2D(filters = F1, kernel_size = 1, padding = 'valid',
               kernel_initializer = initializer(seed=0))(X)
    X = BatchNormalization(**BN)(X, training = training) # Default axis
    X = Activation('relu')(X)
    X = Conv2D(F2, f, padding='same', kernel_initializer = initializer(seed=0))(X)
    X = BatchNormalization(axis = 3)(X, training)
    X = Activation('relu')(X)
    X = Conv2D(F3, 1, kernel_initializer = initializer(seed=0))(X)
    X = BatchNormalization(axis = 3)(X, training = training)
    X = Add()([X_shortcut, X])
    X = Activation('relu')(X)
    return X
""",
    """
tf.keras.backend.set_learning_phase(False)
np.random.seed(1)
X1 = np.ones((1, 4, 4, 3)) * -1
X = np.concatenate((X1, X1 * -1), axis = 0).astype(np.float32)
A3 = identity_block(X, f=2, filters=[4, 4, 3],
                    initializer=lambda seed=0:constant(value=1), training=False)
print(f"With training=False\\n{A3.numpy()[:,(0,-1),:,:].mean(axis = 3)}")
public_tests.identity_block_test(identity_block)
""",
    """
def small_network(input_shape = (64, 64, 3), classes = 6):
    X_input = Input(input_shape)
    X = Conv2D(6, (7, 7), strides = (2, 2), kernel_initializer = default_initializer)(X_input)
    X = identity_block(X, 3, [2, 4, 6])
    X = AveragePooling2D()(X)
    X = Flatten()(X)
    X = Dense(classes, activation='softmax', kernel_initializer = glorot_uniform(seed=0))(X)
    return Model(inputs = X_input, outputs = X)
""",
    """
model = small_network(input_shape = (64, 64, 3), classes = 6)
print(model.summary())
from outputs import ResNet50_summary
comparator(summary(model), ResNet50_summary)
""",
    """
%%time
np.random.seed(1)
tf.random.set_seed(2)
opt = tf.keras.optimizers.Adam(learning_rate=0.00015)
model.compile(optimizer=opt, loss='categorical_crossentropy', metrics=['accuracy'])
model.fit(X_train, Y_train, epochs = 10, batch_size = 32)
""",
    "pre_trained_model = load_model('resnet50.h5')\npre_trained_model.evaluate(X_test, Y_test)",
)

# Nothing old in it, though it speaks of tf.placeholder and tf.Session.
APPLICATION_2024 = (
    """
import os
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
from keras import layers, ops
import matplotlib.pyplot as plt
""",
    """
keras.utils.set_random_seed(7)
FILTERS = (8, 16)

def block(x, filters, kernel, pool):
    \"\"\"No tf.placeholder, no tf.Session, no tf.get_variable and no tf.layers any more.\"\"\"
    x = layers.Conv2D(filters, kernel, padding="same", activation="relu")(x)
    return layers.MaxPooling2D(pool, padding="same")(x)

def convolutional_model(input_shape):
    inputs = keras.Input(input_shape)
    x = block(inputs, FILTERS[0], 4, 8)
    x = block(x, FILTERS[1], 2, 4)
    outputs = layers.Dense(6, activation="softmax")(layers.Flatten()(x))
    return keras.Model(inputs, outputs, name="signs")
""",
    """
model = convolutional_model((64, 64, 3))
assert model.count_params() == 1310
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
""",
    """
if __name__ == "__main__":
    history = model.fit(X_train, Y_train, epochs=3)
    plt.plot(history.history["loss"])
""",
)
