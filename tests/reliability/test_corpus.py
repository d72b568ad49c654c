"""A folder with 32 kinds of odd files: the good are used, the others named, nothing else happens."""

import json
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

from lookalike.data.decoding import UnreadableImage
from lookalike.data.ledger import Ledger
from lookalike.data.opening import open_source
from lookalike.data.reasons import Reason, reason_in
from lookalike.data.sources import Photos
from lookalike.errors import DataError
from lookalike.recipe.overrides import Layer, resolve
from lookalike.recipe.schema import Recipe
from lookalike.run.training.pretraining import pretrain
from lookalike.start import evaluate
from reliability import corpus
from reliability.corpus import BROKEN, ODD, Corpus, write_corpus


@pytest.fixture(scope="module")
def odd_folder(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """1,000 files: 320 of 32 kinds, and 680 ordinary pictures."""
    assert len(BROKEN) + len(ODD) == 32
    return write_corpus(tmp_path_factory.mktemp("corpus") / "photos", good=680)


def recipe(root: Path, **data: object) -> Recipe:
    """One epoch, which sees each picture once."""
    values = {
        "name": "corpus",
        "method": {"name": "simclr"},
        "encoder": {"name": "resnet8"},
        "views": {"preset": "simclr-cifar", "size": 16},
        "data": {"path": str(root), **data},
        "batch": 20,
        "duration": "1 epoch",
        "optimizer": {"name": "sgd"},
        "rate": {"constant": 0.1},
        "precision": "float32",
    }
    return resolve([Layer("corpus", values)])


def check_books(books: dict, folder: Corpus) -> None:
    """Each file is in one place of the books, and in the right one."""
    named = books["skipped"]
    assert named.keys() == folder.broken.keys()
    for name, line in named.items():
        assert reason_in(line) in folder.broken[name], name
    assert books["reasons"] == Counter(map(reason_in, named.values()))
    assert books["reasons"].keys() <= set(Reason)
    assert books["found"] == len(folder.broken) + len(folder.odd) + len(folder.good)
    assert books["used"] == len(folder.odd) + len(folder.good)
    assert books["excluded"] == {}
    said = Counter(remark for remark in folder.odd.values() if remark)
    single = said.pop("of one colour throughout")
    assert books["remarks"].pop("of one colour throughout") >= single  # some thin ones are, too
    assert books["remarks"] == said


def test_there_are_at_most_twelve_reasons():
    assert len(Reason) == 12
    assert not any(":" in reason for reason in Reason)


def test_each_file_is_used_or_named(odd_folder: Corpus):
    source = open_source(odd_folder.root)
    assert isinstance(source, Photos)
    for row, name in enumerate(source.names):
        try:
            pixels = source.read(row)
        except UnreadableImage:
            assert name in odd_folder.broken
        else:
            assert tuple(pixels.shape[1:]) == tuple(source.sizes[row].tolist())
    check_books(source.ledger.as_dict(), odd_folder)
    assert source.classes == ("a", "b")


def test_a_training_and_its_evaluation(odd_folder: Corpus, tmp_path: Path):
    """Workers meet what no header tells; pictures beside a bad one stay what they are."""
    values = recipe(odd_folder.root, tolerate=0.5)
    run = pretrain(values, tmp_path / "run", workers=2, evaluate=False)
    assert run is not None
    assert evaluate(run, "knn", workers=2)
    check_books(json.loads((run / "ledger.json").read_text()), odd_folder)
    assert (run / "report.html").is_file()


def test_so_many_stop_a_training_with_a_table(odd_folder: Corpus, tmp_path: Path):
    with Console(quiet=True) as console, pytest.raises(DataError) as caught:
        pretrain(recipe(odd_folder.root), tmp_path / "run", workers=0, console=console)
    assert caught.value.exit_code == 3
    assert "100 tolerated" in caught.value.what
    lines = caught.value.why.splitlines()
    assert "25 truncated: " in "\n".join(lines) or len(lines) >= 5
    assert sum(int(line.split()[0]) for line in lines) > 100
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("share", "pictures", "allowed"),
    [(0.01, 50, 25), (0.01, 1000, 100), (0.01, 20_000, 200), (0.0, 50, 0), (0.9, 50, 45)],
)
def test_how_many_are_tolerated(share: float, pictures: int, allowed: int):
    from lookalike.run.training.images import tolerated

    assert tolerated(share, pictures) == allowed


