import errno
from pathlib import Path

import pytest

from data.pictures import class_folders, noise, save
from lookalike.data.places import splits_at
from lookalike.errors import DataError


def files_in(lister) -> set[str]:
    listing = lister(None)
    return {listing.files.name(row) for row in range(len(listing.label))}


@pytest.mark.parametrize("train", ["train", "Train"])
@pytest.mark.parametrize("test", ["test", "val", "valid", "Validation"])
def test_folders_named_after_splits(tmp_path, train, test):
    class_folders(tmp_path / train, {"a": 2, "b": 2})
    class_folders(tmp_path / test, {"a": 1, "b": 1})
    splits = splits_at(tmp_path)
    assert list(splits) == ["train", "test"]
    assert len(files_in(splits["train"])) == 4
    assert len(files_in(splits["test"])) == 2


def test_test_goes_before_validation(tmp_path):
    for name, count in (("train", 3), ("test", 2), ("val", 1)):
        class_folders(tmp_path / name, {"a": count})
    assert len(files_in(splits_at(tmp_path)["test"])) == 2


def test_train_alone(tmp_path):
    save(tmp_path / "train" / "a.png", noise(0))
    (tmp_path / "readme.txt").touch()
    splits = splits_at(tmp_path)
    assert list(splits) == ["train"]
    assert files_in(splits["train"]) == {"a.png"}


def test_train_may_be_a_class(tmp_path):
    class_folders(tmp_path, {"car": 2, "plane": 2, "train": 2})
    splits = splits_at(tmp_path)
    assert list(splits) == ["train"]
    assert splits["train"](None).classes == ("car", "plane", "train")


def test_a_test_folder_without_one_to_train_on_is_a_folder_like_others(tmp_path):
    class_folders(tmp_path, {"car": 2, "test": 2})
    splits = splits_at(tmp_path)
    assert list(splits) == ["train"]
    assert splits["train"](None).classes == ("car", "test")


def test_parquet_files_named_after_splits(tmp_path):
    for name in ("train-00000-of-00002", "train-00001-of-00002", "validation"):
        (tmp_path / f"{name}.parquet").touch()
    splits = splits_at(tmp_path)
    assert [path.name for path in splits["train"].args[0]] == [
        "train-00000-of-00002.parquet",
        "train-00001-of-00002.parquet",
    ]
    assert [path.name for path in splits["test"].args[0]] == ["validation.parquet"]


def test_parquet_files_of_any_other_name_are_all_for_training(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.parquet").touch()
    splits = splits_at(tmp_path)
    assert list(splits) == ["train"]
    assert [path.name for path in splits["train"].args[0]] == ["a.parquet", "b.parquet"]


def test_one_parquet_file(tmp_path):
    (tmp_path / "test.parquet").touch()
    splits = splits_at(tmp_path / "test.parquet")
    assert list(splits) == ["train"]


def test_a_file_that_is_something_else(tmp_path):
    path = save(tmp_path / "a.png", noise(0))
    with pytest.raises(
        DataError, match="neither a folder of pictures nor a Parquet file"
    ) as caught:
        splits_at(path)
    assert str(tmp_path) in caught.value.do


def test_a_misspelt_path_gets_the_nearest(tmp_path):
    (tmp_path / "photos-clothing").mkdir()
    with pytest.raises(DataError) as caught:
        splits_at(tmp_path / "photos-clothng")
    assert caught.value.do == f"Did you mean '{tmp_path / 'photos-clothing'}'?"


def test_a_misspelt_folder_above_gets_the_nearest(tmp_path):
    (tmp_path / "datasets" / "photos").mkdir(parents=True)
    with pytest.raises(DataError) as caught:
        splits_at(tmp_path / "dataset" / "photos")
    assert caught.value.do == f"Did you mean '{tmp_path / 'datasets' / 'photos'}'?"


def test_a_folder_that_may_not_be_looked_into_offers_nothing(tmp_path, monkeypatch):
    def refuse(path):  # root may open every folder, so chmod would not do
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(DataError, match="There is no") as caught:
        splits_at(tmp_path / "photos")
    assert caught.value.do.startswith("Give a folder of pictures")


def test_a_misspelt_name_of_a_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as caught:
        splits_at(Path("digts"))
    assert caught.value.do == "Did you mean 'digits'?"


def test_nothing_near_says_what_there_is_to_give(tmp_path):
    with pytest.raises(DataError) as caught:
        splits_at(tmp_path / "photos")
    assert caught.value.do == (
        "Give a folder of pictures, a Parquet file, or one of: digits, shapes."
    )
