"""From uint8 images and a policy to views.

Drawing and rendering are two functions. `draw` makes a few numbers per image on the CPU, from the
image's key alone; `crop` and `finish` turn pixels into views on whatever device they are. A decode
worker calls the same `draw`, and `crop_photo` uses only its box and flip.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from torch.nn import functional as F

from lookalike.errors import UsageError
from lookalike.randomness import uniform
from lookalike.views import colour, filters, spatial
from lookalike.views.boxes import draw_boxes
from lookalike.views.policy import Affine, Blur, Fit, Jitter, Normalize, Policy
from lookalike.views.rows import change

Views = Float[Tensor, "n c s s"]


class Drawn(NamedTuple):
    """What happens to each of n images, as CPU tensors [n, …]."""

    box: Tensor  # [n, 4] top, left, height, width in pixels: all that depends on the image's size
    flip: Tensor  # [n] bool
    maps: Tensor  # [n, 2, 3] see spatial.warp; the identity: untouched
    factors: Tensor  # [n, 4] see colour.jitter; [1, 1, 1, 0]: untouched
    order: Tensor  # [n] see colour.jitter
    drop: Tensor  # [n] bool
    sigma: Tensor  # [n] of the blur in pixels; 0: untouched

    def rows(self, chosen: slice | Tensor) -> "Drawn":
        """The same for some of the images."""
        return Drawn(*(field[chosen] for field in self))


def draw(policy: Policy, key: Int[Tensor, " n"], view: int, sizes: Int[Tensor, "n 2"]) -> Drawn:
    """Draw what will happen to each image.

    Args:
        policy: what may happen.
        key: one key per image, from `lookalike.randomness.image_keys`, on the CPU.
        view: number of the view, from 0; the views of an image are independent.
        sizes: height and width of each image.
    """

    def purpose(op: str) -> str:
        return f"view {view} {op}"

    factors, order = colour.draw_jitter(
        key, purpose("jitter"), policy.jitter or Jitter(probability=0)
    )
    return Drawn(
        box=draw_boxes(key, purpose("crop"), policy.crop, sizes),
        flip=uniform(key, purpose("flip"), 1)[:, 0] < policy.flip,
        maps=spatial.draw_maps(key, purpose("affine"), policy.affine or Affine(probability=0)),
        factors=factors,
        order=order,
        drop=uniform(key, purpose("drop"), 1)[:, 0] < policy.drop,
        sigma=filters.draw_sigma(key, purpose("blur"), policy.blur or Blur(probability=0)),
    )


def crop(images: UInt8[Tensor, "n c H W"], policy: Policy, drawn: Drawn) -> Views:
    """Crop, resize and flip; values in [0, 1]."""
    top, left, height, width = drawn.box.to(images.device).unbind(1)
    flip = drawn.flip.to(images.device)
    weights = partial(
        spatial.resampling,
        size=policy.size,
        interpolation=policy.crop.interpolation,
        antialias=_antialias(policy),
    )
    vertical = weights(top, height, torch.zeros_like(flip), source=images.shape[2])
    horizontal = weights(left, width, flip, source=images.shape[3])
    return spatial.products(images.to(torch.float32).div_(255), vertical, horizontal)


def finish(images: Views, policy: Policy, drawn: Drawn) -> Views:
    """Everything after crop and flip.

    Args:
        images: values in [0, 1]; left as they are.
        policy: the one `drawn` was drawn from.
        drawn: what happens to each image; its boxes do not matter.

    Raises:
        UsageError: the policy is for another number of channels.
    """
    views = images.clone()
    for rows in _tiles(views, policy.size):
        _finish(views[rows], policy, drawn.rows(rows))
    return views


def render(
    images: UInt8[Tensor, "n c H W"], policy: Policy, key: Int[Tensor, " n"], view: int
) -> Views:
    """The view of each image: `draw`, `crop`, `finish`.

    An image's view depends on its pixels, its key and the number of the view, not on the batch.
    """
    sizes = torch.tensor(images.shape[2:]).expand(len(images), 2)
    drawn = draw(policy, key, view, sizes)
    views = []
    for rows in _tiles(images, policy.size):
        some = drawn.rows(rows)
        views.append(_finish(crop(images[rows], policy, some), policy, some))
    return torch.cat(views)


def crop_photo(
    photo: UInt8[Tensor, "c H W"], policy: Policy, drawn: Drawn
) -> UInt8[Tensor, "c s s"]:
    """`crop` for one photo of any size, rounded to uint8: what a decode worker sends.

    Args:
        photo: on the CPU.
        policy: the one `drawn` was drawn from.
        drawn: one row, drawn for this photo's size.
    """
    top, left, height, width = drawn.box[0].tolist()
    part = photo[None, :, top : top + height, left : left + width]
    view = F.interpolate(
        part,
        size=(policy.size, policy.size),
        mode=policy.crop.interpolation,
        antialias=_antialias(policy),
    )[0]
    return view.flip(2) if drawn.flip[0] else view


def _finish(tile: Views, policy: Policy, drawn: Drawn) -> Views:
    """The operations after the crop, in place."""
    moved = (drawn.maps != spatial.IDENTITY).flatten(1).any(1)
    change(tile, moved, spatial.warp, drawn.maps)
    colour.jitter(tile, drawn.factors, drawn.order)
    change(tile, drawn.drop, colour.drop)
    if policy.blur is not None:
        blur = partial(filters.gaussian_blur, taps=filters.taps(policy.blur, policy.size))
        change(tile, drawn.sigma > 0, blur, drawn.sigma)
    if policy.normalize is not None:
        _normalize(tile, policy.normalize)
    return tile


def _normalize(images: Views, normalize: Normalize) -> None:
    mean, std = (images.new_tensor(x)[:, None, None] for x in (normalize.mean, normalize.std))
    if len(mean) != images.shape[1]:
        raise UsageError(
            f"The views are normalised by {len(mean)} channels, and these images have"
            f" {images.shape[1]}.",
            do=f"Give normalize {images.shape[1]} means and standard deviations.",
        )
    images.sub_(mean).div_(std)


def _antialias(policy: Policy) -> bool:
    return isinstance(policy.crop, Fit) or policy.crop.antialias


def _tiles(images: Tensor, size: int) -> Iterator[slice]:
    """The batch in parts whose views fit the cache on a CPU, and whole on other devices."""
    count, channels = images.shape[:2]
    step = _CACHE // (4 * channels * size * size) if images.device.type == "cpu" else count
    return (slice(start, start + max(1, step)) for start in range(0, count, max(1, step)))


_CACHE = 1 << 22  # bytes: 341 views of 32 pixels, 6 of 224; larger temporaries cost page faults
