"""Networks: built by name or from a pattern, measured, drawn and filled with weights.

Every network is also a function here: `models.resnet50()` builds what `models.build("resnet50")`
does. What needs Keras is loaded when it is first asked for. This room knows no data and no
training.
"""

import importlib
from typing import TYPE_CHECKING, Any

from dlcnn.errors import nearest
from dlcnn.models.architecture import Architecture
from dlcnn.models.errors import ModelError
from dlcnn.models.library import build, find, names
from dlcnn.models.outlines import outline, without_weights
from dlcnn.models.recipe import Recipe

if TYPE_CHECKING:
    from dlcnn.models.anatomy import summary_table
    from dlcnn.models.diagram import draw
    from dlcnn.models.initializers import EdgeFilters, edge_layer
    from dlcnn.models.pattern import from_pattern, is_pattern
    from dlcnn.models.receptive import receptive_field
    from dlcnn.models.replays import replay

__all__ = [
    "Architecture",
    "EdgeFilters",
    "ModelError",
    "Recipe",
    "build",
    "draw",
    "edge_layer",
    "find",
    "from_pattern",
    "is_pattern",
    "names",
    "outline",
    "receptive_field",
    "replay",
    "summary_table",
    "without_weights",
]

_NEEDS_KERAS = {
    "EdgeFilters": "initializers",
    "draw": "diagram",
    "edge_layer": "initializers",
    "from_pattern": "pattern",
    "is_pattern": "pattern",
    "receptive_field": "receptive",
    "replay": "replays",
    "summary_table": "anatomy",
}


def __getattr__(name: str) -> Any:
    if name in _NEEDS_KERAS:
        return getattr(importlib.import_module(f"{__name__}.{_NEEDS_KERAS[name]}"), name)
    if not name.startswith("_") and name in names():
        return find(name).function
    raise AttributeError(f"{__name__} has no {name!r}. {nearest(name, __dir__())}")


def __dir__() -> list[str]:
    return sorted([*__all__, *names()])
