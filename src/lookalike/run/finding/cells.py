"""An approximate search, for more pictures than can all be compared with each other (faiss).

Similar pictures share a cell, and a query looks only into the cells nearest to it: an inverted file
(Jégou, Douze & Schmid, 2011).
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lookalike.randomness import order

_LEAST, _SHARE = 16, 32  # how many cells are looked into, and one in how many
_LEARNED = 64  # pictures of each cell that its place is learned from


class Cells:
    """Pictures in cells, in memory: four times as many cells as the root of their number.

    Args:
        count: of the pictures.
        values: features, of length 1, of the rows that it is given.
        blocks: slices that cover all rows; only one is in memory twice.
    """

    def __init__(
        self,
        count: int,
        values: Callable[[slice | Tensor], Tensor],
        blocks: Iterable[slice],
    ) -> None:
        import faiss  # an extra

        cells = min(count, round(4 * count**0.5))
        drawn = order(0, 0, count)[: _LEARNED * cells].sort().values
        learned = values(drawn).numpy()
        kind = f"IVF{cells},Flat"
        self._index: Any = faiss.index_factory(learned.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
        self._index.train(learned)
        probed = max(_LEAST, cells // _SHARE)
        faiss.ParameterSpace().set_index_parameter(self._index, "nprobe", probed)
        for block in blocks:
            self._index.add(values(block).numpy())

    def nearest(
        self, values: Float[Tensor, "m d"], k: int
    ) -> tuple[Float[Tensor, "m k"], Int[Tensor, "m k"]]:
        """Similarities and rows of the nearest that were found; -inf and -1 beyond them."""
        similarity, row = (torch.from_numpy(part) for part in self._index.search(values.numpy(), k))
        return similarity.masked_fill(row < 0, -torch.inf), row
