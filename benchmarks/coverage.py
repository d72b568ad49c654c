"""How often 95 % intervals hold the truth: simulated classifiers whose accuracy is known.

Three intervals of each number: that of `measure`, the plain percentile bootstrap it departs from, and
the paired one of the difference from a second classifier, which alone gets right 1 % of the images and
misses another 4 %. The 10 classes are equally frequent and equally hard.

    python benchmarks/coverage.py               # twenty minutes
    python benchmarks/coverage.py --sets 200    # a glance
"""

import argparse
from collections import Counter

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from lookalike.evaluation.comparing.paired import Metric, interval
from lookalike.evaluation.metrics import Estimate, draw_sets, measure

IMAGES, ACCURACIES, CLASSES = (200, 1000, 5000), (0.5, 0.9, 0.97), 10
ONLY_FIRST, ONLY_SECOND = 0.04, 0.01
METRICS: tuple[Metric, ...] = ("top-1", "balanced")
INTERVALS = ("measure", "plain", "difference")


def holds(estimate: Estimate, truth: float) -> bool:
    """Ends belong to the interval, whatever the last bit says."""
    return estimate.low - 1e-9 <= truth <= estimate.high + 1e-9


def scores(right: Tensor, label: Tensor) -> Tensor:
    """Those of a classifier that takes a class for the next one where it is wrong."""
    return one_hot(torch.where(right, label, (label + 1) % CLASSES), CLASSES).double()


def plain(right: Tensor, label: Tensor, seed: int) -> dict[str, Estimate]:
    """Percentiles of the metrics of test sets drawn from the images alone."""
    kinds = torch.bincount(label * 2 + (~right).long(), minlength=2 * CLASSES)
    drawn = draw_sets(kinds.view(CLASSES, 2).numpy(), (0, 0), seed=seed, resamples=2000)
    images = drawn.sum(axis=2)
    recall = drawn[..., 0] / np.maximum(images, 1)
    values = {
        "top-1": drawn[..., 0].sum(axis=1) / len(label),
        "balanced": recall.sum(axis=1) / (images > 0).sum(axis=1),
    }
    ends = {name: np.quantile(each, (0.025, 0.975)).tolist() for name, each in values.items()}
    return {name: Estimate(float(values[name].mean()), *each) for name, each in ends.items()}


def simulate(images: int, accuracy: float, sets: int) -> Counter[tuple[str, str]]:
    """How many of the intervals held the truth."""
    held: Counter[tuple[str, str]] = Counter()
    generator = torch.Generator().manual_seed(images)
    for seed in range(sets):
        label = torch.randint(CLASSES, (images,), generator=generator)
        chance = torch.rand(images, generator=generator)
        first = chance < accuracy
        second = ((chance >= ONLY_FIRST) & first) | (chance > 1 - ONLY_SECOND)
        ours = measure(scores(first, label), label, seed=seed)
        known = plain(first, label, seed)
        for name in METRICS:
            gain = interval(first, second, label, name, seed=seed)
            held[name, "measure"] += holds(ours[name], accuracy)
            held[name, "plain"] += holds(known[name], accuracy)
            held[name, "difference"] += holds(gain, ONLY_FIRST - ONLY_SECOND)
    return held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", type=int, default=2000, help="test sets simulated")
    sets = parser.parse_args().sets
    print(f"{'images':>6} {'accuracy':>8}  {'metric':8}", *(f"{name:>10}" for name in INTERVALS))
    for images in IMAGES:
        for accuracy in ACCURACIES:
            held = simulate(images, accuracy, sets)
            for name in METRICS:
                shares = (f"{held[name, each] / sets:10.1%}" for each in INTERVALS)
                print(f"{images:6} {accuracy:8.0%}  {name:8}", *shares, flush=True)


if __name__ == "__main__":
    main()
