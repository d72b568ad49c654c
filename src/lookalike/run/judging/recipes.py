"""What the recipes of several runs have in common, and what not."""

import json
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from lookalike.evaluation.comparing.comparison import Column, Mean, Seeds
from lookalike.record import Record, flatten


def seeds(records: Mapping[str, Record], columns: Sequence[Column]) -> list[Seeds]:
    """Groups of runs whose recipes are equal but for the seed (and the name, which does nothing).

    Of several with one seed the first counts.
    """
    groups: dict[str, dict[str, str]] = {}
    for name, record in records.items():
        rest = {key: value for key, value in record.recipe.items() if key not in ("name", "seed")}
        if rest:
            same = groups.setdefault(json.dumps(rest, sort_keys=True, default=str), {})
            same.setdefault(str(record.setting("seed")), name)
    found = [list(group.values()) for group in groups.values() if len(group) > 1]
    return [Seeds(runs, _means(runs, columns)) for runs in found]


def _means(runs: list[str], columns: Sequence[Column]) -> dict[str, Mean]:
    means = {}
    for column in columns:
        if all(run in column.entries for run in runs):
            estimates = [column.entries[run].estimate for run in runs]
            values = [estimate.value for estimate in estimates]
            error = statistics.stdev(values) / len(values) ** 0.5
            means[column.title] = Mean(statistics.mean(values), error, estimates[0].percent)
    return means


def settings(records: Mapping[str, Record]) -> dict[str, dict[str, Any]]:
    """The leaves of the recipes that are not the same everywhere."""
    leaves = {run: dict(flatten(record.recipe)) for run, record in records.items() if record.recipe}
    names = dict.fromkeys(key for each in leaves.values() for key in each if key != "name")
    table = {key: {run: each[key] for run, each in leaves.items() if key in each} for key in names}
    return {
        key: values
        for key, values in table.items()
        if len(values) < len(leaves)
        or any(v != next(iter(values.values())) for v in values.values())
    }
