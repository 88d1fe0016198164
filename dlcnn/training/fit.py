"""`fit`: trains a model on a data set with Keras' own loop, and goes on where it was stopped.

The work is done by the modules beside it: options, objective, loop and resume.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlcnn.models import Recipe
from dlcnn.training.adversary import Adversary
from dlcnn.training.errors import TrainingError
from dlcnn.training.loop import prepare
from dlcnn.training.options import complete, recipe_of
from dlcnn.training.resume import fit_in_run

if TYPE_CHECKING:
    import keras

    from dlcnn.data.dataset import Dataset

__all__ = ["fit"]


def fit(
    model: "keras.Model",
    dataset: "Dataset",
    *,
    recipe: Recipe | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    optimizer: str | None = None,
    learning_rate: float | None = None,
    schedule: str | None = None,
    weight_decay: float | None = None,
    augmentation: Iterable[str] | None = None,
    validation: float | None = None,
    early_stopping: int | None = None,
    adversary: Adversary | None = None,
    jit_compile: bool | str = "auto",
    deterministic: bool = False,
    seed: int = 0,
    run_dir: Path | str | None = None,
    tensorboard: bool = False,
    callbacks: Sequence["keras.callbacks.Callback"] = (),
    command: str = "",
    verbose: str | int = "auto",
) -> "keras.callbacks.History":
    """Train `model` on the training images of `dataset`.

    The model is compiled here: its loss follows from its output (softmax, one sigmoid unit, or
    logits), its metric is accuracy. It sees float32 images in [0, 1]. Its precision is that of
    the policy it was built under, `keras.config.set_dtype_policy("mixed_bfloat16")`. Its initial
    weights are its own: `keras.utils.set_random_seed` before it is built makes them repeatable.

    With `run_dir` everything is kept there, and the same call goes on where it was stopped, even
    by `kill -9`: on a CPU with `deterministic`, to exactly the numbers of a training that
    nothing interrupted. A finished training is not repeated.

    Args:
        model: built, of one input; of several outputs the first counts, and the others help in
            training with a weight of 0.3.
        dataset: images of the model's input shape.
        recipe: what stands for options that are not given; by default the one recorded for the
            network of the model's name.
        epochs: passes over the training images.
        batch_size: images per step; the last batch of an epoch may be smaller.
        optimizer: a Keras name; "sgd" has Nesterov momentum of 0.9.
        learning_rate: of the first step.
        schedule: "constant", or "cosine" down to 0 at the last step.
        weight_decay: decoupled, of kernels only.
        augmentation: names of `dlcnn.data.pipeline.AUGMENTATIONS`; () for none.
        validation: the share of the training images held back to validate on.
        early_stopping: epochs without a better loss (of validation, where there is one) after
            which training stops; the model then has its best weights.
        adversary: attacks a share of each batch before it is learnt from:
            `dlcnn.understanding.Adversary(epsilon=8/255)`.
        jit_compile: True, False, or "auto", Keras' own choice: XLA on GPUs only.
        deterministic: only operations that give the same every time; from here on, in the whole
            process.
        seed: of the order of the images, of augmentation and of the choice to validate on.
        run_dir: the run folder to make, or to go on in.
        tensorboard: also write logs for TensorBoard into the run folder.
        callbacks: more of Keras' own, such as `keras.callbacks.ReduceLROnPlateau`; what they
            count in plain numbers is part of what training goes on from.
        command: the command line that goes on with the run, for its manifest.
        verbose: as in `keras.Model.fit`.

    Returns:
        What Keras returns; with `run_dir` its history is that of all epochs, earlier ones too.

    Raises:
        UnderstandingError: the adversary cannot attack the model.
        TrainingError: an option cannot be so, model and data do not fit, the loss is no number,
            the run folder is another training's, or it cannot be written.
        KeyboardInterrupt: Ctrl-C; the model and the run folder are those of the last full epoch.
    """
    options = complete(
        recipe or recipe_of(model.name),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optimizer,
        learning_rate=learning_rate,
        schedule=schedule,
        weight_decay=weight_decay,
        augmentation=augmentation,
        validation=validation,
        early_stopping=early_stopping,
        jit_compile=jit_compile,
        deterministic=deterministic,
    )
    if not 0 <= seed < 2**32:
        raise TrainingError(
            "fit: a seed is a whole number from 0 to 2**32 - 1. "
            f"Received seed={seed}. Name another."
        )
    if tensorboard and run_dir is None:
        raise TrainingError(
            "fit: TensorBoard's logs lie in the run folder. Received tensorboard=True and "
            "run_dir=None. Name a run_dir."
        )
    loop = prepare(
        *(model, dataset, options),
        seed=seed,
        adversary=adversary,
        callbacks=callbacks,
        verbose=verbose,
    )
    if run_dir is None:
        return loop.run()
    return fit_in_run(Path(run_dir), loop, dataset, tensorboard=tensorboard, command=command)
