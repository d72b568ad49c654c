"""The four papers on two sets of small images, each encoder judged at home and elsewhere.

Trains NAME-cifar10-small on CIFAR-10 and, with nothing changed but the images, on a second set; runs
of benchmarks/learning.py are taken as they are. Probes learn from at most 10,000 images.
Writes the table of docs/evaluation.md.

    python benchmarks/transfer.py --sets cifar10/ tiny-imagenet-20/ --also photos-clothing/
    python benchmarks/transfer.py --sets cifar10/ tiny-imagenet-20/ --also photos-clothing/ --table
"""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

from lookalike.start import evaluate, pretrain

PAGE = Path(__file__).parents[1] / "docs" / "evaluation.md"
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
    """Puts the tables between their marks in the page."""
    text = PAGE.read_text(encoding="utf-8")
    tables = "\n\n".join("\n".join(lines(home, [*sets, *also], runs)) for home in sets)
    marked = re.compile(r"(<!-- transfer -->\n).*?(<!-- end -->)", re.DOTALL)
    PAGE.write_text(marked.sub(lambda m: m[1] + tables + "\n" + m[2], text), encoding="utf-8")


def lines(home: Path, targets: list[Path], runs: Path) -> Iterator[str]:
    """One table: the encoders trained on `home`."""
    yield f"Trained on {home.name}; linear probe and, in brackets, kNN, in percent:"
    yield ""
    yield f"| | {' | '.join(target.name for target in targets)} |"
    yield f"| --- |{' ---: |' * len(targets)}"
    for method in METHODS:
        for subject in subjects(method):
            cells = [cell(method, subject, home, target, runs) for target in targets]
            yield f"| {label(method, subject)} | {' | '.join(cells)} |"


def subjects(method: str) -> tuple[str, ...]:
    """The baselines once for each encoder, with the first method that has it."""
    before = {"simclr": ("pixels", "untrained"), "mae": ("untrained",)}
    return (*before.get(method, ()), "trained")


def label(method: str, subject: str) -> str:
    encoder = {"simclr": "ResNet", "mae": "ViT"}.get(method)
    return {"pixels": "pixels", "untrained": f"untrained {encoder}"}.get(subject, method)


def cell(method: str, subject: str, home: Path, target: Path, runs: Path) -> str:
    """ "linear (knn)", or a dash where it was not run."""
    values = []
    for name in QUESTIONS:
        path = stored(place(method, home, runs), name, home, target)
        if not path.exists():
            return "–"
        reports = json.loads(path.read_text(encoding="utf-8"))
        (report,) = (each for each in reports if each["subject"] == subject)
        values.append(f"{100 * report['metrics']['top-1']['value']:.1f}")
    return f"{values[0]} ({values[1]})"


if __name__ == "__main__":
    main()
