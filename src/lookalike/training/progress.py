"""What a person sees while training: a bar in a terminal, one line a minute elsewhere."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from lookalike.durations import duration
from lookalike.training.monitors import Moment

SECONDS_BETWEEN_LINES = 60.0
UPDATES_TO_KNOW = 5
LONG = 2 * 3600.0


class Bar:
    """Progress over the whole run, with the time left to its end.

    Args:
        console: where to draw.
        start: updates done before this process.
        updates: updates of the whole run.
        waited: tells the seconds spent waiting for data so far.
    """

    def __init__(
        self, console: Console, *, start: int, updates: int, waited: Callable[[], float]
    ) -> None:
        self._console, self._waited, self._first = console, waited, start
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[words]}"),
        )
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task(
            "training", total=updates, completed=start, words="starting"
        )
        self._begun = self._line = time.monotonic()
        self._images, self._score = 0, ""
        self._progress.start()

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        self._images += moment.images
        words = self._words(moment, numbers)
        done = moment.update + 1
        self._progress.update(self._task, completed=done, words=words)
        if done == self._first + UPDATES_TO_KNOW:
            self._warn(self._left(moment))
        self._say_a_line(done, moment.updates, words)
        return {}

    def _words(self, moment: Moment, numbers: dict[str, float]) -> str:
        elapsed = max(1e-9, time.monotonic() - self._begun)
        left = self._left(moment)
        parts = [
            f"loss {numbers['loss']:.3f}",
            f"{self._images / elapsed:,.0f} images/s",
            f"waiting for data {self._waited() / elapsed:.0%}",
            f"{duration(left)} left (ends {_clock(left)})",
        ]
        if "knn" in numbers:
            self._score = f"kNN {numbers['knn']:.1%}"
        return " · ".join(filter(None, [*parts, self._score]))

    def _left(self, moment: Moment) -> float:
        """Seconds to the end of the run, at the speed so far."""
        here = moment.update + 1 - self._first
        return (time.monotonic() - self._begun) / here * (moment.updates - moment.update - 1)

    def _warn(self, left: float) -> None:
        if left > LONG:
            self._console.print(
                f"the whole will take about {duration(left)}; "
                'a shorter run: add --out with another folder and, say, duration="10 epochs"',
                highlight=False,
            )

    def _say_a_line(self, done: int, updates: int, words: str) -> None:
        """The first update's line comes at once, then one a minute, and the last."""
        now = time.monotonic()
        due = now - self._line > SECONDS_BETWEEN_LINES
        if not self._console.is_terminal and (done == self._first + 1 or due or done == updates):
            self._console.print(f"update {done:,} of {updates:,} · {words}", soft_wrap=True)
            self._line = now

    def close(self) -> None:
        """Leaves the terminal as it stands."""
        self._progress.stop()


def _clock(seconds: float) -> str:
    """When that will be: the time of day, and the date where it is another day."""
    then, now = time.localtime(time.time() + seconds), time.localtime()
    form = "%H:%M" if then[:3] == now[:3] else "%Y-%m-%d %H:%M"
    return time.strftime(form, then)
