"""The views of the papers, by name, and what evaluation sees. Nothing here imports torch."""

from lookalike.views.policy import Affine, Blur, Crop, Fit, Jitter, Policy


def strength(s: float) -> Jitter:
    """SimCLR's colour distortion of strength `s` (arXiv 2002.05709, appendix A, pseudo-code)."""
    return Jitter(brightness=0.8 * s, contrast=0.8 * s, saturation=0.8 * s, hue=0.2 * s)


def plain(policy: Policy) -> Policy:
    """What evaluation shows to an encoder trained on `policy`: same size, nothing random.

    Small views see the whole image; larger ones the middle 224 / 256 of it, as the papers do.
    """
    fit = Fit(
        share=1.0 if policy.size <= 96 else 224 / 256, interpolation=policy.crop.interpolation
    )
    return Policy(size=policy.size, crop=fit, flip=0.0, normalize=policy.normalize)


# SimCLR on ImageNet: arXiv 2002.05709, section 2.1 and appendix A. The official code does not
# standardise the values, and resizes bicubically. Area and aspect are drawn as the paper says; what
# its code runs is Crop(draw="tensorflow", antialias=False).
_IMAGENET = Policy(
    size=224,
    crop=Crop(area=(0.08, 1.0), aspect=(3 / 4, 4 / 3), interpolation="bicubic"),
    flip=0.5,
    jitter=strength(1.0),
    drop=0.2,
    blur=Blur(probability=0.5, sigma=(0.1, 2.0), kernel=0.1),
)

# SimCLR on CIFAR-10: appendix B.9. Half the distortion, and no blur.
_CIFAR = Policy(size=32, crop=_IMAGENET.crop, flip=0.5, jitter=strength(0.5), drop=0.2)

# Ours, for 8 x 8 handwritten digits: a mirrored 2 is not a 2, a crop turns an 8 into a 3, and there
# is no colour; what leaves a digit itself is a slightly different hand.
_DIGITS = Policy(
    size=8,
    crop=Fit(),
    flip=0.0,
    affine=Affine(degrees=20.0, translate=0.15, scale=(0.8, 1.2), shear=15.0),
)

POLICIES: dict[str, tuple[Policy, ...]] = {
    "simclr": (_IMAGENET, _IMAGENET),
    "simclr-cifar": (_CIFAR, _CIFAR),
    "simclr-digits": (_DIGITS, _DIGITS),
}
"""One policy per view."""
