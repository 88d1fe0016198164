import tensorflow as tf
from tensorflow.keras.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D


def happyModel():
    model = tf.keras.Sequential([
        Input((64, 64, 3)),
        Conv2D(32, 3, activation='relu'),
        MaxPooling2D(),
        Conv2D(64, 3, activation='relu'),
        MaxPooling2D(),
        Flatten(),
        Dense(64, activation='relu'),
        Dense(1, activation='sigmoid'),
    ])
    return model


def convolutional_model(input_shape):
    inputs = Input(input_shape)
    x = Conv2D(16, 3, padding='same', activation='relu')(inputs)
    x = MaxPooling2D((2, 2))(x)
    x = Conv2D(16, 2, padding='same', activation='relu')(x)
    x = Dense(6, activation='softmax')(x)
    return tf.keras.Model(inputs, x)
