"""What each method learns from 10,000 images of CIFAR-10, as a table in docs/methods.md.

Trains the packaged recipes NAME-cifar10-small and evaluates them beside the untrained encoder and raw
pixels. Runs that are done are not done again, and one that was stopped goes on. The numbers of all
finished runs are kept in docs/results/learning.json, of which the table is made.

    python benchmarks/learning.py --data cifar10/                    # all of it: a night
    python benchmarks/learning.py --data cifar10/ --only byol mae    # some methods
    python benchmarks/learning.py --table                            # writes the table again
"""

import argparse
import json
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lookalike import files
from lookalike.methods import METHODS
from lookalike.record import read_record
from lookalike.start import pretrain

PAGE = Path(__file__).parents[1] / "docs" / "methods.md"
KEPT = PAGE.parent / "results" / "learning.json"
RECIPE = "{}-cifar10-small"
SEEDS = {name: range(3) for name in ("simclr", "supcon", "byol", "mae", "supervised")}
"""Of the four papers and their control; all others are run once."""

Scores = dict[tuple[str, str], float]
"""(evaluation, subject) → top-1 in percent."""


class Result(NamedTuple):
    """One finished run."""

    encoder: str
    epochs: str
    minutes: float
    scores: Scores


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", help="CIFAR-10, with a test split of its own")
    parser.add_argument("--runs", type=Path, default=Path("runs/learning"))
    parser.add_argument("--only", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--table", action="store_true", help="train nothing")
    asked = parser.parse_args()
    if not asked.table:
        for method in asked.only:
            for seed in SEEDS.get(method, range(1)):
                train(method, seed, asked.data, asked.runs)
    write(asked.runs)


def train(method: str, seed: int, data: str, runs: Path) -> None:
    """One run; `pretrain` evaluates kNN and the linear probe at its end."""
    out = runs / f"{method}-{seed}"
    if not (out / "evaluations" / "linear.json").exists():
        pretrain(RECIPE.format(method), data=data, seed=seed, out=out)


def write(runs: Path) -> None:
    """Keeps the numbers of finished runs, and puts the table of all that are kept into the page."""
    results = kept()
    for method in METHODS:
        found = [read(path) for path in sorted(runs.glob(f"{method}-[0-9]"))]
        if done := [result for result in found if result]:
            results[method] = done
    files.write_json(KEPT, {m: [plain(r) for r in every] for m, every in results.items()})
    PAGE.write_text(page(), encoding="utf-8")


def plain(result: Result) -> dict[str, Any]:
    """For JSON."""
    scores = {"/".join(key): value for key, value in result.scores.items()}
    return result._asdict() | {"scores": scores}


def kept() -> dict[str, list[Result]]:
    """Method → the finished runs that are kept."""
    content = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    for result in (result for every in content.values() for result in every):
        pairs = (key.split("/") for key in result["scores"])
        result["scores"] = dict(zip(map(tuple, pairs), result["scores"].values(), strict=True))
    return {method: [Result(**result) for result in every] for method, every in content.items()}


def page() -> str:
    """The page with the table of what is kept between its marks."""
    table = "\n".join(lines(kept()))
    marked = re.compile(r"(<!-- learning -->\n).*?(<!-- end -->)", re.DOTALL)
    return marked.sub(lambda m: m[1] + table + "\n" + m[2], PAGE.read_text(encoding="utf-8"))


def lines(done: dict[str, list[Result]]) -> Iterator[str]:
    """The table in Markdown."""
    yield "| method | encoder | epochs | minutes | seeds | linear | above untrained | kNN |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    if every := [r for found in done.values() for r in found]:
        yield from baselines("pixels", every)
        yield from baselines("untrained", every)
    for method in METHODS:
        found = done.get(method)
        yield row(method, found) if found else f"| {method} | | | | | not run | | |"


def baselines(subject: str, results: list[Result]) -> Iterator[str]:
    """What the images, or each encoder, give without training."""
    encoders = sorted({r.encoder for r in results}) if subject == "untrained" else ["–"]
    for encoder in encoders:
        own = [r for r in results if subject == "pixels" or r.encoder == encoder]
        linear, knn = (spread(own, name, subject) for name in ("linear", "knn"))
        yield f"| {subject} | {encoder} | – | – | – | {linear} | | {knn} |"


def row(method: str, results: list[Result]) -> str:
    """The means of a method's runs."""
    minutes = min(r.minutes for r in results)  # others had company on the machine
    gains = [r.scores["linear", "trained"] - r.scores["linear", "untrained"] for r in results]
    first = results[0]
    cells = (
        method,
        first.encoder,
        first.epochs,
        f"{minutes:.0f}",
        str(len(results)),
        spread(results, "linear", "trained"),
        f"{statistics.fmean(gains):+.1f}",
        spread(results, "knn", "trained"),
    )
    return f"| {' | '.join(cells)} |"


def spread(results: list[Result], evaluation: str, subject: str) -> str:
    """Mean, and the standard error over seeds where there are several; of pixels, which no seed
    changes and normalisation does, the range."""
    values = [r.scores[evaluation, subject] for r in results]
    mean = f"{statistics.fmean(values):.1f}"
    if subject == "pixels":
        return "–".join(dict.fromkeys(f"{end:.1f}" for end in (min(values), max(values))))
    if len(values) < 2:
        return mean
    return f"{mean} ± {statistics.stdev(values) / len(values) ** 0.5:.1f}"


def read(path: Path) -> Result | None:
    """A finished run's numbers, or None."""
    record = read_record(path)
    scores = {
        (report.evaluation, report.subject): 100 * report.metrics["top-1"].value
        for report in record.evaluations
        if "top-1" in report.metrics
    }
    if ("linear", "trained") not in scores:
        return None
    minutes = (record.training_seconds() or 0) / 60
    epochs = str(record.setting("duration")).partition(" ")[0]
    return Result(encoder(record.recipe), epochs, minutes, scores)


def encoder(recipe: dict[str, Any]) -> str:
    """Its name, what differs from it, and the side of the views it is trained on."""
    settings = recipe["encoder"]
    changed = [f"{k} {settings[k]}" for k in ("patch", "depth") if settings.get(k)]
    return ", ".join([settings["name"], *changed, f"{recipe['views'][0]['size']} px"])


if __name__ == "__main__":
    main()
