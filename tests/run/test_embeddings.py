"""Features on the disk: right, kept, gone on with, and told in a table."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from data.pictures import noise, save
from lookalike.data.opening import open_source
from lookalike.errors import UsageError
from lookalike.evaluation.features import extract
from lookalike.run.finding import embeddings
from lookalike.run.finding.sight import Part
from lookalike.run.load import load
from lookalike.signals import Stop
from lookalike.start import embed
from lookalike.training.runtime import choose_runtime
from run.copies import write_net


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("embed")
    write_net(place / "net")
    for number in range(300):
        kind = "cat" if number % 2 else "dog"
        save(place / "photos" / kind / f"{number:03}.png", noise(number, 9 + number % 2, 12))
    (place / "photos" / "cat" / "torn.png").write_bytes(b"\x89PNG and no more")
    return place


@pytest.fixture(autouse=True)
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)


def oracle() -> torch.Tensor:
    it, source = load("net"), open_source("photos", "train", channels=3)
    runtime = choose_runtime("cpu")
    return extract(runtime.place(it.encoder), source, it.policy, runtime=runtime, batch=128).values


def stopped_after(
    monkeypatch: pytest.MonkeyPatch, pieces: int, seen: list[int] | None = None
) -> None:
    """Every batch is a piece, and after some of them a signal comes."""
    write = embeddings._write

    def writes(folder: Path, parts: list[Part], source: object) -> None:
        if seen is not None:
            seen.append(int(parts[0].image[0]))
        write(folder, parts, source)  # type: ignore[arg-type]
        if len(embeddings._pieces(folder)) == pieces:
            raise Stop(2)

    monkeypatch.setattr(embeddings, "SECONDS", 0.0)
    monkeypatch.setattr(embeddings, "_write", writes)


def test_stopped_it_goes_on_and_is_the_same(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    stopped_after(monkeypatch, 2, begun)
    with pytest.raises(Stop):
        embed("net", data="photos", out="e", workers=0, quiet=True)
    assert not Path("e").exists()
    assert begun == [0, 128]
    embed("net", data="photos", out="e", workers=0, quiet=True)
    assert begun == [0, 128, 256]  # what was made is not made again
    values = np.load("e/features.npy")
    assert values.dtype == np.float32
    assert np.array_equal(values, oracle().numpy())

    rows = list(csv.DictReader(Path("e/index.csv").read_text().splitlines()))
    assert [int(row["row"]) for row in rows] == list(range(300))
    for row in rows:
        number = int(Path(row["path"]).stem)
        assert Path(row["path"]).is_file()
        assert row["class"] == ("cat" if number % 2 else "dog")
        assert (int(row["height"]), int(row["width"])) == (9 + number % 2, 12)
    ledger = json.loads(Path("e/ledger.json").read_text())
    assert (ledger["used"], list(ledger["skipped"])) == (300, ["cat/torn.png"])


def test_kept_until_something_changes(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embed("net", data="photos", out="e", workers=0, quiet=True)
    before = np.load("e/features.npy")
    made = []
    make = embeddings._make
    monkeypatch.setattr(embeddings, "_make", lambda *a: (made.append(1), make(*a))[1])
    embed("net", data="photos", out="half", dtype="float16", workers=0, quiet=True)
    assert made == []
    half = np.load("half/features.npy")
    assert half.dtype == np.float16
    assert np.allclose(half, before, rtol=1e-3, atol=1e-4)
    (kept,) = Path("runs/net/cache/embeddings").iterdir()
    (kept / "features.npy").write_bytes(b"damaged")
    embed("net", data="photos", out="e", workers=0, quiet=True)
    assert made == [1]
    assert np.array_equal(np.load("e/features.npy"), before)
    embed("net", data="photos", out="few", limit=20, workers=0, quiet=True)
    assert made == [1, 1]
    assert np.load("few/features.npy").shape == (20, before.shape[1])


def test_parquet(place: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    embed("net", data="photos", out="e", workers=0, quiet=True)
    embed("net", data="photos", out="e.parquet", workers=0, quiet=True)
    table = parquet.read_table("e.parquet")
    assert table.column_names == ["path", "class", "height", "width", "features"]
    rows = list(csv.DictReader(Path("e/index.csv").read_text().splitlines()))
    assert table["path"].to_pylist() == [row["path"] for row in rows]
    features = np.array(table["features"].to_pylist(), np.float32)
    assert np.array_equal(features, np.load("e/features.npy"))
    about = json.loads(table.schema.metadata[b"lookalike"])
    assert (about["classes"], about["pictures"]) == (["cat", "dog"], 300)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dtype": "int8"}, "float32 or float16"),
        ({"data": None}, "Add --data"),
        ({"out": "photos/cat/001.png"}, "is a file"),
    ],
)
def test_mistakes(options: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        embed("net", **{"data": "photos", "out": "new"} | options)  # type: ignore[arg-type]
