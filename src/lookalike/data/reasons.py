"""Why a picture is not used, in twelve sentences, and what is worth saying of one that is."""

import errno
import re
from enum import IntFlag, StrEnum

from jaxtyping import Int
from torch import Tensor


class Reason(StrEnum):
    """Why a picture is not used. The books may add a colon and what the system or Pillow says."""

    EMPTY = "empty file"
    UNKNOWN = "not a picture in a known format"
    CUT = "truncated"
    DAMAGED = "damaged"
    PIXELS = "too many pixels"
    METADATA = "too much text or too large a profile"
    VALUES = "values or a shape that no picture has"
    CHANNELS = "other channels than wanted"
    CLOSED = "cannot be opened"
    GONE = "gone, or a broken link"
    IRREGULAR = "not a regular file"
    CHANGED = "changed since it was listed"


class Remark(IntFlag):
    """What is odd about a picture that is used."""

    DEEP = 1
    FRAMES = 2
    CLEAR = 4
    THIN = 8
    OPEN = 16
    PLAIN = 32


_WORDS = {
    Remark.DEEP: "scaled from 16 to 8 bits",
    Remark.FRAMES: "of several frames, the first used",
    Remark.CLEAR: "with transparency, laid on white",
    Remark.THIN: "one pixel high or wide",
    Remark.OPEN: "without an end marker, all rows there",
    Remark.PLAIN: "of one colour throughout",
}


class Refused(ValueError):  # noqa: N818 - the word the books use
    """A picture that is not used.

    Args:
        reason: why.
        detail: more of it.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(because(reason, detail))


def because(reason: Reason, detail: str | None = None) -> str:
    """One line for the books."""
    words = " ".join((detail or "").split())[:_LONGEST]
    return f"{reason}: {words}" if words else str(reason)


def reason_of(error: Exception) -> str:
    """What the books say of an error; Pillow's plugins raise a dozen kinds."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return because(_OF_SYSTEM.get(error.errno, Reason.CLOSED), error.strerror)
    if isinstance(error, MemoryError):
        return because(Reason.PIXELS, "they do not fit into the memory")
    text = str(error) or type(error).__name__
    if isinstance(error, EOFError) or _CUT.search(text):
        return because(Reason.CUT, text)
    return because(Reason.METADATA if _METADATA.search(text) else Reason.DAMAGED, text)


def reason_in(line: str) -> str:
    """The reason alone of a line in the books."""
    return line.partition(":")[0]


def count_remarks(remarks: Int[Tensor, " n"]) -> dict[str, int]:
    """The remarks in words, with the number of pictures that each is true of.

    Args:
        remarks: the bits of each picture's `Remark`.
    """
    counts = {words: int((remarks & int(each)).ne(0).sum()) for each, words in _WORDS.items()}
    return {words: number for words, number in counts.items() if number}


def in_words(remarks: Remark) -> list[str]:
    """The remarks on one picture."""
    return [words for each, words in _WORDS.items() if each in remarks]


_LONGEST = 120
_OF_SYSTEM: dict[int | None, Reason] = {
    errno.ENOENT: Reason.GONE,
    errno.ENOTDIR: Reason.GONE,
    errno.ELOOP: Reason.GONE,
    errno.EISDIR: Reason.IRREGULAR,
    errno.ENXIO: Reason.IRREGULAR,  # a socket
}
_CUT = re.compile("truncated|not enough|unexpected end|premature|requires a buffer", re.IGNORECASE)
_METADATA = re.compile("MAX_TEXT|decompressed data too large", re.IGNORECASE)
