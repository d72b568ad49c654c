"""The papers' sets, and any other labelled set, wherever they lie."""

from pathlib import Path

from lookalike.data.benchmarks import BENCHMARKS, Benchmark
from lookalike.data.benchmarks.download import download as fetch
from lookalike.data.benchmarks.parts import Parts, make_parts, sizes
from lookalike.data.benchmarks.reading import clear_errors, read
from lookalike.data.benchmarks.voc import marks
from lookalike.data.opening import available_splits, open_source
from lookalike.errors import DataError, UsageError, did_you_mean


def present(name: str, root: Path) -> bool:
    """Whether a set lies below `root`, as its archive or as a folder of its name."""
    return _unpacked(BENCHMARKS[name], root) or (root / name).is_dir()


def wanted(name: str, root: Path) -> str:
    """What to put where to have a set, as a sentence."""
    needs = ", ".join(BENCHMARKS[name].needs)
    own = f", or {root / name} with the folders train and test, each of one folder per class"
    return f"Put {needs} below {root}{own if BENCHMARKS[name].metric != 'mAP' else ''}."


def open_benchmark(
    name: str,
    root: Path,
    *,
    channels: int = 3,
    seed: int = 0,
    cache: Path | None = None,
    download: bool = False,
) -> Parts:
    """A set of the papers, from the folder ROOT/NAME if that has a test split, else its archive.

    Such a folder is one of `open_source`; one without a test split serves where there is no
    archive. Its images are divided as those of the archive where it leaves that open.

    Args:
        name: of BENCHMARKS.
        root: the folder in which all sets lie.
        channels: of the images, 1 or 3: those of the encoder.
        seed: of the images that are drawn or held out.
        cache: folder where small pictures are packed once.
        download: ask torchvision for an archive that is not there.

    Raises:
        UsageError: there is no such set.
        DataError: it is not there, not whole, or its parts have not the same classes.
    """
    if name not in BENCHMARKS:
        raise UsageError(f"The papers have no set {name!r}.", do=did_you_mean(name, BENCHMARKS))
    if download and not present(name, root):
        fetch(name, root)
    if not present(name, root):
        raise DataError(f"{BENCHMARKS[name].title} is not below {root}.", do=wanted(name, root))
    benchmark, own = BENCHMARKS[name], root / name
    if benchmark.metric == "mAP":
        return _of_several_classes(name, root, channels, cache)
    if _from_folder(benchmark, own, root):
        return open_folder(own, benchmark, channels=channels, seed=seed, cache=cache)
    shipped = read(name, root, channels=channels, cache=cache)
    return make_parts(shipped, benchmark, _origin(benchmark), seed)


def open_folder(
    place: str | Path,
    benchmark: Benchmark | None = None,
    *,
    channels: int | None = None,
    seed: int = 0,
    cache: Path | None = None,
) -> Parts:
    """Any labelled set of `open_source`, in three parts; images without a label are left out.

    A folder "val" beside "train" and "test" holds the images that choose. What is not there is
    held out of each class, as in the papers' set or a fifth.

    Args:
        place: of the set.
        benchmark: the papers' set that it is a copy of.
        channels: of the images; None as `open_source` finds them.
        seed: of the images that are held out.
        cache: folder where small pictures are packed once.

    Raises:
        DataError: it cannot be opened, has no labels, or its parts have not the same classes.
    """
    whole = open_source(place, cache=cache, channels=channels)
    channels = whole.channels
    shipped = {"all": whole}
    if "test" in available_splits(place):
        test = open_source(place, "test", cache=cache, channels=channels)
        shipped = {"train": whole, "test": test}
        if all((Path(place) / name).is_dir() for name in ("val", "test")):
            shipped["val"] = open_source(Path(place) / "val", cache=cache, channels=channels)
    name = benchmark.title if benchmark else Path(place).name
    about = {"set": name, "split": f"as in {place}: {', '.join(shipped)}; the others drawn"}
    return make_parts(shipped, benchmark, about, seed)


def _origin(benchmark: Benchmark) -> dict[str, str]:
    return {"set": benchmark.title, "split": benchmark.split}


def _from_folder(benchmark: Benchmark, own: Path, root: Path) -> bool:
    return own.is_dir() and ("test" in available_splits(own) or not _unpacked(benchmark, root))


def _unpacked(benchmark: Benchmark, root: Path) -> bool:
    return all((root / need).exists() for need in benchmark.needs)


def _of_several_classes(name: str, root: Path, channels: int, cache: Path | None) -> Parts:
    benchmark, shipped = BENCHMARKS[name], read(name, root, channels=channels, cache=cache)
    with clear_errors(name, root):
        shown = {part: marks(root, part, source.names) for part, source in shipped.items()}
    about = _origin(benchmark) | sizes(shipped, benchmark) | {"metric": benchmark.metric}
    return Parts(benchmark.metric, **shipped, marks=shown, about=about)
