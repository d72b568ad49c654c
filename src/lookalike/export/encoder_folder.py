"""The folder `encoder/` of a run: weights anyone can load, and what our own loader must know.

timm rebuilds its own architectures from `config.json` and `model.safetensors` by one line. It cannot
build a small stem, a wider stem or three stages, so those encoders get `encoder.pt2` as well: the
computation itself with the normalisation inside, for torch alone.
"""

import contextlib
import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import safetensors.torch
import torch
from pydantic import BaseModel, ConfigDict, Field

from lookalike.errors import StorageError
from lookalike.export.program import program
from lookalike.files import read_json, storage_errors, sync, write_bytes, write_json, write_text
from lookalike.nn.encoder import Encoder
from lookalike.nn.variants import Variant
from lookalike.views.operations import Normalize
from lookalike.views.policy import Fit, Interpolation, Policy
from lookalike.views.presets import plain

WEIGHTS = "model.safetensors"
PROGRAM = "encoder.pt2"
_LOADER = Path(__file__).with_name("load_encoder.py")
_OF_THE_VIEW = ("mean", "std", "interpolation", "view_size")

Whole = Annotated[int, Field(ge=1, le=10_000)]
Deviation = Annotated[float, Field(gt=0)]


class _Facts(BaseModel):
    """What `config.json` says under our own key; the folder may be anybody's."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    name: str
    stem: Literal["standard", "small"]
    width: Whole
    channels: Whole
    size: Whole
    patch: Whole | None
    depth: Annotated[int, Field(ge=1, le=1000)] | None
    pool: Literal["token", "mean"]
    variant: Variant
    mean: list[float]
    std: list[Deviation]
    interpolation: Interpolation
    view_size: Whole


def write_encoder(encoder: Encoder, folder: Path, *, policy: Policy) -> None:
    """Writes the encoder; `folder` is replaced as a whole, once the new one is complete.

    Args:
        encoder: on any device, in any mode; it is not changed.
        folder: `encoder/` of a run; its parent exists.
        policy: a view it was trained on, or its plain view: size and normalisation.

    Raises:
        StorageError: the disk refused.
    """
    trunk = deepcopy(encoder.trunk).cpu().to(memory_format=torch.contiguous_format).eval()
    config = _config(encoder, policy)
    with _replacing(folder) as aside:
        weights = {name: tensor.contiguous() for name, tensor in trunk.state_dict().items()}
        write_bytes(aside / WEIGHTS, safetensors.torch.save(weights, {"format": "pt"}))
        write_json(aside / "config.json", config)
        if encoder.timm_args is None:
            write_bytes(aside / PROGRAM, program(trunk, config["pretrained_cfg"]))
            write_text(aside / _LOADER.name, _LOADER.read_text(encoding="utf-8"))


class Described(NamedTuple):
    """What an encoder folder says."""

    encoder: dict[str, Any]  # the arguments of `Encoder`
    view: dict[str, Any]  # size, mean, std and interpolation of the plain view
    weights: Path  # of the trunk, safetensors


def read_encoder(folder: Path) -> Described:
    """What `write_encoder` left in `folder`.

    Raises:
        StorageError: there is no encoder, or its `config.json` is not ours.
    """
    path = folder / "config.json"
    try:
        facts = _Facts.model_validate(read_json(path)["lookalike"]).model_dump()
    except FileNotFoundError:
        raise StorageError(
            f"There is no encoder in {folder}.", do="Finish the run: type its command again."
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _foreign(path) from error
    if not len(facts["mean"]) == len(facts["std"]) == facts["channels"]:
        raise _foreign(path)
    view = {key: facts.pop(key) for key in _OF_THE_VIEW}
    return Described(facts, view, folder / WEIGHTS)


def _foreign(path: Path) -> StorageError:
    return StorageError(
        f"{path} does not describe an encoder of lookalike.",
        do="Load it with the library that wrote it, or export the run again.",
    )


def _config(encoder: Encoder, policy: Policy) -> dict[str, Any]:
    """config.json: timm's layout where timm can use it, and our own key in every case."""
    seen = plain(policy)
    assert isinstance(seen.crop, Fit)  # noqa: S101 - what `plain` promises
    normalize = seen.normalize or Normalize(mean=(0.0,), std=(1.0,))
    mean, std = (_per_channel(x, encoder.channels) for x in (normalize.mean, normalize.std))
    timm_keys = {"architecture": encoder.name, "model_args": encoder.timm_args}
    return {
        **(timm_keys if encoder.timm_args is not None else {}),
        "num_classes": 0,
        "num_features": encoder.features,
        "pretrained_cfg": {
            "input_size": [encoder.channels, seen.size, seen.size],
            "mean": mean,
            "std": std,
            "interpolation": seen.crop.interpolation,
            "crop_pct": seen.crop.share,
            "crop_mode": "center",
        },
        "lookalike": {
            **encoder.settings,
            "mean": mean,
            "std": std,
            "interpolation": seen.crop.interpolation,
            "view_size": seen.size,
        },
    }


def _per_channel(values: tuple[float, ...], channels: int) -> list[float]:
    """One number stands for all channels."""
    return list(values) * channels if len(values) == 1 else list(values)


@contextlib.contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder`, which takes its place when the block ends well."""
    with storage_errors(folder):
        aside, old = (folder.with_name(f".{folder.name}.{word}") for word in ("new", "old"))
        for leftover in filter(Path.exists, (aside, old)):
            shutil.rmtree(leftover)
        aside.mkdir()
        yield aside
        sync(aside)
        if folder.exists():
            folder.rename(old)
        aside.rename(folder)
        sync(folder.parent)
        if old.exists():
            shutil.rmtree(old)
