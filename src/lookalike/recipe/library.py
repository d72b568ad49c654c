"""What `pretrain X` means: a run folder, a recipe's file, a packaged recipe or a method."""

from collections.abc import Callable
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NamedTuple

from lookalike import text
from lookalike.errors import UsageError, did_you_mean
from lookalike.files import nearby
from lookalike.methods import METHODS
from lookalike.recipe.schema import Recipe


class Base(NamedTuple):
    """What a run starts from."""

    kind: Literal["run folder", "file", "recipe", "method"]
    name: str
    origin: str  # for people
    mapping: dict[str, Any]  # as written; empty for a method, whose defaults depend on the images
    folder: Path | None = None  # of a run


def find(what: str) -> Base:
    """What a word on the command line means.

    A run folder comes before a YAML file, a packaged recipe and a method. A plain word that means two
    of them is refused; a path is a folder or file and nothing else.

    Raises:
        UsageError: it means nothing, or more than one thing.
    """
    found = [base for look in _LOOKS if (base := look(what))]
    if len(found) > 1:
        raise UsageError(
            f"{what} is both {' and '.join(_described(base) for base in found)}.",
            do=f"Write ./{what} for the one in this folder, or rename it for the other.",
        )
    if not found:
        raise _nothing(what)
    return found[0]


def packaged() -> dict[str, str]:
    """The names of the packaged recipes and their YAML."""
    folder = files("lookalike") / "recipes"
    found = {entry.name.removesuffix(".yaml"): entry for entry in folder.iterdir()}
    return {name: found[name].read_text("utf-8") for name in sorted(found)}


def read_file(path: Path) -> dict[str, Any]:
    """The values of a recipe's file, named after the file unless it says a name.

    Raises:
        UsageError: it cannot be read as a recipe.
    """
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The recipe {path} cannot be read.", why=f"{error}.") from error
    return _mapping(content, str(path), path.stem)


def refuse_another(folder: Path, recipe: Recipe) -> None:
    """Checks that the run in a folder, if there is one, has this recipe.

    Raises:
        UsageError: it has another one; says in what they differ and the two ways out.
    """
    there = folder / "recipe.yaml"
    before = Recipe.read(read_file(there)) if there.is_file() else recipe
    different = before.lasting().differences(recipe.lasting())
    if different:
        raise UsageError(
            f"{folder} holds a run of another recipe.",
            why="It differs in " + "; ".join(different) + ".",
            do=f"Go on with the old one: lookalike pretrain {folder}\n"
            "Or begin a new one: add --out with another folder.",
        )


def _run_folder(what: str) -> Base | None:
    folder = Path(what)
    if not (folder / "recipe.yaml").is_file():
        return None
    values = read_file(folder / "recipe.yaml")
    return Base("run folder", folder.resolve().name, f"{folder / 'recipe.yaml'}", values, folder)


def _file(what: str) -> Base | None:
    path = Path(what)
    if not (_is_path(what) and path.is_file()):
        return None
    return Base("file", path.stem, f"the file {path}", read_file(path))


def _packaged(what: str) -> Base | None:
    content = packaged().get(what)
    if content is None:
        return None
    origin = f"the packaged recipe {what}"
    return Base("recipe", what, origin, _mapping(content, origin, what))


def _method(what: str) -> Base | None:
    return Base("method", what, f"the defaults of {what}", {}) if what in METHODS else None


_LOOKS: tuple[Callable[[str], Base | None], ...] = (_run_folder, _file, _packaged, _method)


def _is_path(what: str) -> bool:
    return "/" in what or Path(what).suffix in (".yaml", ".yml")


def _mapping(content: str, where: str, name: str) -> dict[str, Any]:
    values = text.load(content, where)
    if not isinstance(values, dict):
        raise UsageError(f"{where} is not a recipe.", why="It should be a mapping: KEY: VALUE.")
    return {"name": name, **values}


def _described(base: Base) -> str:
    return f"a {base.kind}" + (f" (./{base.name}/)" if base.folder else "")


def _nothing(what: str) -> UsageError:
    if Path(what).is_dir():
        return UsageError(
            f"{what} is no run folder: it has no recipe.yaml.",
            do=f"To train on the images in it: lookalike pretrain simclr --data {what}",
        )
    if Path(what).is_file():
        return UsageError(f"{what} is no recipe.", why="Their files end in .yaml.")
    if _is_path(what):
        do = (
            nearby(what) or "Give a run folder or a recipe's file, or see `lookalike list recipes`."
        )
        return UsageError(f"There is no {what}.", do=do)
    runs = [path.parent for path in Path().glob("*/recipe.yaml")]
    runs += [path.parent for path in Path("runs").glob("*/recipe.yaml")]
    choices = [*METHODS, *packaged(), *map(str, runs), *map(str, Path().glob("*.y*ml"))]
    near = get_close_matches(what, choices)
    return UsageError(
        f"There is no recipe, method or run called {what}.",
        do=did_you_mean(what, near)
        if near
        else "See them with: lookalike list methods, lookalike list recipes",
    )
