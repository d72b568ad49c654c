"""Runs side by side, from what their folders hold; nothing is computed anew but the tests."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from lookalike.errors import UsageError, did_you_mean
from lookalike.evaluation.comparing.comparison import Column, Comparison, Contender
from lookalike.evaluation.metrics import Estimate
from lookalike.evaluation.report import Report
from lookalike.evaluation.unlabelled.choosing import choose_checkpoint
from lookalike.record import Record, read_record
from lookalike.run.judging.pairing import pair
from lookalike.run.judging.recipes import seeds, settings

BASELINES = ("pixels", "untrained")

Records = Mapping[str, Record]
"""By the names of the runs."""

Evaluated = dict[tuple[str, str], dict[str, dict[str, Report]]]
"""Evaluation and data → run → subject → report."""


def compare(*paths: Path | str, evaluation: str | None = None) -> Comparison:
    """Sets runs side by side: evaluations, paired tests, time, and what differs in their recipes.

    Args:
        paths: of run folders, at least two.
        evaluation: "linear", only this one and not all.

    Raises:
        UsageError: a folder is no run's, there are fewer than two, or none took the evaluation.
    """
    records = _named({Path(path).resolve(): Path(path) for path in paths}.values())
    evaluated = _evaluated(records)
    if evaluation is not None:
        evaluated = _only(evaluation, evaluated)
    several = len({data for _, data in evaluated}) > 1
    columns = [
        _column(_title(key) if several else key[0], reports, records)
        for key, reports in evaluated.items()
    ]
    unread = [f"{name}: {note}" for name, record in records.items() for note in record.notes]
    return Comparison(
        runs=[_contender(name, record) for name, record in records.items()],
        columns=columns,
        seeds=seeds(records, columns),
        settings=settings(records),
        notes=[*_to_keep(evaluated, records), *unread],
    )


def _to_keep(evaluated: Evaluated, records: Records) -> list[str]:
    """Which run to keep without labels, where `geometry` looked at one encoder on the same images."""
    found = []
    for (name, _), runs in evaluated.items():
        encoders = [records[run].recipe.get("encoder") for run in runs]
        if name == "geometry" and len(runs) > 1 and all(each == encoders[0] for each in encoders):
            numbers = {
                run: {metric: e.value for metric, e in each["trained"].metrics.items()}
                for run, each in runs.items()
            }
            found.append(f"To keep without labels: {choose_checkpoint(numbers)[1]}")
    return found


def _named(paths: Iterable[Path]) -> Records:
    """The records by the names of their folders; by the paths where two have one name."""
    records = [read_record(path) for path in paths]
    if len(records) < 2:
        raise UsageError(
            "There is nothing to compare a single run with.",
            do="Name two run folders or more: lookalike compare runs/one runs/two",
        )
    names = [record.name for record in records]
    return {r.name if names.count(r.name) == 1 else str(r.path): r for r in records}


def _evaluated(records: Records) -> Evaluated:
    """What the trained encoders of any runs were evaluated with."""
    found: Evaluated = {}
    for run, record in records.items():
        for report in record.evaluations:
            name, _, data = report.evaluation.partition(" on ")
            key = name, data or Path(str(report.how.get("data", ""))).name
            found.setdefault(key, {}).setdefault(run, {})[report.subject] = report
    return {key: having for key, runs in found.items() if (having := _trained(runs))}


def _trained(runs: dict[str, dict[str, Report]]) -> dict[str, dict[str, Report]]:
    """The runs whose trained encoder took part."""
    return {
        run: each for run, each in runs.items() if "trained" in each and each["trained"].metrics
    }


def _only(evaluation: str, evaluated: Evaluated) -> Evaluated:
    """Those of one name: "knn" is also "knn k=200", and "knn on photos" only that."""
    known = {key: {key[0].split()[0], key[0], _title(key)} for key in evaluated}
    if not any(evaluation in names for names in known.values()):
        raise UsageError(
            f"None of these runs has been evaluated with {evaluation}.",
            do=did_you_mean(evaluation, set().union(*known.values())) if known else "",
        )
    return {key: runs for key, runs in evaluated.items() if evaluation in known[key]}


def _title(key: tuple[str, str]) -> str:
    """Evaluation and data for people."""
    return " on ".join(part for part in key if part)


def _column(title: str, runs: Mapping[str, dict[str, Report]], records: Records) -> Column:
    metric = next(iter(next(iter(runs.values()))["trained"].metrics))
    having = {run: each for run, each in runs.items() if metric in each["trained"].metrics}
    trained = {run: (records[run].path, each["trained"]) for run, each in having.items()}
    baselines = {
        subject: _different(
            each[subject].metrics.get(metric) for each in having.values() if subject in each
        )
        for subject in BASELINES
    }
    return Column(title, metric, pair(trained, metric), baselines)


def _different(estimates: Iterable[Estimate | None]) -> list[Estimate]:
    """Those that differ, the lowest first."""
    return sorted({each for each in estimates if each}, key=lambda each: each.value)


def _contender(name: str, record: Record) -> Contender:
    seconds, seed = record.training_seconds(), record.setting("seed")
    return Contender(
        name=name,
        path=str(record.path),
        seed=seed if isinstance(seed, int) else None,
        epochs=record.last("epoch"),
        minutes=None if seconds is None else seconds / 60,
    )
