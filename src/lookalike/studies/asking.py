"""What runs are asked when they are trained, and the numbers that are read from their folders."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from lookalike.data.benchmarks import BENCHMARKS
from lookalike.recipe.questions import read
from lookalike.record import read_record
from lookalike.studies.study import TRANSFER, Measure

ROOT = Path("benchmarks")
"""The folder of the papers' other sets of images."""


class Question(NamedTuple):
    """Args:
    words: as `lookalike evaluate` takes them, spaces between them; or TRANSFER.
    subject: whom it is asked of.
    data: images, where they are not the run's.
    """

    words: str
    subject: str = "trained"
    data: str | None = None

    @classmethod
    def of(cls, measure: Measure) -> "Question | None":
        """What gives a number; None where no evaluation does."""
        if measure.evaluation is None:
            return None
        return cls(measure.evaluation, measure.subject, measure.data)

    @property
    def title(self) -> str:
        """What the reports of the run call it."""
        name = Path(self.data or "").name
        if self.words == TRANSFER:
            return f"transfer to {BENCHMARKS[name].title if name in BENCHMARKS else name}"
        asked = read(self.words.split())[0].title
        return f"{asked} on {name}" if self.data else asked


class Sitting(NamedTuple):
    """One call of `lookalike evaluate` or `lookalike transfer`.

    Args:
        words: its evaluations and their settings.
        data: its images, where they are not the run's.
    """

    words: tuple[str, ...]
    data: str | None

    @property
    def sets(self) -> list[str]:
        """The arguments of `lookalike transfer`: a set of the papers, or any other."""
        return [self.data] if self.data in BENCHMARKS else []

    @property
    def also(self) -> list[str]:
        """Likewise."""
        return [self.data] if self.data and self.data not in BENCHMARKS else []

    def command(self, run: str, *, projection: bool) -> list[str]:
        """What to type."""
        if self.words == (TRANSFER,):
            also = ["--also", *self.also] if self.also else []
            return ["transfer", run, *self.sets, "--root", str(ROOT), *also]
        data = ["--data", self.data] if self.data else []
        return ["evaluate", run, *self.words, *data, *(["--projection"] if projection else [])]


def sittings(asked: Iterable[Question]) -> list[Sitting]:
    """An evaluation has one setting in each of them: the same with others is asked in the next."""
    turns = list[tuple[str | None, dict[str, str]]]()
    for words, _, data in asked:
        name = words.partition(" ")[0].partition(".")[0]
        for place, turn in turns:
            alone = (name == TRANSFER) != (TRANSFER in turn)
            if place == data and turn.get(name, words) == words and not alone:
                turn[name] = words
                break
        else:
            turns.append((data, {name: words}))
    return [
        Sitting(tuple(word for each in turn.values() for word in each.split()), data)
        for data, turn in turns
    ]


def value(run: Path, measure: Measure) -> tuple[float, float] | None:
    """A number of a finished run and its standard error by the test images, or None without it."""
    if measure.read:
        return measure.read(run), 0.0
    record, question = read_record(run), Question.of(measure)
    if question is None:
        rows = [row[measure.name] for row in record.metrics if measure.name in row]
        last = rows[-_epoch(record.metrics) :]
        scale = 100 if measure.percent else 1
        return (scale * sum(last) / len(last), 0.0) if last else None
    for report in record.evaluations:
        if (report.evaluation, report.subject) == (question.title, measure.subject):
            found = report.metrics.get(measure.name)
            if found is None:
                return _said(report.how, measure)
            scale = 100 if found.percent else 1
            return scale * found.value, scale * (found.high - found.low) / (2 * 1.96)
    return None


def _said(how: dict[str, Any], measure: Measure) -> tuple[float, float] | None:
    """A number that an evaluation says beside its metrics."""
    found: Any = how
    for key in measure.name.split("/"):
        found = found.get(key) if isinstance(found, dict) else None
    return None if found is None else (float(found) * (100 if measure.percent else 1), 0.0)


def _epoch(rows: Iterable[dict[str, float]]) -> int:
    """Updates in an epoch, at least 1."""
    return max(1, sum(1 for row in rows if row.get("epoch", 0.0) <= 1.0))
