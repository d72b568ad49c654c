"""Who takes an evaluation: a run's encoder, or any other, after its baselines."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from lookalike.evaluation.subject import PROJECTION, Subject, pixels
from lookalike.nn.encoder import Encoder
from lookalike.recipe.build import build_method
from lookalike.recipe.schema import Recipe
from lookalike.run.folder import RunFolder
from lookalike.run.load import load
from lookalike.run.projector import load_projector
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
    untrained = build_method(recipe.unfetched, trained.channels, classes=1).encoder
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
    projector = load_projector(folder, recipe)
    if projector is None:
        return None
    return Subject(PROJECTION, runtime.place(projector).eval(), policy)


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
