"""What a method that rebuilds images makes of some: a look says more than its loss."""

from pathlib import Path

import torch
from torch import Tensor

from lookalike.data.loading import in_order
from lookalike.data.sources import Source
from lookalike.evaluation.features import frozen
from lookalike.gallery.sheet import Cell, as_pixels, write_sheet
from lookalike.method import Method
from lookalike.views.operations import Normalize
from lookalike.views.policy import Policy

ROWS = 8


def reconstructions_sheet(method: Method, source: Source, policy: Policy, path: Path) -> bool:
    """Writes a PNG with the first images, each with the pictures of `Method.reconstruct`.

    Args:
        method: on any device; it is left as it was.
        source: the images.
        policy: how they are seen, `views.presets.plain` of the policy trained on.
        path: of the PNG.

    Returns:
        Whether there was anything to draw: most methods rebuild nothing.

    Raises:
        StorageError: the disk refused.
    """
    if type(method).reconstruct is Method.reconstruct:
        return False  # before any image is read
    device = next(method.parameters()).device
    batch = next(iter(in_order(source, policy, batch=ROWS, device=device)))
    with frozen(method):
        pictures = method.reconstruct(batch)
    captions = [name.split(", ")[0] for name in pictures]
    columns = [_column(name, views, policy.normalize) for name, views in pictures.items()]
    rows = [list(row) for row in zip(*columns, strict=True)]
    write_sheet(rows, captions, path)
    return True


def _column(name: str, views: tuple[Tensor, ...], normalize: Normalize | None) -> list[list[Cell]]:
    """The pictures of one caption for each image; the words after its comma are below the last."""
    each = zip(*(_pixels(pictures, normalize) for pictures in views), strict=True)
    groups = [[Cell(pixels) for pixels in pictures] for pictures in each]
    groups[-1][-1] = Cell(groups[-1][-1].pixels, name.split(", ")[1:])
    return groups


def _pixels(views: Tensor, normalize: Normalize | None) -> Tensor:
    """Views as 8-bit pictures, without their normalisation."""
    views = views.float().cpu()
    if normalize:
        mean, std = (torch.tensor(x)[:, None, None] for x in (normalize.mean, normalize.std))
        views = views * std + mean
    return as_pixels(views)
