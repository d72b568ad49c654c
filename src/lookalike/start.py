"""From what a user types or calls to what is done: `lookalike.pretrain`, `lookalike views`.

The command line calls the same functions. They check all they can before torch is imported.
"""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from lookalike.errors import MissingExtraError, UsageError, did_you_mean
from lookalike.export import KINDS
from lookalike.methods import METHODS
from lookalike.recipe.encoders import encoder_settings, kind_of
from lookalike.recipe.library import packaged, refuse_another
from lookalike.recipe.paths import check_images
from lookalike.recipe.plan import Plan
from lookalike.recipe.questions import read
from lookalike.views.presets import POLICIES

if TYPE_CHECKING:
    from lookalike.check.findings import Findings
    from lookalike.data.sources import Source
    from lookalike.evaluation.report import Report
    from lookalike.recipe.schema import Recipe
    from lookalike.run import Run
    from lookalike.run.alike import Duplicates
    from lookalike.run.collection import Collection
    from lookalike.run.outliers import Outlier
    from lookalike.run.predict import Prediction
    from lookalike.run.search import Found


def pretrain(
    what: str | Path,
    *overrides: str,
    out: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    strict: bool = False,
    other_code: bool = False,
    evaluate: bool = True,
    quiet: bool = False,
    **changes: Any,
) -> "Run | None":
    """Trains an encoder on images without labels, or goes on with a run.

    Under `torchrun` all processes train together, and only the first one returns the run.

    Args:
        what: a method ("simclr"), a packaged recipe ("simclr-cifar10"), a recipe's file or a run
            folder.
        overrides: changes of the recipe as on the command line, "method.temperature=0.2".
        out: the run folder; runs/NAME if it is not given.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos; the result does not depend on it.
        strict: stop at unreadable images instead of leaving them out.
        other_code: go on with a run that other versions trained so far; its bytes may differ.
        evaluate: judge the encoder at the end where there are labels.
        quiet: print nothing.
        changes: changes of the recipe as in its file: `data="photos/"`, `duration="20 epochs"`,
            `method={"temperature": 0.2}`, `views={"blur": None, "1": {"flip": 0.0}}`.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: the images cannot be used.
        StorageError: the folder cannot be written.
        NumericalError: the loss stopped being a finite number.
        Interrupted: a signal asked for it; the run is saved.
    """
    _check_least(0, workers=workers)
    plan = Plan(str(what), overrides, changes, Path(out) if out else None)
    plan.data()
    first = os.environ.get("RANK", "0") == "0"  # of several processes, the one that speaks
    console = _console(quiet=quiet or not first)
    console.print(f"{what} → {plan.out}")
    recipe, remarks = plan.recipe(device)
    for remark in remarks:
        console.print(remark)
    if first:
        refuse_another(plan.out, recipe)

    from lookalike.recipe.estimate import parameters
    from lookalike.run import pretrain as start

    parameters(recipe)  # an unknown encoder is told before there is a folder
    return start(
        recipe,
        plan.out,
        device=device,
        workers=workers,
        strict=strict,
        other_code=other_code,
        evaluate=evaluate,
        console=console,
    )


