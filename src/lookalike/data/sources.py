"""What pictures are once they are opened: numbered, in memory or decoded when they are needed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jaxtyping import Int, UInt8
from torch import Tensor

from lookalike.data.decoding import PIXELS, Decoded, UnreadableImage, allowing, decode
from lookalike.data.ledger import Ledger, counted
from lookalike.data.listing import Files, digest
from lookalike.data.paths import Names
from lookalike.data.reasons import Reason, because, in_words
from lookalike.data.threads import quiet


@dataclass(kw_only=True, eq=False)
class Source:
    """Numbered pictures.

    Args:
        name: what was found, for people: "1,000 pictures in 10 class folders".
        names: what each picture is called.
        label: class of each picture, -1 where there is none.
        classes: names of the classes.
        channels: 1 (grey), 3 (RGB) or those of its arrays.
        ledger: what became of every path found.
        fingerprint: the same for a copy of the same data, another for other data.
    """

    name: str
    names: Sequence[str]
    label: Int[Tensor, " n"]
    classes: tuple[str, ...]
    channels: int
    ledger: Ledger
    fingerprint: str

    def __len__(self) -> int:
        return len(self.label)


@dataclass(kw_only=True, eq=False)
class Images(Source):
    """Pictures of one small size, in memory (possibly mapped from the cache).

    Args:
        images: the pixels.
        factors: what is known of how each picture was made, each a tensor [n, …].
    """

    images: UInt8[Tensor, "n c h w"]
    factors: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Reader:
    """What a worker process needs to know of photos.

    Args:
        files: the encoded photos.
        sizes: height and width of each, upright, as its header says.
        channels: of every photo.
        pixels: most that a photo may have.
    """

    files: Files
    sizes: Int[Tensor, "n 2"]
    channels: int
    pixels: int = PIXELS

    def read(self, row: int, reduction: int = 1) -> Decoded:
        """Photo `row`, whole or at 1 / reduction of its sides (see `decode`), or UnreadableImage."""
        with quiet(), allowing(self.pixels):
            photo = decode(self.files, row, self.channels, reduction, self.pixels)
        whole = self.sizes[row]
        reduced = (whole + reduction - 1) // reduction
        if list(photo.pixels.shape[1:]) not in (whole.tolist(), reduced.tolist()):
            reason = because(Reason.CHANGED, "its size is not what the header said")
            raise UnreadableImage(self.files.name(row), reason)
        return photo


@dataclass(kw_only=True, eq=False)
class Photos(Source):
    """Pictures that are decoded whenever they are needed.

    Args:
        reader: decodes them, here or in a worker process.
    """

    reader: Reader

    @property
    def sizes(self) -> Int[Tensor, "n 2"]:
        """Height and width of each photo, upright."""
        return self.reader.sizes

    def read(self, row: int) -> UInt8[Tensor, "c h w"]:
        """Decodes photo `row`; the ledger has what is odd about it.

        Raises:
            UnreadableImage: it cannot be read; the ledger then says so, too.
        """
        try:
            photo = self.reader.read(row)
        except UnreadableImage as error:
            self.ledger.skip(error.name, error.reason)
            raise
        for remark in in_words(photo.remarks):
            self.ledger.remark(self.names[row], remark)
        return photo.pixels


def chosen(source: Source, rows: Int[Tensor, " m"]) -> Source:
    """Some of a source's pictures, in this order, as a source of its own."""
    facts: dict[str, Any] = {
        "name": f"{counted(len(rows), 'picture')} of {source.name}",
        "names": Names(lambda row: source.names[int(rows[row])], len(rows)),
        "label": source.label[rows],
        "fingerprint": digest(source.fingerprint, rows),
    }
    if isinstance(source, Images):
        factors = {name: values[rows] for name, values in source.factors.items()}
        return replace(source, **facts, images=source.images[rows], factors=factors)
    if not isinstance(source, Photos):
        raise TypeError(f"a source is Images or Photos, not {type(source).__name__}")
    files, sizes = source.reader.files.take(rows), source.reader.sizes[rows]
    return replace(source, **facts, reader=replace(source.reader, files=files, sizes=sizes))
