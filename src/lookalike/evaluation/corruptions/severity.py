"""The constants of every kind of corruption, severity by severity (Hendrycks & Dietterich, 2019).

They are those of the official code: of CIFAR-10-C at 32 px, Tiny ImageNet-C at 64 and ImageNet-C at
224. Each severity is the tuple that the kind's function takes after images and keys.
"""

import math

Constants = tuple[float, ...]
Severities = tuple[Constants, Constants, Constants, Constants, Constants]


def side_of(size: int) -> int:
    """The side (32, 64 or 224) whose constants fit images of `size` pixels best: the nearest in
    ratio, the smaller of two that are equally near."""
    return min((32, 64, 224), key=lambda side: abs(math.log(size / side)))


def _each(*values: float) -> Severities:
    """Five severities of one constant."""
    first, second, third, fourth, fifth = values
    return (first,), (second,), (third,), (fourth,), (fifth,)


def _zooms(*ends: tuple[int, int]) -> Severities:
    """Factors 1, 1 + step, … for each pair of their number and the step in hundredths."""
    first, second, third, fourth, fifth = (
        tuple(1 + step * place / 100 for place in range(count)) for count, step in ends
    )
    return first, second, third, fourth, fifth


_ZOOM_SMALL = _zooms((7, 1), (12, 1), (16, 1), (21, 1), (26, 1))
_CONTRAST, _BRIGHTNESS = _each(0.4, 0.3, 0.2, 0.1, 0.05), _each(0.1, 0.2, 0.3, 0.4, 0.5)

