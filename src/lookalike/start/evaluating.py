"""`lookalike.evaluate`."""

from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike.errors import UsageError
from lookalike.recipe.encoders import encoder_settings, kind_of
from lookalike.recipe.paths import check_images
from lookalike.recipe.questions import read
from lookalike.recipe.requests import check_least, check_projector
from lookalike.start.console import console

if TYPE_CHECKING:
    from lookalike.evaluation.report import Report


def evaluate(
    what: str | PathLike[str],
    *words: str,
    data: str | Path | None = None,
    out: str | Path | None = None,
    limit: int | None = None,
    size: int | None = None,
    projection: bool = False,
    baselines: bool = True,
    seed: int = 0,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> "list[Report]":
    """Evaluates an encoder on labelled images, beside an untrained one and raw pixels.

    Args:
        what: a run folder, an encoder folder, or an encoder's name ("resnet50").
        words: evaluations ("knn"), their settings ("knn.k=200"), and those of an encoder given by
            name ("encoder.weights=weights.pth"); knn and linear if none is named.
        data: labelled images; those of the run if not given.
        out: where the reports of an encoder that is no run go; runs/NAME if not given.
        limit: takes the first this many training images; a run's own number if not given.
        size: side of the view the encoder is tested on, in pixels; its own if not given.
        projection: judge z, what a run's projector makes of h, as well.
        baselines: judge raw pixels and a run's encoder before its training, too.
        seed: of splits and draws.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos.
        quiet: print nothing.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: the images have no labels.
        StorageError: there is no encoder, or the folder cannot be written.
    """
    check_least(0, workers=workers, seed=seed)
    check_least(1, limit=limit, size=size)
    own = [word for word in words if word.startswith("encoder.")]
    questions = read([word for word in words if word not in own])
    named = fspath(what)
    kind = kind_of(named)
    if own and kind != "name":
        raise UsageError(f"{named} says itself what its encoder is.", do=f"Leave out {own[0]}.")
    if out is not None and kind == "run":
        raise UsageError(
            f"{named} is a run, which keeps its reports in its own folder.", do="Leave out --out."
        )
    if data is None and kind != "run":
        raise UsageError(
            f"{named} is no run, so it brings no images.",
            why="There is no such folder." if kind == "name" else "It is an encoder folder.",
            do="Add --data with labelled images, or name a run folder.",
        )
    if projection:
        check_projector(named)
    if data is not None:
        check_images(str(data))
    how: dict[str, Any] = {
        "data": None if data is None else str(data),
        "limit": limit,
        "size": size,
        "seed": seed,
        "device": device,
        "workers": workers,
        "console": console(quiet=quiet),
    }
    if kind == "run":
        from lookalike.run.judging.any_run import evaluate_run

        return evaluate_run(
            Path(what), questions, projection=projection, baselines=baselines, **how
        )

    from lookalike.run.judging.any_encoder import evaluate_encoder

    return evaluate_encoder(
        Path(what) if kind == "folder" else encoder_settings(named, own),
        questions,
        out=Path(out) if out else Path("runs") / Path(what).resolve().name,
        **how,
    )
