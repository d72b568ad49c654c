"""A queue: what past batches leave to later ones."""

import torch
from jaxtyping import Shaped
from torch import Tensor, nn


class Queue(nn.Module):
    """The newest rows that were pushed, in a ring: they take the places of the oldest.

    Its state is a part of every checkpoint, and the same on all processes as long as they push the
    same rows.

    Args:
        rows: [k, …], what it holds at first; it always holds k.
    """

    rows: Tensor
    place: Tensor
    """Where the next row goes."""

    def __init__(self, rows: Shaped[Tensor, "k ..."]) -> None:
        super().__init__()
        self.register_buffer("rows", rows)
        self.register_buffer("place", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def push(self, rows: Shaped[Tensor, "n ..."]) -> None:
        """Adds any number of rows; only the last k of them stay.

        The old rows are not written over: a loss that was computed with them may still need them
        for its gradient.
        """
        length = len(self.rows)
        rows = rows[-length:].to(self.rows.dtype)
        places = (self.place + torch.arange(len(rows), device=rows.device)) % length
        self.rows = self.rows.index_copy(0, places, rows)
        self.place = (self.place + len(rows)) % length
