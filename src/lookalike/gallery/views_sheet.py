"""What training will see, as a picture: a wrong crop or colour shows in a second."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import torch
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from lookalike.data.decoding import UnreadableImage
from lookalike.data.sources import Images, Photos, Source
from lookalike.files import write_bytes
from lookalike.randomness import image_keys
from lookalike.views.policy import Policy
from lookalike.views.render import crop_photo, draw, finish

_CELL = 128  # side of a large view in the sheet; small ones are enlarged by a whole number
_GAP, _GROUP, _MARGIN, _CAPTION = 6, 26, 28, 30
_INK = "#5d6670"


def views_sheet(
    source: Source,
    policies: Sequence[Policy],
    path: Path,
    *,
    seed: int,
    rows: int = 8,
    columns: int = 4,
) -> None:
    """Writes a PNG with one image in each row: first itself, then views of it for each policy.

    The views are those of the run with this seed in its first epochs.

    Args:
        source: the images; those shown are spread evenly over it. Unreadable ones are passed over.
        policies: one for each view of the method.
        path: of the PNG.
        seed: of the run.
        rows: images shown, if there are as many.
        columns: epochs shown of each policy.

    Raises:
        StorageError: the disk refused.
    """
    cell = _cell(max(policy.size for policy in policies))
    lines = [
        [
            [_fit(photo, cell)],
            *(
                [_fit(view, cell) for view in _views(photo, image, policy, number, seed, columns)]
                for number, policy in enumerate(policies)
            ),
        ]
        for image, photo in _chosen(source, rows)
    ]
    captions = ["image", *(f"view {number + 1}" for number in range(len(policies)))]
    buffer = io.BytesIO()
    _sheet(lines, captions, cell, columns).save(buffer, "png", compress_level=3)
    write_bytes(path, buffer.getvalue())


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
) -> UInt8[Tensor, "columns c s s"]:
    """View `number` of one image in the first epochs, without the normalisation."""
    which = torch.tensor([image])
    key = torch.cat([image_keys(seed, epoch, which) for epoch in range(columns)])
    sizes = torch.tensor(photo.shape[1:]).expand(columns, 2)
    shown = replace(policy, normalize=None)
    drawn = draw(shown, key, number, sizes)
    parts = [crop_photo(photo, shown, drawn.rows(slice(i, i + 1))) for i in range(columns)]
    views = finish(torch.stack(parts) / 255, shown, drawn)
    return (views.clamp(0, 1) * 255).round().to(torch.uint8)


def _cell(size: int) -> int:
    return _CELL if size >= _CELL else size * round(_CELL / size)


def _fit(pixels: UInt8[Tensor, "c h w"], cell: int) -> Image.Image:
    """The whole picture in a cell: enlarged in whole pixels, or reduced smoothly."""
    channels = 3 if len(pixels) >= 3 else 1
    array = pixels[:channels].permute(1, 2, 0).contiguous().numpy()
    picture = Image.fromarray(array if channels == 3 else array[:, :, 0]).convert("RGB")
    factor = cell // max(picture.size)
    if factor >= 1:
        size = (picture.width * factor, picture.height * factor)
        return picture.resize(size, Image.Resampling.NEAREST)
    picture.thumbnail((cell, cell), Image.Resampling.LANCZOS)
    return picture


def _sheet(
    lines: list[list[list[Image.Image]]], captions: list[str], cell: int, columns: int
) -> Image.Image:
    """Puts groups of pictures into lines, below one caption for each group."""
    step = cell + _GAP
    lefts = [_MARGIN]
    for group in range(len(captions) - 1):
        lefts.append(lefts[-1] + (step * columns if group else step) - _GAP + _GROUP)
    width = lefts[-1] + step * columns - _GAP + _MARGIN
    height = _MARGIN + _CAPTION + step * len(lines) - _GAP + _MARGIN
    sheet = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(sheet)
    for left, caption in zip(lefts, captions, strict=True):
        pen.text((left, _MARGIN), caption, fill=_INK, font=ImageFont.load_default(17))
    for row, line in enumerate(lines):
        top = _MARGIN + _CAPTION + step * row
        for left, pictures in zip(lefts, line, strict=True):
            for column, picture in enumerate(pictures):
                _place(sheet, picture, left + step * column, top, cell)
    return sheet


def _place(sheet: Image.Image, picture: Image.Image, left: int, top: int, cell: int) -> None:
    """In the middle of its cell."""
    sheet.paste(picture, (left + (cell - picture.width) // 2, top + (cell - picture.height) // 2))
