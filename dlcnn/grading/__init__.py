"""Grading one submission: run it apart, compare its answers, say what is wrong.

Course files import the vocabulary of a check from here; everything else is imported from its own
module. This room never imports Keras or TensorFlow.
"""

from dlcnn.grading.checks import (
    Domain,
    check,
    expect_array,
    expect_equal,
    expect_gradient,
    expect_scalar,
    expect_unchanged,
)
from dlcnn.grading.model_checks import (
    expect_accuracy,
    expect_api,
    expect_gradients,
    expect_model,
    expect_outputs,
    if_accepted,
    keras_input,
)
from dlcnn.grading.trained_checks import expect_accuracy_on_curve

__all__ = [
    "Domain",
    "check",
    "expect_accuracy",
    "expect_accuracy_on_curve",
    "expect_api",
    "expect_array",
    "expect_equal",
    "expect_gradient",
    "expect_gradients",
    "expect_model",
    "expect_outputs",
    "expect_scalar",
    "expect_unchanged",
    "if_accepted",
    "keras_input",
]
