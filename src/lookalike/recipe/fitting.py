"""Settings with which a run fits into the memory. Needs torch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from lookalike.errors import UsageError
from lookalike.recipe.memory import Need, at_once, gigabytes, room
from lookalike.recipe.schema import Recipe

SHARE = 0.8
"""Of the room that a plan may fill: estimates are off by up to a quarter."""

TRIES = 6
"""Batches that `fitting_batch` looks at, at most."""


def fits(needed: Need, device: torch.device) -> bool:
    """Whether there is room, and some to spare."""
    return needed.total <= SHARE * room(device)


def fitting_piece(recipe: Recipe, needed: Need, device: torch.device) -> int | None:
    """The largest power of two that fits as a piece, less than now; None if none does.

    What is embedded at once takes memory in proportion; all the rest stays.
    """
    once = at_once(recipe)
    rest = needed.total - needed.work
    pieces = [2**i for i in range(20) if 2**i < once]
    fitting = [p for p in pieces if rest + needed.work * p / once <= SHARE * room(device)]
    return max(fitting, default=None)


def advice(recipe: Recipe, piece: int | None) -> str:
    """What to do where memory ends: a piece, and what it changes."""
    if piece is None:
        return "Choose a smaller encoder, smaller views or a smaller batch."
    return (
        f"Add piece={piece} (a new run: with another --out). All {recipe.batch:,} images of a batch "
        f"are still compared; batch norm, where there is any, sees {piece}, and updates take longer. "
        f"batch={piece} would compare fewer images, which is another training."
    )


@contextmanager
def shortage(recipe: Recipe, device: torch.device, needed: Callable[[], Need]) -> Iterator[None]:
    """Turns the end of memory into one message with settings that fit.

    Args:
        recipe: of the run.
        device: of this process.
        needed: what the run needs; asked only when it is too late.

    Raises:
        UsageError: there is not enough memory.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch.OutOfMemoryError is a RuntimeError
        if not _is_shortage(error):
            raise
        piece = fitting_piece(recipe, needed(), device)
        raise UsageError(
            f"The memory of {device} ended: {at_once(recipe):,} images at once are too many.",
            why=f"{str(error).splitlines()[0]}" if str(error) else "",
            do=advice(recipe, piece),
        ) from error


def fitting_batch(
    most: int, device: torch.device, bytes_of: Callable[[int], int]
) -> tuple[int, str]:
    """The largest power of two that fits as the batch, found by halving.

    Args:
        most: images a batch may have.
        device: of the run.
        bytes_of: what a batch needs.

    Returns:
        The batch, and a sentence that says why.

    Raises:
        UsageError: not even two images fit.
    """
    limit = SHARE * room(device)
    low, high = 0, most.bit_length() - 1  # 2**low fits, or is 1
    tried: dict[int, int] = {}
    guess = high
    while low < high and len(tried) < TRIES:
        tried[2**guess] = bytes_of(2**guess)
        if tried[2**guess] <= limit:
            low = guess
        else:
            high = guess - 1
        guess = -(-(low + high) // 2)
    if low == 0:
        raise UsageError(
            "Not even a batch of 2 fits into the memory.",
            why=f"It takes about {gigabytes(min(tried.values()))} of {gigabytes(limit / SHARE)} GB.",
            do="Choose a smaller encoder or smaller views.",
        )
    words = "; ".join(
        f"{batch} takes {gigabytes(size)} GB" for batch, size in sorted(tried.items())
    )
    return 2**low, f"batch={2**low}, by --batch auto: of {gigabytes(limit / SHARE)} GB, {words}."


def _is_shortage(error: Exception) -> bool:
    kinds = (MemoryError, torch.OutOfMemoryError)
    return isinstance(error, kinds) or "can't allocate memory" in str(error)
