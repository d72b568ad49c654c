"""The findings as a page: one file that needs neither network nor library."""

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from lookalike.check import words
from lookalike.check.findings import Findings, Group, Place
from lookalike.check.pictures import Pixels, read_pixels
from lookalike.data.decoding import UnreadableImage
from lookalike.data.sources import Source
from lookalike.files import write_text
from lookalike.gallery.templates import filled

GROUPS, MEMBERS, ODD = 60, 6, 18
"""Groups of copies, pictures of each, and odd pictures of each kind that the page shows."""

_SIDE = 112  # pixels of a small picture


class Shown(NamedTuple):
    """A small picture and what is said of it."""

    image: str  # an address that holds its content, or "" where it cannot be read any more
    name: str
    about: str


class Strip(NamedTuple):
    """Pictures that belong together."""

    title: str
    pictures: list[Shown]
    more: int


def write_page(findings: Findings, sources: Mapping[str, Source], path: Path) -> None:
    """Writes the page with the pictures in question.

    Args:
        findings: what was found.
        sources: name of a set → where its pictures are.
        path: of the page.

    Raises:
        StorageError: it cannot be written.
    """
    page = filled(
        "check.html.jinja",
        findings=findings,
        verdict=words.verdict(findings),
        facts={found.name: words.facts(found) for found in findings.sets},
        sides=words.sides,
        groups=[_copies(group, sources) for group in findings.groups[:GROUPS]],
        more=max(len(findings.groups) - GROUPS, 0),
        odd=_odd(findings, sources),
    )
    write_text(path, page)


def _copies(group: Group, sources: Mapping[str, Source]) -> Strip:
    kind = "the same" if group.exact else "nearly the same"
    several = " · in several sets" if len(group.sets) > 1 else ""
    labels = f" · {len(group.labels)} classes" if len(group.labels) > 1 else ""
    pictures = [
        Shown(_small(sources[each.set], each.row), each.name, f"{each.set} {each.label}".strip())
        for each in _of_all_sets(group)[:MEMBERS]
    ]
    return Strip(kind + several + labels, pictures, max(len(group.pictures) - MEMBERS, 0))


def _of_all_sets(group: Group) -> list[Place]:
    """One of each set, then the others."""
    first = list({each.set: each for each in reversed(group.pictures)}.values())[::-1]
    return [*first, *(each for each in group.pictures if each not in first)]


def _odd(findings: Findings, sources: Mapping[str, Source]) -> list[Strip]:
    strips = []
    for found in findings.sets:
        source = sources[found.name]
        rows = {name: row for row, name in enumerate(source.names)}
        for kind, names in found.odd.items():
            pictures = [Shown(_small(source, rows[name]), name, "") for name in names[:ODD]]
            title = f"{found.name}: {kind} ({len(names):,})"
            strips.append(Strip(title, pictures, max(len(names) - ODD, 0)))
    return strips


def _small(source: Source, row: int) -> str:
    try:
        image = _image(read_pixels(source, row, _SIDE))
    except UnreadableImage:  # it could be a moment ago
        return ""
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "jpeg", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _image(pixels: Pixels) -> Image.Image:
    """Of more than three channels the first three, of two the first."""
    if len(pixels) >= 3:
        return Image.fromarray(np.ascontiguousarray(pixels[:3].transpose(1, 2, 0)))
    return Image.fromarray(np.ascontiguousarray(pixels[0]))
