"""Parquet files are made here with pyarrow, in the layout of Hugging Face `datasets`."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image
from pyarrow import parquet

from data.pictures import noise
from lookalike.data.parquet import list_parquet
from lookalike.errors import DataError, MissingExtraError

HUGGING_FACE = {
    "info": {
        "features": {
            "image": {"_type": "Image"},
            "label": {"_type": "ClassLabel", "names": ["cat", "dog"]},
        }
    }
}


def png(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(noise(seed)).save(file, format="PNG")
    return file.getvalue()


def write(path: Path, rows: list[dict], metadata: dict[str, object] | None = None) -> Path:
    table = pa.Table.from_pylist(rows)
    texts = {key: json.dumps(value) for key, value in (metadata or {}).items()}
    parquet.write_table(table.replace_schema_metadata(texts), path, row_group_size=3)
    return path


def picture(seed: int, path: str | None = None) -> dict:
    return {"bytes": png(seed), "path": path}


@pytest.mark.parametrize(
    "metadata", [{"class_names": ["cat", "dog"]}, {"huggingface": HUGGING_FACE}]
)
def test_pictures_labels_and_class_names(tmp_path, metadata):
    rows = [{"image": picture(i, f"p/{i}.png"), "label": i % 2} for i in range(8)]
    listing = list_parquet([write(tmp_path / "a.parquet", rows, metadata)])
    assert listing.classes == ("cat", "dog")
    assert listing.kind == "of 2 classes"
    assert listing.label.tolist() == [0, 1] * 4
    assert [listing.files.name(row) for row in range(8)] == [f"p/{i}.png" for i in range(8)]
    assert [listing.files.open(row).read() for row in range(8)] == [png(i) for i in range(8)]


def test_several_files_are_one(tmp_path):
    shards = [
        write(tmp_path / f"{n}.parquet", [{"image": picture(n), "label": n}] * 2) for n in range(3)
    ]
    listing = list_parquet(shards)
    assert listing.label.tolist() == [0, 0, 1, 1, 2, 2]
    assert listing.classes == ("0", "1", "2")


def test_without_labels(tmp_path):
    listing = list_parquet([write(tmp_path / "a.parquet", [{"img": picture(0)}, {"img": None}])])
    assert (listing.label.tolist(), listing.classes) == ([-1, -1], ())
    assert listing.files.open(1).read() == b""


def test_empty_labels_are_no_labels(tmp_path):
    rows = [{"image": picture(i), "label": label} for i, label in enumerate([1, None, -1, 0])]
    listing = list_parquet([write(tmp_path / "a.parquet", rows, {"class_names": ["cat", "dog"]})])
    assert listing.label.tolist() == [1, -1, -1, 0]


@pytest.mark.parametrize("paths", [["a", "a", "b"], [None, None, None], ["a", "b", None]])
def test_rows_are_told_apart_whatever_their_paths(tmp_path, paths):
    rows = [{"image": picture(i, path)} for i, path in enumerate(paths)]
    listing = list_parquet([write(tmp_path / "a.parquet", rows)])
    names = {listing.files.name(row) for row in range(3)}
    assert len(names) == 3
    assert all(name.startswith("row ") for name in names)


def test_a_limit_takes_the_first_rows(tmp_path):
    rows = [{"image": picture(i), "label": i % 3} for i in range(10)]
    file = write(tmp_path / "a.parquet", rows, {"class_names": ["a", "b", "c"]})
    listing = list_parquet([file], limit=4)
    assert listing.label.tolist() == [0, 1, 2, 0]
    assert listing.files.open(3).read() == png(3)
    assert (listing.ledger.found, listing.ledger.used) == (10, 4)
    assert listing.fingerprint != list_parquet([file]).fingerprint


def test_the_fingerprint_is_of_the_content_not_of_the_place_or_time(tmp_path):
    rows = [{"image": picture(i), "label": i % 2} for i in range(4)]
    file, other = write(tmp_path / "a.parquet", rows), tmp_path / "b.parquet"
    other.write_bytes(file.read_bytes())
    assert list_parquet([file]).fingerprint == list_parquet([other]).fingerprint
    rows[0]["label"] = 1
    write(other, rows)
    assert list_parquet([file]).fingerprint != list_parquet([other]).fingerprint


@pytest.mark.parametrize("labels", [["cat", "dog"], [0.5, 1.5], [0, -2]])
def test_labels_that_are_no_class_numbers(tmp_path, labels):
    rows = [{"image": picture(0), "label": label} for label in labels]
    with pytest.raises(DataError, match="something else than class numbers"):
        list_parquet([write(tmp_path / "a.parquet", rows)])


def test_labels_without_a_name(tmp_path):
    rows = [{"image": picture(0), "label": 5}]
    with pytest.raises(DataError, match="names 2 classes, but has labels up to 5"):
        list_parquet([write(tmp_path / "a.parquet", rows, {"class_names": ["a", "b"]})])


def test_a_table_without_pictures_says_what_it_holds(tmp_path):
    with pytest.raises(DataError, match="columns: name, age"):
        list_parquet([write(tmp_path / "a.parquet", [{"name": "x", "age": 1}])])


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all"])
def test_a_file_that_is_no_parquet(tmp_path, content):
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as a Parquet file"):
        list_parquet([path])


def test_a_file_whose_middle_is_lost(tmp_path):
    path = write(tmp_path / "a.parquet", [{"image": picture(i)} for i in range(8)])
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(1000) + content[1004:])
    with pytest.raises(DataError, match="cannot be read as a Parquet file"):
        list_parquet([path])


def test_shards_that_do_not_fit_together(tmp_path):
    one = write(tmp_path / "1.parquet", [{"image": picture(0), "label": 0}])
    other = write(tmp_path / "2.parquet", [{"image": picture(0)}])
    with pytest.raises(DataError, match="different columns"):
        list_parquet([one, other])


def test_more_pictures_than_half_of_the_memory(tmp_path, monkeypatch):
    file = write(tmp_path / "a.parquet", [{"image": picture(i)} for i in range(8)])
    monkeypatch.setattr("lookalike.data.parquet.memory", lambda: 1000)
    with pytest.raises(DataError, match="half of the memory"):
        list_parquet([file])


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    file = write(tmp_path / "a.parquet", [{"image": picture(0)}])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"lookalike\[parquet\]"):
        list_parquet([file])


DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the development data beside the repository")
@pytest.mark.parametrize(
    ("name", "classes", "first", "size"),
    [("cifar10", 10, "airplane", (32, 32)), ("tiny-imagenet-20", 20, "goldfish", (64, 64))],
)
def test_the_development_data(name, classes, first, size):
    listing = list_parquet([DATA / name / "train.parquet"], limit=2000)
    assert (len(listing.classes), listing.classes[0]) == (classes, first)
    counts = torch.bincount(listing.label, minlength=classes)
    assert counts.min() > 0.5 * 2000 / classes  # the rows are in random order
    pixels = np.asarray(Image.open(listing.files.open(7)))
    assert pixels.shape[:2] == size
