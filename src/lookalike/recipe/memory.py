"""The memory a run will need, beside what there is. Needs torch."""

import resource
import sys
from functools import partial
from typing import NamedTuple

import torch

from lookalike import distributed
from lookalike.data.memory import memory
from lookalike.recipe.build import build_method
from lookalike.recipe.schema import Recipe
from lookalike.training.memory import embedding_bytes
from lookalike.training.runtime import Runtime

KEPT = {"adamw": 2, "timm": 2}
"""Numbers an optimizer keeps for each parameter; others keep one."""

BESIDE = 1.4
"""Memory that training on a CPU takes, over that of its tensors: workspaces of kernels, and what lies
between freed pieces. Measured: 1.5, 1.4 and 1.35 times with ResNet-18, ResNet-20 and ViT-Ti."""

SMALL = 1 / 16
"""Share of the room below which nobody needs to be told."""


class Need(NamedTuple):
    """Bytes that a process takes at its most."""

    program: int  # Python and its libraries; 0 on a GPU
    images: int  # held in memory; 0 on a GPU
    weights: int  # and what the optimizer keeps
    views: int
    work: int  # activations and gradients

    @property
    def total(self) -> int:
        return sum(self)

    def __str__(self) -> str:
        parts = {"weights and optimizer": self.weights, "views": self.views}
        parts |= {"activations and gradients": self.work, "images": self.images}
        parts |= {"the program": self.program}
        words = ", ".join(f"{gigabytes(size)} {name}" for name, size in parts.items() if size)
        return f"about {gigabytes(self.total)} GB ({words})"


def gigabytes(size: float) -> str:
    """Bytes as a number of gigabytes (10⁹ bytes) for people."""
    return f"{size / 1e9:.2g}" if size < 1e10 else f"{size / 1e9:,.0f}"


def room(device: torch.device) -> int:
    """Bytes there are for this process: its GPU's, or its part of the machine's or container's."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return memory() // distributed.neighbours()


def need(recipe: Recipe, channels: int, classes: int, runtime: Runtime, images: int = 0) -> Need:
    """What a process of the run will take at its most.

    Args:
        recipe: of the run.
        channels: of the images.
        classes: of their labels.
        runtime: device and precision.
        images: bytes of the images held in memory.
    """
    build = partial(build_method, recipe, channels, classes)
    with torch.device("meta"):
        method = build()
    every = [*method.parameters(), *method.buffers()]
    weights = sum(tensor.numel() * tensor.element_size() for tensor in every)
    gradients = 4 * sum(p.numel() for p in method.parameters() if p.requires_grad)
    shapes = [(channels, view.size) for view in recipe.views]
    views = 4 * share(recipe) * sum(c * s * s for c, s in shapes)
    work = embedding_bytes(build, shapes, at_once(recipe), runtime=runtime)
    here = runtime.device.type == "cpu"
    work = round(work * BESIDE) if here else work
    most = max(work, 2 * gradients, 2 * views)  # an update, the optimizer's step, the next views
    kept = weights + gradients * KEPT.get(recipe.optimizer["name"], 1)
    return Need(_program() if here else 0, images if here else 0, kept, views, most)


def small(recipe: Recipe, channels: int, device: torch.device) -> bool:
    """Whether a run is certain to fit, found without building it: activations take up to some 500
    times the memory of what is seen, in the networks and sizes of views there are."""
    seen = 4 * recipe.batch * channels * sum(view.size**2 for view in recipe.views)
    return 500 * seen < SMALL * room(device)


def sentence(needed: Need, device: torch.device) -> str:
    """What a run needs, beside what there is."""
    return f"memory: {needed} of the {gigabytes(room(device))} GB of {device}"


def share(recipe: Recipe) -> int:
    """Images of a batch on one process, at most."""
    return -(-recipe.batch // distributed.world())


def at_once(recipe: Recipe) -> int:
    """Of these, how many are embedded together."""
    return min(share(recipe), recipe.piece or share(recipe))


def _program() -> int:
    """Bytes this process has taken so far at its most."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
