import tensorflow as tf
from tensorflow.keras.layers import Input, Add, Dense, Activation, ZeroPadding2D, BatchNormalization, Flatten, Conv2D, AveragePooling2D, MaxPooling2D
from tensorflow.keras.models import Model


def identity_block(X, f, filters):
    F1, F2, F3 = filters
    X_shortcut = X
    X = Conv2D(F3, 1)(X)
    X = Activation('relu')(BatchNormalization(axis=3)(X))
    X = Conv2D(F2, f, padding='same')(X)
    X = Activation('relu')(BatchNormalization(axis=3)(X))
    X = Conv2D(F1, 1)(X)
    X = BatchNormalization(axis=3)(X)
    X = Add()([X, X_shortcut])
    return Activation('relu')(X)


def convolutional_block(X, f, filters, s=2):
    F1, F2, F3 = filters
    X_shortcut = X
    X = Conv2D(F1, 1)(X)
    X = Activation('relu')(BatchNormalization(axis=3)(X))
    X = Conv2D(F2, f, strides=s, padding='same')(X)
    X = Activation('relu')(BatchNormalization(axis=3)(X))
    X = Conv2D(F3, 1)(X)
    X = BatchNormalization(axis=3)(X)
    X_shortcut = BatchNormalization(axis=3)(Conv2D(F3, 1, strides=s)(X_shortcut))
    X = Add()([X, X_shortcut])
    return Activation('relu')(X)


def ResNet50(input_shape=(64, 64, 3), classes=6):
    X_input = Input(input_shape)
    X = ZeroPadding2D((3, 3))(X_input)
    X = Conv2D(64, (7, 7), strides=(2, 2))(X)
    X = Activation('relu')(BatchNormalization(axis=3)(X))
    X = MaxPooling2D((3, 3), strides=(2, 2))(X)
    stages = {(64, 64, 256): 3, (128, 128, 512): 4, (256, 256, 1024): 6, (512, 512, 2048): 3}
    for filters, blocks in stages.items():
        s = 1 if filters == (64, 64, 256) else 2
        X = convolutional_block(X, 3, filters, s=s)
        for _ in range(blocks):
            X = identity_block(X, 3, filters)
    X = AveragePooling2D((2, 2))(X)
    X = Flatten()(X)
    X = Dense(classes, activation='softmax')(X)
    model = Model(inputs=X_input, outputs=X)
    return model
