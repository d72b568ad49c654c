"""Place and form: crop, flip and resize as two matrix products, and affine maps.

Resizing is linear and separable: each row of the view is a weighted sum of the box's rows, each
column of its columns. So cropping, flipping and resizing a whole batch, with a different box for
every image, is one matrix per image and axis and two batched products.
"""

import math
from functools import partial

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from lookalike.views.boxes import draw_boxes
from lookalike.views.operations import Affine
from lookalike.views.policy import Crop, Interpolation
from lookalike.views.rows import Images, Uniforms, between


def cropped(
    images: Images,
    box: Int[Tensor, "n 4"],
    mirrored: Bool[Tensor, " n"],
    *,
    size: int,
    interpolation: Interpolation,
    antialias: bool,
) -> Float[Tensor, "n c {size} {size}"]:
    """A part of each image, resized and mirrored or not.

    Args:
        images: values in [0, 1].
        box: top, left, height and width in pixels, on the images' device.
        mirrored: whether left and right change places.
        size: side of the result.
        interpolation: how it is resized.
        antialias: whether shrinking averages all pixels it covers.
    """
    top, left, height, width = box.unbind(1)
    weights = partial(resampling, size=size, interpolation=interpolation, antialias=antialias)
    upright = torch.zeros_like(mirrored)
    vertical = weights(top, height, upright, source=images.shape[2])
    return products(images, vertical, weights(left, width, mirrored, source=images.shape[3]))


def draw_recrop(crop: Crop, uniforms: Uniforms, size: int) -> Float[Tensor, "n 4"]:
    """Boxes in a view."""
    numbers = len(uniforms(1))
    return draw_boxes(uniforms, crop, torch.full((numbers, 2), size)).to(torch.float32)


def recrop(images: Images, box: Float[Tensor, "n 4"], crop: Crop) -> Images:
    """A part of each view, resized to the view's size."""
    return cropped(
        images,
        box.to(torch.int64),
        torch.zeros_like(box[:, 0], dtype=torch.bool),
        size=images.shape[-1],
        interpolation=crop.interpolation,
        antialias=crop.antialias,
    )


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


def draw_maps(affine: Affine, uniforms: Uniforms, _size: int) -> Float[Tensor, "n 2 3"]:
    """The `maps` drawn for each image."""
    turn, right, down, enlarged, slant = uniforms(5).to(torch.float64).unbind(1)
    return maps(
        angle=(2 * turn - 1) * affine.degrees,
        shift=(2 * torch.stack([right, down], 1) - 1) * affine.translate,
        scale=between(enlarged, *affine.scale),
        shear=(2 * slant - 1) * affine.shear,
    )


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
