"""What `fit` asks of an adversary, which attacks batches before they are learnt from.

One is made by `dlcnn.understanding.Adversary`, which training does not know.
"""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from dlcnn.training.errors import TrainingError

if TYPE_CHECKING:
    import keras

__all__ = ["Adversary", "expect_adversary"]


@runtime_checkable
class Adversary(Protocol):
    """Changes the images of every batch inside the train step, on the weights of the moment."""

    def as_facts(self) -> dict[str, Any]:
        """What it does, as plain data: a run goes on only with an adversary of the same facts."""

    def attacking(self, model: "keras.Model") -> "AbstractContextManager[None]":
        """What a compiled model is trained within; it is as before when the block ends.

        Nothing is changed before the block begins, but a model that cannot be attacked is refused
        at once. What it does follows from weights and batch alone, or from variables of the
        model: else a training that goes on would not end as one that was never stopped.
        """


def expect_adversary(adversary: object, model: "keras.Model") -> None:
    """Refuse what is no adversary, or none for this model.

    Raises:
        TrainingError: it is something else.
        DlcnnError: it refuses the model.
    """
    if adversary is None:
        return
    if not isinstance(adversary, Adversary) or isinstance(adversary, type):
        raise TrainingError(
            "fit: adversary is None or an object that attacks batches. Received "
            f"adversary={adversary!r}. Pass dlcnn.understanding.Adversary(epsilon=8/255)."
        )
    adversary.attacking(model)
