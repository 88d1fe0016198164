import tensorflow as tf
from tensorflow.keras import layers


class Happy(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.pad = layers.ZeroPadding2D(3)
        self.conv = layers.Conv2D(32, 7)
        self.bn = layers.BatchNormalization(axis=3)
        self.pool = layers.MaxPooling2D()
        self.flatten = layers.Flatten()
        self.out = layers.Dense(1, activation="sigmoid")

    def call(self, x, training=None):
        x = self.conv(self.pad(x))
        x = tf.nn.relu(self.bn(x, training=training))
        return self.out(self.flatten(self.pool(x)))


class Signs(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.conv1 = layers.Conv2D(8, 4, padding="same", activation="relu")
        self.pool1 = layers.MaxPool2D(8, 8, padding="same")
        self.conv2 = layers.Conv2D(16, 2, padding="same", activation="relu")
        self.pool2 = layers.MaxPool2D(4, 4, padding="same")
        self.flatten = layers.Flatten()
        self.out = layers.Dense(6, activation="softmax")

    def call(self, x):
        for layer in (self.conv1, self.pool1, self.conv2, self.pool2, self.flatten):
            x = layer(x)
        return self.out(x)


def happyModel():
    return Happy()


def convolutional_model(input_shape):
    model = Signs()
    model.build((None, *input_shape))
    return model
