"""Judging methods of attribution beside each other, in one call.

It must not know how a method makes its maps.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import keras
import numpy as np
import numpy.typing as npt

from dlcnn.errors import DlcnnError
from dlcnn.understanding.arguments import array_of, number, whole
from dlcnn.understanding.attribution.methods import METHODS, USUAL, names_of
from dlcnn.understanding.calls import takes
from dlcnn.understanding.errors import UnderstandingError, UnderstandingWarning, warn
from dlcnn.understanding.finite import expect_finite_layers
from dlcnn.understanding.judging.erasing import blurred, counts_of, curves
from dlcnn.understanding.judging.judgement import Judgement
from dlcnn.understanding.judging.pointing import Boxes, objects_for, pointing_game
from dlcnn.understanding.judging.randomising import (
    Stage,
    kept_weights,
    make_random,
    stages_of,
)
from dlcnn.understanding.judging.ranks import places_of, rank_correlation
from dlcnn.understanding.questions import Question, ask, asked_again

__all__ = ["Method", "judge"]

Method: TypeAlias = Callable[[keras.Model, Any, Any], npt.ArrayLike]
"""From (model, images, targets) to (N, H, W) maps."""

_Array: TypeAlias = npt.NDArray[Any]
_RANDOM = "random"


def judge(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | _Array | None = None,
    batch_size: int = 64,
    *,
    methods: Iterable[str] | Mapping[str, Method] | None = None,
    boxes: Boxes | None = None,
    seed: int = 0,
    steps: int = 20,
    fill: float = 0.0,
    blur: float | None = None,
    stages: int = 5,
    tolerance: float = 0.0,
) -> Judgement:
    """Judge methods by deletion and insertion, the pointing game, and random weights.

    Args:
        model: Functional or Sequential, from images to the scores of classes. For a moment it has
            random weights; whatever happens, it has its own again afterwards.
        images: (N, H, W, C) as the model takes them.
        targets: a class for all images or (N,), one for each; None: the class it prefers.
        methods: names in `METHODS`, by default the usual ones that can explain this model, or by
            name functions from (model, images, targets) to
            (N, H, W) maps, larger where a pixel counts more for the class. Maps made by chance
            are always judged as well.
        boxes: for the pointing game: (N, 4) boxes (top, left, bottom, right) in pixels, bottom
            and right just outside; several, (K, 4), for each image; or (N, H, W) masks.
        batch_size: images at a time, changed copies counted.
        seed: of the maps made by chance, the random weights, and the order of equal values.
        steps: in how many steps pixels are deleted and put in.
        fill: what a deleted pixel becomes.
        blur: standard deviation in pixels of the blurred image that insertion starts from; by
            default a tenth of the longer side; 0: it starts from `fill`.
        stages: in how many steps the layers are made random, from the top; 0: not at all.
        tolerance: pixels beside the object that the pointing game still counts.

    Raises:
        ModelError, UnderstandingError: the model, images, targets or options cannot be, or a
            method gives no such maps; the usual ones all fail, of which the first is told.

    Source: deletion and insertion: Petsiuk, Das & Saenko 2018; pointing game: Zhang et al. 2016;
        random weights: Adebayo et al. 2018, the cascade.
    """
    where = "judge"
    question = ask(where, model, images, targets, batch_size)
    chosen = _methods(methods, model, question, seed=whole(where, "seed", seed, least=0))
    pixels = question.images
    counts = counts_of(
        pixels.shape[1] * pixels.shape[2],
        whole(where, "steps", steps, least=1),
    )
    filled = np.full((1, *pixels.shape[1:]), number(where, "fill", fill), np.float32)
    sigma = max(pixels.shape[1:3]) / 10 if blur is None else number(where, "blur", blur, least=0)
    start = blurred(pixels, sigma) if sigma else np.broadcast_to(filled, pixels.shape)
    reach = number(where, "tolerance", tolerance, least=0)
    things = None if boxes is None else objects_for(boxes, pixels.shape[:3], where)
    rounds = whole(where, "stages", stages, least=0)
    cascade = stages_of(question.lens, rounds) if rounds else []
    maps, reasons = {}, []
    for name, method in list(chosen.items()):
        try:
            maps[name] = _maps(name, method, model, question)
        except DlcnnError as error:
            if methods is not None:
                raise
            reasons.append(error)  # nobody asked for it in particular
            del chosen[name]
    if list(maps) == [_RANDOM]:
        raise reasons[0]
    for reason in reasons:
        warn(str(reason))
    deleted, inserted = [], []
    for name, values in maps.items():
        places = places_of(values, seed)
        deleted.append(curves(question, places, pixels, filled, counts, f"deletion, {name}"))
        inserted.append(curves(question, places, start, pixels, counts, f"insertion, {name}"))
    if not np.ptp(deleted, axis=-1).any():
        expect_finite_layers(where, question.lens, pixels)
    return Judgement(
        question.lens.name,
        tuple(maps),
        counts / counts[-1],
        np.stack(deleted),
        np.stack(inserted),
        None
        if things is None
        else np.stack([pointing_game(each, things, tolerance=reach) for each in maps.values()]),
        tuple(name for name, _ in cascade),
        _randomised(model, question, chosen, maps, cascade, seed),
    )


def _methods(methods: Any, model: keras.Model, question: Question, seed: int) -> dict[str, Method]:
    """The methods by name, chance among them."""
    where = question.where
    if isinstance(methods, Mapping):
        chosen = dict(methods)
    else:
        names = names_of(USUAL if methods is None else methods, where)
        chosen = {name: _named(name, question.batch_size) for name in names}
    wrong = [name for name, method in chosen.items() if not callable(method) or name == _RANDOM]
    if wrong or not chosen:
        raise UnderstandingError(
            f"{where}: methods are functions by name, one or more, and {_RANDOM!r} is the name of "
            f"the baseline. Received {wrong[0] if wrong else 'none'!r}. Pass such as "
            'methods=("saliency", "grad_cam").'
        )
    for name, method in chosen.items():
        if not takes(method, model, question.images, question.targets):
            raise UnderstandingError(
                f"{where}: a method is called as method(model, images, targets). Received "
                f"{name!r}, which cannot be. Give it these three arguments."
            )
    shape = question.images.shape[:3]
    by_chance = np.random.default_rng(seed).random(shape).astype(np.float32)
    return {**chosen, _RANDOM: lambda *_: by_chance}


def _named(name: str, batch_size: int) -> Method:
    return lambda model, images, targets: METHODS[name](model, images, targets, batch_size)


def _maps(name: str, method: Method, model: keras.Model, question: Question) -> _Array:
    """What a method gives, checked."""
    with asked_again():
        maps = array_of(method(model, question.images, question.targets))
    shape = question.images.shape[:3]
    if maps.dtype.kind not in "fiub" or maps.shape != shape:
        raise UnderstandingError(
            f"{question.where}: a method gives maps of numbers, {shape} for these images. Received "
            f"{maps.shape} of {maps.dtype} from {name!r}. Reduce channels, and leave no axis out."
        )
    if not np.isfinite(maps).all():
        raise UnderstandingError(
            f"{question.where}: maps are finite numbers. Received NaN or infinity from {name!r}. "
            "Look at how it divides."
        )
    return maps.astype(np.float64)


def _randomised(
    model: keras.Model,
    question: Question,
    methods: Mapping[str, Method],
    maps: Mapping[str, _Array],
    cascade: Sequence[Stage],
    seed: int,
) -> npt.NDArray[np.float32]:
    """(M, R, N) rank correlations of the maps of a network that is made random stage by stage."""
    found = np.zeros((len(methods), len(cascade), len(question.images)), np.float32)
    with kept_weights(cascade), warnings.catch_warnings():
        # A random network may well have dead units; that is no fault of the caller's.
        warnings.simplefilter("ignore", UnderstandingWarning)
        for stage, layers in enumerate(cascade):
            make_random(layers, (seed, stage))
            for row, (name, method) in enumerate(methods.items()):
                now = _maps(name, method, model, question)
                pairs = zip(maps[name], now, strict=True)
                found[row, stage] = [rank_correlation(*pair) for pair in pairs]
    return found
