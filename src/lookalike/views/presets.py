"""The views of the papers, by name, and what evaluation sees. Nothing here imports torch."""

from dataclasses import replace
from typing import Any

from lookalike.views import field, papers
from lookalike.views.operations import (
    Affine,
    Blur,
    Cutout,
    Erase,
    MotionBlur,
    Noise,
    Posterize,
    RandAugment,
    Rotate,
    Sharpness,
    Sobel,
    Solarize,
    SolarizeAdd,
    Warp,
)
from lookalike.views.papers import strength
from lookalike.views.policy import Crop, Fit, Policy


def plain(policy: Policy) -> Policy:
    """What evaluation shows to an encoder trained on `policy`: same size, nothing random.

    Small views see the whole image; larger ones the middle 224 / 256 of it, as the papers do.
    """
    fit = Fit(
        share=1.0 if policy.size <= 96 else 224 / 256, interpolation=policy.crop.interpolation
    )
    return Policy(size=policy.size, crop=fit, flip=0.0, normalize=policy.normalize)


def only(operation: str, size: int = 224) -> Policy:
    """The whole image with one operation, which always happens: to look at it, or to study it.

    Args:
        operation: of `lookalike.views.policy.OPERATIONS`, or "crop" or "flip".
        size: side of the view.
    """
    whole = Policy(size=size, crop=Fit(), flip=0.0)
    settings = SINGLE[operation]
    if not isinstance(settings, float):
        names = settings.__dataclass_fields__
        settings = replace(settings, probability=1.0) if "probability" in names else settings
    return replace(whole, **{operation: settings})


SINGLE: dict[str, Any] = {
    "crop": Crop(),
    "flip": 1.0,
    "recrop": Crop(),
    "rotate": Rotate(),
    "affine": Affine(),
    "jitter": strength(1.0),
    "augment": RandAugment(),
    "drop": 1.0,
    "warp": Warp(),
    "blur": Blur(),
    "motion_blur": MotionBlur(),
    "sharpness": Sharpness(),
    "solarize": Solarize(),
    "solarize_add": SolarizeAdd(),
    "posterize": Posterize(),
    "equalize": 1.0,
    "invert": 1.0,
    "autocontrast": 1.0,
    "sobel": Sobel(),
    "noise": Noise(),
    "cutout": Cutout(),
    "erase": Erase(),
}
"""Each operation by itself, in its usual strength."""


POLICIES: dict[str, tuple[Policy, ...]] = {
    "simclr": (papers.SIMCLR, papers.SIMCLR),
    "simclr-code": (papers.SIMCLR_CODE, papers.SIMCLR_CODE),
    "simclr-broad": (papers.SIMCLR_BROAD, papers.SIMCLR_BROAD),
    "simclr-cifar": (papers.SIMCLR_CIFAR, papers.SIMCLR_CIFAR),
    "simclr-digits": (papers.DIGITS, papers.DIGITS),
    "supcon": (papers.SUPCON, papers.SUPCON),
    "supcon-simaugment": (papers.SUPCON_SIM, papers.SUPCON_SIM),
    "supcon-randaugment": (papers.SUPCON_RAND, papers.SUPCON_RAND),
    "supcon-stacked": (papers.SUPCON_STACKED, papers.SUPCON_STACKED),
    "supcon-cifar": (papers.SUPCON_CIFAR, papers.SUPCON_CIFAR),
    "byol": (papers.BYOL_FIRST, papers.BYOL_SECOND),
    "byol-cifar": (papers.BYOL_CIFAR_FIRST, papers.BYOL_CIFAR_SECOND),
    "barlow-twins": (field.BARLOW_FIRST, field.BARLOW_SECOND),
    "vicreg": (field.VICREG, field.VICREG),
    "dino": (field.DINO_FIRST, field.DINO_SECOND, *[field.DINO_SMALL] * 8),
    "swav": (field.SWAV, field.SWAV, *[field.SWAV_SMALL] * 6),
    "moco-cifar": (papers.SUPCON_CIFAR, papers.SUPCON_CIFAR),
    "moco": (field.MOCO, field.MOCO),
    "moco-v3": (field.MOCO_V3_FIRST, field.MOCO_V3_SECOND),
    "mae": (papers.MAE,),
    "mae-cifar": (papers.MAE_CIFAR,),
    "mae-digits": (papers.DIGITS,),
    "mae-linear": (papers.MAE_LINEAR,),
    "mae-finetune": (papers.MAE_FINETUNE,),
    "denoising": (papers.MAE,),
    "simsiam": (field.MOCO, field.MOCO),
    "nnclr": (papers.BYOL_FIRST, papers.BYOL_SECOND),
    "rotation": (field.ROTATION,),
    "rotation-cifar": (field.ROTATION_CIFAR,),
    "supervised": (papers.SUPCON,),
    "supervised-cifar": (papers.LINEAR_CIFAR,),
    "linear": (papers.LINEAR,),
}
"""One policy per view."""
