"""Frozen features: what an encoder makes of every image of a source, seen plainly."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from lookalike import files
from lookalike.data.loading import in_order
from lookalike.data.sources import Source
from lookalike.errors import DataError, Interrupted, NumericalError
from lookalike.signals import StopFlag
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Policy


class Features(NamedTuple):
    """What is known of n images, in the order of their source, on the CPU."""

    values: Float[Tensor, "n d"]
    label: Int[Tensor, " n"]  # -1 where there is none
    image: Int[Tensor, " n"]  # which image of the source; an unreadable one is missing


def extract(
    encoder: nn.Module,
    source: Source,
    policy: Policy,
    *,
    runtime: Runtime,
    batch: int = 512,
    workers: int = 0,
    stop: StopFlag | None = None,
    seen: Callable[[int], object] | None = None,
) -> Features:
    """The encoder's features of every readable image.

    The encoder is left as it was found, batch-norm statistics included. Unreadable photos are left
    out and noted in the source's ledger.

    Args:
        encoder: images [n, c, h, w] → features [n, d], on the runtime's device.
        source: the images.
        policy: how each is seen; `views.presets.plain` of the policy trained on.
        runtime: device and precision.
        batch: images at a time.
        workers: processes that decode photos.
        stop: polled after every batch.
        seen: told how many images each batch had, for a progress bar.

    Raises:
        DataError: not one image can be read.
        NumericalError: a feature is not finite.
        Interrupted: `stop` was raised.
    """
    parts = []
    with frozen(encoder):
        for each in in_order(source, policy, batch=batch, device=runtime.device, workers=workers):
            values = embed(encoder, each.views[0], runtime)
            parts.append(Features(values.cpu(), each.label.cpu(), each.image.cpu()))
            if seen:
                seen(len(values))
            if stop and stop.signal:
                raise Interrupted("The evaluation was stopped.", signal=stop.signal)
    features = _joined(parts)
    if not features.values.isfinite().all():
        raise NumericalError(
            "The encoder gives features that are not finite numbers.",
            why="Its training diverged, or its weights are damaged.",
        )
    return features


@contextlib.contextmanager
def frozen(encoder: nn.Module) -> Iterator[None]:
    """The encoder in evaluation mode and without gradients; afterwards it is as before."""
    modes = {module: module.training for module in encoder.modules()}
    encoder.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def embed(
    encoder: nn.Module, images: Float[Tensor, "n c h w"], runtime: Runtime
) -> Float[Tensor, "n d"]:
    """Features of one batch in float32, on the runtime's device."""
    with runtime.autocast():
        features: Tensor = encoder(runtime.images(images))
    return features.float()


def labelled(features: Features, part: str) -> Features:
    """Only the images with a label.

    Args:
        features: of all images.
        part: "training" or "test", for the message.

    Raises:
        DataError: there are none.
    """
    has = features.label >= 0
    if not has.any():
        raise DataError(
            f"None of the {len(has):,} {part} images has a label, and this evaluation needs them.",
            do="Put the images into one folder per class, or name another labelled set in --data.",
        )
    return Features(*(column[has] for column in features))


def kept(path: Path, fingerprint: str, make: Callable[[], Features]) -> Features:
    """Features from the file at `path` if it was written under this fingerprint, else made anew.

    Args:
        path: of a .safetensors file, which is read, or written once the features are made.
        fingerprint: names all that the features depend on: weights, data, policy, precision.
        make: how to make them.

    Raises:
        StorageError: the file cannot be written.
    """
    found = _read(path, fingerprint)
    if found is None:
        found = make()
        tensors = {name: column.contiguous() for name, column in found._asdict().items()}
        files.write_bytes(path, save(tensors, metadata={"fingerprint": fingerprint}))
    return found


def _read(path: Path, fingerprint: str) -> Features | None:
    """The features kept there, or None where there are none, others or damaged ones."""
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            if (file.metadata() or {}).get("fingerprint") != fingerprint:
                return None
            return Features(*(file.get_tensor(name) for name in Features._fields))
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError):
        return None


def _joined(parts: list[Features]) -> Features:
    return Features(*(torch.cat(columns) for columns in zip(*parts, strict=True)))
