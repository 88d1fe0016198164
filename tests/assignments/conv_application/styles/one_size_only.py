from keras import layers, models


def happyModel():
    return models.Sequential([
        layers.Input((64, 64, 3)),
        layers.ZeroPadding2D(3),
        layers.Conv2D(32, 7, activation="relu"),
        layers.BatchNormalization(axis=3),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(1, activation="sigmoid"),
    ])


def convolutional_model(input_shape):
    inputs = layers.Input(shape=(64, 64, 3))
    x = layers.Conv2D(8, 4, padding="same")(inputs)
    x = layers.ReLU()(x)
    x = layers.MaxPooling2D(8, padding="same")(x)
    x = layers.Conv2D(16, 2, padding="same")(x)
    x = layers.ReLU()(x)
    x = layers.MaxPooling2D(4, padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(6, activation="softmax")(x)
    return models.Model(inputs, x)