SEVERITIES: dict[str, dict[int, Severities]] = {
    "gaussian_noise": {  # standard deviation
        32: _each(0.04, 0.06, 0.08, 0.09, 0.10),
        64: _each(0.04, 0.08, 0.12, 0.15, 0.18),
        224: _each(0.08, 0.12, 0.18, 0.26, 0.38),
    },
    "shot_noise": {  # photons of full light
        32: _each(500, 250, 100, 75, 50),
        64: _each(250, 100, 50, 30, 15),
        224: _each(60, 25, 12, 5, 3),
    },
    "impulse_noise": {  # share of values replaced
        32: _each(0.01, 0.02, 0.03, 0.05, 0.07),
        64: _each(0.01, 0.02, 0.05, 0.08, 0.14),
        224: _each(0.03, 0.06, 0.09, 0.17, 0.27),
    },
    "defocus_blur": {  # radius of the disk, standard deviation of its edge
        32: ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
        64: ((0.5, 0.6), (1, 0.1), (1.5, 0.1), (2.5, 0.01), (3, 0.1)),
        224: ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
    },
    "glass_blur": {  # standard deviation, farthest shift, rounds
        32: ((0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)),
        64: ((0.1, 1, 1), (0.5, 1, 1), (0.6, 1, 2), (0.7, 2, 1), (0.9, 2, 2)),
        224: ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)),
    },
    "motion_blur": {  # radius, standard deviation
        32: ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)),
        64: ((10, 1), (10, 1.5), (10, 2), (10, 2.5), (12, 3)),
        224: ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
    },
    "zoom_blur": {  # the factors
        32: _ZOOM_SMALL,
        64: _ZOOM_SMALL,
        224: _zooms((12, 1), (16, 1), (11, 2), (13, 2), (11, 3)),
    },
    "snow": {  # mean and deviation, zoom, threshold, radius and deviation of motion, image weight
        32: (
            (0.1, 0.2, 1, 0.6, 8, 3, 0.95),
            (0.1, 0.2, 1, 0.5, 10, 4, 0.9),
            (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
            (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85),
            (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
        ),
        64: (
            (0.1, 0.2, 1, 0.6, 8, 3, 0.8),
            (0.1, 0.2, 1, 0.5, 10, 4, 0.8),
            (0.15, 0.3, 1.75, 0.55, 10, 4, 0.7),
            (0.25, 0.3, 2.25, 0.6, 12, 6, 0.65),
            (0.3, 0.3, 1.25, 0.65, 14, 12, 0.6),
        ),
        224: (
            (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
            (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
            (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
            (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
            (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
        ),
    },
    "frost": {  # weights of image and frost
        32: ((1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45)),
        64: ((1, 0.3), (0.9, 0.4), (0.8, 0.45), (0.75, 0.5), (0.7, 0.55)),
        224: ((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)),
    },
    "fog": {  # strength, decay
        32: ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)),
        64: ((0.4, 3), (0.7, 3), (1, 2.5), (1.5, 2), (2, 1.75)),
        224: ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)),
    },
    "brightness": {32: _each(0.05, 0.1, 0.15, 0.2, 0.3), 64: _BRIGHTNESS, 224: _BRIGHTNESS},
    "contrast": {32: _each(0.75, 0.5, 0.4, 0.3, 0.15), 64: _CONTRAST, 224: _CONTRAST},
    "elastic_transform": {  # height and standard deviation of the bends, shift of three points
        32: (
            (0, 0, 2.56),
            (1.6, 6.4, 2.24),
            (2.56, 1.92, 1.92),
            (3.2, 1.28, 1.6),
            (3.2, 0.96, 0.96),
        ),
        64: (
            (0, 0, 5.12),
            (3.2, 19.2, 3.84),
            (6.4, 5.12, 3.84),
            (6.4, 1.92, 1.92),
            (10.24, 1.92, 1.28),
        ),
        224: (
            (488, 170.8, 24.4),
            (488, 19.52, 48.8),
            (12.2, 2.44, 4.88),
            (17.08, 2.44, 4.88),
            (29.28, 2.44, 4.88),
        ),
    },
    "pixelate": {  # side of the shrunk image, as a share
        32: _each(0.95, 0.9, 0.85, 0.75, 0.65),
        64: _each(0.9, 0.8, 0.7, 0.6, 0.5),
        224: _each(0.6, 0.5, 0.4, 0.3, 0.25),
    },
    "jpeg_compression": {  # quality
        32: _each(80, 65, 58, 50, 40),
        64: _each(65, 58, 50, 40, 25),
        224: _each(25, 18, 15, 10, 7),
    },
    "speckle_noise": {  # standard deviation, as a share of the value
        32: _each(0.06, 0.10, 0.12, 0.16, 0.20),
        64: _each(0.15, 0.2, 0.25, 0.3, 0.35),
        224: _each(0.15, 0.2, 0.35, 0.45, 0.6),
    },
    "gaussian_blur": {  # standard deviation
        32: _each(0.4, 0.6, 0.7, 0.8, 1),
        64: _each(0.5, 0.75, 1, 1.25, 1.5),
        224: _each(1, 2, 3, 4, 6),
    },
    "spatter": {  # mean and deviation, smoothing, threshold, strength, 0 water or 1 mud
        32: (
            (0.62, 0.1, 0.7, 0.7, 0.5, 0),
            (0.65, 0.1, 0.8, 0.7, 0.5, 0),
            (0.65, 0.3, 1, 0.69, 0.5, 0),
            (0.65, 0.1, 0.7, 0.69, 0.6, 1),
            (0.65, 0.1, 0.5, 0.68, 0.6, 1),
        ),
        64: (
            (0.62, 0.1, 0.7, 0.7, 0.6, 0),
            (0.65, 0.1, 0.8, 0.7, 0.6, 0),
            (0.65, 0.3, 1, 0.69, 0.6, 0),
            (0.65, 0.1, 0.7, 0.68, 0.6, 1),
            (0.65, 0.1, 0.5, 0.67, 0.6, 1),
        ),
        224: (
            (0.65, 0.3, 4, 0.69, 0.6, 0),
            (0.65, 0.3, 3, 0.68, 0.6, 0),
            (0.65, 0.3, 2, 0.68, 0.5, 0),
            (0.65, 0.3, 1, 0.65, 1.5, 1),
            (0.67, 0.4, 1, 0.65, 1.5, 1),
        ),
    },
    "saturate": {  # factor and summand of the saturation
        32: ((0.3, 0), (0.1, 0), (1.5, 0), (2, 0.1), (2.5, 0.2)),
        64: ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (30, 0.2)),
        224: ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2)),
    },
}
"""Kind → side of the images in pixels → its five severities."""