def test_strict_tolerates_none(tmp_path: Path):
    folder = write_corpus(tmp_path / "photos", good=30, each=0)
    (folder.root / "a" / "bad.jpg").touch()
    with pytest.raises(
        DataError, match=r"1 of 31 pictures cannot be used.*the 0 tolerated"
    ) as told:
        pretrain(recipe(folder.root), tmp_path / "run", strict=True)
    assert told.value.why == "1 empty file: 'a/bad.jpg'"


def test_the_books_stay_small():
    """However many files are skipped: all are counted, and a thousand named."""
    ledger = Ledger(found=21_000)
    for number in range(20_000):
        ledger.skip(f"{number}.jpg", "empty file")
    ledger.skip("0.jpg", "empty file")
    ledger.skip("19999.jpg", "empty file")
    ledger.skip("last.jpg", "truncated: 3 bytes missing")
    assert (ledger.lost, ledger.used) == (20_001, 999)
    assert ledger.skipped["last.jpg"], "each reason has a name"
    assert len(ledger.skipped) == 1001
    assert len(json.dumps(ledger.as_dict())) < 50_000
    assert len("\n".join(ledger.table())) < 200


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", [0, 2])
def test_of_a_jpeg_only_the_end_marker_may_be_missing(tmp_path, progressive, subsampling):
    """Whatever else is cut away is noticed, and what is not noticed changes no pixel."""
    image = corpus.drawn(corpus.random.Random(5), 120, 100)
    options = {"progressive": progressive, "subsampling": subsampling}
    whole = corpus.encoded(image, "JPEG", **options)
    path = tmp_path / "a.jpg"
    path.write_bytes(whole)
    expected = open_source(tmp_path).read(0)
    refused = []
    for missing in (1, 2, 3, 4, 5, 6, 8, 10, 20, 50, 100, 400):
        path.write_bytes(whole[:-missing])
        source = open_source(tmp_path)
        try:
            assert torch.equal(source.read(0), expected), missing
        except UnreadableImage:
            refused.append(missing)
        else:
            assert source.ledger.remarks == {"without an end marker, all rows there": 1}
    assert refused[-6:] == [8, 10, 20, 50, 100, 400]
    assert not {1, 2} & set(refused)


def test_a_progressive_jpeg_without_its_last_scans_is_refused(tmp_path):
    whole = corpus.encoded(corpus.drawn(corpus.random.Random(6)), "JPEG", progressive=True)
    places = corpus.scans(whole)
    assert len(places) >= 5
    for place in places:
        (tmp_path / "a.jpg").write_bytes(whole[:place])
        with pytest.raises(UnreadableImage, match="truncated"):
            open_source(tmp_path).read(0)


@pytest.mark.parametrize("size", [24, 112])
def test_remarks_are_kept_with_packed_pictures(tmp_path, size):
    for number, colour in enumerate(("red", "blue", "noise")):
        image = corpus.drawn(corpus.random.Random(number), size, size)
        image = image if colour == "noise" else Image.new("RGB", (size, size), colour)
        image.putalpha(200)
        (tmp_path / "photos").mkdir(exist_ok=True)
        image.save(tmp_path / "photos" / f"{number}.png")
    for _ in range(2):
        source = open_source(tmp_path / "photos", cache=tmp_path / "cache")
        if isinstance(source, Photos):
            for row in range(3):
                source.read(row)
                source.read(row)
        assert source.ledger.remarks == {
            "with transparency, laid on white": 3,
            "of one colour throughout": 2,
        }


def test_the_bombs_are_what_they_say():
    """Or refusing them would prove nothing."""
    assert zlib.decompress(corpus.zeros(2_500_000)) == bytes(2_500_000)
    small = corpus.png(30, 20, corpus.zeros(31 * 20))
    assert np.asarray(Image.open(corpus.io.BytesIO(small))).shape == (20, 30)
