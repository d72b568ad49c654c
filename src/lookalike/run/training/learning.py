"""One process's way through the updates of a run: from its newest checkpoint to the end or a signal."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property, partial

from rich.console import Console

from lookalike import distributed
from lookalike.method import Batch
from lookalike.recipe.build import build_rate
from lookalike.recipe.fitting import shortage
from lookalike.run.folder import RunFolder
from lookalike.run.training.announcement import warn
from lookalike.run.training.memory import need_of
from lookalike.run.training.replay import guard_of
from lookalike.run.training.rewinding import epoch_before, rewind, slowed
from lookalike.run.training.tracking import copies_for
from lookalike.run.training.watching import alarm_of, beside, online_probe, watchers_of
from lookalike.run.training.work import Work
from lookalike.signals import StopFlag
from lookalike.training import checkpoint
from lookalike.training.guard import NotFiniteError
from lookalike.training.loop import train
from lookalike.training.monitors import Basics, Monitor, Records, Saver
from lookalike.training.progress import Bar

SECONDS_BETWEEN_SAVES = 300.0


class Learning:
    """The training of one process; of several, the first one watches, writes and speaks.

    Args:
        work: what it trains with.
        folder: of the run.
        console: who is told about it.
        track: a tracker that gets the numbers as well, by its name in TRACKERS.
    """

    def __init__(
        self, work: Work, folder: RunFolder, console: Console, *, track: str | None = None
    ) -> None:
        self.work, self.folder, self.console = work, folder, console
        self._track = track
        self._first = distributed.rank() == 0
        self._probe = online_probe(work) if self._first else None
        self.beside = beside(self._probe)
        """What learns besides the method, by name."""
        self._tell = partial(warn, console)
        self._epoch = work.loader.updates_per_epoch
        self._rewinds = work.recipe.nonfinite == "rewind"

    @cached_property
    def _about(self) -> dict[str, str]:
        """Which run its checkpoints are of; the same as long as it trains."""
        return self.folder.about()

    def restore(self) -> int:
        """Takes over the newest sound checkpoint; returns the updates done, 0 in a new run.

        Raises:
            StorageError: there are checkpoints, and none of them is sound.
        """
        return checkpoint.restore(
            self.folder.checkpoints,
            self.work.method,
            self.work.optimizer,
            beside=self.beside,
            about=self._about if self._first else None,
            tell=self._tell,
        )

    def go_on(self, done: int, stop: StopFlag) -> int:
        """Trains to the end or the signal; from an earlier checkpoint where the recipe says so.

        Args:
            done: updates done so far.
            stop: polled after every update.

        Returns:
            The updates done now; all of them are saved.

        Raises:
            NumericalError: numbers stopped being finite, and the recipe's `nonfinite` is exhausted.
            StorageError: the folder cannot be written.
        """
        while done < self.work.updates:
            try:
                with self._watchers(done) as watchers:
                    return self._train(done, stop, watchers)
            except NotFiniteError as broken:
                if not self._rewinds:
                    raise
                self._tell(rewind(self.folder, broken, self._epoch, self.work.runtime.device))
                done = self.restore()
        return done

    @contextmanager
    def _watchers(self, start: int) -> Iterator[Sequence[Monitor]]:
        """Everybody who looks on, in the order they are asked."""
        if not self._first:
            yield ()
            return
        work, path = self.work, self.folder.path
        records = Records(
            path,
            start=start,
            updates_per_epoch=self._epoch,
            tell=self._tell,
            also=copies_for(self._track, path, work.recipe, self._tell),
        )
        bar = Bar(
            self.console, start=start, updates=work.updates, waited=lambda: work.loader.waited
        )
        alarm = alarm_of(work, path, self._tell, start)
        with closing(records), closing(bar):
            yield [Basics(), *watchers_of(work, self._probe), alarm, records, bar]

    def _train(self, start: int, stop: StopFlag, watchers: Sequence[Monitor]) -> int:
        """The loop, with what it saves on the way and at the end."""
        work, recipe, device = self.work, self.work.recipe, self.work.runtime.device
        if self._rewinds and start == 0:
            self._save(0)
        saver = Saver(self._save, seconds=SECONDS_BETWEEN_SAVES, updates_per_epoch=self._epoch)
        with shortage(recipe, device, partial(need_of, work)):
            done = train(
                work.method,
                self._batches(start, stop),
                work.optimizer,
                slowed(build_rate(recipe, self._epoch), self.folder, device),
                runtime=work.runtime,
                seed=recipe.seed,
                start=start,
                updates=work.updates,
                piece=recipe.piece,
                clip=recipe.clip,
                monitors=[*watchers, saver],
                stop=stop,
                guard=guard_of(work, self.folder, self.console),
            )
        if saver.saved < done:
            self._save(done)
        return done

    def _batches(self, start: int, stop: StopFlag) -> Iterable[Batch]:
        """A signal ends the wait for a batch, but for several processes: none leaves the others."""
        batches = self.work.loader.batches(start, self.work.updates)
        return stop.until(batches) if distributed.world() == 1 else batches

    def _save(self, done: int) -> None:
        checkpoint.save(
            self.folder.checkpoints,
            done,
            self.work.method,
            self.work.optimizer,
            beside=self.beside,
            keep=epoch_before(done, self._epoch) if self._rewinds else None,
            about=self._about,
        )
