"""The linear probe beside scikit-learn's and beside SGD; time and memory of nearest neighbours.

Everyone works in turns in one process, and ratios are medians over rounds. Times are those of the
processor, so that other work on the machine matters less. Memory is the peak above the inputs, in a
process of its own.

    python benchmarks/probe.py            # all of it: ten minutes
    python benchmarks/probe.py sets       # accuracy on ten data sets, beside scikit-learn's
    python benchmarks/probe.py speed      # beside 90 epochs of SGD
    python benchmarks/probe.py knn        # 10,000 images among 50,000, in 512 dimensions
"""

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from lookalike.data.labels import split
from lookalike.data.opening import open_source
from lookalike.evaluation.features import Features
from lookalike.evaluation.neighbours.knn import knn
from lookalike.evaluation.probes.linear import GRID, linear, linear_sgd
from lookalike.evaluation.probes.logistic import Problem

Pair = tuple[Tensor, Tensor]


def shipped(load: Callable[..., tuple[np.ndarray, np.ndarray]]) -> Pair:
    values, label = load(return_X_y=True)
    return torch.from_numpy(values).float(), torch.from_numpy(label)


def made(images: int, width: int, classes: int, informative: int, **settings: object) -> Pair:
    values, label = datasets.make_classification(
        images,
        width,
        n_classes=classes,
        n_informative=informative,
        n_clusters_per_class=1,
        random_state=0,
        **settings,
    )
    return torch.from_numpy(values).float(), torch.from_numpy(label)


def correlated() -> Pair:
    """Variances of the directions span four powers of ten."""
    values, label = made(1500, 30, 6, informative=15, flip_y=0.2)
    mix = np.random.default_rng(0).normal(size=(30, 30)) * np.logspace(0, -2, 30)[:, None]
    return values @ torch.from_numpy(mix).float() + 5, label


def shapes() -> Pair:
    source = open_source("shapes", "train", limit=1500)
    small = torch.nn.functional.avg_pool2d(source.images.float(), 2)
    return small.flatten(1) / 255, source.label


SETS: dict[str, Callable[[], Pair]] = {
    "iris": partial(shipped, datasets.load_iris),
    "wine": partial(shipped, datasets.load_wine),
    "breast cancer": partial(shipped, datasets.load_breast_cancer),
    "digits": partial(shipped, datasets.load_digits),
    "noisy labels": partial(made, 2000, 40, 5, 15, flip_y=0.2),
    "many classes": partial(made, 2500, 48, 50, 24, class_sep=2.0),
    "unbalanced": partial(made, 3000, 30, 4, 10, weights=[0.8, 0.15, 0.04, 0.01], flip_y=0.02),
    "few images": partial(made, 150, 600, 3, 30, class_sep=2.0),
    "correlated": correlated,
    "shapes, pixels": shapes,
}
"""Ten sets that need no download."""


def apart(values: Tensor, label: Tensor, share: float) -> tuple[Features, Features]:
    """Training and test features."""
    parts = split(label, share, seed=0)
    train, test = (Features(values[rows], label[rows], rows) for rows in parts)
    return train, test


def accuracy(scores: Tensor, test: Features) -> float:
    return (scores.argmax(1) == test.label).double().mean().item()


def reference(train: Features, test: Features, penalty: float) -> float:
    """Accuracy of scikit-learn's classifier with the same penalty."""
    model = make_pipeline(
        StandardScaler(),
        LogisticRegression(C=1 / penalty, tol=1e-8, max_iter=10_000, solver="newton-cg"),
    )
    model.fit(train.values.double().numpy(), train.label.numpy())
    return float(model.score(test.values.double().numpy(), test.label.numpy()))


