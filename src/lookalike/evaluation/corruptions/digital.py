"""What software does to pictures: tones, coarse pixels and compression. Images are on the CPU."""

import io
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image

from lookalike.evaluation.corruptions.numbers import Keys, Pixels
from lookalike.views.rows import Images


def contrast(images: Images, _key: Keys, factor: float) -> Images:
    """Values come nearer to the mean of their channel; 1 changes nothing."""
    mean = images.mean((2, 3), keepdim=True)
    return (images - mean) * factor + mean


def saturate(images: Images, _key: Keys, factor: float, summand: float) -> Images:
    """Saturation of HSV times a factor plus a summand, clipped; hue and value stay.

    Grey pixels count as red, so a summand colours them. Grey images are taken for colour and
    averaged afterwards.

    Args:
        images: in 0 … 1, of 1 or 3 channels.
        factor: at least 0.
        summand: at least 0.
    """
    if images.shape[1] == 1:
        return saturate(images.expand(-1, 3, -1, -1), _key, factor, summand).mean(1, keepdim=True)
    low, value = images.aminmax(dim=1, keepdim=True)
    spread = value - low
    below = torch.where(spread > 0, (value - images) / spread, _RED)
    saturation = (factor * (spread / value).nan_to_num() + summand).clamp(0, 1)
    return value * (1 - saturation * below)


_RED = torch.tensor([0.0, 1.0, 1.0])[:, None, None]  # how far below the value each channel lies


def pixelate(images: Images, _key: Keys, share: float) -> Images:
    """Shrunk to a share of its sides, rounded down, and enlarged again, both by Pillow's box filter.

    Args:
        images: of 8 bits, in 0 … 1, of 1 or 3 channels.
        share: in 0 … 1; at least one pixel is left.
    """
    height, width = images.shape[2:]
    small = (max(1, int(width * share)), max(1, int(height * share)))

    def change(picture: Image.Image) -> Image.Image:
        coarse = picture.resize(small, Image.Resampling.BOX)
        return coarse.resize(picture.size, Image.Resampling.BOX)

    return _each(_bytes(images), change).to(images.dtype) / 255


def jpeg_compression(images: Images, _key: Keys, quality: int) -> Images:
    """`jpeg` of 8-bit images in 0 … 1."""
    return jpeg(_bytes(images), quality).to(images.dtype) / 255


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Saved as JPEG by Pillow, colour at half the resolution, and read again.

    Args:
        pixels: of 1 or 3 channels.
        quality: 1 … 95.
    """

    def change(picture: Image.Image) -> Image.Image:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality)
        return Image.open(file)

    return _each(pixels, change)


def _bytes(images: Images) -> Pixels:
    return (images * 255).round().to(torch.uint8)


def _each(pixels: Pixels, change: Callable[[Image.Image], Image.Image]) -> Pixels:
    """The images, each changed as a picture of Pillow."""
    arrays = pixels.permute(0, 2, 3, 1).numpy()
    pictures = (Image.fromarray(each.squeeze(2) if each.shape[2] == 1 else each) for each in arrays)
    changed = np.stack([np.asarray(change(picture)) for picture in pictures])
    return torch.from_numpy(changed).view(arrays.shape).permute(0, 3, 1, 2)
