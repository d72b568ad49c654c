"""AutoAugment and RandAugment: a few operations one after the other, drawn for each view.

What was drawn is a program: for each view and step the number of an operation in `OPERATIONS`, its
argument in the unit given there, and two numbers in [0, 1) that place a hole. Levels, borders and
chances are those of the library named. The operations themselves are the same in all forms, but for
the contrast of the TensorFlow model garden; the cubic is torch's (a = -0.75) where timm's Pillow has
a = -1.
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from lookalike.randomness import normal
from lookalike.views import colour, kernels, tones
from lookalike.views.augment_tables import (
    AUTO_FORMS,
    OPERATIONS,
    RAND_FORMS,
    RAND_OPERATIONS,
    SUB_POLICIES,
    Form,
    Span,
)
from lookalike.views.operations import AutoAugment, RandAugment
from lookalike.views.rows import Factor, Images, Uniforms, change, groups, spread

Program = Float[Tensor, "n steps 4"]
Steps = Float[Tensor, "n steps"]
Views = Float[Tensor, "n c s s"]


def draw_augment(settings: AutoAugment | RandAugment, uniforms: Uniforms, size: int) -> Program:
    """The program of each view.

    AutoAugment draws one of its pairs, RandAugment each operation by itself, all with equal chances.
    Then every operation happens with its own probability. Magnitudes are normally distributed and
    cut off at 0 and the greatest level (10; 30 in the form of torchvision).
    """
    steps = settings.layers if isinstance(settings, RandAugment) else 2
    numbers = uniforms(7 * steps).to(torch.float64).unflatten(1, (steps, 7))
    choice, happens, sign, down, right, *pair = numbers.unbind(2)
    if isinstance(settings, AutoAugment):
        drawn = _draw_pair(settings, choice[:, 0])
    else:
        drawn = _draw_layers(settings, choice, normal(torch.cat(pair, 1))[:, :steps])
    number, probability, level = drawn.unbind(2)
    number = torch.where(happens < probability, number, 0)
    argument = _arguments(_form(settings), number, level, sign < 0.5, size)
    return torch.stack([number, argument, down, right], 2).to(torch.float32)


def augment(images: Views, program: Program, settings: AutoAugment | RandAugment) -> Views:
    """Run each view's program.

    Views are rounded to 8-bit levels first, and cut to them after every operation, as in the
    libraries, whose operations work on uint8 images.

    Args:
        images: values in [0, 1].
        program: drawn with the same settings; on the CPU, where the views are grouped by it.
        settings: what moved images and holes look like.

    Raises:
        UsageError: an operation was drawn that needs 3 channels.
    """
    form = _form(settings)
    views = images.mul(255).round_().div_(255)
    for step in program.unbind(1):
        for number, rows in groups(step[:, 0]).items():
            if number != _IDENTITY:
                op = partial(_apply, OPERATIONS[number], form)
                views = change(views, rows, op, step[:, 1], step[:, 2:])
    return views


_IDENTITY = OPERATIONS.index("identity")


def _form(settings: AutoAugment | RandAugment) -> Form:
    if isinstance(settings, AutoAugment):
        return AUTO_FORMS[settings.table]
    return RAND_FORMS[settings.form]


def _draw_pair(settings: AutoAugment, choice: Factor) -> Float[Tensor, "n 2 3"]:
    """Number, probability and level of two operations."""
    pairs = [
        [(OPERATIONS.index(name), probability, level or 0) for name, probability, level in pair]
        for pair in SUB_POLICIES[settings.table]
    ]
    return _pick(pairs, choice)


def _draw_layers(settings: RandAugment, choice: Steps, away: Steps) -> Float[Tensor, "n steps 3"]:
    """Number, probability and level of as many operations as there are layers."""
    number = _pick([OPERATIONS.index(name) for name in RAND_OPERATIONS[settings.form]], choice)
    level = settings.magnitude + settings.deviation * away
    probability = torch.full_like(level, settings.each)
    return torch.stack([number, probability, level.clamp(0, _form(settings).top)], 2)


def _pick(rows: Sequence[object], choice: Float[Tensor, "n ..."]) -> Float[Tensor, "n ..."]:
    """The row that each number in [0, 1) falls on."""
    return torch.tensor(rows, dtype=torch.float64)[(choice * len(rows)).long()]


def _arguments(
    form: Form, number: Steps, level: Steps, negative: Bool[Tensor, "n steps"], size: int
) -> Steps:
    """The argument of each operation, 0 where it has none."""
    spans = [form.spans.get(name, Span(0, 0)) for name in OPERATIONS]
    table = torch.tensor(spans, dtype=torch.float64)
    start, reach, signed, share, cut, rounded = table[number.long()].unbind(2)
    amount = reach * torch.where(share > 0, size, 1) * (level / form.top)
    amount = torch.where(cut > 0, amount.trunc(), amount)
    amount = torch.where(rounded > 0, amount.round(), amount)
    return start + torch.where((signed > 0) & negative, -amount, amount)


def _apply(
    name: str, form: Form, images: Views, argument: Factor, place: Float[Tensor, "n 2"]
) -> Views:
    if name == "contrast" and form.contrast == "size":
        view = _size_contrast(images, argument)
    elif name in _VALUES:
        view = _VALUES[name](images, argument)
    elif name == "cutout":
        view = _hole(images, argument, place, _fill(form, images))
    else:
        view = _move(images, argument, name, form)
    # The small number keeps levels that came out of float arithmetic a little too low.
    return view.mul(255).add_(1e-3).floor_().div_(255)


_VALUES: dict[str, Callable[[Images, Factor], Images]] = {
    "brightness": colour.brightness,
    "contrast": colour.contrast,
    "saturation": colour.saturation,
    "sharpness": kernels.sharpness,
    "posterize": tones.posterize,
    # Half a level lower, between the levels, where rounding cannot matter.
    "solarize": lambda images, level: tones.solarize(images, (level.ceil() - 0.5) / 255),
    "solarize_add": lambda images, levels: tones.solarize_add(images, levels / 255),
    "equalize": lambda images, _: tones.equalize(images),
    "autocontrast": lambda images, _: tones.autocontrast(images),
    "invert": lambda images, _: tones.invert(images),
}


def _size_contrast(images: Views, factor: Factor) -> Views:
    """Contrast about a level that is the number of pixels / 256, at most white: 196 at 224 pixels.

    The model garden means the image's mean, and divides the sum of its histogram by 256.
    """
    level = min(images.shape[2] * images.shape[3] // 256, 255) / 255
    return (images - level).mul_(spread(factor)).add_(level).clamp_(0, 1)


def _move(images: Views, amount: Factor, name: str, form: Form) -> Views:
    """Rotate, shear or translate; rounded to 8-bit levels."""
    fill = _fill(form, images)
    # In float64, so that the number of images cannot move a point to another pixel.
    maps = _maps(name, amount.to(torch.float64), images.shape[-1])
    grid = F.affine_grid(maps, list(images.shape), align_corners=False).to(images.dtype)
    view = F.grid_sample(images - fill, grid, mode=form.interpolation, align_corners=False) + fill
    return view.clamp_(0, 1).mul_(255).round_().div_(255)


def _maps(name: str, amount: Factor, size: int) -> Float[Tensor, "n 2 3"]:
    """From a view's coordinates to the image's, both from -1 to 1; shears keep the corner at -1."""
    no, one = torch.zeros_like(amount), torch.ones_like(amount)
    cos, sin, shift = amount.deg2rad().cos(), amount.deg2rad().sin(), -2 * amount / size
    entries = {
        "rotate": (cos, -sin, no, sin, cos, no),
        "shear_x": (one, amount, amount, no, one, no),
        "shear_y": (one, no, no, amount, one, amount),
        "translate_x": (one, no, shift, no, one, no),
        "translate_y": (one, no, no, no, one, shift),
    }
    return torch.stack(entries[name], 1).view(len(amount), 2, 3)


def _hole(
    images: Views, half: Factor, place: Float[Tensor, "n 2"], fill: Float[Tensor, "_ 1 1"]
) -> Views:
    """A square of twice `half` about a pixel of the view, cut off at its borders."""
    pixel = torch.arange(images.shape[-1], device=images.device)
    distance = pixel - (place * len(pixel)).floor()[..., None]
    down, right = ((distance >= -half[:, None, None]) & (distance < half[:, None, None])).unbind(1)
    return torch.where((down[:, :, None] & right[:, None])[:, None], fill, images)


def _fill(form: Form, images: Views) -> Float[Tensor, "_ 1 1"]:
    """Values for each channel; grey where the form has a colour and the images have none."""
    levels = form.fill if len(form.fill) in (1, images.shape[1]) else (128,)
    return images.new_tensor(levels).div_(255)[:, None, None]
