"""A network as a picture: which boxes to draw, repeated blocks once. It draws nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import keras
from keras import layers

from dlcnn.figures.diagram import Block, Box, diagram
from dlcnn.models.anatomy import SummaryRow, summary_table
from dlcnn.models.graph import Node, layer_calls
from dlcnn.models.taps import MERGING, acts_on_each_position

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw"]

_LONGEST_REPEAT = 8  # blocks in a row that are looked at as one

_CONVOLUTIONS = (
    (layers.SeparableConv2D, "Separable"),
    (layers.DepthwiseConv2D, "Depthwise"),
    (layers.Conv2DTranspose, "Transposed conv"),
    ((layers.Conv1D, layers.Conv2D, layers.Conv3D), "Conv"),
)
_POOLING = (
    ((layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D), "Max pool"),
    ((layers.AveragePooling1D, layers.AveragePooling2D, layers.AveragePooling3D), "Average pool"),
)
_PLAIN_WORDS = {
    "BatchNormalization": "BN",
    "GlobalAveragePooling2D": "Global average pool",
    "GlobalMaxPooling2D": "Global max pool",
    "InputLayer": "Input",
    "LayerNormalization": "LN",
    "LocalResponseNormalization": "LRN",
}
_PASSED_OVER = (layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D)


def draw(model: keras.Model) -> "Figure":
    """Draw a network: a box per layer with its output shape and parameters, branches side by side.

    Activation, normalization and dropout stand in the box of the layer before them, padding is
    left out; a block that follows itself is drawn once, in a frame that says how many times it
    stands there. The chain leads to the first output; others stand beside it.

    Args:
        model: Functional or Sequential.

    Returns:
        A figure to show or to pass to `dlcnn.figures.save`.

    Raises:
        ModelError: the model has no graph.
    """
    nodes, outputs = layer_calls(model, "draw")
    table = summary_table(model)
    steps, output = _steps(nodes, table.rows, outputs[0].node)
    blocks = _folded(_blocks(steps, output))
    return diagram(blocks, title=f"{model.name}: {table.parameters:,} parameters")


@dataclass
class _Step:
    """A layer together with those after it that need no box of their own."""

    box: Box
    parents: list[int]
    notes: list[str] = field(default_factory=list)
    shape: tuple[int | None, ...] = ()
    parameters: int = 0

    def finished(self) -> Box:
        """The box with all that is written in it."""
        lines = [" · ".join(self.notes[i : i + 2]) for i in range(0, len(self.notes), 2)]
        lines.append(" \u00d7 ".join("?" if side is None else str(side) for side in self.shape[1:]))
        if self.parameters:
            lines.append(f"{self.parameters:,} parameters")
        return replace(self.box, lines=tuple(lines))


def _steps(
    nodes: Sequence[Node], rows: Sequence[SummaryRow], output: int
) -> tuple[list[_Step], int]:
    """The boxes to draw, and which of them holds the output."""
    readers = [0] * len(nodes)
    for node in nodes:
        for parent in node.parents:
            readers[parent] += 1
    steps: list[_Step] = []
    place: list[int] = []  # the step that each node stands in
    for node, row in zip(nodes, rows, strict=True):
        alone = len(node.parents) == 1 and readers[node.parents[0]] == 1
        if isinstance(node.layer, _PASSED_OVER):
            place.append(place[node.parents[0]])
            continue
        if alone and _stands_with_others(node):
            place.append(place[node.parents[0]])
            steps[place[-1]].notes.append(_note(node.layer))
        else:
            place.append(len(steps))
            title, role, notes = _title(node)
            parents = sorted({place[parent] for parent in node.parents})
            steps.append(_Step(Box(title, role=role), parents, notes))
        step = steps[place[-1]]
        step.shape = row.output_shape
        step.parameters += row.parameters
    return steps, place[output]


def _stands_with_others(node: Node) -> bool:
    return acts_on_each_position(node) and not isinstance(node.layer, layers.Dense)


def _note(layer: Any) -> str:
    """A layer in the box of another: "BN", "relu", "dropout 0.5"."""
    if isinstance(layer, layers.Activation):
        return str(getattr(layer.activation, "__name__", "activation"))
    if isinstance(layer, layers.Dropout):
        # Dropping whole branches goes by another name, and its rate differs from block to block.
        return "drop path" if layer.noise_shape else f"dropout {layer.rate:g}"
    kind = type(layer).__name__
    return _PLAIN_WORDS.get(kind, kind.lower())


def _title(node: Node) -> tuple[str, str, list[str]]:
    """A layer's first line, its role for the colour, and what it does besides."""
    layer: Any = node.layer
    notes = []
    activation = getattr(layer, "activation", None)
    if activation is not None and activation is not keras.activations.linear:
        notes.append(str(getattr(activation, "__name__", "activation")))
    if getattr(layer, "groups", 1) > 1:
        notes.insert(0, f"{layer.groups} groups")
    for kinds, word in _CONVOLUTIONS:
        if isinstance(layer, kinds):
            filters = getattr(layer, "filters", None)
            count = f", {filters}" if filters and word != "Depthwise" else ""
            window = _window(layer.kernel_size, layer.strides)
            return f"{word} {window}{count}", "convolution", notes
    for kinds, word in _POOLING:
        if isinstance(layer, kinds):
            return f"{word} {_window(layer.pool_size, layer.strides)}", "pooling", notes
    if isinstance(layer, layers.Dense):
        return f"Dense {layer.units}", "dense", notes
    name = _PLAIN_WORDS.get(node.kind, node.kind)
    role = "pooling" if node.kind.startswith("Global") else ""
    merges = isinstance(layer, MERGING) or len(node.parents) > 1
    return name, "merge" if merges else role, notes


