"""ImageNet-C and CIFAR-10-C (Hendrycks & Dietterich, 2019): 15 kinds of corruption and 4 more.

A kind is a function of images in 0 … 1, one key per image and the constants of a severity; it returns
them before clipping. A new kind is added by listing it, and its constants in `severity`. Torch is not
imported here.
"""

_HERE = "lookalike.evaluation.corruptions"

KINDS: dict[str, str] = {
    "gaussian_noise": f"{_HERE}.noise:gaussian_noise",
    "shot_noise": f"{_HERE}.noise:shot_noise",
    "impulse_noise": f"{_HERE}.noise:impulse_noise",
    "defocus_blur": f"{_HERE}.blur:defocus_blur",
    "glass_blur": f"{_HERE}.glass:glass_blur",
    "motion_blur": f"{_HERE}.blur:motion_blur",
    "zoom_blur": f"{_HERE}.blur:zoom_blur",
    "snow": f"{_HERE}.weather:snow",
    "frost": f"{_HERE}.weather:frost",
    "fog": f"{_HERE}.weather:fog",
    "brightness": f"{_HERE}.weather:brightness",
    "contrast": f"{_HERE}.digital:contrast",
    "elastic_transform": f"{_HERE}.distortion:elastic_transform",
    "pixelate": f"{_HERE}.digital:pixelate",
    "jpeg_compression": f"{_HERE}.digital:jpeg_compression",
}
"""The 15 that the mean corruption error is taken over, in the paper's order: name → function."""

EXTRA: dict[str, str] = {
    "speckle_noise": f"{_HERE}.noise:speckle_noise",
    "gaussian_blur": f"{_HERE}.blur:gaussian_blur",
    "spatter": f"{_HERE}.distortion:spatter",
    "saturate": f"{_HERE}.digital:saturate",
}
"""The 4 that the paper sets aside, to choose with: name → function."""
