"""Every operation: how its numbers are drawn and how it is done. The names are those of `Policy`."""

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor

from lookalike.views import augment, colour, erasing, filters, kernels, spatial, tones, warping
from lookalike.views.rows import Images, Uniforms


def nothing(_settings: Any, uniforms: Uniforms, _size: int) -> Tensor:
    """The numbers of an operation that has none: a row of length 0 for each view."""
    return uniforms(0)


class Operation(NamedTuple):
    """Something that may happen to a view.

    Args:
        apply: (images [n, c, s, s] in [0, 1], numbers [n, …], settings) → images. It may alter what
            it is given.
        draw: (settings, uniforms, size of the view in pixels) → numbers [n, …] on the CPU.
        grouped: whether it groups the images by their numbers, which then stay on the CPU.
    """

    apply: Callable[[Images, Tensor, Any], Images]
    draw: Callable[[Any, Uniforms, int], Tensor] = nothing
    grouped: bool = False


def _alone(op: Callable[[Images], Images]) -> Operation:
    """An operation without numbers."""
    return Operation(lambda images, _numbers, _settings: op(images))


def _drawn(op: Callable[..., Images], draw: Callable[[Any, Uniforms, int], Tensor]) -> Operation:
    """An operation that its numbers describe wholly."""
    return Operation(lambda images, numbers, _settings: op(images, numbers), draw)


TABLE: dict[str, Operation] = {
    "recrop": Operation(spatial.recrop, spatial.draw_recrop),
    "rotate": _drawn(warping.turn, warping.draw_rotate),
    "affine": _drawn(spatial.warp, spatial.draw_maps),
    "jitter": Operation(colour.jitter, colour.draw_jitter, grouped=True),
    "augment": Operation(augment.augment, augment.draw_augment, grouped=True),
    "drop": _alone(colour.drop),
    "warp": _drawn(warping.bend, warping.draw_warp),
    "blur": Operation(filters.blur, filters.draw_sigma),
    "motion_blur": Operation(
        lambda images, line, settings: kernels.motion_blur(
            images, line, kernels.taps(settings, images.shape[-1])
        ),
        kernels.draw_motion_blur,
    ),
    "sharpness": _drawn(kernels.sharpness, kernels.draw_sharpness),
    "solarize": Operation(
        lambda images, _, settings: tones.solarize(
            images, images.new_full(images.shape[:1], settings.threshold)
        )
    ),
    "solarize_add": _drawn(tones.solarize_add, tones.draw_solarize_add),
    "posterize": _drawn(tones.posterize, tones.draw_posterize),
    "equalize": _alone(tones.equalize),
    "invert": _alone(tones.invert),
    "autocontrast": _alone(tones.autocontrast),
    "sobel": _alone(kernels.sobel),
    "noise": _drawn(erasing.noise, erasing.draw_noise),
    "cutout": Operation(
        lambda images, hole, settings: erasing.cutout(images, hole, settings.fill),
        erasing.draw_cutout,
    ),
    "normalize": Operation(lambda images, _, settings: colour.standardised(images, settings)),
    "erase": Operation(
        lambda images, box, settings: erasing.erase(images, box, settings.fill),
        erasing.draw_erase,
    ),
}
