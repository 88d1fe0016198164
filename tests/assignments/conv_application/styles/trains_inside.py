import h5py
import numpy as np
import tensorflow as tf
import tensorflow.keras.layers as tfl

train = h5py.File('datasets/train_signs.h5', "r")
X_train = np.array(train["train_set_x"][:]) / 255.
Y_train = np.eye(6)[np.array(train["train_set_y"][:])]


def happyModel():
    model = tf.keras.Sequential([
        tfl.ZeroPadding2D(3, input_shape=(64, 64, 3)),
        tfl.Conv2D(32, 7),
        tfl.BatchNormalization(axis=3),
        tfl.ReLU(),
        tfl.MaxPooling2D(),
        tfl.Flatten(),
        tfl.Dense(1, activation='sigmoid'),
    ])
    model.compile(optimizer=tf.keras.optimizers.Adam(0.001), loss='binary_crossentropy', metrics=['accuracy'])
    return model


def convolutional_model(input_shape):
    input_img = tf.keras.Input(shape=input_shape)
    X = tfl.Conv2D(8, 4, padding='same', activation='relu')(input_img)
    X = tfl.MaxPool2D(8, 8, padding='same')(X)
    X = tfl.Conv2D(16, 2, padding='same', activation='relu')(X)
    X = tfl.MaxPool2D(4, 4, padding='same')(X)
    X = tfl.Flatten()(X)
    outputs = tfl.Dense(6, activation='softmax')(X)
    model = tf.keras.Model(inputs=input_img, outputs=outputs)
    model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
    model.fit(X_train, Y_train, epochs=100, batch_size=64)
    return model


conv_model = convolutional_model((64, 64, 3))
