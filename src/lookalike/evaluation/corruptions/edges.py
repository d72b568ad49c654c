"""Edges of a picture (Canny, 1986)."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label, sobel

_FLAT = np.tan(np.pi / 8)


def canny(levels: NDArray[np.uint8], low: float, high: float) -> NDArray[np.bool_]:
    """Thin lines where grey levels change most.

    The gradient is Sobel's, its length the sum of the two absolute values, and the choices at ties
    and diagonals are OpenCV's, whose defaults these are.

    Args:
        levels: [h, w]; edge pixels are repeated beyond the borders.
        low: a line's pixels have longer gradients than this,
        high: and one at least of those that touch has a longer one than this.
    """
    right, down = (sobel(levels.astype(np.float64), axis, mode="nearest") for axis in (1, 0))
    length = abs(right) + abs(down)
    line = _ridges(length, right, down) & (length > low)
    parts, count = label(line, np.ones((3, 3)))
    strong = np.zeros(count + 1, dtype=bool)
    strong[parts[line & (length > high)]] = True
    edges: NDArray[np.bool_] = strong[parts]
    return edges


def _ridges(
    length: NDArray[np.float64], right: NDArray[np.float64], down: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether no neighbour along the gradient, to an eighth of the circle, has a longer one."""
    (h, w), wide = length.shape, np.pad(length, 1)

    def beside(y: int, x: int) -> NDArray[np.float64]:
        return wide[1 + y : 1 + y + h, 1 + x : 1 + x + w]

    across = (length > beside(0, -1)) & (length >= beside(0, 1))
    upright = (length > beside(-1, 0)) & (length >= beside(1, 0))
    falling = (length > beside(-1, -1)) & (length > beside(1, 1))
    rising = (length > beside(-1, 1)) & (length > beside(1, -1))
    flat, steep = abs(down) < _FLAT * abs(right), abs(down) * _FLAT > abs(right)
    return np.select([flat, steep, right * down < 0], [across, upright, rising], falling)