def evaluate(
    what: str | Path,
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
    _check_least(0, workers=workers, seed=seed)
    _check_least(1, limit=limit, size=size)
    own = [word for word in words if word.startswith("encoder.")]
    questions = read([word for word in words if word not in own])
    kind = kind_of(str(what))
    if own and kind != "name":
        raise UsageError(f"{what} says itself what its encoder is.", do=f"Leave out {own[0]}.")
    if data is None and kind != "run":
        raise UsageError(
            f"{what} is no run, so it brings no images.",
            why="There is no such folder." if kind == "name" else "It is an encoder folder.",
            do="Add --data with labelled images, or name a run folder.",
        )
    if projection and kind != "run":
        raise UsageError(f"{what} has no projector: it is no run.", do="Leave out --projection.")
    if data is not None:
        check_images(str(data))
    console = _console(quiet=quiet)

    how: dict[str, Any] = {
        "limit": limit,
        "size": size,
        "seed": seed,
        "device": device,
        "console": console,
    }
    if kind == "run":
        from lookalike.run import Run

        return Run(Path(what)).evaluate(
            *words, data=data, projection=projection, baselines=baselines, workers=workers, **how
        )

    from lookalike.run.any_encoder import evaluate_encoder

    return evaluate_encoder(
        Path(what) if kind == "folder" else encoder_settings(str(what), own),
        questions,
        data=str(data),
        out=Path(out) if out else Path("runs") / Path(what).resolve().name,
        workers=workers,
        **how,
    )


def export(
    what: str | Path,
    *,
    to: str,
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
    _check_export(str(what), to, place, classifier, normalisation)
    if data is not None:
        if not classifier:
            raise UsageError("--data is for the probe of --classifier.", do="Add --classifier.")
        check_images(str(data))
    if hub is not None:
        from lookalike.export.hub import check_ready

        if kind_of(str(what)) != "run":
            raise UsageError("Only a run brings a model card for the hub.", do="Name a run folder.")
        check_ready(hub)

    from lookalike.run.export import export_encoder

    return export_encoder(
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
        console=_console(quiet=quiet),
    )


def _check_export(
    what: str, to: str, out: Path | None, classifier: bool, normalisation: bool
) -> None:
    """Raises a UsageError for what can be told without a look at the encoder."""
    if to not in KINDS:
        raise UsageError(f"There is no export to {to!r}.", do=did_you_mean(to, KINDS))
    kind, held = kind_of(what), KINDS[to]
    if kind == "name":
        raise UsageError(
            f"{what} is neither a run nor an encoder folder.", why="There is no such folder."
        )
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


def predict(
    run: str | Path,
    *images: str | Path,
    out: str | Path | None = None,
    top: int = 3,
    data: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> "Iterator[Prediction]":
    """Classes of pictures with their probabilities, one after the other.

    Args:
        run: a run folder.
        images: pictures, folders of them, Parquet files or named sets.
        out: a .csv or .json file that gets them as well, once the last one is asked for.
        top: how many classes are told of each picture.
        data: labelled images to fit the linear probe to; if not given, the probe that is kept in the
            run, or the run's own images.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos.
        quiet: print nothing.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: there are no labels to learn from, or no picture can be read.
        StorageError: there is no encoder, or a file cannot be written.
    """
    place = Path(out) if out else None
    if kind_of(str(run)) != "run":
        raise UsageError(f"{run} is not a run.", do="Give the folder `lookalike pretrain` wrote.")
    if not images:
        raise UsageError("There is nothing to predict.", do="Name pictures or folders of them.")
    if top < 1:
        raise UsageError(f"top={top} tells nothing.", do="Use --top 1 or more.")
    if place is not None and place.suffix not in (".csv", ".json"):
        raise UsageError(f"{place} is no file for predictions.", do="Let it end in .csv or .json.")
    for each in (*images, *([] if data is None else [data])):
        check_images(str(each))

    from lookalike.run.predict import predict_run, written

    found = predict_run(
        Path(run),
        [str(each) for each in images],
        top=top,
        data=None if data is None else str(data),
        device=device,
        workers=workers,
        console=_console(quiet=quiet, stderr=True),
    )
    return found if place is None else written(found, place, top=top)


def views(
    what: str,
    *overrides: str,
    data: str | None,
    out: Path,
    single: bool,
    rows: int,
    columns: int,
    seed: int | None,
    workers: int | None,
) -> None:
    """Shows what a method would see; the arguments are those of `lookalike views`.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: the images cannot be used.
        StorageError: the picture cannot be written.
    """
    if min(rows, columns) < 1:
        raise UsageError(
            f"A sheet cannot have {rows} rows and {columns} columns.", do="Give 1 or more of each."
        )
    _check_least(0, workers=workers)
    if what in POLICIES and what not in METHODS and what not in packaged():
        what, overrides = next(iter(METHODS)), (f"views.preset={what}", *overrides)
    given = {"data": data, "seed": seed}
    plan = Plan(what, overrides, {key: value for key, value in given.items() if value is not None})
    plan.data()
    recipe, _ = plan.recipe("cpu")

    from lookalike.run.views import show_views

    show_views(
        recipe, out, rows=rows, columns=columns, single=single, workers=workers, console=_console()
    )


def check(
    data: str | Path,
    *,
    against: str | Path | None = None,
    recipe: str = "simclr",
    measure: bool = False,
    out: str | Path | None = None,
    limit: int | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> "Findings":
    """Looks at images before a run, and says what it found.

    Args:
        data: a folder of images, a Parquet file or a named set; its splits are compared.
        against: other images that should not be among these, such as a test set.
        recipe: what to train: a method, a packaged recipe, a recipe's file or a run folder.
        measure: also train for some seconds, to say how long a run will take.
        out: also write a page with the pictures in question.
        limit: takes the first this many images of each set.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos in a run.
        quiet: print nothing.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: there is no picture that can be read.
        StorageError: the page cannot be written.
    """
    if against is not None:
        check_images(str(against))
        if Path(against).resolve() == Path(data).resolve():
            raise UsageError(f"{against} is what is checked.", do="Leave out --against.")
    plan = Plan(recipe, (), {"data": {"path": str(data), "limit": limit}})
    plan.data()
    console = _console(quiet=quiet)

    from lookalike.check.looking import look_at

    return look_at(
        plan,
        against=None if against is None else str(against),
        measure=measure,
        out=Path(out) if out else None,
        device=device,
        workers=_workers(workers),
        advise=_advice,
        console=console,
    )


def _advice(source: "Source", recipe: "Recipe", workers: int) -> "Iterator[str]":
    """What two views of an image give away, where a recipe has two."""
    from lookalike.run.views import advice

    if len(recipe.views) > 1 and len(source) > 1:
        yield from advice(source, recipe.views, seed=recipe.seed, workers=workers)


def embed(
    what: str | Path,
    *,
    data: str | Path | None = None,
    out: str | Path,
    dtype: str = "float32",
    limit: int | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> Path:
    """Writes the features of pictures for other programs; what was made before is not made again.

    Args:
        what: a run folder or an encoder folder.
        data: the pictures; those of the run if not given.
        out: a .parquet file, or a folder for `features.npy` and `index.csv`.
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
        StorageError: there is no encoder, or a file cannot be written.
    """
    place = Path(out)
    if dtype not in ("float32", "float16"):
        raise UsageError(f"Features cannot be {dtype}.", do="Use float32 or float16.")
    if place.suffix == ".parquet" and find_spec("pyarrow") is None:
        raise MissingExtraError("pyarrow", "parquet")
    if place.suffix != ".parquet" and place.is_file():
        raise UsageError(
            f"{place} is a file.", do="Name a folder, or a file that ends in .parquet."
        )
    console = _console(quiet=quiet)
    collection = _collection(what, data, limit, device, workers, console)

    from lookalike.run.embed import write_embeddings

    count = write_embeddings(collection, Path(what), place, dtype)
    lost = collection.source.ledger.lost
    console.print(f"{count:,} pictures, {lost:,} skipped → {place}")
    return place


def search(
    what: str | Path,
    *queries: str | Path,
    data: str | Path | None = None,
    top: int = 10,
    out: str | Path | None = None,
    limit: int | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> "Found":
    """The pictures most like those of the queries; all are compared, and none finds itself.

    Args:
        what: a run folder or an encoder folder.
        queries: pictures, folders of them, Parquet files or named sets.
        data: the pictures to search; those of the run if not given.
        top: how many to find for each query.
        out: an HTML page that gets them with small pictures.
        limit: searches the first this many pictures; a run's own number if not given.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos.
        quiet: print nothing.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: there is no picture that can be read.
        StorageError: there is no encoder, or the page cannot be written.
    """
    _check_least(1, top=top)
    if not queries:
        raise UsageError("There is nothing to search for.", do="Name pictures or folders of them.")
    for each in queries:
        check_images(str(each))
    console = _console(quiet=quiet, stderr=True)
    collection = _collection(what, data, limit, device, workers, console)

    from lookalike.run.found import search_page
    from lookalike.run.search import search

    found = search(collection, [str(each) for each in queries], top)
    if out is not None:
        search_page(found, Path(out))
        console.print(f"page: {out}")
    return found


def duplicates(
    what: str | Path,
    *,
    data: str | Path | None = None,
    threshold: float | None = None,
    out: str | Path | None = None,
    limit: int | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> "Duplicates":
    """Groups of nearly equal pictures.

    Args:
        what: a run folder or an encoder folder.
        data: the pictures; those of the run if not given.
        threshold: similarity from which on two pictures are the same; if not given, one that gently
            changed copies reach, and the pixels decide.
        out: an HTML page that gets them with small pictures.
        limit: takes the first this many pictures; a run's own number if not given.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos.
        quiet: print nothing.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: there is no picture that can be read.
        StorageError: there is no encoder, or the page cannot be written.
    """
    if threshold is not None and not -1 <= threshold <= 1:
        raise UsageError(
            f"No similarity is {threshold}.", do="Give a --threshold from -1 to 1, such as 0.95."
        )
    console = _console(quiet=quiet, stderr=True)
    collection = _collection(what, data, limit, device, workers, console)

    from lookalike.run.alike import duplicates
    from lookalike.run.found import duplicates_page

    found = duplicates(collection, threshold=threshold)
    if out is not None:
        duplicates_page(found, Path(out))
        console.print(f"page: {out}")
    return found


def outliers(
    what: str | Path,
    *,
    data: str | Path | None = None,
    top: int = 20,
    k: int = 10,
    out: str | Path | None = None,
    limit: int | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> "list[Outlier]":
    """The pictures that are least like any other, the farthest first.

    Args:
        what: a run folder or an encoder folder.
        data: the pictures; those of the run if not given.
        top: how many to name.
        k: nearest pictures that each one is compared with.
        out: an HTML page that gets them as small pictures.
        limit: takes the first this many pictures; a run's own number if not given.
        device: "auto", "cpu", "cuda" or "cuda:1".
        workers: processes that decode photos.
        quiet: print nothing.

    Raises:
        UsageError: an argument is wrong; the message says which and what is right.
        DataError: there are not two pictures that can be read.
        StorageError: there is no encoder, or the page cannot be written.
    """
    _check_least(1, top=top, k=k)
    console = _console(quiet=quiet, stderr=True)
    collection = _collection(what, data, limit, device, workers, console)

    from lookalike.run.found import outliers_page
    from lookalike.run.outliers import outliers

    index = collection.index()
    found = outliers(index, k=k, top=top)
    if out is not None:
        outliers_page(found, index, Path(out))
        console.print(f"page: {out}")
    return found


def draw_map(
    what: str | Path,
    *,
    data: str | Path | None = None,
    by: str | None = None,
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
        out: the page; map.html in the run folder if not given.
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
    _check_least(0, seed=seed)
    if by not in (None, "pca", "tsne", "umap"):
        raise UsageError(
            f"There is no map by {by!r}.", do=did_you_mean(by, ("pca", "tsne", "umap"))
        )
    if by == "umap" and find_spec("umap") is None:
        raise MissingExtraError("umap-learn", "viz")
    picture = Path(png) if png else None
    if picture and picture.suffix not in (".png", ".pdf", ".svg"):
        raise UsageError(f"{png} is no picture.", do="Let it end in .png, .pdf or .svg.")
    console = _console(quiet=quiet)
    collection = _collection(what, data, limit, device, workers, console)

    from lookalike.run.map import draw_map

    page = Path(out) if out else collection.cache.parent / "map.html"
    draw_map(collection, page, by=by, png=picture, limited=limit is not None, seed=seed)
    console.print(f"map: {page}")
    return page


def _collection(
    what: str | Path,
    data: str | Path | None,
    limit: int | None,
    device: str,
    workers: int | None,
    console: Console,
) -> "Collection":
    """An encoder and the pictures it is asked about."""
    _check_least(0, workers=workers)
    _check_least(1, limit=limit)
    kind = kind_of(str(what))
    if kind == "name":
        raise UsageError(
            f"{what} is neither a run nor an encoder folder.", why="There is no such folder."
        )
    if data is None and kind == "folder":
        raise UsageError(
            f"{what} is an encoder folder, so it brings no pictures.",
            do="Add --data with a folder of pictures, or name a run folder.",
        )
    if data is not None:
        check_images(str(data))

    from lookalike.run.collection import open_collection

    return open_collection(
        Path(what),
        None if data is None else str(data),
        limit=limit,
        device=device,
        workers=workers,
        console=console,
    )


def _workers(asked: int | None) -> int:
    from lookalike.run.run import count_workers

    return count_workers(asked)


def _check_least(least: int, **given: int | None) -> None:
    """Raises a UsageError for a number that is too small."""
    for name, value in given.items():
        if value is not None and value < least:
            raise UsageError(f"{name} cannot be {value}.", do=f"It should be {least} or more.")


def _console(*, quiet: bool = False, stderr: bool = False) -> Console:
    return Console(
        quiet=quiet, stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True
    )
