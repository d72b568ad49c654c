"""A trained encoder in its folder: what can be asked of it."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from lookalike.recipe import requests
from lookalike.run.export import export_encoder
from lookalike.run.finding import alike, outliers
from lookalike.run.finding.collection import Collection, open_collection
from lookalike.run.finding.embed import write_embeddings
from lookalike.run.finding.found import duplicates_page, outliers_page, search_page
from lookalike.run.finding.map import draw_map
from lookalike.run.finding.search import Found, search
from lookalike.run.judging.predict import Prediction, predict_run, written
from lookalike.run.load import Pretrained, load


class Trained:
    """A trained encoder.

    Whatever it is asked, `device` is "auto", "cpu", "cuda" or "cuda:N"; `workers` is the number of
    processes that decode photos, by default one per core; `console` is who is told about it, by
    default nobody. The pictures, `data`, are by default those of the run. Wrong arguments raise a
    UsageError, pictures that cannot be used a DataError, and a missing encoder or a file that cannot
    be written a StorageError.

    Args:
        path: a run folder or an encoder folder.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def load(self) -> Pretrained:
        """The encoder, see `lookalike.load`."""
        return load(self.path)

    def embed(
        self,
        out: str | Path,
        *,
        data: str | Path | None = None,
        dtype: str = "float32",
        limit: int | None = None,
        device: str = "auto",
        workers: int | None = None,
        console: Console | None = None,
    ) -> Path:
        """Writes the features of pictures; what was made before is not made again.

        Args:
            out: a .parquet file, or a folder for `features.npy` [n, d] and `index.csv`.
            data: the pictures.
            dtype: "float32" or "float16".
            limit: takes the first this many pictures.

        Returns:
            The path of the file or folder.

        Raises:
            NumericalError: a feature is too large for float16.
        """
        place, console = Path(out), _told(console)
        requests.check_embed(place, dtype)
        collection = self._collection(data, limit, device, workers, console)
        count = write_embeddings(collection, self.path, place, dtype)
        console.print(f"{count:,} pictures, {collection.source.ledger.lost:,} skipped → {place}")
        return place

    def search(
        self,
        *queries: str | Path,
        data: str | Path | None = None,
        top: int = 10,
        approximate: bool = False,
        out: str | Path | None = None,
        limit: int | None = None,
        device: str = "auto",
        workers: int | None = None,
        console: Console | None = None,
    ) -> Found:
        """The pictures most like those of the queries; all are compared, and none finds itself.

        Args:
            queries: pictures, folders of them, Parquet files or named sets.
            data: the pictures to search.
            top: how many to find for each query.
            approximate: ask only the cells of pictures near each query, for many queries in more than
                a million pictures (needs the extra ann).
            out: an HTML page that gets them with small pictures.
            limit: searches the first this many pictures.
        """
        requests.check_search(queries, top)
        console = _told(console)
        collection = self._collection(
            data, limit, device, workers, console, approximate=approximate
        )
        found = search(collection, [str(each) for each in queries], top)
        if out is not None:
            search_page(found, Path(out))
            console.print(f"page: {out}")
        return found

    def duplicates(
        self,
        *,
        data: str | Path | None = None,
        threshold: float | None = None,
        approximate: bool = False,
        out: str | Path | None = None,
        limit: int | None = None,
        device: str = "auto",
        workers: int | None = None,
        console: Console | None = None,
    ) -> alike.Duplicates:
        """Groups of nearly equal pictures.

        Args:
            data: the pictures.
            threshold: similarity from which on two pictures are the same; if not given, one that
                gently changed copies reach, and the pixels decide.
            approximate: ask only the cells near each picture, see `search`.
            out: an HTML page that gets them with small pictures.
            limit: takes the first this many pictures.
        """
        requests.check_duplicates(threshold)
        console = _told(console)
        collection = self._collection(
            data, limit, device, workers, console, approximate=approximate
        )
        found = alike.duplicates(collection, threshold=threshold)
        if out is not None:
            duplicates_page(found, Path(out))
            console.print(f"page: {out}")
        return found

    def outliers(
        self,
        *,
        data: str | Path | None = None,
        top: int = 20,
        k: int = 10,
        approximate: bool = False,
        out: str | Path | None = None,
        limit: int | None = None,
        device: str = "auto",
        workers: int | None = None,
        console: Console | None = None,
    ) -> list[outliers.Outlier]:
        """The pictures that are least like any other, the farthest first.

        Args:
            data: the pictures.
            top: how many to name.
            k: nearest pictures that each one is compared with.
            approximate: ask only the cells near each picture, see `search`.
            out: an HTML page that gets them as small pictures.
            limit: takes the first this many pictures.
        """
        requests.check_least(1, top=top, k=k)
        console = _told(console)
        index = self._collection(
            data, limit, device, workers, console, approximate=approximate
        ).index()
        found = outliers.outliers(index, k=k, top=top)
        if out is not None:
            outliers_page(found, index, Path(out))
            console.print(f"page: {out}")
        return found

    def map(
        self,
        *,
        data: str | Path | None = None,
        by: str | None = None,
        out: str | Path | None = None,
        png: str | Path | None = None,
        limit: int | None = None,
        seed: int = 0,
        device: str = "auto",
        workers: int | None = None,
        console: Console | None = None,
    ) -> Path:
        """Writes a map of pictures, on which those that the encoder finds alike lie together.

        Args:
            data: the pictures.
            by: "pca", "tsne" or "umap"; if not given, "tsne" up to 5,000 pictures, and "umap" ("pca"
                where it is not installed) beyond.
            out: the page; map.html in the run folder if not given.
            png: a .png, .pdf or .svg file that gets the map for papers.
            limit: takes the first this many pictures; if not given, a random 50,000 of more.
            seed: of samples, clusters and projections.

        Returns:
            The path of the page.

        Raises:
            NumericalError: the features are all the same.
        """
        picture, console = Path(png) if png else None, _told(console)
        requests.check_map(by, picture, seed)
        collection = self._collection(data, limit, device, workers, console)
        page = Path(out) if out else collection.cache.parent / "map.html"
        draw_map(collection, page, by=by, png=picture, limited=limit is not None, seed=seed)
        console.print(f"map: {page}")
        return page

    def export(
        self,
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
        console: Console | None = None,
    ) -> Path:
        """Writes the encoder for other programs, checked to give the same numbers.

        Args:
            to: "timm", "torch", "onnx" or "torchvision".
            out: the file, or for timm the folder; in `exports` beside the encoder if not given.
            classifier: with the linear probe behind it.
            data: labelled images to fit the probe to; the run's own if not given.
            normalisation: of images inside; timm and torchvision always leave it outside.
            licence: of the weights, for the model card, e.g. "apache-2.0".
            hub: USER/NAME, to send it to the Hugging Face hub.

        Returns:
            The path of the export.
        """
        place = Path(out) if out else None
        requests.check_export(
            self.path,
            to,
            place,
            classifier=classifier,
            data=data,
            normalisation=normalisation,
            hub=hub,
        )
        return export_encoder(
            self.path,
            to,
            place,
            normalisation=normalisation,
            classifier=classifier,
            data=None if data is None else str(data),
            licence=licence,
            hub=hub,
            device=device,
            workers=workers,
            console=_told(console),
        )

    def predict(
        self,
        *images: str | Path,
        out: str | Path | None = None,
        top: int = 3,
        data: str | Path | None = None,
        device: str = "auto",
        workers: int | None = None,
        console: Console | None = None,
    ) -> Iterator[Prediction]:
        """Classes of pictures with their probabilities, one after the other; of a run only.

        Args:
            images: pictures, folders of them, Parquet files or named sets.
            out: a .csv or .json file that gets them as well, once the last one is asked for.
            top: how many classes are told of each picture.
            data: labelled images to fit the linear probe to; if not given, the probe that is kept in
                the run, or the run's own images.
        """
        place = Path(out) if out else None
        requests.check_predict(self.path, images, place, top, data)
        found = predict_run(
            self.path,
            [str(each) for each in images],
            top=top,
            data=None if data is None else str(data),
            device=device,
            workers=workers,
            console=_told(console),
        )
        return found if place is None else written(found, place, top=top)

    def _collection(
        self,
        data: str | Path | None,
        limit: int | None,
        device: str,
        workers: int | None,
        console: Console,
        *,
        approximate: bool = False,
    ) -> Collection:
        requests.check_pictures(self.path, data, limit, workers, approximate=approximate)
        return open_collection(
            self.path,
            None if data is None else str(data),
            limit=limit,
            device=device,
            workers=workers,
            console=console,
            approximate=approximate,
        )


def _told(console: Console | None) -> Console:
    return console or Console(quiet=True)
