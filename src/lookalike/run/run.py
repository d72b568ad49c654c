"""A run after its training: what can be asked of it."""

from pathlib import Path

from rich.console import Console

from lookalike.evaluation import OF_PROJECTIONS
from lookalike.evaluation.report import Report, as_html
from lookalike.recipe.questions import read
from lookalike.recipe.schema import Recipe
from lookalike.record import read_record
from lookalike.run.folder import RunFolder
from lookalike.run.judging.evaluation import examine, open_exam
from lookalike.run.judging.subjects import of_projection, of_run
from lookalike.run.pages import write_pages
from lookalike.run.trained import Trained
from lookalike.run.workers import count_workers
from lookalike.training.runtime import choose_runtime


class Run(Trained):
    """A run and its folder.

    Args:
        path: of the folder that `pretrain` wrote.

    Raises:
        UsageError: there is no run.
    """

    def __init__(self, path: Path | str) -> None:
        super().__init__(path)
        self._folder = RunFolder(self.path)
        self.recipe: Recipe = self._folder.read_recipe()

    def evaluate(
        self,
        *words: str,
        data: str | Path | None = None,
        limit: int | None = None,
        size: int | None = None,
        projection: bool = False,
        baselines: bool = True,
        seed: int = 0,
        device: str = "auto",
        workers: int | None = None,
        console: Console | None = None,
    ) -> list[Report]:
        """Evaluates the encoder beside an untrained one and raw pixels; the report shows it, too.

        Args:
            words: names of evaluations ("knn", "linear"), and settings ("knn.k=200"); knn and linear
                if there are none.
            data: labelled images; by default those of the run.
            limit: takes the first this many training images; by default as many as the run did, of
                its own images, and all of others.
            size: side of the view it is tested on; by default the recipe's.
            projection: judge z, what the method's projector makes of h, as well.
            baselines: judge raw pixels and the encoder before its training, too.
            seed: of splits and draws.
            device: "auto", "cpu", "cuda" or "cuda:N".
            workers: processes that decode photos, or None for one per core.
            console: who is told about it; nobody by default.

        Raises:
            UsageError: no such evaluation or setting.
            DataError: the images have no labels.
            StorageError: the run has no encoder yet.
        """
        questions, folder, recipe = read(words), self._folder, self.recipe
        runtime = choose_runtime(device, recipe.precision)
        console = console or Console(quiet=True)
        where = str(data) if data else recipe.data.path or ""
        own = where == recipe.data.path
        limit = limit or (recipe.data.limit if own else None)
        with folder.locked():
            subjects = of_run(folder.path, recipe, runtime, size)
            subjects = subjects if baselines else subjects[-1:]
            if projection or any(question.name in OF_PROJECTIONS for question in questions):
                z = of_projection(folder, recipe, runtime, subjects[-1].policy)
                subjects += [z] if z else []
            exam = open_exam(
                where,
                subjects,
                questions,
                runtime=runtime,
                seed=seed,
                workers=count_workers(workers),
                cache=folder.cache,
                limit=limit,
            )
            name = "" if own else Path(where).resolve().name
            reports = examine(
                subjects,
                questions,
                exam,
                folder=folder.evaluations,
                elsewhere=name,
                console=console,
            )
            write_pages(self.path)
        console.print(f"report: {self.path / 'report.html'}", highlight=False)
        return reports

    def _repr_html_(self) -> str:
        """What it is and what it came to, as notebooks show it."""
        record = read_record(self.path)
        names = (self.recipe.method["name"], self.recipe.encoder["name"], self.recipe.data.path)
        last = record.last("update")
        done = "not trained yet" if last is None else f"{int(last) + 1:,} updates"
        about = f"{self.path}: {' · '.join(filter(None, (*names, done)))}"
        return as_html(record.evaluations, about)
