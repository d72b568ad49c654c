"""Who takes an evaluation: a run's encoder, or any other, after its baselines."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lookalike.errors import StorageError
from lookalike.evaluation.subject import PROJECTION, Subject, pixels
from lookalike.nn.encoder import Encoder
from lookalike.recipe.build import build_method
from lookalike.recipe.schema import Recipe
from lookalike.run.folder import RunFolder
from lookalike.run.load import load
from lookalike.training.checkpoint import trained_weights
from lookalike.training.runtime import Runtime
from lookalike.views.operations import Normalize
from lookalike.views.policy import Crop, Policy
from lookalike.views.presets import plain


def of_run(path: Path, recipe: Recipe, runtime: Runtime, size: int | None) -> list[Subject]:
    """Raw pixels, the run's encoder before its training, and after it.

    Args:
        path: of the run folder.
        recipe: of the run.
        runtime: where to compute.
        size: side of the view they are tested on; None is the recipe's.

    Raises:
        StorageError: the run has no encoder yet.
    """
    trained = load(path).encoder
    untrained = build_method(_unfetched(recipe), trained.channels, classes=1).encoder
    return _beside(untrained, trained, recipe.plain, runtime, size)


def of_projection(
    folder: RunFolder, recipe: Recipe, runtime: Runtime, policy: Policy
) -> Subject | None:
    """The run's z: its encoder with the projector behind it, or None where it has no projector.

    Args:
        folder: of the run, with a checkpoint.
        recipe: of the run.
        runtime: where to compute.
        policy: the view that its h is tested on.
    """
    weights = trained_weights(folder.checkpoints)
    encoder = load(folder.path).encoder
    method = build_method(_unfetched(recipe), encoder.channels, classes=_classes(weights))
    projector = getattr(method, "projector", None)
    if projector is None or not weights:
        return None
    try:
        method.load_state_dict(weights)
    except RuntimeError as error:
        raise StorageError(
            f"The checkpoints in {folder.checkpoints} are not of the run's recipe."
        ) from error
    both = nn.Sequential(method.encoder, projector)
    return Subject(PROJECTION, runtime.place(both).eval(), policy)


def _unfetched(recipe: Recipe) -> Recipe:
    """The recipe without the published weights it may have begun with."""
    return recipe.model_copy(update={"encoder": recipe.encoder | {"weights": False}})


def _classes(weights: dict[str, Tensor]) -> int:
    """What a method with a classifier was built for."""
    bias = weights.get("classifier.bias", weights.get("classifier.weight"))
    return 1 if bias is None else len(bias)


def of_folder(path: Path, runtime: Runtime, size: int | None) -> list[Subject]:
    """The same of an encoder folder, wherever it was copied.

    Raises:
        StorageError: there is no encoder.
    """
    pretrained = load(path)
    trained = pretrained.encoder
    return _beside(_untrained(trained.settings), trained, pretrained.policy, runtime, size)


def of_name(settings: dict[str, Any], runtime: Runtime, size: int | None) -> list[Subject]:
    """The same of an encoder by name; without published weights it is only untrained.

    Args:
        settings: arguments of `Encoder`.
        runtime: where to compute.
        size: side of its images; None is 224.

    Raises:
        UsageError: there is no such encoder, or its weights do not fit.
    """
    settings = settings | {"size": size or 224}
    untrained = _untrained(settings)
    trained = Encoder(**settings) if settings["weights"] else None
    return _beside(untrained, trained, _policy(untrained), runtime, size)


def _beside(
    untrained: Encoder,
    trained: Encoder | None,
    policy: Policy,
    runtime: Runtime,
    size: int | None,
) -> list[Subject]:
    policy = replace(policy, size=size or policy.size)
    named = [("untrained", untrained), ("trained", trained)]
    encoders = [Subject(name, runtime.place(e), policy) for name, e in named if e is not None]
    return [pixels(policy), *encoders]


def _untrained(settings: dict[str, Any]) -> Encoder:
    torch.manual_seed(0)
    return Encoder(**{**settings, "weights": False})


def _policy(encoder: Encoder) -> Policy:
    """The plain view its architecture was published with, or ImageNet's."""
    published = getattr(encoder.trunk, "pretrained_cfg", None) or {}
    usual = Normalize()
    normalize = Normalize(
        mean=tuple(published.get("mean", usual.mean)), std=tuple(published.get("std", usual.std))
    )
    smooth = published.get("interpolation") != "bilinear"
    crop = Crop(interpolation="bicubic" if smooth else "bilinear")
    known = normalize if encoder.channels == 3 else None
    return plain(Policy(size=encoder.size, crop=crop, normalize=known))
