"""`lookalike map`: pictures as points of a plane, those that an encoder finds alike together."""

from pathlib import Path
from typing import Literal


def command(
    what: str,
    /,
    *,
    data: str | None = None,
    by: Literal["pca", "tsne", "umap"] | None = None,
    projection: bool = False,
    out: Path | None = None,
    png: Path | None = None,
    limit: int | None = None,
    seed: int = 0,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    workers: int | None = None,
) -> None:
    """Draw a map of pictures, on which those that the encoder finds alike lie together.

    The page is one file that needs no network: zoom, point at a picture to see it, draw around some
    to get the list of their paths, colour them by class, cluster or how odd they are.

    $ lookalike map runs/simclr-photos
    $ lookalike map runs/simclr-photos --data archive/ --by pca --png map.png

    Args:
        what: a run folder or an encoder folder.
        data: the pictures; those of the run if not given.
        by: pca, tsne or umap (needs the extra viz); if not given, tsne up to 5,000 pictures, and umap
            (pca where it is not installed) beyond.
        projection: by z, what a run's projector makes of its features, instead of by these.
        out: the page; map.html in the run folder if not given, or map-z.html of projections.
        png: also draw it for papers: a .png, .pdf or .svg file.
        limit: take the first this many pictures; if not given, a run's own number, and a random
            50,000 of more.
        seed: of samples, clusters and projections.
        device: where to compute; auto takes a GPU if there is one.
        workers: processes that decode photos; one per core if not given.
    """
    from lookalike.start import draw_map

    draw_map(
        what,
        data=data,
        by=by,
        projection=projection,
        out=out,
        png=png,
        limit=limit,
        seed=seed,
        device=device,
        workers=workers,
    )
