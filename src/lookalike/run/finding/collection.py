"""An encoder and the pictures that it is asked about."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float, UInt8
from rich.console import Console
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.data.cropping import REDUCTIONS
from lookalike.data.opening import open_source
from lookalike.data.sources import Photos, Source
from lookalike.errors import UsageError
from lookalike.evaluation.features import embed, frozen
from lookalike.run.finding.embeddings import features_of
from lookalike.run.finding.index import Index
from lookalike.run.finding.sight import Sight
from lookalike.run.folder import RunFolder
from lookalike.run.load import Pretrained, load
from lookalike.run.projector import load_projector
from lookalike.run.workers import count_workers
from lookalike.training.runtime import choose_runtime


@dataclass(frozen=True)
class Collection:
    """Pictures, and how an encoder sees them.

    Args:
        place: folder, file or named set of the pictures.
        source: the pictures.
        pretrained: the encoder with its view.
        sight: the same on its device.
        cache: folder that keeps features.
        tell: who is told about it.
        approximate: as in `Index`.
        by: what they are compared by, for people.
    """

    place: str
    source: Source
    pretrained: Pretrained
    sight: Sight
    cache: Path
    tell: Callable[[str], object]
    approximate: bool = False
    by: str = "features"

    def index(self) -> Index:
        """The pictures by their features, kept from before or made now."""
        return self._index(self.sight)

    def mirrored(self) -> Index:
        """The same pictures by the features of their mirror images."""
        return self._index(self.sight.mirrored)

    def _index(self, sight: Sight) -> Index:
        found = features_of(self.source, sight, self.cache / "embeddings", self.tell)
        return Index(found, self.source, self.place, self.approximate)

    def look(self, pictures: list[UInt8[Tensor, "c _ _"]]) -> Float[Tensor, "n d"]:
        """Features, of length 1, of pictures that are in memory."""
        views = torch.stack([self.pretrained.transform(picture) for picture in pictures])
        with frozen(self.sight.encoder):
            return normalize(embed(self.sight.encoder, views, self.sight.runtime).cpu(), dim=1)


def open_collection(
    what: Path,
    data: str | None,
    *,
    limit: int | None,
    device: str,
    workers: int | None,
    console: Console,
    approximate: bool = False,
) -> Collection:
    """Opens an encoder and pictures.

    Args:
        what: a run folder or an encoder folder; the features that an encoder folder makes are kept in
            runs/NAME, beside its reports.
        data: the pictures, by default those of the run.
        limit: takes the first this many; by default as many as the run did of its own.
        device: "auto", "cpu", "cuda" or "cuda:N".
        workers: processes that decode photos, or None for one per core.
        console: who is told about it.
        approximate: as in `Index`.

    Raises:
        UsageError: there are no pictures.
        DataError: they cannot be used.
        StorageError: there is no encoder.
    """
    pretrained, folder = load(what), RunFolder(what)
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    if folder.recipe.exists():
        recipe = folder.read_recipe()
        data, precision = data or recipe.data.path, recipe.precision
        limit = limit or (recipe.data.limit if data == recipe.data.path else None)
    else:
        folder = RunFolder(Path("runs") / what.resolve().name)
    if data is None:
        raise UsageError(f"{what} brings no pictures.", do="Add --data with a folder of pictures.")
    channels, runtime = pretrained.encoder.channels, choose_runtime(device, precision)
    console.print(f"reading {data}")
    source = open_source(data, "train", cache=folder.cache, limit=limit, channels=channels)
    console.print(source.name)
    encoder = runtime.place(pretrained.encoder)
    sight = Sight(encoder, pretrained.policy, runtime, count_workers(workers))
    return Collection(data, source, pretrained, sight, folder.cache, console.print, approximate)


def as_projected(collection: Collection, run: Path) -> Collection:
    """The same pictures by the projections z that the run's method compares.

    Raises:
        UsageError: the run's method has no projector.
        StorageError: there is no checkpoint, or it is not of the run's recipe.
    """
    folder = RunFolder(run)
    projector = load_projector(folder, folder.read_recipe())
    if projector is None:
        raise UsageError(
            f"{run} has no projector, or no checkpoint to read it from.",
            do="Leave out --projection.",
        )
    encoder = collection.sight.runtime.place(projector).eval()
    sight = replace(collection.sight, encoder=encoder)
    return replace(collection, sight=sight, by="projections")


def pixels_of(source: Source, row: int, least: int | None = None) -> UInt8[Tensor, "c h w"]:
    """One picture as it is, or a photo at the smallest fraction that leaves both its sides ≥ `least`.

    Raises:
        UnreadableImage: it cannot be read any more.
    """
    if isinstance(source, Photos):
        room = int(source.sizes[row].min()) // least if least else 1
        reduction = next((reduction for reduction in REDUCTIONS if reduction <= room), 1)
        return source.reader.read(row, reduction).pixels
    picture: Tensor = source.images[row]  # type: ignore[attr-defined]
    return picture
