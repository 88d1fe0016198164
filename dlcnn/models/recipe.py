"""How a network is best trained, recorded next to its builder; it knows nothing of training."""

from dataclasses import dataclass

__all__ = ["Recipe"]


@dataclass(frozen=True)
class Recipe:
    """The training settings that a network is known to do well with.

    `Recipe()` is the usual start for a network that nobody has measured.

    Attributes:
        epochs: passes over the training images.
        batch_size: images per step.
        optimizer: a Keras name, "adam" or "sgd".
        learning_rate: of the first step.
        schedule: "constant", or "cosine" down to 0 at the last step.
        weight_decay: decoupled, as Keras optimizers take it.
        augmentation: names of random changes to the training images, such as "shift" or "flip".
    """

    epochs: int = 30
    batch_size: int = 64
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    weight_decay: float = 0.0
    augmentation: tuple[str, ...] = ()
