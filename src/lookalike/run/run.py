"""A run after its training: what can be asked of it."""

import os
from pathlib import Path

from rich.console import Console

from lookalike import distributed
from lookalike.evaluation.report import Report
from lookalike.recipe.schema import Recipe
from lookalike.run.evaluation import evaluate_run
from lookalike.run.folder import RunFolder
from lookalike.run.load import Pretrained, load
from lookalike.run.pages import write_pages
from lookalike.training.runtime import choose_runtime


class Run:
    """A run and its folder.

    Args:
        path: of the folder that `pretrain` wrote.

    Raises:
        UsageError: there is no run.
    """

    def __init__(self, path: Path | str) -> None:
        self._folder = RunFolder(Path(path))
        self.recipe: Recipe = self._folder.read_recipe()

    @property
    def path(self) -> Path:
        """The run folder."""
        return self._folder.path

    def evaluate(
        self,
        *names: str,
        data: str | Path | None = None,
        seed: int = 0,
        device: str = "auto",
        workers: int | None = None,
        console: Console | None = None,
    ) -> list[Report]:
        """Evaluates the encoder beside an untrained one and raw pixels; the report shows it, too.

        Args:
            names: of evaluations, e.g. "knn", "linear".
            data: labelled images; by default those of the run.
            seed: of splits and draws.
            device: "auto", "cpu", "cuda" or "cuda:N".
            workers: processes that decode photos, or None for one per core.
            console: who is told about it; nobody by default.

        Raises:
            DataError: the images have no labels.
            StorageError: the run has no encoder yet.
        """
        with self._folder.locked():
            reports = evaluate_run(
                self._folder,
                names,
                data=str(data) if data else None,
                runtime=choose_runtime(device, self.recipe.precision),
                seed=seed,
                workers=count_workers(workers),
                console=console or Console(quiet=True),
            )
            write_pages(self.path)
        if console is not None:
            console.print(f"report: {self.path / 'report.html'}", highlight=False)
        return reports

    def load(self) -> Pretrained:
        """The trained encoder, see `lookalike.load`."""
        return load(self.path)


def count_workers(asked: int | None) -> int:
    """Processes that decode photos: as asked, or one per core up to 8.

    Training processes on the same machine share its cores.
    """
    cores = (os.cpu_count() or 1) // distributed.neighbours()
    return min(8, max(1, cores)) if asked is None else asked
