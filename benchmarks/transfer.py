"""The four papers on two sets of small images, each encoder judged at home and elsewhere.

Trains NAME-cifar10-small on CIFAR-10 and, with nothing changed but the images, on a second set; runs
of benchmarks/learning.py are taken as they are. Probes learn from at most 10,000 images.
The numbers are kept in docs/results/transfer.json, of which the tables of docs/evaluation.md are made.

    python benchmarks/transfer.py --sets cifar10/ tiny-imagenet-20/ --also photos-clothing/
    python benchmarks/transfer.py --sets cifar10/ tiny-imagenet-20/ --also photos-clothing/ --table
"""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

from lookalike import files
from lookalike.start import evaluate, pretrain

PAGE = Path(__file__).parents[1] / "docs" / "evaluation.md"
KEPT = PAGE.parent / "results" / "transfer.json"
METHODS = ("simclr", "supcon", "byol", "mae")
QUESTIONS = ("linear", "knn")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sets", nargs=2, type=Path, required=True, help="to train on")
    parser.add_argument("--also", nargs="*", type=Path, default=[], help="only to judge on")
    parser.add_argument("--runs", type=Path, default=Path("runs/learning"))
    parser.add_argument("--table", action="store_true", help="train and evaluate nothing")
    asked = parser.parse_args()
    if not asked.table:
        for method in METHODS:
            for home in asked.sets:
                work(method, home, [*asked.sets, *asked.also], asked.runs)
    write(asked.sets, asked.also, asked.runs)


def work(method: str, home: Path, targets: list[Path], runs: Path) -> None:
    """Trains at home and judges on every target; what is done is not done again."""
    out = place(method, home, runs)
    pretrain(f"{method}-cifar10-small", data=str(home), seed=0, out=out)
    for target in targets:
        missing = [name for name in QUESTIONS if not stored(out, name, home, target).exists()]
        if missing:
            evaluate(out, *missing, data=target, limit=10_000)


def place(method: str, home: Path, runs: Path) -> Path:
    """The run folder; CIFAR-10's are those of benchmarks/learning.py."""
    return runs / (f"{method}-0" if home.name == "cifar10" else f"{method}-{home.name}")


def stored(out: Path, name: str, home: Path, target: Path) -> Path:
    """Where an evaluation is kept."""
    elsewhere = "" if target == home else f" on {target.resolve().name}"
    return out / "evaluations" / f"{name}{elsewhere}.json"


def write(sets: list[Path], also: list[Path], runs: Path) -> None:
    """Keeps the numbers, and puts their tables into the page."""
    targets = [*sets, *also]
    content = {
        home.name: {
            label(method, subject): {
                target.name: numbers(method, subject, home, target, runs) for target in targets
            }
            for method in METHODS
            for subject in subjects(method)
        }
        for home in sets
    }
    files.write_json(KEPT, content)
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The page with the tables of what is kept between their marks."""
    content = json.loads(KEPT.read_text(encoding="utf-8"))
    tables = "\n\n".join("\n".join(lines(home, rows)) for home, rows in content.items())
    marked = re.compile(r"(<!-- transfer -->\n).*?(<!-- end -->)", re.DOTALL)
    return marked.sub(lambda m: m[1] + tables + "\n" + m[2], PAGE.read_text(encoding="utf-8"))


def lines(home: str, rows: dict[str, dict[str, list[float]]]) -> Iterator[str]:
    """One table: the encoders trained on `home`."""
    targets = list(next(iter(rows.values())))
    yield f"Trained on {home}; linear probe and, in brackets, kNN, in percent:"
    yield ""
    yield f"| | {' | '.join(targets)} |"
    yield f"| --- |{' ---: |' * len(targets)}"
    for name, found in rows.items():
        yield f"| {name} | {' | '.join(map(cell, found.values()))} |"


def subjects(method: str) -> tuple[str, ...]:
    """The baselines once for each encoder, with the first method that has it."""
    before = {"simclr": ("pixels", "untrained"), "mae": ("untrained",)}
    return (*before.get(method, ()), "trained")


def label(method: str, subject: str) -> str:
    encoder = {"simclr": "ResNet", "mae": "ViT"}.get(method)
    return {"pixels": "pixels", "untrained": f"untrained {encoder}"}.get(subject, method)


def cell(values: list[float]) -> str:
    """ "linear (knn)", or a dash where it was not run."""
    return f"{values[0]:.1f} ({values[1]:.1f})" if values else "–"


def numbers(method: str, subject: str, home: Path, target: Path, runs: Path) -> list[float]:
    """Top-1 of each question in percent, or [] where it was not run."""
    values = []
    for name in QUESTIONS:
        path = stored(place(method, home, runs), name, home, target)
        if not path.exists():
            return []
        reports = json.loads(path.read_text(encoding="utf-8"))
        (report,) = (each for each in reports if each["subject"] == subject)
        values.append(100 * report["metrics"]["top-1"]["value"])
    return values


if __name__ == "__main__":
    main()
