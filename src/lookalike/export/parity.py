"""Whether an export, loaded again, computes what the original does."""

from typing import NamedTuple

import torch

from lookalike.errors import StorageError
from lookalike.export.about import About
from lookalike.export.program import Answers
from lookalike.randomness import image_keys, uniform

BATCHES = (1, 2, 7)
"""Numbers of images it is asked for; none of them is the one that was traced alone."""

TOLERANCE = 1e-5
"""Greatest difference, as a share of the greatest number of the original's where that is above 1."""


class Parity(NamedTuple):
    """How near an export comes to its original."""

    difference: float  # greatest
    size: float  # greatest absolute value of the original's numbers

    @property
    def holds(self) -> bool:
        """Whether this is near enough; never where a number is not finite."""
        return self.difference <= TOLERANCE * max(1.0, self.size)

    def __str__(self) -> str:
        return (
            f"checked with {', '.join(map(str, BATCHES[:-1]))} and {BATCHES[-1]} images: "
            f"greatest difference {self.difference:.1e}, of numbers up to {self.size:.3g}"
        )


def compare(original: Answers, again: Answers, about: About) -> Parity:
    """Both see the same images.

    Args:
        original: the module that was exported.
        again: what was made of the file.
        about: what images they take.
    """
    differences, sizes = [], []
    with torch.inference_mode():
        for count in BATCHES:
            images = example(about, count)
            wanted, found = original(images), again(images)
            if wanted.shape != found.shape:
                return Parity(float("nan"), float("nan"))
            differences.append((wanted - found).abs().max())
            sizes.append(wanted.abs().max())
    return Parity(torch.stack(differences).max().item(), torch.stack(sizes).max().item())


def check(original: Answers, again: Answers, about: About, *, words: str) -> Parity:
    """The same, and a refusal where they differ.

    Args:
        words: what the export is called.

    Raises:
        StorageError: the answers differ.
    """
    found = compare(original, again, about)
    if not found.holds:
        raise StorageError(
            f"The export for {words} gives other {about.gives} than the encoder; nothing is kept.",
            why=f"It was {found}; {TOLERANCE:.0e} of that is allowed.",
            do="Use --to torch, and report this with the encoder's config.json.",
        )
    return found


def example(about: About, count: int) -> torch.Tensor:
    """Images of noise as the export wants them, [count, c, size, size]."""
    channels, size, _ = about.shape
    keys = image_keys(0, 0, torch.arange(count))
    images = uniform(keys, "export", channels * size * size).view(count, *about.shape)
    if about.normalised_inside:
        return images
    mean, std = (torch.tensor(x)[:, None, None] for x in (about.mean, about.std))
    return (images - mean) / std
