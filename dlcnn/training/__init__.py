"""Training: a model and a data set in, a trained model and a folder that explains itself out.

Keras does the training; this room gives it batches, goes on where it was stopped, and judges the
result. It knows no grading and no commands. Keras is loaded when something is trained.
"""

from dlcnn.training.devices import distribute
from dlcnn.training.errors import DivergedError, TrainingError
from dlcnn.training.evaluate import evaluate
from dlcnn.training.evaluation import Evaluation
from dlcnn.training.fit import fit
from dlcnn.training.restarts import Restarts, restarts
from dlcnn.training.run import Run

__all__ = [
    "DivergedError",
    "Evaluation",
    "Restarts",
    "Run",
    "TrainingError",
    "distribute",
    "evaluate",
    "fit",
    "restarts",
]
