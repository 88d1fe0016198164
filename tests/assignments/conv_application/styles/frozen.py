import tensorflow as tf
import tensorflow.keras.layers as tfl


def happyModel():
    model = tf.keras.Sequential([
        tfl.ZeroPadding2D(3, input_shape=(64, 64, 3)),
        tfl.Conv2D(32, 7),
        tfl.BatchNormalization(axis=3, trainable=False),
        tfl.ReLU(),
        tfl.MaxPooling2D(),
        tfl.Flatten(),
        tfl.Dense(1, activation='sigmoid'),
    ])
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
    for layer in model.layers:
        layer.trainable = False
    return model
