"""The approximate search of `--approximate` beside the exact one: speed, and what it finds.

Points in heaps of fifty, 128 numbers each; a thousand of them ask for their ten nearest others.

    python benchmarks/search.py --count 200000
"""

import argparse
import time

import numpy as np
import torch

from lookalike.data.opening import open_source
from lookalike.run.finding.embeddings import Features
from lookalike.run.finding.index import Index

QUERIES, NEAREST = 1000, 10


def heaps(count: int) -> Features:
    """`count` points."""
    draw = np.random.default_rng(0)
    middles = draw.normal(size=(max(1, count // 50), 128)).astype(np.float32)
    values = middles[draw.integers(len(middles), size=count)]
    values += 0.7 * draw.normal(size=values.shape).astype(np.float32)
    return Features(values, np.arange(count))


def ask(index: Index) -> tuple[float, list[list[int]]]:
    """Seconds, and the rows found."""
    rows = torch.arange(QUERIES) * (len(index) // QUERIES)
    values = index.values(rows)
    start = time.perf_counter()
    found = index.nearest(values, NEAREST, without=rows)[1]
    return time.perf_counter() - start, found.tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=200_000, help="points")
    count = parser.parse_args().count
    source, features = open_source("digits", "train"), heaps(count)  # the source only names them
    exact, true = ask(Index(features, source, ""))
    cells = Index(features, source, "", approximate=True)
    first, _ = ask(cells)
    again, found = ask(cells)
    shared = np.mean([len({*a} & {*b}) / NEAREST for a, b in zip(true, found, strict=True)])
    print(f"{QUERIES:,} queries in {count:,} points, {torch.get_num_threads()} threads")
    print(
        f"exact {exact:.2f} s; approximate {again:.2f} s, after {first - again:.1f} s for the cells"
    )
    print(f"of the {NEAREST} nearest it finds {shared:.1%}")


if __name__ == "__main__":
    main()
