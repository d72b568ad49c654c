"""What a run came to, in a sentence and a few numbers."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from lookalike.evaluation.metrics import Estimate
from lookalike.evaluation.report import Report
from lookalike.evaluation.unlabelled.spectrum import health
from lookalike.evaluation.watching.diagnosis import MACHINE
from lookalike.gallery.curves import tidy
from lookalike.record import Record

_HEALTH = ("spread", "effective_rank", "rank_share")
_BASELINES = {"untrained": "the untrained encoder", "pixels": "raw pixels"}


class Verdict(NamedTuple):
    """Args:
    good: False where something speaks against the run, None where nothing is known.
    text: why, in a sentence or two.
    """

    good: bool | None
    text: str


class Fact(NamedTuple):
    """A number worth a large print."""

    name: str
    value: str
    note: str = ""


class Finding(NamedTuple):
    """The first metric of one evaluation, for each subject."""

    evaluation: str
    metric: str
    subjects: dict[str, Estimate]


def verdict(record: Record) -> Verdict:
    """Whether the features are healthy, and what training has added to them."""
    found = (_alarms(record), _health(record), _gain(record.evaluations))
    parts = [part for part in found if part]
    if not parts:
        return Verdict(None, "Nothing has been measured yet.")
    return Verdict(all(part.good for part in parts), " ".join(part.text for part in parts))


def facts(record: Record) -> list[Fact]:
    """The key numbers, those that are known."""
    found: list[Fact] = []
    if finding := main_finding(record.evaluations):
        trained = finding.subjects["trained"]
        note = f"{100 * trained.low:.1f}–{100 * trained.high:.1f}, trained encoder"
        found.append(Fact(_title(finding), _percent(trained.value), note))
    if (online := record.last("knn")) is not None:
        found.append(Fact("Online kNN", _percent(online), "at the last look"))
    if (loss := record.last("loss")) is not None:
        found.append(Fact("Loss", tidy(loss), "of the last update"))
    if (epoch := record.last("epoch")) is not None:
        updates = f"{int(record.metrics[-1]['update']) + 1:,} updates".replace(",", "\u202f")
        found.append(Fact("Epochs", f"{epoch:.4g}", updates))
    if duration := record.training_time():
        speeds = [row["images_per_second"] for row in record.metrics if "images_per_second" in row]
        note = f"{tidy(round(statistics.median(speeds)))} images per second"
        found.append(Fact("Training time", duration, note))
    return found


def main_finding(reports: Sequence[Report]) -> Finding | None:
    """What to judge the run by: the linear evaluation, or else the first that gives an accuracy."""
    trained = [r for r in reports if r.subject == "trained" and _accuracy(r)]
    if not trained:
        return None
    main = next((r for r in trained if r.evaluation == "linear"), trained[0])
    name, metric = main.evaluation, next(iter(main.metrics))
    own = [r for r in reports if r.evaluation == name and metric in r.metrics]
    return Finding(name, metric, {r.subject: r.metrics[metric] for r in own})


def _accuracy(report: Report) -> bool:
    return next(iter(report.metrics), "").startswith("top-1")


def _alarms(record: Record) -> Verdict | None:
    """Which kinds were told while training, and when; the page has their words."""
    told = [f"{each['kind']} (epoch {tidy(each['epoch'])})" for each in record.alarms]
    against = any(each["kind"] not in MACHINE for each in record.alarms)
    return Verdict(not against, f"Warned while training: {', '.join(told)}.") if told else None


def _health(record: Record) -> Verdict | None:
    known = {name: record.last(name) for name in _HEALTH}
    numbers = {name: value for name, value in known.items() if value is not None}
    if len(numbers) < len(known):
        return None
    words = health(numbers)
    good = words.startswith("healthy")
    if good:
        of = round(numbers["effective_rank"] / numbers["rank_share"])
        words += f" of {of} (spread {numbers['spread']:.2f})"
    told = "" if record.alarms else f", and no alarm in {tidy(record.last('epoch') or 0)} epochs"
    return Verdict(good, f"{words[0].upper()}{words[1:]}{told if good else ''}.")


def _gain(reports: Sequence[Report]) -> Verdict | None:
    finding = main_finding(reports)
    if finding is None:
        return None
    trained = finding.subjects["trained"]
    others = {n: finding.subjects[n] for n in _BASELINES if n in finding.subjects}
    gains = [_distance(trained, e, _BASELINES[name]) for name, e in others.items()]
    reached = f"{_title(finding)} {_percent(trained.value)}"
    good = all(trained.value > other.value for other in others.values())
    return Verdict(good, f"{reached}{': ' if gains else ''}{', '.join(gains)}.")


def _distance(own: Estimate, other: Estimate, name: str) -> str:
    points = 100 * (own.value - other.value)
    overlap = own.low <= other.high and other.low <= own.high
    where = "above" if points >= 0 else "below"
    return f"{abs(points):.1f} points {where} {name}" + (" (intervals overlap)" if overlap else "")


def _title(finding: Finding) -> str:
    name = finding.evaluation
    return f"{'kNN' if name == 'knn' else name[:1].upper() + name[1:]} {finding.metric}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
