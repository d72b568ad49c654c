"""Writes what runs reached into the headers of the packaged recipes they ran.

    for name in simclr byol mae; do lookalike pretrain $name-digits --out runs/digits/$name-0; done
    python benchmarks/headers.py runs/digits/* runs/learning/*

The lines `time:` and `result:` are replaced; runs of one recipe that differ by their seed are one
line with a mean and the standard error. Runs without a linear probe are left out. Give only runs
of recipes as they are.
"""

import argparse
import re
import textwrap
from collections import defaultdict
from pathlib import Path

from learning import Result, read, spread
from lookalike.record import Record, read_record

RECIPES = Path(__file__).parents[1] / "src" / "lookalike" / "recipes"
LINES = re.compile(r"^# time:.*?(?=^# paper:)", re.MULTILINE | re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path)
    found: dict[str, list[tuple[Record, Result]]] = defaultdict(list)
    for path in parser.parse_args().runs:
        record, result = read_record(path), read(path)
        if result:
            found[str(record.setting("name"))].append((record, result))
    for name, runs in found.items():
        write(RECIPES / f"{name}.yaml", runs)


def write(recipe: Path, runs: list[tuple[Record, Result]]) -> None:
    """Replaces the two lines in one recipe."""
    new = entry("time", time(runs)) + entry("result", result(runs))
    text = recipe.read_text(encoding="utf-8")
    recipe.write_text(LINES.sub(lambda _: new, text, count=1), encoding="utf-8")


def entry(key: str, words: str) -> str:
    """A line of a header, with more lines below it where it is long."""
    first = f"# {key}:".ljust(11)
    return textwrap.fill(words, 100, initial_indent=first, subsequent_indent="#".ljust(11)) + "\n"


def time(runs: list[tuple[Record, Result]]) -> str:
    minutes = min(result.minutes for _, result in runs)  # others had company on the machine
    shown = f"{minutes:.0f} minutes" if minutes >= 2 else f"{60 * minutes:.0f} s"
    threads = {record.environment["threads"] for record, _ in runs}
    counts = {1: " on one thread", 2: " on two threads"}
    where = counts.get(threads.pop(), "") if len(threads) == 1 else ""
    return f"{shown} of training{where}"


def result(runs: list[tuple[Record, Result]]) -> str:
    seeds = sorted(record.setting("seed") for record, _ in runs)
    results = [result for _, result in runs]

    def both(subject: str) -> str:
        return " and ".join(f"{spread(results, name, subject)} %" for name in ("linear", "knn"))

    trained, untrained, pixels = map(both, ("trained", "untrained", "pixels"))
    named = "seed" if len(seeds) == 1 else "seeds"
    return (
        f"{named} {', '.join(map(str, seeds))}, linear and kNN: {trained}; an untrained encoder "
        f"{untrained}, raw pixels {pixels}"
    )


if __name__ == "__main__":
    main()
