"""What is asked of a trained encoder, checked as far as that goes without torch or the pictures.

Every function raises a UsageError, or a DataError where pictures are not there.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from lookalike.errors import MissingExtraError, UsageError, did_you_mean
from lookalike.export import KINDS, Kind
from lookalike.recipe.encoders import kind_of
from lookalike.recipe.paths import check_images

MAPS = ("pca", "tsne", "umap")
TRACKERS = ("wandb", "mlflow")


def check_least(least: int, **given: int | None) -> None:
    """Numbers that may not be smaller than `least`; None stands for a default."""
    for name, value in given.items():
        if value is not None and value < least:
            raise UsageError(f"{name} cannot be {value}.", do=f"It should be {least} or more.")


def check_pictures(
    what: Path,
    data: str | Path | None,
    limit: int | None,
    workers: int | None,
    *,
    approximate: bool = False,
) -> None:
    """A run or encoder folder, pictures to show to its encoder, and whether all are compared."""
    check_least(0, workers=workers)
    check_least(1, limit=limit)
    if _folder_kind(what) == "folder" and data is None:
        raise UsageError(
            f"{what} is an encoder folder, so it brings no pictures.",
            do="Add --data with a folder of pictures, or name a run folder.",
        )
    if data is not None:
        check_images(str(data))
    if approximate and find_spec("faiss") is None:
        raise MissingExtraError("faiss-cpu", "ann")


def check_embed(out: Path, dtype: str) -> None:
    """A place and a type of features."""
    if dtype not in ("float32", "float16"):
        raise UsageError(f"Features cannot be {dtype}.", do="Use float32 or float16.")
    if out.suffix == ".parquet" and find_spec("pyarrow") is None:
        raise MissingExtraError("pyarrow", "parquet")
    if out.suffix != ".parquet" and out.is_file():
        raise UsageError(f"{out} is a file.", do="Name a folder, or a file that ends in .parquet.")


def check_search(queries: Sequence[str | Path], top: int) -> None:
    """Pictures to look for."""
    check_least(1, top=top)
    if not queries:
        raise UsageError("There is nothing to search for.", do="Name pictures or folders of them.")
    for each in queries:
        check_images(str(each))


def check_duplicates(threshold: float | None) -> None:
    """A similarity."""
    if threshold is not None and not -1 <= threshold <= 1:
        raise UsageError(
            f"No similarity is {threshold}.", do="Give a --threshold from -1 to 1, such as 0.95."
        )


def check_map(by: str | None, png: Path | None, seed: int) -> None:
    """A projection and a picture."""
    check_least(0, seed=seed)
    if by is not None and by not in MAPS:
        raise UsageError(f"There is no map by {by!r}.", do=did_you_mean(by, MAPS))
    if by == "umap" and find_spec("umap") is None:
        raise MissingExtraError("umap-learn", "viz")
    if png and png.suffix not in (".png", ".pdf", ".svg"):
        raise UsageError(f"{png} is no picture.", do="Let it end in .png, .pdf or .svg.")


def check_projector(what: str) -> None:
    """Something that may have one."""
    if kind_of(what) != "run":
        raise UsageError(f"{what} has no projector: it is no run.", do="Leave out --projection.")


def check_predict(
    run: Path, images: Sequence[str | Path], out: Path | None, top: int, data: str | Path | None
) -> None:
    """A run, and pictures to tell the classes of."""
    if kind_of(str(run)) != "run":
        raise UsageError(f"{run} is not a run.", do="Give the folder `lookalike pretrain` wrote.")
    if not images:
        raise UsageError("There is nothing to predict.", do="Name pictures or folders of them.")
    if top < 1:
        raise UsageError(f"top={top} tells nothing.", do="Use --top 1 or more.")
    if out is not None and out.suffix not in (".csv", ".json"):
        raise UsageError(f"{out} is no file for predictions.", do="Let it end in .csv or .json.")
    for each in (*images, *([] if data is None else [data])):
        check_images(str(each))


def check_track(track: str | None) -> None:
    """A tracker, whose name is that of its package."""
    if track is not None and track not in TRACKERS:
        raise UsageError(f"Nothing is known of {track!r}.", do=did_you_mean(track, TRACKERS))
    if track is not None and find_spec(track) is None:
        raise MissingExtraError(track, track)


def check_export(
    what: Path,
    to: str,
    out: Path | None,
    *,
    classifier: bool,
    data: str | Path | None,
    normalisation: bool,
    hub: str | None,
) -> None:
    """A format that can hold what is wanted, and a place for it."""
    if to not in KINDS:
        raise UsageError(f"There is no export to {to!r}.", do=did_you_mean(to, KINDS))
    kind, held = _folder_kind(what), KINDS[to]
    if classifier and kind != "run":
        raise UsageError("Only a run has a classifier.", do="Name a run folder.")
    if held.weights_only and (classifier or not normalisation):
        part = "a classifier" if classifier else "a normalisation"
        raise UsageError(
            f"An export to {to} never holds {part}.",
            why="It is only the encoder's weights.",
            do="Use --to torch or --to onnx, or leave that option out.",
        )
    for package in held.packages:
        if find_spec(package) is None:
            raise MissingExtraError(package, to)
    _check_place(out, to, held)
    if data is not None:
        if not classifier:
            raise UsageError("--data is for the probe of --classifier.", do="Add --classifier.")
        check_images(str(data))
    if hub is not None:
        from lookalike.export.hub import check_ready

        if kind != "run":
            raise UsageError("Only a run brings a model card for the hub.", do="Name a run folder.")
        check_ready(hub)


def _check_place(out: Path | None, to: str, held: Kind) -> None:
    if out is None or (held.suffix and (out.suffix == held.suffix or out.is_dir())):
        return
    if held.suffix:
        raise UsageError(
            f"{out} is no name for an export to {to}.", do=f"Let it end in {held.suffix}."
        )
    if out.is_file() or (
        out.is_dir() and any(out.iterdir()) and not (out / "config.json").exists()
    ):
        raise UsageError(
            f"{out} is there, and holds something else.", do="Choose another --out: a new folder."
        )


def _folder_kind(what: Path) -> str:
    """Whether it is a run or an encoder folder."""
    kind = kind_of(str(what))
    if kind == "name":
        raise UsageError(
            f"{what} is neither a run nor an encoder folder.", why="There is no such folder."
        )
    return kind
