"""The papers' table of data sets, with the mean over them computed."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.table import Table

from lookalike.data.benchmarks import BENCHMARKS
from lookalike.data.benchmarks.opening import present, wanted
from lookalike.evaluation.metrics import Estimate
from lookalike.evaluation.report import Report, table


def mean_table(reports: Sequence[Report], root: Path) -> Table:
    """One row for each set, in the order of the papers, and the mean over those of the papers.

    Sets of the papers that do not lie below `root` are rows, too, and the caption says what to put
    where.

    Args:
        reports: of one protocol, such as `transfer`, and any subjects.
        root: the folder in which the sets lie.
    """
    result = table([*by_set(reports), *means(reports)])
    result.columns[0].header = "set"
    missing = {name: wanted(name, root) for name in BENCHMARKS if not present(name, root)}
    result.add_section()
    for name in missing:
        benchmark = BENCHMARKS[name]
        result.add_row(benchmark.title, benchmark.metric, *["missing"] * (len(result.columns) - 2))
    result.caption = "\n".join(f"{BENCHMARKS[name].title}: {do}" for name, do in missing.items())
    return result


def by_set(reports: Sequence[Report]) -> list[Report]:
    """Each report under the name of its set, with the set's metric alone; other sets come last."""
    titles = [benchmark.title for benchmark in BENCHMARKS.values()]
    place = {title: row for row, title in enumerate(titles)}
    ordered = sorted(reports, key=lambda report: place.get(report.how["set"], len(titles)))
    return [
        replace(report, evaluation=report.how["set"], metrics={report.how["metric"]: _main(report)})
        for report in ordered
    ]


def means(reports: Sequence[Report]) -> list[Report]:
    """For each subject the mean over the sets of the papers that every subject has.

    The sets are independent samples, so the mean's interval reaches as far as the root of the sum
    of squares of theirs, divided by their number.
    """
    titles = {benchmark.title for benchmark in BENCHMARKS.values()}
    of_subject: dict[str, dict[str, Report]] = {}
    for report in reports:
        of_subject.setdefault(report.subject, {})[report.how["set"]] = report
    shared = titles.intersection(*of_subject.values())
    if not shared:
        return []
    name = f"mean of {len(shared)} of the papers' {len(BENCHMARKS)} sets"
    return [
        Report(
            evaluation=name,
            subject=subject,
            metrics={"mean": _mean([_main(own[title]) for title in sorted(shared)])},
            n_train=sum(own[title].n_train for title in shared),
            n_test=sum(own[title].n_test for title in shared),
            classes=sum(own[title].classes for title in shared),
            how={"sets": sorted(shared)},
        )
        for subject, own in of_subject.items()
    ]


def _main(report: Report) -> Estimate:
    return report.metrics[report.how["metric"]]


def _mean(estimates: Sequence[Estimate]) -> Estimate:
    count = len(estimates)
    value = math.fsum(each.value for each in estimates) / count
    below = math.hypot(*(each.value - each.low for each in estimates)) / count
    above = math.hypot(*(each.high - each.value for each in estimates)) / count
    return Estimate(value, value - below, value + above)
