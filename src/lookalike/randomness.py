"""Randomness as a function: numbers that depend on what they are for, never on when they are drawn.

Order, views, masks and dropped labels are hashes of (seed, epoch, image, purpose). Nothing depends on
worker, process or restart, so resuming a run needs two integers, and both passes of gradient caching
see the same draws. The hash is the finaliser of SplitMix64 in int64 arithmetic, which gives the same
bits on every device.
"""

import hashlib
import math

import torch
from jaxtyping import Float, Int
from torch import Tensor


def image_keys(seed: int, epoch: int, image: Int[Tensor, " n"]) -> Int[Tensor, " n"]:
    """One key for each image in one epoch: the root of all its random numbers there."""
    return _mix(image.to(torch.int64) * _ODD + number(seed, epoch))


def uniform(key: Int[Tensor, " n"], purpose: str, count: int) -> Float[Tensor, "n count"]:
    """`count` numbers in [0, 1) for each key, multiples of 2⁻²⁴ in float32.

    Args:
        key: from `image_keys`.
        purpose: what they are for; other purposes give independent numbers.
        count: how many for each key; a longer draw begins with the shorter one.
    """
    counter = torch.arange(1, count + 1, device=key.device) * _ODD
    bits = _mix(_mix(key + number(purpose))[:, None] + counter)
    return _shift(bits, 40).to(torch.float32) * 2.0**-24


def normal(numbers: Float[Tensor, "n k"]) -> Float[Tensor, "n k"]:
    """Standard normal numbers from an even number of uniform ones (Box and Muller, 1958)."""
    first, second = numbers.chunk(2, 1)
    radius, angle = (-2 * torch.log1p(-first)).sqrt_(), 2 * math.pi * second
    return torch.cat([radius * angle.cos(), radius * angle.sin()], 1)


def order(seed: int, epoch: int, count: int) -> Int[Tensor, " count"]:
    """The order in which an epoch visits images 0 … count - 1."""
    return torch.argsort(image_keys(seed, epoch, torch.arange(count)), stable=True)


def number(*parts: int | str) -> int:
    """A signed 64-bit integer for the given parts, e.g. to seed torch's generator."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)


_ODD = 0x9E3779B97F4A7C15 - (1 << 64)  # 2⁶⁴ / golden ratio, as int64
_MIX = (0xBF58476D1CE4E5B9 - (1 << 64), 0x94D049BB133111EB - (1 << 64))


def _mix(x: Tensor) -> Tensor:
    """SplitMix64's finaliser: every input bit moves every output bit (int64 wraps around)."""
    x = (x ^ _shift(x, 30)) * _MIX[0]
    x = (x ^ _shift(x, 27)) * _MIX[1]
    return x ^ _shift(x, 31)


def _shift(x: Tensor, bits: int) -> Tensor:
    """Logical right shift: torch's `>>` on int64 copies the sign bit down."""
    return (x >> bits) & ((1 << (64 - bits)) - 1)