def _window(size: Sequence[int], strides: Sequence[int]) -> str:
    """A window as people write it: "3 x 3", "3 x 3 / 2"."""
    text = "\u00d7".join(map(str, size))
    if set(strides) == {1}:
        return text
    return f"{text} /{strides[0]}" if len(set(strides)) == 1 else f"{text} /{tuple(strides)}"


def _blocks(steps: Sequence[_Step], output: int) -> list[Block]:
    """Cut the graph wherever everything on the way to the output passes a single box."""
    groups = _groups(steps, output)
    blocks = []
    for group in groups:
        position = {step: place for place, step in enumerate(group)}
        arrows = [
            (position.get(parent, -1), position[step])
            for step in group
            for parent in steps[step].parents
        ]
        blocks.append(Block(tuple(steps[step].finished() for step in group), tuple(arrows)))
    return blocks


def _groups(steps: Sequence[_Step], output: int) -> list[list[int]]:
    """The steps of each block, the one that all pass last."""
    needed = {output}
    for step in range(output, -1, -1):
        if step in needed:
            needed.update(steps[step].parents)
    last_reader = {parent: step for step in sorted(needed) for parent in steps[step].parents}
    ahead = max(step for step in needed if not steps[step].parents)  # until then inputs come in
    groups: list[list[int]] = [[]]
    for step in sorted(needed):
        groups[-1].append(step)
        if ahead <= step < output:
            groups.append([])
        ahead = max(ahead, last_reader.get(step, 0))
    _add_side_branches(groups, steps)
    return groups


def _add_side_branches(groups: list[list[int]], steps: Sequence[_Step]) -> None:
    """Put what leads to another output into the block after the one where it branches off."""
    group_of = {step: place for place, group in enumerate(groups) for step in group}
    for step in range(len(steps)):
        if step in group_of:
            continue
        after = [
            # The last of a group is passed by all: what reads it belongs to the next.
            group_of[parent] + (groups[group_of[parent]][-1] == parent)
            for parent in steps[step].parents
        ]
        group_of[step] = max(after, default=0)
        if group_of[step] == len(groups):
            groups.append([])
        group = groups[group_of[step]]
        group.insert(max(0, len(group) - 1), step)


def _folded(blocks: Sequence[Block]) -> list[Block]:
    """Blocks that follow themselves once, with their number; runs of several blocks too."""
    folded: list[Block] = []
    place = 0
    while place < len(blocks):
        length = max(
            range(1, _LONGEST_REPEAT + 1),
            key=lambda length: (_repeats(blocks, place, length) - 1) * length,
        )
        times = _repeats(blocks, place, length)
        folded.append(replace(_joined(blocks[place : place + length]), times=times))
        place += length * times
    return folded


def _repeats(blocks: Sequence[Block], place: int, length: int) -> int:
    """How often the `length` blocks from `place` on stand there in a row."""
    pattern = blocks[place : place + length]
    times = 1
    while blocks[place + times * length : place + (times + 1) * length] == pattern:
        times += 1
    return times


def _joined(blocks: Sequence[Block]) -> Block:
    """Blocks as one, each going on from the last box of the one before."""
    boxes: tuple[Box, ...] = ()
    arrows: tuple[tuple[int, int], ...] = ()
    for block in blocks:
        offset = len(boxes)
        moved = tuple((a + offset if a >= 0 else offset - 1, b + offset) for a, b in block.arrows)
        boxes, arrows = boxes + block.boxes, arrows + moved
    return Block(boxes, arrows)
