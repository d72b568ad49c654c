"""An alarm for training that learns nothing, runs away, or waits for what it needs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from lookalike.evaluation.watching.diagnosis import Finding, Means, diagnose, means
from lookalike.evaluation.watching.measures import Turnover, of_views
from lookalike.training.monitors import Moment


@runtime_checkable
class Check(Protocol):
    """Looks at every update for one fault."""

    def see(self, moment: Moment, numbers: Mapping[str, float]) -> Finding | None:
        """What it finds just after an update; `numbers` are those of the monitors before it."""
        ...


class Alarm:
    """Tells what `diagnose` finds at the first update and after each epoch, and what checks find.

    It waits for the device at its first update and once an epoch, and passes nothing forward.

    Args:
        tell: takes a finding and the number of the update.
        updates_per_epoch: an epoch's length.
        checks: asked after every update.
        history: the rows of the updates before, if the run goes on.
    """

    def __init__(
        self,
        tell: Callable[[Finding, int], None],
        *,
        updates_per_epoch: int,
        checks: Sequence[Check] = (),
        history: Iterable[Mapping[str, float]] = (),
    ) -> None:
        self._tell, self._length, self._checks = tell, updates_per_epoch, checks
        self._turnover: Turnover | None = None
        self._rows: list[Means] = []
        self._epochs: list[Means] = []
        for row in history:
            self._remember(dict(row), int(row["update"]))

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        first = self._turnover is None
        own = self._measure(moment)
        row = numbers | own | {"images": moment.images, "updates": moment.update + 1}
        row |= {"share": (moment.update + 1) / moment.updates}
        ended = self._remember(row, moment.update)
        found = diagnose(self._epochs if ended else [row]) if ended or first else []
        found += [each for check in self._checks if (each := check.see(moment, numbers))]
        for finding in found:
            self._tell(finding, moment.update)
        return own

    def _measure(self, moment: Moment) -> dict[str, float]:
        """Numbers of its own: of the views at the first update, of the weights after each epoch."""
        if self._turnover is None:
            self._turnover = Turnover(moment.method)
            return of_views(moment.batch)
        self._turnover.count()
        return self._turnover.since(moment.method) if self._ends(moment.update) else {}

    def _remember(self, row: Means, update: int) -> bool:
        """Whether an epoch has ended with this row."""
        self._rows.append(row)
        if self._ends(update):
            self._epochs.append(means(self._rows) | {k: row[k] for k in _LATEST & row.keys()})
            self._rows = []
        return not self._rows

    def _ends(self, update: int) -> bool:
        return (update + 1) % self._length == 0


_LATEST = {"updates", "share"}
"""Of an epoch's rows the last one counts, not their mean."""
