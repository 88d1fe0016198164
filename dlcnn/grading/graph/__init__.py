"""Keras models compared as graphs, from plain data, without Keras.

    described → `canonical` → graph → `compare` → facts → `words.sentences`

`description` checks what a worker sent, `spelling` and `settings` bring every spelling into one
form, `canonical` builds the graph, `alignment` finds which layer stands for which, `differences`
states what is different. This room never runs a model: what a model computes is judged elsewhere.
"""

from dlcnn.grading.graph.canonical import canonical
from dlcnn.grading.graph.differences import Comparison, compare
from dlcnn.grading.graph.nodes import Graph

__all__ = ["Comparison", "Graph", "canonical", "compare"]
