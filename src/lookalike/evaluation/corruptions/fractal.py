"""The plasma fractal: clouds by the diamond-square algorithm (Fournier et al., 1982)."""

from jaxtyping import Float
from torch import Tensor

from lookalike.evaluation.corruptions.numbers import Keys
from lookalike.randomness import uniform

_SWING = 1e4  # of the first points; only the ratio between rounds matters


def plasma(key: Keys, purpose: str, side: int, decay: float) -> Float[Tensor, "n side side"]:
    """Clouds between 0 and 1, each reaching both, that continue beyond opposite borders.

    From one point that is 0, every round halves the distance between points: a new one is the mean
    of its four neighbours plus a number uniform in ±swing. First come the points amid four old
    ones, then those between two old and two of the first. The official code keeps a swing's root and
    divides that by `decay`, so the swing falls by its square.

    Args:
        key: one per cloud.
        purpose: of the random numbers; point (y, x) takes number y · side + x.
        side: a power of two.
        decay: 1 is noise, and the larger, the smoother.
    """
    noise = 2 * uniform(key, purpose, side * side).double().view(-1, side, side) - 1
    points = noise.new_zeros(noise.shape)
    step, swing = side, _SWING
    while step > 1:
        half = step // 2
        old, amid = points[:, ::step, ::step], points[:, half::step, half::step]
        pairs = old + old.roll(-1, 1)
        amid.copy_((pairs + pairs.roll(-1, 2)) / 4)
        amid += swing * noise[:, half::step, half::step]
        for axis, rows, columns in ((1, 0, half), (2, half, 0)):
            mean = (amid + amid.roll(1, axis) + old + old.roll(-1, 3 - axis)) / 4
            points[:, rows::step, columns::step] = (
                mean + swing * noise[:, rows::step, columns::step]
            )
        step, swing = half, swing / decay**2
    low, high = points.amin((1, 2), keepdim=True), points.amax((1, 2), keepdim=True)
    return (points - low) / (high - low)
