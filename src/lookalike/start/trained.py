"""A trained encoder as an object: whatever `lookalike` does with its folder is a method."""

from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.start.asking import duplicates, outliers, search
from lookalike.start.evaluating import evaluate
from lookalike.start.predicting import predict
from lookalike.start.writing import draw_map, embed, export_encoder

if TYPE_CHECKING:
    from lookalike.recipe.schema import Recipe
    from lookalike.run import Pretrained


class Trained:
    """A trained encoder.

    Args:
        path: a run folder or an encoder folder.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def __fspath__(self) -> str:
        """Its folder: what the functions below are given in place of a path."""
        return str(self.path)

    def load(self) -> "Pretrained":
        """The encoder, see `lookalike.load`."""
        from lookalike.run import load

        return load(self.path)

    evaluate = evaluate
    embed = embed
    search = search
    duplicates = duplicates
    outliers = outliers
    map = draw_map
    export = export_encoder


class Run(Trained):
    """A run after its training.

    Args:
        path: of the folder that `pretrain` wrote.

    Raises:
        UsageError: there is no run.
    """

    def __init__(self, path: Path | str) -> None:
        from lookalike.run.folder import RunFolder

        super().__init__(path)
        self.recipe: Recipe = RunFolder(self.path).read_recipe()

    predict = predict

    def _repr_html_(self) -> str:
        """What it is and what it came to, as notebooks show it."""
        from lookalike.evaluation.report import as_html
        from lookalike.record import read_record

        record = read_record(self.path)
        names = (self.recipe.method["name"], self.recipe.encoder["name"], self.recipe.data.path)
        last = record.last("update")
        done = "not trained yet" if last is None else f"{int(last) + 1:,} updates"
        about = f"{self.path}: {' · '.join(filter(None, (*names, done)))}"
        return as_html(record.evaluations, about)
