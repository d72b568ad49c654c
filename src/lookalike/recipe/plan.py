"""What a command or call asks for, checked at once as far as that goes without the images."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lookalike.errors import UsageError
from lookalike.recipe import library, paths
from lookalike.recipe.defaults import default_recipe, described
from lookalike.recipe.overrides import Layer, layers, resolve
from lookalike.recipe.schema import Recipe

AUTOMATIC = "auto"
"""The batch that is found by what fits into the memory."""


class Plan:
    """A run that is wanted: a base, and what the user changes of it.

    Args:
        what: a method, a packaged recipe, a recipe's file or a run folder.
        overrides: changes of the form `KEY=VALUE`.
        changes: nested changes; `{"batch": "auto"}` takes the largest batch that fits.
        out: the run folder, or None for the usual place.

    Raises:
        UsageError: there is no such thing, or a change is wrong.
        DataError: the images are not where they should be.
        StorageError: the run folder cannot be written.
    """

    def __init__(
        self,
        what: str,
        overrides: Iterable[str] = (),
        changes: Mapping[str, Any] | None = None,
        out: Path | None = None,
    ) -> None:
        changes = dict(changes or {})
        self._automatic = changes.get("batch") == AUTOMATIC
        if self._automatic:
            del changes["batch"]
        self.base = library.find(what)
        self.changes = layers(overrides, changes)
        self.draft = self._resolved(images=1000, side=224, channels=3, device="cpu")
        self.out = out or self.base.folder or Path("runs") / self.draft.name
        if self.draft.data.path is not None:
            paths.check_images(self.draft.data.path)
        paths.check_out(self.out)

    def data(self) -> str:
        """Where the images are.

        Raises:
            UsageError: nobody has said.
        """
        if self.draft.data.path is None:
            raise UsageError(
                f"{self.base.name} does not say which images to train on.",
                do=f"Add --data with a folder, a Parquet file or one of: "
                f"{', '.join(paths.NAMED_SETS)}.",
            )
        return self.draft.data.path

    def recipe(self, device: str = "auto") -> tuple[Recipe, list[str]]:
        """The recipe of the run, and sentences on what was chosen for a bare method or looks odd.

        A method's defaults depend on the images and the machine, which are looked at now (torch is
        imported).

        Raises:
            DataError: there are no images.
        """
        recipe, remarks = self._chosen(device)
        if not self._automatic:
            return recipe, remarks
        recipe, why = self._fitted(recipe, device)
        return recipe, [*remarks, why]

    def _chosen(self, device: str) -> tuple[Recipe, list[str]]:
        if self.base.kind != "method":
            return self.draft, self.draft.remarks()
        from lookalike.recipe.look import device_kind, look

        seen, kind = look(self.data(), self.draft.data.limit), device_kind(device)
        recipe = self._resolved(**seen._asdict(), device=kind)
        chosen = described(recipe, images=seen.images, side=seen.side, device=kind)
        return recipe, [chosen, *recipe.remarks()]

    def _fitted(self, recipe: Recipe, device: str) -> tuple[Recipe, str]:
        """With the batch that fits, or that the run was begun with."""
        begun = self.out / "recipe.yaml"
        if begun.is_file():
            batch = Recipe.read(library.read_file(begun)).batch
            return recipe.model_copy(update={"batch": batch}), f"batch={batch}, as it was begun."
        from lookalike.recipe.estimate import automatic_batch
        from lookalike.recipe.look import look

        return automatic_batch(recipe, look(self.data(), recipe.data.limit), device)

    def _resolved(self, *, images: int, side: int, channels: int, device: str) -> Recipe:
        if self.base.kind == "method":
            values = default_recipe(
                self.base.name, images=images, side=side, channels=channels, device=device
            )
        else:
            values = self.base.mapping
        recipe = resolve([Layer(self.base.origin, values), *self.changes])
        return self._named(recipe)

    def _named(self, recipe: Recipe) -> Recipe:
        """A run of a bare method is named after its images, too, unless the user names it."""
        named = any("name" in layer.mapping for layer in self.changes)
        if self.base.kind != "method" or named or recipe.data.path is None:
            return recipe
        images = Path(recipe.data.path).resolve().stem
        return recipe.model_copy(update={"name": f"{self.base.name}-{images}"})
