"""A sheet of pictures in rows and columns, with words under each."""

import io
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from lookalike.files import write_bytes

_CELL = 128  # side of a large picture in the sheet; small ones are enlarged by a whole number
_GAP, _GROUP, _MARGIN, _CAPTION, _LINE = 6, 26, 28, 30, 13
_INK, _WRONG = "#5d6670", "#c0492f"


class Cell(NamedTuple):
    """A picture, what is to be said of it, and whether it is framed as a wrong one."""

    pixels: UInt8[Tensor, "c h w"]
    words: Sequence[str] = ()
    wrong: bool = False


def as_pixels(views: Float[Tensor, "n c h w"]) -> UInt8[Tensor, "n c h w"]:
    """Views with values from 0 to 1 as 8-bit pictures."""
    return (views.clamp(0, 1) * 255).round().to(torch.uint8)


def write_sheet(
    rows: Sequence[Sequence[Sequence[Cell]]], captions: Sequence[str], path: Path
) -> None:
    """Writes the sheet as a PNG.

    Raises:
        StorageError: the disk refused.
    """
    buffer = io.BytesIO()
    draw_sheet(rows, captions).save(buffer, "png", compress_level=3)
    write_bytes(path, buffer.getvalue())


def draw_sheet(rows: Sequence[Sequence[Sequence[Cell]]], captions: Sequence[str]) -> Image.Image:
    """Puts groups of pictures side by side, below one caption for each group.

    Args:
        rows: in each the same groups, with the same number of cells.
        captions: one for each group.
    """
    cell = _cell(max(max(one.pixels.shape[1:]) for group in rows[0][1:] for one in group))
    said = [[[_wrapped(one.words, cell) for one in group] for group in row] for row in rows]
    deepest = [max(len(lines) for group in row for lines in group) for row in said]
    across = cell + _GAP
    lefts = _lefts([len(group) for group in rows[0]], across)
    tops = _tops([across + lines * _LINE for lines in deepest])
    size = lefts.pop() - _GROUP + _MARGIN, tops.pop() - _GAP + _MARGIN
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet)
    for left, caption in zip(lefts, captions, strict=True):
        pen.text((left, _MARGIN), caption, fill=_INK, font=ImageFont.load_default(17))
    for top, row, row_words in zip(tops, rows, said, strict=True):
        for left, group, words in zip(lefts, row, row_words, strict=True):
            for column, one in enumerate(group):
                _draw(sheet, one, words[column], left + across * column, top, cell)
    return sheet


_SMALL = ImageFont.load_default(10)


def _lefts(counts: list[int], across: int) -> list[int]:
    """Where each group begins, and where one more would."""
    lefts = [_MARGIN]
    for count in counts:
        lefts.append(lefts[-1] + across * count - _GAP + _GROUP)
    return lefts


def _tops(heights: list[int]) -> list[int]:
    """Where each row begins, and where one more would."""
    return list(accumulate(heights, initial=_MARGIN + _CAPTION))


def _wrapped(words: Sequence[str], width: int) -> list[str]:
    """As many words to a line as fit in `width` pixels."""
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} · {word}" if lines else word
        if lines and _SMALL.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _cell(size: int) -> int:
    return _CELL if size >= _CELL else size * round(_CELL / size)


def _fit(pixels: UInt8[Tensor, "c h w"], cell: int) -> Image.Image:
    """The whole picture in a cell: enlarged in whole pixels, or reduced smoothly.

    Of more than three channels the first three are shown, of two the first.
    """
    channels = 3 if len(pixels) >= 3 else 1
    array = pixels[:channels].permute(1, 2, 0).contiguous().numpy()
    picture = Image.fromarray(array if channels == 3 else array[:, :, 0]).convert("RGB")
    factor = cell // max(picture.size)
    if factor >= 1:
        size = (picture.width * factor, picture.height * factor)
        return picture.resize(size, Image.Resampling.NEAREST)
    picture.thumbnail((cell, cell), Image.Resampling.LANCZOS)
    return picture


def _draw(
    sheet: Image.Image, one: Cell, lines: Sequence[str], left: int, top: int, cell: int
) -> None:
    """The picture in the middle of its cell, and its lines below."""
    pen, picture = ImageDraw.Draw(sheet), _fit(one.pixels, cell)
    x, y = left + (cell - picture.width) // 2, top + (cell - picture.height) // 2
    sheet.paste(picture, (x, y))
    if one.wrong:
        pen.rectangle((x, y, x + picture.width - 1, y + picture.height - 1), None, _WRONG, 3)
    ink = _WRONG if one.wrong else _INK
    pen.multiline_text((left, top + cell), "\n".join(lines), ink, _SMALL, spacing=1)
