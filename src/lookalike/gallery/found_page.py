"""A page of strips of pictures with words: one file that needs neither network nor library."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from lookalike.files import write_text
from lookalike.gallery.templates import filled

SIDE = 112
"""Pixels of a small picture."""


class Shown(NamedTuple):
    """A small picture and what is said of it.

    Args:
        image: an address that holds its content, or "" where it cannot be read any more.
        about: in bold.
        name: below it.
    """

    image: str
    about: str
    name: str


class Strip(NamedTuple):
    """Pictures that belong together.

    Args:
        title: above them.
        pictures: those shown.
        more: how many others there are.
    """

    title: str
    pictures: Sequence[Shown]
    more: int = 0


def write_page(
    path: Path, *, above: str, title: str, lead: str, strips: Sequence[Strip], more: int = 0
) -> None:
    """Writes the page.

    Args:
        path: of the page.
        above: one line on what it is.
        title: of the page.
        lead: what was found, in a sentence or two.
        strips: of pictures.
        more: how many other strips there are.

    Raises:
        StorageError: it cannot be written.
    """
    page = filled(
        "found_page.html.jinja", above=above, title=title, lead=lead, strips=strips, more=more
    )
    write_text(path, page)


def address(pixels: UInt8[Tensor, "c h w"]) -> str:
    """A small copy of a picture as an address that holds its content.

    Of more than three channels the first three are shown, of two the first.
    """
    channels = 3 if len(pixels) >= 3 else 1
    array = pixels[:channels].permute(1, 2, 0).contiguous().numpy()
    image = Image.fromarray(array if channels == 3 else array[:, :, 0])
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "jpeg", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
