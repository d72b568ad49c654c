"""From uint8 images and a policy to views.

Drawing and rendering are two functions. `draw` makes a few numbers per image on the CPU, from the
image's key alone; `crop` and `finish` turn pixels into views on whatever device they are. A decode
worker calls the same `draw`, and `crop_photo` uses only its box and flip.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor
from torch.nn import functional as F

from lookalike.randomness import uniform
from lookalike.views import spatial
from lookalike.views.boxes import draw_boxes
from lookalike.views.policy import Crop, Fit, Policy
from lookalike.views.rows import change
from lookalike.views.table import TABLE, Operation

Views = Float[Tensor, "n c s s"]


class Chance(NamedTuple):
    """One operation, for each of n images."""

    happens: Bool[Tensor, " n"]
    numbers: Float[Tensor, "n ..."]  # their meaning: `lookalike.views.table`


class Drawn(NamedTuple):
    """What happens to each of n images, on the CPU."""

    box: Int[Tensor, "n 4"]  # top, left, height, width in pixels: all that depends on their sizes
    flip: Bool[Tensor, " n"]
    operations: dict[str, Chance]  # in the policy's order

    def rows(self, chosen: slice | Tensor) -> "Drawn":
        """The same for some of the images."""
        operations = {
            name: Chance(happens[chosen], numbers[chosen])
            for name, (happens, numbers) in self.operations.items()
        }
        return Drawn(self.box[chosen], self.flip[chosen], operations)


def draw(policy: Policy, key: Int[Tensor, " n"], view: int, sizes: Int[Tensor, "n 2"]) -> Drawn:
    """Draw what will happen to each image.

    Args:
        policy: what may happen.
        key: one key per image, from `lookalike.randomness.image_keys`, on the CPU.
        view: number of the view, from 0; the views of an image are independent.
        sizes: height and width of each image.
    """
    place = "crop" if isinstance(policy.crop, Crop) and policy.crop.shared else f"view {view} crop"
    return Drawn(
        box=draw_boxes(partial(uniform, key, place), policy.crop, sizes),
        flip=uniform(key, f"view {view} flip", 1)[:, 0] < policy.flip,
        operations={
            name: _draw(name, settings, key, f"view {view} {name}", policy.size)
            for name, settings in policy.operations()
        },
    )


def _draw(name: str, settings: Any, key: Int[Tensor, " n"], purpose: str, size: int) -> Chance:
    """The first number of each view's stream says whether, the others how."""
    share = settings if isinstance(settings, float) else getattr(settings, "probability", 1.0)
    happens = uniform(key, purpose, 1)[:, 0] < share

    def uniforms(count: int) -> Float[Tensor, "n count"]:
        return uniform(key, purpose, 1 + count)[:, 1:]

    return Chance(happens, TABLE[name].draw(settings, uniforms, size))


def crop(images: UInt8[Tensor, "n c H W"], policy: Policy, drawn: Drawn) -> Views:
    """Crop, resize and flip; values in [0, 1]."""
    return spatial.cropped(
        images.to(torch.float32).div_(255),
        drawn.box.to(images.device),
        drawn.flip.to(images.device),
        size=policy.size,
        interpolation=policy.crop.interpolation,
        antialias=_antialias(policy),
    )


def finish(crops: UInt8[Tensor, "n c s s"], policy: Policy, drawn: Drawn) -> Views:
    """Everything after crop and flip.

    Args:
        crops: from `crop_photo`.
        policy: the one `drawn` was drawn from.
        drawn: what happens to each image; its boxes do not matter.

    Raises:
        UsageError: the policy is for another number of channels.
    """
    steps = _steps(policy, drawn)
    tiles = _tiles(crops, policy.size)
    return torch.cat(
        [_operate(crops[rows].to(torch.float32).div_(255), steps, rows) for rows in tiles]
    )


def render(
    images: UInt8[Tensor, "n c H W"], policy: Policy, key: Int[Tensor, " n"], view: int
) -> Views:
    """The view of each image: `draw`, `crop`, `finish`.

    An image's view depends on its pixels, its key and the number of the view, not on the batch.
    """
    sizes = torch.tensor(images.shape[2:]).expand(len(images), 2)
    drawn = draw(policy, key, view, sizes)
    steps = _steps(policy, drawn)
    tiles = _tiles(images, policy.size)
    return torch.cat(
        [_operate(crop(images[rows], policy, drawn.rows(rows)), steps, rows) for rows in tiles]
    )


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


class _Step(NamedTuple):
    """One operation on the whole batch."""

    operation: Operation
    settings: Any
    chance: Chance

    def __call__(self, tile: Views, rows: slice) -> Views:
        """The tile, which holds those rows of the batch, after this operation."""
        happens, numbers = self.chance.happens[rows].tolist(), self.chance.numbers[rows]
        chosen = [row for row, true in enumerate(happens) if true]
        numbers = numbers if len(chosen) == len(tile) else numbers[chosen]
        if not self.operation.grouped:
            numbers = numbers.to(tile.device)
        apply = self.operation.apply
        return change(tile, chosen, lambda views: apply(views, numbers, self.settings))


def _steps(policy: Policy, drawn: Drawn) -> list[_Step]:
    return [
        _Step(TABLE[name], settings, drawn.operations[name])
        for name, settings in policy.operations()
    ]


def _operate(tile: Views, steps: list[_Step], rows: slice) -> Views:
    """The operations after the crop, on some rows of the batch; the tile may be altered."""
    for step in steps:
        tile = step(tile, rows)
    return tile


def _antialias(policy: Policy) -> bool:
    return isinstance(policy.crop, Fit) or policy.crop.antialias


def _tiles(images: Tensor, size: int) -> Iterator[slice]:
    """The batch in parts whose views fit the cache on a CPU, and whole on other devices.

    Large views go one by one: there is then nothing to gather and to put back at each operation.
    """
    count, view = len(images), 4 * images.shape[1] * size * size
    tile = 1 if view > _LARGE else _CACHE // view
    step = tile if images.device.type == "cpu" else count
    return (slice(start, start + step) for start in range(0, count, step))


_CACHE, _LARGE = 1 << 22, 1 << 18  # bytes: 341 views of 32 pixels; from 148 pixels one by one
