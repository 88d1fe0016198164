"""A callback of Keras that shows what a network looks at while it learns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy.typing as npt

from dlcnn import figures
from dlcnn.understanding.arguments import array_of, whole
from dlcnn.understanding.classifier import first_answer
from dlcnn.understanding.contact.look import look
from dlcnn.understanding.errors import UnderstandingError, warn
from dlcnn.understanding.places import folder_of
from dlcnn.understanding.questions import asked_again

__all__ = ["LookWhileTraining"]


class LookWhileTraining(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Explains the same images again after every so many epochs, and after the last.

    >>> watch = understanding.LookWhileTraining(images, folder="looks", methods=["grad_cam"])
    >>> model.fit(x, y, epochs=20, callbacks=[watch])

    Pictures go to `folder` as epoch_0001.png and so on, or, in a notebook, below the cell. Of
    several outputs the first is explained. It leaves training as it is: no random number is drawn,
    and no weight is changed.
    """

    def __init__(
        self,
        images: npt.ArrayLike,
        targets: int | Sequence[int] | npt.NDArray[Any] | None = None,
        *,
        methods: Sequence[str] = ("saliency", "grad_cam"),
        layer: str | None = None,
        every: int = 1,
        folder: Path | str | None = None,
        class_names: Sequence[str] | None = None,
        batch_size: int = 64,
    ) -> None:
        """Choose what is shown.

        Args:
            images: (N, H, W, C) as the model takes them; a few.
            targets: a class for all or (N,); None: the one that the model prefers at the time.
            methods: names in `METHODS`.
            layer: whose feature maps Grad-CAM weighs; by default the last.
            every: epochs from one picture to the next.
            folder: where pictures go; None: below the cell of the notebook.
            class_names: the name of each class; by default its number.
            batch_size: images at a time.

        Raises:
            UnderstandingError: `every` is no number of epochs, or there is neither a folder nor a
                notebook.
        """
        super().__init__()
        self._asked = (array_of(images), targets, batch_size)
        self._how: dict[str, Any] = {"methods": methods, "layer": layer}
        self._class_names = class_names
        self._every = whole("LookWhileTraining", "every", every, least=1)
        self._folder = None if folder is None else folder_of(folder, "LookWhileTraining")
        if self._folder is None and not _in_notebook():
            raise UnderstandingError(
                "LookWhileTraining: pictures go to a folder, or below the cell of a notebook. "
                "Received folder=None outside a notebook. Name a folder."
            )

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002  # of Keras
        """Refuse what cannot be shown before the first epoch, not after it."""
        self._answering = first_answer(self.model)
        found = look(self._answering, *self._asked, **self._how)
        found.figure(class_names=self._class_names)
        for note in found.notes:
            warn(note)
        self._shown = self._epoch = 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Show the images if it is their turn."""
        self._epoch = epoch + 1
        if self._epoch % self._every == 0:
            self._show()

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002
        """Show them at the end in any case."""
        if self._shown != self._epoch:
            self._show()

    def _show(self) -> None:
        with asked_again():
            found = look(self._answering, *self._asked, **self._how)
        figure = found.figure(class_names=self._class_names)
        figure.suptitle(f"{found.model}, epoch {self._epoch}", fontsize=11)
        self._shown = self._epoch
        if self._folder is None:
            from IPython.display import display

            display(figure)  # type: ignore[no-untyped-call]
        else:
            figures.save(figure, self._folder / f"epoch_{self._epoch:04d}.png")


def _in_notebook() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None
