"""Bent images, and drops and dirt on the lens. Images are on the CPU, in float64."""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.ndimage import correlate, distance_transform_edt, gaussian_filter1d, uniform_filter
from torch import Tensor
from torch.nn import functional as F

from lookalike.evaluation.corruptions.blur import gaussian_blur
from lookalike.evaluation.corruptions.edges import canny
from lookalike.evaluation.corruptions.numbers import Keys, eight_bit, normal
from lookalike.evaluation.corruptions.weather import in_channels
from lookalike.randomness import uniform
from lookalike.views.rows import Images

_WATER, _MUD = (175, 238, 238), (63, 42, 20)
_RELIEF = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])


def elastic_transform(
    images: Images, key: Keys, height: float, smoothness: float, shift: float
) -> Images:
    """An affine map, then bends: each pixel is read a little away from its place.

    The map moves three points by numbers uniform in ±`shift`; how far away pixels are read is noise
    uniform in ±1, smoothed, times `height`. Values between pixels are bilinear. Beyond the borders
    the first step mirrors the image without repeating edge pixels, the second with.

    Args:
        images: at least 2 pixels a side.
        key: one per image.
        height: of the bends, in pixels before smoothing; 0 for none.
        smoothness: standard deviation of the smoothing in pixels, which is cut at three.
        shift: greatest one of a point, in pixels.
    """
    h, w = images.shape[2:]
    pixel = torch.stack(torch.meshgrid(torch.arange(w), torch.arange(h), indexing="xy"), 2).double()
    moved = _read(images, _affine(pixel, key, shift), edges_repeated=False)
    if not height:
        return moved
    noise = 2 * uniform(key, "elastic bends", 2 * h * w).double().view(-1, 2, h, w) - 1
    bends = _smoothing(h, smoothness) @ noise @ _smoothing(w, smoothness).T
    return _read(moved, pixel + height * bends.movedim(1, 3), edges_repeated=True)


def spatter(
    images: Images,
    key: Keys,
    mean: float,
    deviation: float,
    smoothing: float,
    threshold: float,
    strength: float,
    mud: float,
) -> Images:
    """Drops of water, which brighten, or of mud, which hide.

    Args:
        images: in 0 … 1, of 1 or 3 channels.
        key: one per image.
        mean: of the normal noise that drops are cut out of.
        deviation: of that noise.
        smoothing: standard deviation of its Gaussian blur in pixels.
        threshold: below it there is no drop.
        strength: of water: its greatest light; of mud: the blur of its border, in pixels.
        mud: 1 for mud, 0 for water.
    """
    noise = mean + deviation * normal(key, "spatter", images[0, 0].numel())
    liquid = gaussian_blur(noise.view_as(images[:, :1]), key, smoothing)
    colour = torch.tensor(_MUD if mud else _WATER, dtype=images.dtype).view(1, 3, 1, 1) / 255
    colour = in_channels(colour, images.shape[1])
    if mud:
        cover = gaussian_blur((liquid > threshold).to(images.dtype), key, strength)
        cover = cover.masked_fill(cover < 0.8, 0)
        return images * (1 - cover) + cover * colour
    layers = eight_bit(liquid.masked_fill(liquid < threshold, 0))[:, 0].numpy()
    light = torch.from_numpy(np.stack([_glints(layer) for layer in layers]))
    return images + strength * light[:, None] * colour


def _affine(pixel: Float[Tensor, "h w 2"], key: Keys, shift: float) -> Float[Tensor, "n h w 2"]:
    """Where pixels are read when three points, a corner and its neighbours, move."""
    h, w = pixel.shape[:2]
    reach = min(h, w) // 3
    corner = torch.tensor([[1, 1], [1, -1], [-1, -1]])
    points = torch.tensor([w // 2, h // 2]) + reach * corner.double()
    moves = shift * (2 * uniform(key, "elastic points", 6).double().view(-1, 3, 2) - 1)
    there = F.pad(points + moves, [0, 1], value=1)
    back = torch.linalg.solve(there, points.expand(len(key), -1, -1))
    read: Tensor = (F.pad(pixel, [0, 1], value=1).flatten(0, 1) @ back).unflatten(1, (h, w))
    return read


@lru_cache(maxsize=16)
def _smoothing(side: int, deviation: float) -> Float[Tensor, "{side} {side}"]:
    """Gaussian blur of a column as a matrix: a product however wide the Gaussian is."""
    return torch.from_numpy(
        gaussian_filter1d(np.eye(side), deviation, axis=0, mode="reflect", truncate=3)
    )


def _read(images: Images, place: Float[Tensor, "n h w 2"], *, edges_repeated: bool) -> Images:
    """Values at places right and down of the first pixel's centre, beyond the borders mirrored."""
    sides = torch.tensor([images.shape[3], images.shape[2]])
    grid = (2 * place + 1) / sides - 1 if edges_repeated else 2 * place / (sides - 1) - 1
    corners = not edges_repeated
    return F.grid_sample(images, grid, padding_mode="reflection", align_corners=corners)


def _glints(layer: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Light on drops, in 0 … 1: a relief of the distance from their edges, seen from a corner."""
    edges = canny(layer, 50, 150)
    depth = distance_transform_edt(~edges) if edges.any() else np.full(layer.shape, 20.0)
    depth = uniform_filter(depth.clip(max=20), 3, mode="mirror")
    relief = correlate(_equalized((depth + 1e-6).astype(np.uint8)), _RELIEF, mode="mirror")
    soft = uniform_filter(relief.clip(0, 255), 3, mode="mirror").round()
    light = layer * soft
    share: NDArray[np.float64] = light / max(light.max(), 1)
    return share


def _equalized(levels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """An even histogram: the share of pixels up to a level, those of the lowest left out, in 255ths."""
    count = np.bincount(levels.ravel(), minlength=256)
    lowest = count[levels.min()]
    if lowest == levels.size:
        return levels.astype(np.float64)
    share: NDArray[np.float64] = (count.cumsum() - lowest) / (levels.size - lowest)
    return (255 * share).round()[levels]
