"""Operations over a pixel's neighbourhood: sharpness, edges, and blur along a line.

They are sums of shifted images rather than convolutions, whose last bits depend on how many images
are in the batch.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from lookalike.views.colour import grey
from lookalike.views.operations import MotionBlur, Sharpness
from lookalike.views.rows import Factor, Images, Uniforms, between, spread


def draw_sharpness(settings: Sharpness, uniforms: Uniforms, _size: int) -> Factor:
    """Factors for `sharpness`, uniform."""
    return between(uniforms(1)[:, 0], *settings.factor)


def sharpness(images: Images, factor: Factor) -> Images:
    """Blend with a smoothed copy: 0 is that copy, 1 changes nothing, 2 sharpens.

    `torchvision.transforms.v2.functional.adjust_sharpness` on float images: the outermost pixels
    are not smoothed, so images of less than 3 pixels do not change.

    Args:
        images: values in [0, 1].
        factor: at least 0.
    """
    view = images.clone()
    if min(images.shape[2:]) < 3:
        return view
    inner = view[:, :, 1:-1, 1:-1]
    smooth = (_sum(_sum(images, 2), 3) + 4 * inner) / 13
    inner.add_(smooth.sub_(inner) * (1 - spread(factor))).clamp_(0, 1)
    return view


def sobel(images: Images) -> Images:
    """Edges: the length of the Sobel gradient of the grey image, from 0 to 1, in all channels.

    The kernels are [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]] and its transpose, the image is mirrored at
    its borders (SimCLR, figure 4; the details are ours). The greatest length is √20: its square is
    convex in the values, so it is greatest where all are 0 or 1, and of those a corner between
    black and white has gradients 4 and 2, while an edge has 4 and 0.

    Args:
        images: values in [0, 1], with 1 or 3 channels, at least 2 pixels.

    Raises:
        UsageError: the images have another number of channels.
    """
    light = images if images.shape[1] == 1 else grey(images)[:, None]
    light = _mirrored(light, 1)
    across, down = _difference(_sum(light, 2, 2), 3), _difference(_sum(light, 3, 2), 2)
    edges = (across.square_().add_(down.square_()) / 20).sqrt_().clamp_(max=1)
    return edges.repeat(1, images.shape[1], 1, 1)


def draw_motion_blur(settings: MotionBlur, uniforms: Uniforms, size: int) -> Float[Tensor, "n 2"]:
    """Length of the line in pixels and its angle in degrees, from 0 to 180, both uniform."""
    length, angle = uniforms(2).unbind(1)
    return torch.stack([between(length, *settings.length) * size, angle * 180], 1)


def motion_blur(images: Images, line: Float[Tensor, "n 2"], taps: int) -> Images:
    """The mean of `taps` points evenly spaced along a line through each pixel.

    Values between pixels are bilinear, and the image is mirrored at its borders.

    Args:
        images: values in [0, 1], with more than `taps` // 2 pixels a side.
        line: length in pixels, up to 1 changes nothing, and angle in degrees, counter-clockwise
            from the horizontal.
        taps: see `taps`; points are at most a pixel apart and lines at most `taps` - 1 long.
    """
    margin, (h, w) = taps // 2, images.shape[2:]
    windows = _mirrored(images, margin).unfold(2, h, 1).unfold(3, w, 1)
    shifts, weights = _splats(line, taps)
    places = (shifts.to(torch.int64) + margin).clamp_(0, 2 * margin)
    rows = torch.arange(len(images), device=images.device)
    mean = torch.zeros_like(images)
    for place, weight in zip(places.unbind(2), weights.unbind(1), strict=True):
        mean.addcmul_(windows[rows, :, place[:, 0], place[:, 1]], spread(weight))
    return torch.where(spread(line[:, 0]) > 1, mean.clamp_(0, 1), images)


def taps(settings: MotionBlur, size: int) -> int:
    """How many points a line has in views of `size` pixels: odd, at least 3."""
    return 2 * max(1, math.ceil(settings.length[1] * size / 2)) + 1


def _splats(
    line: Float[Tensor, "n 2"], taps: int
) -> tuple[Float[Tensor, "n 2 {4*taps}"], Float[Tensor, "n {4*taps}"]]:
    """Where a line is read: whole shifts down and right, four around each point, and weights."""
    length, angle = line[:, :1], line[:, 1:].deg2rad()
    step = length * torch.linspace(-0.5, 0.5, taps, device=line.device)
    points = torch.stack([-angle.sin() * step, angle.cos() * step], 1)[..., None]
    corners = torch.tensor([[0, 0, 1, 1], [0, 1, 0, 1]], device=line.device)[:, None]
    shifts = points.floor() + corners
    weights = (1 - (points - shifts).abs()).prod(1) / taps
    return shifts.flatten(2), weights.flatten(1)


def _mirrored(images: Images, margin: int) -> Tensor:
    return F.pad(images, [margin] * 4, mode="reflect")


def _sum(images: Images, dim: int, middle: int = 1) -> Tensor:
    """Sums of three neighbours, the middle one counted so many times; two pixels fewer."""
    before, here, after = _neighbours(images, dim)
    return torch.add(before, here, alpha=middle).add_(after)


def _difference(images: Images, dim: int) -> Tensor:
    """What comes after minus what comes before; two pixels fewer."""
    before, _, after = _neighbours(images, dim)
    return after - before


def _neighbours(images: Images, dim: int) -> list[Tensor]:
    return [images.narrow(dim, start, images.shape[dim] - 2) for start in range(3)]
