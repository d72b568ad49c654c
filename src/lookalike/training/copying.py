"""The numbers of a run for others: no run waits for them or fails with them.

Another thread hands the numbers over. What goes wrong there is told once, and that is all.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

from lookalike.errors import short

Row = tuple[int, dict[str, float]]
"""An update and its numbers."""

PATIENCE = 5.0
"""Seconds that the end of a run waits for somebody who hangs."""

WAITING = 10_000
"""Rows that are kept for somebody who hangs; later ones are lost to them."""


class Rows:
    """Rows as they come, until the last one."""

    def __init__(self) -> None:
        self._rows = queue.Queue[Row | None](WAITING)

    def put(self, row: Row | None) -> None:
        """Adds a row, or None after the last one; returns at once."""
        with suppress(queue.Full):
            self._rows.put_nowait(row)

    @property
    def none_waits(self) -> bool:
        """Whether all rows so far have been taken."""
        return self._rows.empty()

    def __iter__(self) -> Iterator[Row]:
        while row := self._rows.get():
            yield row


class Copy:
    """A copy of the records somewhere.

    Args:
        name: of where it is, for people.
        write: takes the rows, in a thread of its own.
        tell: takes a sentence about what went wrong.
    """

    def __init__(
        self, name: str, write: Callable[[Rows], None], *, tell: Callable[[str], None]
    ) -> None:
        self._name, self._write, self._tell = name, write, tell
        self._rows = Rows()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def add(self, update: int, numbers: dict[str, float]) -> None:
        """Numbers of an update; returns at once."""
        if self._thread.is_alive():
            self._rows.put((update, numbers))

    def close(self) -> None:
        """Ends it, and waits for that a little."""
        self._rows.put(None)
        self._thread.join(PATIENCE)

    def _work(self) -> None:
        try:
            self._write(self._rows)
        except Exception as error:  # whatever it is, it is none of the run's business
            why = short(str(error).partition("\n")[0] or type(error).__name__, 200)
            self._tell(f"{self._name} gets no more numbers: {why}. metrics.jsonl goes on")
