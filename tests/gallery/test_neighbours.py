"""Which neighbours are shown, beside a slow search, and what is marked as wrong."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

from lookalike.data.opening import open_source
from lookalike.data.sources import Images
from lookalike.gallery import stored
from lookalike.gallery.neighbours import Neighbours, Seen, is_wrong, write_neighbours
from lookalike.recipe.overrides import Layer, resolve
from lookalike.run import pretrain
from lookalike.run.load import load
from lookalike.run.training import showing
from lookalike.start import Run
from run.test_run import BASE


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    exact = {"duration": "1 epoch", "precision": "float32"}  # bfloat16 moves near ties
    recipe = resolve([Layer("test", BASE), Layer("change", exact)])
    found = pretrain(recipe, tmp_path_factory.mktemp("runs") / "tiny")
    assert found is not None
    return Run(found)


def test_they_are_the_nearest_of_all(run: Run) -> None:
    notes: list[str] = []
    found = stored.read(run.path / "neighbours.json", Neighbours, notes)
    assert found is not None
    assert notes == []
    source = open_source("digits", "train", limit=200)
    assert isinstance(source, Images)
    loaded = load(run.path)
    with torch.inference_mode():
        views = torch.stack([loaded.transform(picture) for picture in source.images])
        features = loaded(views).double().numpy()
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    cosine = features @ features.T
    np.fill_diagonal(cosine, -np.inf)
    nearest = np.argsort(-cosine, axis=1)[:, : showing.NEAR]
    label = source.label.numpy()
    assert (found.searched, found.of) == (200, 200)
    assert found.agreement == pytest.approx((label[nearest] == label[:, None]).mean(), abs=1e-3)
    assert [row.query.label for row in found.rows] == [str(digit) for digit in range(10)]
    for row in found.rows:
        at = list(source.names).index(row.query.name)
        shown = [one.cosine for one in row.near]
        assert shown == pytest.approx(cosine[at, nearest[at]], abs=1e-4)
        where = [list(source.names).index(one.name) for one in row.near]
        assert shown == pytest.approx(cosine[at, where], abs=1e-4)
        assert [one.label for one in row.near] == [str(label[other]) for other in where]


def test_pictures_for_people_lie_in_the_folder(run: Run) -> None:
    for name in ("neighbours.png", "map.png"):
        with Image.open(run.path / name) as picture:
            assert picture.width > 500
    page = (run.path / "report.html").read_text()
    assert "What it finds alike" in page
    assert "srcdoc=" in page


def test_a_finished_training_does_not_fail_for_a_picture(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no such thing")

    monkeypatch.setattr(showing, "draw_map", broken)
    console = Console(record=True, width=200, quiet=False, file=None)
    with console.capture() as told:
        pretrain(run.recipe, run.path, console=console)
    assert "could not be drawn: no such thing" in told.get()


def test_without_labels_nothing_is_wrong(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    pixels = torch.from_numpy(chance.integers(0, 256, (6, 3, 16, 16), dtype=np.uint8))
    dog, cat, none = (Seen(pixels[0], "", label) for label in ("dog", "cat", ""))
    assert is_wrong(dog, cat)
    assert not any(is_wrong(*pair) for pair in ((dog, dog), (dog, none), (none, cat)))
    rows = [[Seen(one, "n", "") for one in pixels[:3]], [Seen(one, "n", "") for one in pixels[3:]]]
    write_neighbours(rows, tmp_path / "n.png", searched=6, of=6, agreement=None)
    with Image.open(tmp_path / "n.png") as sheet:
        assert sheet.width > sheet.height


def test_wrong_ones_have_a_red_frame(tmp_path: Path) -> None:
    white = torch.full((3, 128, 128), 255, dtype=torch.uint8)
    names = ("dog", "dog", "cat")
    row = [Seen(white, "n", name, 0.5) for name in names]
    write_neighbours([row], tmp_path / "n.png", searched=3, of=3, agreement=0.0)
    with Image.open(tmp_path / "n.png") as sheet:
        line = np.asarray(sheet)[28 + 30 + 64].astype(int)  # through the middle of the pictures
    red = (line[:, 0] - line[:, 2] > 100).nonzero()[0]
    assert len(red) == 2 * 3  # both sides of one frame
    assert red[-1] - red[0] == 127
