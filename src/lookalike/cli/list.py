"""`lookalike list`: what there is to choose from."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Literal

from lookalike.errors import UsageError
from lookalike.recipe.signature import arguments, summary

Lines = Iterator[tuple[str, str]]
"""Names and what they are."""


def command(
    kind: Literal[
        "methods",
        "encoders",
        "recipes",
        "views",
        "data",
        "evaluations",
        "benchmarks",
        "studies",
    ]
    | None = None,
    part: str = "",
    /,
) -> None:
    """List methods, encoders, recipes, views, data, evaluations, transfer sets or studies.

    $ lookalike list methods
    $ lookalike list encoders vit

    Args:
        kind: what to list; the kinds themselves if not given.
        part: only names that contain this.
    """
    every = _KINDS[kind]() if kind else _kinds()
    rows = [row for row in every if part in row[0].split()[0]]
    width = max((len(name) for name, _ in rows), default=0)
    for name, words in rows:
        print(f"{name:{width}}  {words}".rstrip())
    if not rows:
        raise UsageError(
            f"There are no {kind} with {part!r} in their name.",
            do=f"See them all with: lookalike list {kind}",
        )


def _kinds() -> Lines:
    for name, rows in _KINDS.items():
        yield name, (rows.__doc__ or "").rstrip(".")


def _methods() -> Lines:
    """How an encoder can learn, with the settings of each."""
    from lookalike.methods import METHODS

    for name, target in METHODS.items():
        yield name, summary(target)
        for key, argument in arguments(target).items():
            yield f"  method.{key}={argument.default}", argument.help


def _evaluations() -> Lines:
    """What a run or an encoder can be asked, with the settings of each."""
    from lookalike.evaluation import EVALUATIONS
    from lookalike.recipe.questions import settings_of

    for name, target in EVALUATIONS.items():
        yield name, summary(target)
        for key, argument in settings_of(name).items():
            yield f"  {name}.{key}={argument.default}", argument.help


def _recipes() -> Lines:
    """Whole trainings by name."""
    from lookalike.recipe.library import packaged

    for name, text in packaged().items():
        yield name, text.partition("\n")[0].lstrip("# ")


def _views() -> Lines:
    """Policies by which images are changed."""
    from lookalike.views.presets import POLICIES

    for name, policies in POLICIES.items():
        for number, policy in enumerate(policies):
            if number == 0 or policy != policies[0]:
                happens = ", ".join(operation for operation, _ in policy.operations())
                label = f"  view {number + 1}" if number else name
                yield label, f"{policy.size} px: {happens or 'crop and flip'}"


def _encoders() -> Lines:
    """Networks from images to features: our own, then timm's."""
    import timm

    from lookalike.nn.small_resnet import SMALL_RESNETS

    for name in SMALL_RESNETS:
        yield name, "for small images (He et al. 2015, section 4.2)"
    for name in timm.list_models():
        yield name, "timm"


def _data() -> Lines:
    """Images that need no download, and kinds of folders and files."""
    from lookalike.recipe.paths import NAMED_SETS

    for name, target in NAMED_SETS.items():
        yield name, summary(target)
    yield (
        "FOLDER",
        "of pictures, nested or flat, in class folders or not, with train/ and test/ or not",
    )
    yield "FILE.parquet", "or a folder of them, with the pictures in them as Hugging Face writes it"


def _benchmarks() -> Lines:
    """Data sets that `lookalike transfer` knows."""
    from lookalike.data.benchmarks import BENCHMARKS

    for name, benchmark in BENCHMARKS.items():
        train, val, test = benchmark.sizes
        numbers = f"{benchmark.classes} classes, {train:,} + {val:,} + {test:,} images"
        yield name, f"{benchmark.title}: {numbers}, {benchmark.metric}; {benchmark.split}"


def _studies() -> Lines:
    """The papers' tables and figures."""
    from lookalike.studies import STUDIES

    for name, module in STUDIES.items():
        yield name, (import_module(module).__doc__ or "").strip()


_KINDS: dict[str, Callable[[], Lines]] = {
    "methods": _methods,
    "encoders": _encoders,
    "recipes": _recipes,
    "views": _views,
    "data": _data,
    "evaluations": _evaluations,
    "benchmarks": _benchmarks,
    "studies": _studies,
}
