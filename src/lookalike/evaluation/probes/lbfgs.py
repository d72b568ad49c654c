"""L-BFGS (Liu & Nocedal, 1989) on many small problems at once, one product for all of them."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Cost = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Points [k p] and the numbers [k] of their problems → values [k] in float64, gradients [k p]."""

_MEMORY = 10  # steps that the curvature is read from
_ENOUGH = 1e-4  # share of the promised descent that a step must keep (Armijo)
_FINER = 0.01  # gains are told from slopes, to less than the resolution of values
_NOTHING = 1e-3  # values are of order 1; below this, only the absolute gain counts


class Minimum(NamedTuple):
    """Where each of m problems ended.

    Args:
        point: the last point.
        iterations: evaluations it took.
        converged: whether it stopped because nothing was left to gain.
    """

    point: Float[Tensor, "m p"]
    iterations: Int[Tensor, " m"]
    converged: Bool[Tensor, " m"]


class _Running(NamedTuple):
    """The problems that still run; everything has them first."""

    which: Tensor
    point: Tensor
    value: Tensor
    slope: Tensor
    direction: Tensor
    step: Tensor  # how much of the direction is tried next

    @property
    def descent(self) -> Tensor:
        """Slope along the direction, below 0: the gain that a whole step promises, about twice."""
        return _dot(self.slope, self.direction)


class _Pair(NamedTuple):
    """A step, the change of the slope along it, and 1 / their product; 0 where none was taken."""

    moved: Tensor
    turned: Tensor
    inverse: Tensor


def minimise(
    cost: Cost, start: Float[Tensor, "m p"], *, tolerance: float, iterations: int = 1000
) -> Minimum:
    """The minima of m convex problems, each with its own line search; who is done leaves the batch.

    A problem is done when its next step promises less than `tolerance` of its value, or less than
    the arithmetic can tell. It should be scaled so that its curvature is of order 1.

    Args:
        cost: values of order 1 and gradients, in the precision of `start`.
        start: where each begins.
        tolerance: relative gain below which to stop.
        iterations: the most evaluations.
    """
    found = Minimum(
        start.clone(),
        start.new_zeros(len(start), dtype=torch.int64),
        start.new_zeros(len(start), dtype=torch.bool),
    )
    now, pairs = _begin(cost, start), list[_Pair]()
    resolution = torch.finfo(start.dtype).eps
    for iteration in range(iterations + 1):
        worthwhile = (tolerance * (now.value + _NOTHING)).clamp_min(_FINER * resolution)
        done = -now.descent <= worthwhile
        leaves = done | (iteration == iterations)
        if leaves.any():
            found.point[now.which[leaves]] = now.point[leaves]
            found.iterations[now.which[leaves]] = iteration
            found.converged[now.which[leaves]] = done[leaves]
            now = _Running(*(each[~leaves] for each in now))
            pairs = [_Pair(*(each[~leaves] for each in pair)) for pair in pairs]
        if not len(now.which):
            break
        now, pair = _step(cost, now, resolution)
        pairs = [*pairs[1 - _MEMORY :], pair]
        now = now._replace(direction=-_curved(now.slope, pairs))
    return found


def _begin(cost: Cost, start: Tensor) -> _Running:
    which = torch.arange(len(start), device=start.device)
    value, slope = cost(start, which)
    return _Running(which, start, value, slope, -slope, torch.ones_like(slope[:, 0]))


def _step(cost: Cost, now: _Running, resolution: float) -> tuple[_Running, _Pair]:
    """Tries a step; where the value falls too little, stays and makes the next try shorter."""
    moved = now.step[:, None] * now.direction
    value, slope = cost(now.point + moved, now.which)
    promised, gain = now.step * now.descent, value - now.value
    taken = gain <= _ENOUGH * promised + resolution
    moved, turned = moved * taken[:, None], (slope - now.slope) * taken[:, None]
    product = _dot(moved, turned)
    pair = _Pair(moved, turned, torch.where(product > 0, 1 / product, 0))
    # The minimum of the parabola through value, slope and the value that was tried.
    share = (promised / (2 * (promised - gain))).to(now.step.dtype).nan_to_num(0.1).clamp(0.1, 0.5)
    return now._replace(
        point=now.point + moved,
        value=torch.where(taken, value, now.value),
        slope=now.slope + turned,
        step=torch.where(taken, 1.0, share * now.step),
    ), pair


def _curved(slope: Tensor, pairs: list[_Pair]) -> Tensor:
    """The slope times the inverse curvature that the pairs have seen (two-loop recursion)."""
    result, shares = slope, list[Tensor]()
    for pair in reversed(pairs):
        shares.append(pair.inverse * _dot(pair.moved, result))
        result = result - shares[-1][:, None] * pair.turned
    size = torch.ones_like(slope[:, 0])
    for pair in pairs:
        size = torch.where(
            pair.inverse > 0, 1 / (pair.inverse * _dot(pair.turned, pair.turned)), size
        )
    result = size[:, None] * result
    for pair, share in zip(pairs, reversed(shares), strict=True):
        result = result + (share - pair.inverse * _dot(pair.turned, result))[:, None] * pair.moved
    return result


def _dot(one: Tensor, other: Tensor) -> Tensor:
    product: Tensor = torch.linalg.vecdot(one, other)
    return product
