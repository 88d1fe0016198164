import tensorflow as tf
from tensorflow.keras import layers


def happyModel():
    model = tf.keras.models.Sequential()
    model.add(tf.keras.Input(shape=(64, 64, 3)))
    model.add(layers.ZeroPadding2D(padding=3))
    model.add(layers.Conv2D(32, kernel_size=7))
    model.add(layers.BatchNormalization())
    model.add(layers.Activation(tf.nn.relu))
    model.add(layers.MaxPool2D(pool_size=2, strides=2))
    model.add(layers.Flatten())
    model.add(layers.Dense(1))
    model.add(layers.Activation("sigmoid"))
    print("layers:", len(model.layers))
    return model


def convolutional_model(input_shape):
    # a Sequential inside a functional model
    features = tf.keras.Sequential(name="features")
    for filters, size, pool in [(8, 4, 8), (16, 2, 4)]:
        features.add(layers.Conv2D(filters, size, padding="same"))
        features.add(layers.ReLU())
        features.add(layers.MaxPool2D(pool, strides=pool, padding="same"))
    features.add(layers.Flatten())

    image = tf.keras.layers.Input(shape=input_shape)
    logits = layers.Dense(6)(features(image))
    return tf.keras.Model(image, layers.Softmax()(logits))
