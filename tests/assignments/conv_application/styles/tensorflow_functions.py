import tensorflow as tf
import tensorflow.keras.layers as tfl
from tensorflow.keras import backend as K

K.set_learning_phase(1)


def happyModel():
    model = tf.keras.Sequential()
    model.add(tfl.ZeroPadding2D((3, 3), input_shape=(64, 64, 3)))
    model.add(tfl.Conv2D(32, 7, padding='VALID'))
    model.add(tfl.BatchNormalization(axis=3))
    model.add(tfl.ReLU())
    model.add(tfl.MaxPooling2D())
    model.add(tfl.Flatten())
    model.add(tfl.Dense(1, activation=tf.nn.sigmoid))
    return model


def convolutional_model(input_shape):
    x_in = tf.keras.Input(shape=input_shape)
    z1 = tfl.Conv2D(8, 4, padding='SAME')(x_in)
    a1 = tf.nn.relu(z1)
    p1 = tfl.MaxPool2D(pool_size=(8, 8), strides=(8, 8), padding='SAME')(a1)
    z2 = tfl.Conv2D(16, 2, padding='SAME')(p1)
    a2 = tf.nn.relu(z2)
    p2 = tfl.MaxPool2D(pool_size=(4, 4), strides=(4, 4), padding='SAME')(a2)
    f = tfl.Flatten()(p2)
    out = tfl.Dense(6, activation=tf.nn.softmax)(f)
    return tf.keras.Model(inputs=x_in, outputs=out)