def sets() -> None:
    print(f"\n{'set':16}{'images':>8}{'width':>7}{'classes':>9}{'λ':>10}{'ours':>9}{'theirs':>9}")
    for name, make in SETS.items():
        values, label = make()
        train, test = apart(values, label, 0.3)
        outcome = linear(train, test, classes=int(label.max()) + 1)
        ours, penalty = accuracy(outcome.result, test), outcome.how["penalty"]
        theirs = reference(train, test, penalty)
        print(
            f"{name:16}{len(values):8}{values.shape[1]:7}{int(label.max()) + 1:9}{penalty:10.3g}"
            f"{100 * ours:9.2f}{100 * theirs:9.2f}",
            flush=True,
        )


def made_features(images: int, width: int) -> tuple[Features, Features]:
    """Ten classes in 32 dimensions, seen through a random layer with ReLU; as many to test."""
    generator = torch.Generator().manual_seed(0)
    normal = partial(torch.randn, generator=generator)
    label = torch.randint(10, (2 * images,), generator=generator)
    inner = normal(10, 32)[label] + 1.25 * normal(2 * images, 32)
    values = (inner @ normal(32, width) / 5 + 0.3 * normal(2 * images, width)).relu()
    return apart(values, label, 0.5)


def one_strength(train: Features, penalty: float) -> None:
    Problem(train.values, train.label).solve(penalty)


def all_strengths(train: Features) -> None:
    Problem(train.values, train.label).path(GRID[::-1])


def seconds(turn: Callable[[], object]) -> float:
    start = time.process_time()
    turn()
    return time.process_time() - start


def speed(rounds: int) -> None:
    for images, width in ((10_000, 512), (2_000, 64)):
        train, test = made_features(images, width)
        probe, descent = linear(train, test, classes=10), linear_sgd(train, test, classes=10)
        penalty = probe.how["penalty"]
        turns = {
            "SGD, 90 epochs": partial(linear_sgd, train, test, classes=10),
            "SGD, five rates": partial(linear_sgd, train, test, classes=10, protocol="byol"),
            "linear": partial(linear, train, test, classes=10),
            "one strength": partial(one_strength, train, penalty),
            "45 strengths": partial(all_strengths, train),
        }
        times = [{name: seconds(turn) for name, turn in turns.items()} for _ in range(rounds)]
        print(f"\n{images} images, {width} dimensions, 10 classes, λ = {penalty:.3g}")
        print(f"accuracy: linear {accuracy(probe.result, test):.4f}", end=", ")
        print(f"SGD {accuracy(descent.result, test):.4f}")
        for name in turns:
            took = statistics.median(each[name] for each in times)
            ratio = statistics.median(each["SGD, 90 epochs"] / each[name] for each in times)
            print(f"{name:16}{took:9.3f} s   SGD takes {ratio:6.2f} times as long", flush=True)


def neighbours(count: int) -> tuple[float, float, float]:
    """Seconds on the clock, seconds of the processor and GB above the inputs."""
    generator = torch.Generator().manual_seed(0)
    bank, queries = (
        Features(
            torch.randn(images, 512, generator=generator),
            torch.randint(10, (images,), generator=generator),
            torch.arange(images),
        )
        for images in (50_000, count)
    )
    knn(bank, Features(*(column[:10] for column in queries)), classes=10)
    before, start, busy = peak(), time.perf_counter(), time.process_time()
    knn(bank, queries, classes=10)
    return time.perf_counter() - start, time.process_time() - busy, peak() - before


def peak() -> float:
    """The most memory this process has held, in GB (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e9


def in_own_process(count: int, threads: int) -> None:
    with multiprocessing.get_context("spawn").Pool(1, torch.set_num_threads, (threads,)) as pool:
        clock, busy, memory = pool.apply(neighbours, (count,))
    print(
        f"\nkNN, 50,000 × {count:,} × 512: {clock:.1f} s, {busy:.1f} s of the processor", end=", "
    )
    print(f"{memory:.2f} GB above the inputs")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("part", nargs="?", choices=["sets", "speed", "knn"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    print(f"{asked.threads} threads, torch {torch.__version__}")
    if asked.part in (None, "sets"):
        sets()
    if asked.part in (None, "speed"):
        speed(asked.rounds)
    if asked.part in (None, "knn"):
        in_own_process(10_000, asked.threads)


if __name__ == "__main__":
    main()
