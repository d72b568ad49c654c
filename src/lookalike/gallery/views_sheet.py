"""What training will see, as a picture: a wrong crop or colour shows in a second."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor

from lookalike.data.decoding import UnreadableImage
from lookalike.data.sources import Images, Photos, Source
from lookalike.gallery.drawn_words import words
from lookalike.gallery.sheet import Cell, as_pixels, write_sheet
from lookalike.randomness import image_keys
from lookalike.views.policy import Policy
from lookalike.views.render import crop_photo, draw, finish


def views_sheet(
    source: Source,
    policies: Sequence[Policy],
    path: Path,
    *,
    seed: int,
    rows: int = 8,
    columns: int = 4,
    captions: Sequence[str] | None = None,
) -> None:
    """Writes a PNG with one image in each row: first itself, then views of it for each policy.

    The views are those of the run with this seed in its first epochs. Under each stands what was
    drawn for it.

    Args:
        source: the images; those shown are spread evenly over it. Unreadable ones are passed over.
        policies: one for each view of the method.
        path: of the PNG.
        seed: of the run.
        rows: images shown, if there are as many.
        columns: epochs shown of each policy.
        captions: what to call the policies; None is "view 1", "view 2" …

    Raises:
        StorageError: the disk refused.
        UsageError: a policy does not suit the images.
    """
    lines = [
        [
            [Cell(photo)],
            *(
                _views(photo, image, policy, number, seed, columns)
                for number, policy in enumerate(policies)
            ),
        ]
        for image, photo in _chosen(source, rows)
    ]
    names = captions or [f"view {number + 1}" for number in range(len(policies))]
    write_sheet(lines, ["image", *names], path)


def _chosen(source: Source, count: int) -> Iterator[tuple[int, UInt8[Tensor, "c h w"]]]:
    """Number and pixels of images spread over the source, the next one where one is unreadable."""
    starts = torch.linspace(0, len(source), min(count, len(source)) + 1).long().tolist()
    for start, end in pairwise(starts):
        for image in range(start, end):
            try:
                yield image, _read(source, image)
            except UnreadableImage:
                continue  # the source's ledger has it
            break


def _read(source: Source, image: int) -> UInt8[Tensor, "c h w"]:
    if isinstance(source, Photos):
        return source.read(image)
    assert isinstance(source, Images)  # noqa: S101 - there are two kinds of source
    return source.images[image]


def _views(
    photo: UInt8[Tensor, "c h w"], image: int, policy: Policy, number: int, seed: int, columns: int
) -> list[Cell]:
    """View `number` of one image in the first epochs, without the normalisation."""
    which = torch.tensor([image])
    key = torch.cat([image_keys(seed, epoch, which) for epoch in range(columns)])
    height, width = photo.shape[1:]
    shown = replace(policy, normalize=None)
    drawn = draw(shown, key, number, torch.tensor([[height, width]]).expand(columns, 2))
    each = [drawn.rows(slice(i, i + 1)) for i in range(columns)]
    views = finish(torch.stack([crop_photo(photo, shown, one) for one in each]), shown, drawn)
    pairs = zip(as_pixels(views), each, strict=True)
    return [Cell(view, [*words(policy, one, height * width)]) for view, one in pairs]
