import tensorflow as tf
from tensorflow.keras.layers import Activation, Add, AveragePooling2D, BatchNormalization, Conv2D, Dense, Flatten, Input, MaxPooling2D, ZeroPadding2D
from tensorflow.keras.models import Model


def identity_block(X, f, filters):
    F1, F2, F3 = filters
    X_shortcut = X
    X = Conv2D(F1, (1, 1))(X)
    X = BatchNormalization(axis=3)(X)
    X = Activation('relu')(X)
    X = Conv2D(F2, (f, f), padding='same')(X)
    X = BatchNormalization(axis=3)(X)
    X = Activation('relu')(X)
    X = Conv2D(F3, (1, 1))(X)
    X = BatchNormalization(axis=3)(X)
    X = Activation('relu')(X)
    X = Add()([X, X_shortcut])
    return X


def convolutional_block(X, f, filters, s=2):
    F1, F2, F3 = filters
    X_shortcut = X
    X = Conv2D(F1, (1, 1), strides=(s, s))(X)
    X = BatchNormalization(axis=3)(X)
    X = Activation('relu')(X)
    X = Conv2D(F2, (f, f), padding='same')(X)
    X = BatchNormalization(axis=3)(X)
    X = Activation('relu')(X)
    X = Conv2D(F3, (1, 1))(X)
    X = BatchNormalization(axis=3)(X)
    X_shortcut = Conv2D(F3, (1, 1), strides=(s, s))(X_shortcut)
    X = Add()([X, X_shortcut])
    X = Activation('relu')(X)
    return X


def ResNet50(input_shape=(64, 64, 3), classes=6):
    X_input = Input(input_shape)
    X = ZeroPadding2D((3, 3))(X_input)
    X = Conv2D(64, (7, 7), strides=(2, 2))(X)
    X = BatchNormalization(axis=3)(X)
    X = Activation('relu')(X)
    X = MaxPooling2D((3, 3), strides=(2, 2))(X)
    X = convolutional_block(X, 3, [64, 64, 256], s=1)
    X = identity_block(X, 3, [64, 64, 256])
    X = identity_block(X, 3, [64, 64, 256])
    X = convolutional_block(X, 3, [128, 128, 512], s=2)
    for i in range(3):
        X = identity_block(X, 3, [128, 128, 512])
    X = convolutional_block(X, 3, [256, 256, 1024], s=2)
    for i in range(5):
        X = identity_block(X, 3, [256, 256, 1024])
    X = convolutional_block(X, 3, [512, 512, 2048], s=2)
    for i in range(2):
        X = identity_block(X, 3, [512, 512, 2048])
    X = AveragePooling2D((2, 2))(X)
    X = Flatten()(X)
    X = Dense(classes, activation='softmax')(X)
    return Model(inputs=X_input, outputs=X)
