"""The losses of twenty updates of each method; run as a program, it keeps them in traces.json."""

import json
from pathlib import Path

import torch

from lookalike.data.loading import Loader
from lookalike.data.opening import open_source
from lookalike.recipe.build import build_method, build_optimizer
from lookalike.recipe.overrides import Layer, resolve
from lookalike.training.loop import train
from lookalike.training.monitors import Moment
from lookalike.training.runtime import Runtime
from reliability.trial import METHODS, RECIPE

FILE = Path(__file__).with_name("traces.json")
UPDATES = 20
RATE = 1e-3
"""So low that a difference in the last bit stays one."""


class Losses:
    """Remembers them."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        self.seen.append(moment.step.loss.item())
        return {}


def traces() -> dict[str, list[float]]:
    """The losses of each method, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return {name: trace(name) for name in METHODS}
    finally:
        torch.set_num_threads(threads)


def trace(name: str) -> list[float]:
    """The losses of one method."""
    recipe = resolve([Layer("trial", RECIPE | METHODS[name])])
    runtime = Runtime(torch.device("cpu"), torch.float32)
    source = open_source("digits", "train", limit=recipe.data.limit)
    loader = Loader(
        source, recipe.views, batch=recipe.batch, seed=recipe.seed, device=runtime.device
    )
    method = build_method(recipe, source.channels, len(source.classes))
    losses = Losses()
    train(
        method,
        loader.batches(0, UPDATES),
        build_optimizer(recipe, method),
        lambda _update: RATE,
        runtime=runtime,
        seed=recipe.seed,
        start=0,
        updates=UPDATES,
        monitors=[losses],
    )
    return losses.seen


def main() -> None:
    """Keeps today's losses as those of this version."""
    FILE.write_text(json.dumps(traces(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
