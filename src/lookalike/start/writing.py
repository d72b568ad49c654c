"""`lookalike.embed`, `draw_map` and `export_encoder`: what an encoder knows, as files."""

from os import PathLike, fspath
from pathlib import Path

from lookalike.recipe.requests import check_embed, check_export, check_map, check_projector
from lookalike.start.collecting import collection
from lookalike.start.console import console


def embed(
    what: str | PathLike[str],
    out: str | Path,
    *,
    data: str | Path | None = None,
    dtype: str = "float32",
    limit: int | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> Path:
    """Writes the features of pictures for other programs; what was made before is not made again.

    Args:
        what: a run folder or an encoder folder.
        out: a .parquet file, or a folder for `features.npy` [n, d] and `index.csv`.
        data: the pictures; those of the run if not given.
        dtype: "float32" or "float16".
        limit: takes the first this many pictures; a run's own number if not given.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos.
        quiet: print nothing.

    Returns:
        The path of the file or folder.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: there is no picture that can be read.
        NumericalError: a feature is too large for float16.
        StorageError: there is no encoder, or a file cannot be written.
    """
    place, told = Path(out), console(quiet=quiet)
    check_embed(place, dtype)
    pictures = collection(what, data, limit, device, workers, told)

    from lookalike.run.finding.embed import write_embeddings

    count = write_embeddings(pictures, Path(what), place, dtype)
    told.print(f"{count:,} pictures, {pictures.source.ledger.lost:,} skipped → {place}")
    return place


def draw_map(
    what: str | PathLike[str],
    *,
    data: str | Path | None = None,
    by: str | None = None,
    projection: bool = False,
    out: str | Path | None = None,
    png: str | Path | None = None,
    limit: int | None = None,
    seed: int = 0,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> Path:
    """Writes a map of pictures, on which those that the encoder finds alike lie together.

    Args:
        what: a run folder or an encoder folder.
        data: the pictures; those of the run if not given.
        by: "pca", "tsne" or "umap"; if not given, "tsne" up to 5,000 pictures, and "umap" ("pca"
            where it is not installed) beyond.
        projection: by z, what a run's projector makes of its features, instead of by these.
        out: the page; map.html in the run folder if not given, or map-z.html of projections.
        png: a .png, .pdf or .svg file that gets the map for papers.
        limit: takes the first this many pictures; if not given, a run's own number, and a random
            50,000 of more.
        seed: of samples, clusters and projections.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos.
        quiet: print nothing.

    Returns:
        The path of the page.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: there are not four pictures that can be read.
        NumericalError: the features are all the same.
        StorageError: there is no encoder, or a file cannot be written.
    """
    picture, told = Path(png) if png else None, console(quiet=quiet)
    check_map(by, picture, seed)
    if projection:
        check_projector(fspath(what))
    pictures = collection(what, data, limit, device, workers, told)

    from lookalike.run.finding import map as mapping
    from lookalike.run.finding.collection import as_projected

    if projection:
        pictures = as_projected(pictures, Path(what))
    page = Path(out) if out else pictures.cache.parent / f"map{'-z' if projection else ''}.html"
    mapping.draw_map(pictures, page, by=by, png=picture, limited=limit is not None, seed=seed)
    told.print(f"map: {page}")
    return page


def export_encoder(
    what: str | PathLike[str],
    to: str,
    *,
    out: str | Path | None = None,
    classifier: bool = False,
    data: str | Path | None = None,
    normalisation: bool = True,
    licence: str | None = None,
    hub: str | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> Path:
    """Writes an encoder for other programs, checked to give the same numbers.

    Args:
        what: a run folder or an encoder folder.
        to: "timm", "torch", "onnx" or "torchvision".
        out: the file, or for timm the folder; in `exports` beside the encoder if not given.
        classifier: with the linear probe behind it.
        data: labelled images to fit the probe to; the run's own if not given.
        normalisation: of images inside; timm and torchvision always leave it outside.
        licence: of the weights, for the model card, e.g. "apache-2.0".
        hub: USER/NAME, to send it to the Hugging Face hub.
        device: "auto", "cpu", "cuda" or "cuda:1", where a probe is fitted.
        workers: processes that decode photos.
        quiet: print nothing.

    Returns:
        The path of the export.

    Raises:
        UsageError: an argument is wrong, or the format cannot hold this encoder.
        DataError: the images have no labels.
        StorageError: there is no encoder, the export gives other numbers, or it cannot be written.
    """
    place = Path(out) if out else None
    check_export(
        Path(what),
        to,
        place,
        classifier=classifier,
        data=data,
        normalisation=normalisation,
        hub=hub,
    )

    from lookalike.run import export

    return export.export_encoder(
        Path(what),
        to,
        place,
        normalisation=normalisation,
        classifier=classifier,
        data=None if data is None else str(data),
        licence=licence,
        hub=hub,
        device=device,
        workers=workers,
        console=console(quiet=quiet),
    )
