"""Draws the sheets of docs/corruptions.md from one of scikit-learn's sample photos.

python docs/corruptions.py
"""

from pathlib import Path

import torch
from jaxtyping import UInt8
from sklearn.datasets import load_sample_image
from torch import Tensor
from torch.nn.functional import interpolate

from lookalike.evaluation.corruptions import EXTRA, KINDS
from lookalike.evaluation.corruptions.apply import corrupted_copy
from lookalike.gallery.sheet import Cell, draw_sheet

HERE = Path(__file__).parent / "corruptions"


def photo(side: int) -> UInt8[Tensor, "1 3 {side} {side}"]:
    """The middle of a flower, small."""
    whole = torch.from_numpy(load_sample_image("flower.jpg").copy()).movedim(2, 0)[None]
    square = whole[:, :, :, 106:533].float()
    return interpolate(square, size=(side, side), mode="bilinear", antialias=True).byte()


def main() -> None:
    HERE.mkdir(exist_ok=True)
    for side in (32, 224):
        clean, image = photo(side), torch.zeros(1, dtype=torch.int64)
        rows = []
        for kind in (*KINDS, *EXTRA):
            copies = [corrupted_copy(clean, kind, s, image, seed=0)[0] for s in range(1, 6)]
            name = Cell(clean[0], [kind.replace("_", " ")])
            rows.append([[name], [Cell(copy) for copy in copies]])
        sheet = draw_sheet(rows, ("clean", f"severity 1 to 5 at {side} pixels"))
        sheet.save(HERE / f"{side}.jpg", quality=62, optimize=True)


if __name__ == "__main__":
    main()
