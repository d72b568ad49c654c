"""Which part of each image a view shows: boxes of whole pixels, drawn for a batch at once."""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lookalike.views.policy import Crop, Fit
from lookalike.views.rows import Uniforms, between

Extents = Float[Tensor, "n attempts 2"]  # height, width


def draw_boxes(
    uniforms: Uniforms, crop: Crop | Fit, sizes: Int[Tensor, "n 2"]
) -> Int[Tensor, "n 4"]:
    """Top, left, height and width in pixels, always inside the image.

    Args:
        uniforms: the images' random numbers.
        crop: how to draw; `Fit` draws nothing.
        sizes: height and width of each image.
    """
    if isinstance(crop, Fit):
        side = (sizes.amin(1, keepdim=True) * crop.share).round().clamp(min=1).to(torch.int64)
        extent = side.expand(-1, 2)
        return torch.cat([(sizes - extent) // 2, extent], 1)
    attempts = _ATTEMPTS[crop.draw]
    numbers = uniforms(2 + 2 * attempts).to(torch.float64)
    place, tries = numbers[:, :2], numbers[:, 2:].view(-1, attempts, 2)
    return _DRAWS[crop.draw](place, tries, crop, sizes.to(torch.float64)).to(torch.int64)


_ATTEMPTS = {"torchvision": 10, "tensorflow": 100, "byol": 1}


def _draw_torchvision(
    place: Float[Tensor, "n 2"],
    tries: Float[Tensor, "n attempts 2"],
    crop: Crop,
    sizes: Float[Tensor, "n 2"],
) -> Float[Tensor, "n 4"]:
    """`torchvision.transforms.RandomResizedCrop.get_params`."""
    extents = _log_uniform(tries, crop, sizes)
    narrow, wide = crop.aspect
    largest = torch.stack([sizes[:, 1] / narrow, sizes[:, 0] * wide], 1).round()
    extent, found = _first(extents, _inside(extents, sizes), largest.minimum(sizes))
    room = sizes - extent
    corner = torch.where(found, place * (room + 1), room / 2).floor()
    return torch.cat([corner, extent], 1)


def _draw_byol(
    place: Float[Tensor, "n 2"],
    tries: Float[Tensor, "n attempts 2"],
    crop: Crop,
    sizes: Float[Tensor, "n 2"],
) -> Float[Tensor, "n 4"]:
    """One attempt, cut to the image (papers: BYOL's code has no retry loop)."""
    extent = _log_uniform(tries, crop, sizes)[:, 0].minimum(sizes).clamp(min=1)
    return torch.cat([(place * (sizes - extent + 1)).floor(), extent], 1)


def _draw_tensorflow(
    place: Float[Tensor, "n 2"],
    tries: Float[Tensor, "n attempts 2"],
    crop: Crop,
    sizes: Float[Tensor, "n 2"],
) -> Float[Tensor, "n 4"]:
    """TensorFlow's sample_distorted_bounding_box as SimCLR calls it (papers: "Inception crop").

    The whole image is the object of which min_object_covered = 0.1 must be seen, and the last row
    and column of places is never drawn. Left out is the kernel's repair of heights that rounding
    puts one pixel outside the area's bounds: such attempts fail here.
    """
    whole = sizes.prod(1, keepdim=True)
    aspect = between(tries[..., 0], *crop.aspect)
    least, most = ((whole * share / aspect).sqrt().round() for share in crop.area)
    fitting = ((sizes[:, 1:] + 0.5) / aspect).floor()  # the width is rounded
    most = most.minimum(fitting).minimum(sizes[:, :1])
    least = least.minimum(most)
    height = least + (tries[..., 1] * (most - least + 1)).floor()
    extents = torch.stack([height, (height * aspect).round()], -1)
    share = extents.prod(-1) / whole
    seen = (share >= max(0.1, crop.area[0])) & (share <= crop.area[1])
    extent, _ = _first(extents, seen & _inside(extents, sizes), sizes)
    corner = (place * (sizes - extent)).floor()
    return torch.cat([corner, extent], 1)


_DRAWS = {"torchvision": _draw_torchvision, "tensorflow": _draw_tensorflow, "byol": _draw_byol}


def _log_uniform(
    tries: Float[Tensor, "n attempts 2"], crop: Crop, sizes: Float[Tensor, "n 2"]
) -> Extents:
    """Extents of uniformly drawn area and log-uniformly drawn aspect."""
    area = sizes.prod(1, keepdim=True) * between(tries[..., 0], *crop.area)
    narrow, wide = crop.aspect
    aspect = between(tries[..., 1], math.log(narrow), math.log(wide)).exp()
    return torch.stack([area / aspect, area * aspect], -1).sqrt().round()


def _inside(extents: Extents, sizes: Float[Tensor, "n 2"]) -> Bool[Tensor, "n attempts"]:
    return ((extents > 0) & (extents <= sizes[:, None])).all(-1)


def _first(
    extents: Extents, valid: Bool[Tensor, "n attempts"], otherwise: Float[Tensor, "n 2"]
) -> tuple[Float[Tensor, "n 2"], Bool[Tensor, "n 1"]]:
    """The first valid attempt of each image, and whether there was one."""
    found, attempt = valid.to(torch.uint8).max(1, keepdim=True)
    chosen = extents.take_along_dim(attempt[..., None], 1)[:, 0]
    return torch.where(found > 0, chosen, otherwise), found > 0
