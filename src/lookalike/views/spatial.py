"""Place and form: crop, flip and resize as two matrix products, and affine maps.

Resizing is linear and separable: each row of the view is a weighted sum of the box's rows, each
column of its columns. So cropping, flipping and resizing a whole batch, with a different box for
every image, is one matrix per image and axis and two batched products.
"""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from lookalike.randomness import uniform
from lookalike.views.policy import Affine, Interpolation


def resampling(
    start: Int[Tensor, " n"],
    length: Int[Tensor, " n"],
    mirrored: Bool[Tensor, " n"],
    *,
    source: int,
    size: int,
    interpolation: Interpolation,
    antialias: bool,
) -> Float[Tensor, "n {size} {source}"]:
    """The weight of each of `source` pixels in each of `size` pixels that cover a part of them.

    Pixels outside the part have no weight. With antialias they are left out of the average and the
    cubic is Pillow's (a = -0.5); without, the part's border is repeated and the cubic is torch's
    (a = -0.75). Both are what `torch.nn.functional.interpolate` does to the part alone.
    """
    reach, sharpness = (1 if interpolation == "bilinear" else 2), (-0.5 if antialias else -0.75)
    scale = (length / size)[:, None]
    place = torch.arange(size, device=start.device) + 0.5
    centre = torch.where(mirrored[:, None], size - place, place) * scale
    spread = scale.clamp(min=1.0) if antialias else torch.ones_like(scale)
    most = max(1.0, source / size) if antialias else 1.0
    taps = torch.arange(2 * math.ceil(reach * most) + 1, device=start.device)
    pixel = (centre - reach * spread).floor()[..., None] + taps
    weight = _kernel((pixel + 0.5 - centre[..., None]) / spread[..., None], reach, sharpness)
    last = (length - 1)[:, None, None]
    if antialias:
        weight = weight * ((pixel >= 0) & (pixel <= last))
    weight = weight / weight.sum(-1, keepdim=True)
    column = start[:, None, None] + pixel.to(torch.int64).clamp(min=0).minimum(last)
    return weight.new_zeros(len(start), size, source).scatter_add_(-1, column, weight)


def products(
    images: Float[Tensor, "n c h w"],
    vertical: Float[Tensor, "n s h"],
    horizontal: Float[Tensor, "n t w"],
) -> Float[Tensor, "n c s t"]:
    """`vertical @ channel @ horizontal.T` for every channel of every image, values in [0, 1].

    The cubic overshoots. Values are clipped after each product, as Pillow's and torch's resizing of
    uint8 images does, so that small images and photos look the same.
    """
    n, c, h, w = images.shape
    rows = torch.bmm(images.reshape(n, c * h, w), horizontal.mT).clamp_(0, 1).view(n * c, h, -1)
    # A copy of the matrix per channel costs less than bringing the channels side by side and back.
    view = torch.bmm(vertical.repeat_interleave(c, 0), rows).clamp_(0, 1)
    return view.view(n, c, *view.shape[1:])


def draw_maps(key: Int[Tensor, " n"], purpose: str, affine: Affine) -> Float[Tensor, "n 2 3"]:
    """The `maps` drawn for each image; the identity where nothing happens."""
    happens, turn, right, down, size, slant = uniform(key, purpose, 6).to(torch.float64).unbind(1)
    low, high = affine.scale
    drawn = maps(
        angle=(2 * turn - 1) * affine.degrees,
        shift=(2 * torch.stack([right, down], 1) - 1) * affine.translate,
        scale=low + size * (high - low),
        shear=(2 * slant - 1) * affine.shear,
    )
    return torch.where((happens < affine.probability)[:, None, None], drawn, IDENTITY)


def maps(
    *,
    angle: Float[Tensor, " n"],
    shift: Float[Tensor, "n 2"],
    scale: Float[Tensor, " n"],
    shear: Float[Tensor, " n"],
) -> Float[Tensor, "n 2 3"]:
    """Maps from a view's coordinates to the image's, for `warp`.

    They undo a horizontal shear, then an enlargement and a clockwise turn about the centre, then a
    shift, as in `torchvision.transforms.v2.functional.affine`.

    Args:
        angle: in degrees, float64 as all of these.
        shift: right and down, as a share of the side.
        scale: enlargement.
        shear: in degrees.
    """
    cos, sin, slant = angle.deg2rad().cos(), angle.deg2rad().sin(), shear.deg2rad().tan()
    across = torch.stack([cos - sin * slant, sin + cos * slant], 1)
    along = torch.stack([-sin, cos], 1)
    form = torch.stack([across, along], 1) / scale[:, None, None]
    offset = form @ (2 * shift)[..., None]  # coordinates run from -1 to 1
    return torch.cat([form, -offset], 2).to(torch.float32)


IDENTITY = torch.eye(2, 3)


def warp(
    images: Float[Tensor, "n c s s"], maps: Float[Tensor, "n 2 3"]
) -> Float[Tensor, "n c s s"]:
    """Each image seen through its map: bilinear, black outside."""
    grid = F.affine_grid(maps, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _kernel(
    distance: Float[Tensor, "n size taps"], reach: int, sharpness: float
) -> Float[Tensor, "n size taps"]:
    """The triangle (reach 1) or Keys' cubic convolution (reach 2), as a sum of truncated powers."""
    distance = distance.abs()
    near = (1 - distance).clamp(min=0)
    if reach == 1:
        return near
    far = (2 - distance).clamp(min=0)
    return sharpness * far**2 * (1 - far) + near**2 * (4 * sharpness + 3 - 2 * near)
