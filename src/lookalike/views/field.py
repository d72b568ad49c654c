"""What the methods around the four papers do to an image."""

from dataclasses import replace

from lookalike.views.operations import (
    Blur,
    Jitter,
    Solarize,
)
from lookalike.views.papers import IMAGENET, LINEAR_CIFAR, SIMCLR
from lookalike.views.policy import Crop, Policy

# Barlow Twins: arXiv 2103.03230, section 2.2. BYOL's numbers, with torchvision's operations.
BARLOW_FIRST = Policy(
    size=224,
    crop=Crop(area=(0.08, 1.0)),
    flip=0.5,
    jitter=Jitter(brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1),
    drop=0.2,
    blur=Blur(probability=1.0),
    normalize=IMAGENET,
)
BARLOW_SECOND = replace(
    BARLOW_FIRST, blur=Blur(probability=0.1), solarize=Solarize(probability=0.2)
)

# VICReg: arXiv 2105.04906 and the official code. Both views are drawn alike.
VICREG = replace(BARLOW_FIRST, blur=Blur(probability=0.5), solarize=Solarize(probability=0.1))

# DINO: arXiv 2104.14294, section 3.2 and the official code. Two large views, which the target sees,
# and eight small ones of small parts; those have as many taps in their blur.
DINO_FIRST = replace(BARLOW_FIRST, crop=Crop(area=(0.4, 1.0)))
DINO_SECOND = replace(BARLOW_SECOND, crop=Crop(area=(0.4, 1.0)))
DINO_SMALL = replace(
    BARLOW_FIRST,
    size=96,
    crop=Crop(area=(0.05, 0.4)),
    blur=Blur(probability=0.5, kernel=0.24),
)

# SwAV: arXiv 2006.09882, section 3.2, appendix A and the official code. Two large views and six
# small ones, with SimCLR's colours.
SWAV = replace(SIMCLR, crop=Crop(area=(0.14, 1.0), interpolation="bilinear"), normalize=IMAGENET)
SWAV_SMALL = replace(
    SWAV,
    size=96,
    crop=Crop(area=(0.05, 0.14), interpolation="bilinear"),
    blur=Blur(probability=0.5, kernel=0.24),
)

# MoCo v2: arXiv 2003.04297 and the official code, which SimSiam (arXiv 2011.10566) took over.
MOCO = Policy(
    size=224,
    crop=Crop(area=(0.2, 1.0), interpolation="bilinear"),
    flip=0.5,
    jitter=Jitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1),
    drop=0.2,
    blur=Blur(probability=0.5),
    normalize=IMAGENET,
)

# MoCo v3: arXiv 2104.02057 and the official code, BYOL's two views in torchvision's forms. These are
# for vision transformers; for ResNets the least area is 0.2.
MOCO_V3_FIRST = replace(
    MOCO,
    crop=Crop(area=(0.08, 1.0), interpolation="bilinear"),
    jitter=Jitter(brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1),
    blur=Blur(probability=1.0),
)
MOCO_V3_SECOND = replace(
    MOCO_V3_FIRST, blur=Blur(probability=0.1), solarize=Solarize(probability=0.2)
)

# Rotation prediction (arXiv 1803.07728): crop and flip.
ROTATION = Policy(size=224, crop=Crop(area=(0.08, 1.0)), flip=0.5, normalize=IMAGENET)
ROTATION_CIFAR = replace(LINEAR_CIFAR, crop=Crop(area=(0.5, 1.0)))
