from tensorflow import keras
from tensorflow.keras.layers import *


def happyModel():
    model = keras.Sequential()
    model.add(ZeroPadding2D(3, input_shape=(64, 64, 3)))
    model.add(Conv2D(32, (7, 7), activation=None))
    model.add(BatchNormalization(axis=3))
    model.add(Activation('relu'))
    model.add(MaxPooling2D((2, 2)))
    model.add(Flatten())
    model.add(Dense(1, activation='softmax'))
    return model


def convolutional_model(input_shape):
    inputs = keras.Input(input_shape)
    x = Conv2D(8, 4, padding='same')(inputs)
    x = ReLU()(x)
    x = MaxPool2D(8, 8, 'same')(x)
    x = Conv2D(16, 2, padding='same')(x)
    x = ReLU()(x)
    x = MaxPool2D(4, 4, 'same')(x)
    x = Flatten()(x)
    x = Dense(6, activation='softmax')(x)
    return keras.Model(inputs, x)
