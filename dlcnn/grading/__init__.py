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

__all__ = [
    "Domain",
    "check",
    "expect_array",
    "expect_equal",
    "expect_gradient",
    "expect_scalar",
    "expect_unchanged",
]
