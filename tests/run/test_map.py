"""Places, colours and notes of a map, against slow or independent ways to the same."""

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from sklearn.manifold import trustworthiness
from torch.nn.functional import normalize

from lookalike.errors import DataError, MissingExtraError, NumericalError, UsageError
from lookalike.run.finding import map as mapping
from lookalike.run.finding.collection import as_projected, open_collection
from lookalike.run.finding.map_colours import agreement, faithful
from lookalike.run.finding.outliers import Neighbourhood
from lookalike.run.finding.projection import project, suited
from lookalike.start import draw_map, pretrain
from run.untrained import write_untrained


def groups(count: int = 60, wide: int = 16) -> torch.Tensor:
    """Three groups of features of length 1."""
    chance = torch.Generator().manual_seed(0)
    centres = torch.eye(wide)[torch.arange(count) % 3]
    return normalize(centres + 0.2 * torch.randn(count, wide, generator=chance), dim=1)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("place")
    noise = np.random.default_rng(0)
    for number in range(24):
        kind = place / "photos" / ("cat", "dog")[number % 2]
        kind.mkdir(parents=True, exist_ok=True)
        pixels = noise.integers(0, 256, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(kind / f"{number}.png")
    (place / "photos" / "cat" / "torn.png").write_bytes(b"\x89PNG and no more")
    return write_untrained(place / "run", channels=3, data={"path": str(place / "photos")})


def content(page: Path) -> dict:
    (text,) = re.findall(r'<script id="content"[^>]*>(.*?)</script>', page.read_text(), re.DOTALL)
    return json.loads(text)


def test_a_run_becomes_a_page_and_a_drawing(run: Path, tmp_path: Path) -> None:
    page = draw_map(run, png=tmp_path / "map.png", workers=0, quiet=True)
    assert page == run / "map.html"
    found = content(page)
    assert len(found["names"]) == 24
    assert all(Path(name).is_file() for name in found["names"])  # what a person can open
    titles = ["class", "cluster", "outlier score", "neighbour agreement"]
    assert [colour["title"] for colour in found["colours"]] == titles
    assert found["colours"][0]["names"] == ["cat", "dog"]
    assert found["tiles"]["side"] == 64
    assert "t-SNE" in page.read_text()
    assert (tmp_path / "map.png").exists()


def test_the_same_again(run: Path, tmp_path: Path) -> None:
    for by in ("pca", "tsne"):
        pages = [tmp_path / f"{by}-{number}.html" for number in (1, 2)]
        for page in pages:
            draw_map(run, by=by, out=page, workers=0, quiet=True)
        assert pages[0].read_bytes() == pages[1].read_bytes()


def test_a_map_of_projections(run: Path, tmp_path: Path) -> None:
    settings = (
        "encoder=resnet8",
        "duration=1 epoch",
        "method.outputs=24",
        "batch=32",
        "data.limit=64",
    )
    trained = pretrain("simclr-digits", *settings, out=tmp_path / "run", evaluate=False, quiet=True)
    page = draw_map(trained, by="pca", projection=True, workers=0, quiet=True)
    assert page == Path(trained) / "map-z.html"
    assert "PCA of projections" in page.read_text()
    told = Console(quiet=True)
    plain = open_collection(Path(trained), None, limit=None, device="cpu", workers=0, console=told)
    views = torch.rand(4, 1, 8, 8)
    encoder, projector = as_projected(plain, Path(trained)).sight.encoder.children()
    assert torch.equal(encoder(views), plain.sight.encoder(views))
    assert projector(encoder(views)).shape == (4, 24)
    for what, says in ((run, "no checkpoint"), (run / "encoder", "it is no run")):
        with pytest.raises(UsageError, match=says):
            draw_map(what, projection=True, data="digits", workers=0, quiet=True)


def test_more_than_a_page_holds_are_drawn_from_all(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mapping, "POINTS", 10)
    page = draw_map(run, by="pca", out=tmp_path / "map.html", workers=0)
    assert "These are 10 of 24 images, drawn at random." in page.read_text()
    assert "--limit" in capsys.readouterr().out
    names = content(page)["names"]
    assert len(names) == 10
    assert {Path(name).parent.name for name in names} == {"cat", "dog"}
    whole = draw_map(run, by="pca", limit=20, out=tmp_path / "map.html", workers=0, quiet=True)
    assert len(content(whole)["names"]) in (19, 20)  # the torn picture may be among the first 20


def test_pca_is_that_of_the_covariance() -> None:
    values = groups()
    found = project(values, "pca", 0)
    centred = (values - values.mean(0)).double()
    share, direction = torch.linalg.eigh(centred.T @ centred)
    wanted = centred @ direction[:, [-1, -2]]
    signs = (found.places * wanted).sum(0).sign()
    torch.testing.assert_close(found.places, wanted * signs, rtol=0, atol=1e-6)
    for axis, at in zip(found.axes, (-1, -2), strict=True):
        assert f"{100 * share[at] / share.sum():.0f} %" in axis


def test_tsne_keeps_neighbours_together() -> None:
    values = groups()
    found = project(values, "tsne", 0)
    assert found.axes == ("", "")
    assert trustworthiness(values.numpy(), found.places.numpy(), n_neighbors=5) > 0.85
    torch.testing.assert_close(found.places, project(values, "tsne", 0).places, rtol=0, atol=0)


def test_umap_is_an_extra(monkeypatch: pytest.MonkeyPatch, run: Path) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingExtraError, match="umap-learn") as error:
        project(groups(), "umap", 0)
    assert "lookalike[viz]" in error.value.do

    def fitted(**settings: object) -> SimpleNamespace:
        assert settings["n_neighbors"] == 15
        return SimpleNamespace(fit_transform=lambda values: values[:, :2])

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=fitted))
    assert project(groups(), "umap", 0).places.shape == (60, 2)


def test_what_suits_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for there, beyond in ((None, "pca"), (object(), "umap")):
        monkeypatch.setattr(
            "lookalike.run.finding.projection.find_spec", lambda _, there=there: there
        )
        assert [suited(count) for count in (5000, 5001)] == ["tsne", beyond]


def test_what_makes_no_map() -> None:
    with pytest.raises(DataError, match="3 images make no map"):
        project(groups(3), "pca", 0)
    with pytest.raises(NumericalError, match="the same features"):
        project(torch.ones(9, 4), "tsne", 0)


def test_agreement_counts_labelled_neighbours() -> None:
    label = torch.tensor([0, 0, 1, -1])
    row = torch.tensor([[1, 2], [0, 3], [3, 3], [0, 1]])
    found = agreement(label, row)
    assert found[:2].tolist() == [0.5, 1.0]
    assert found[2:].isnan().all()


def test_what_a_map_keeps_is_counted() -> None:
    places = torch.tensor([[0.0, 0], [1, 0], [2.5, 0], [9, 0]], dtype=torch.float64)
    row = torch.tensor([[1, 3], [0, 2], [1, 0], [1, 0]])  # on the map: 1 2, 0 2, 1 0, 2 1
    near = Neighbourhood(torch.zeros(4, 2), row)
    assert f"{100 * 6 / 8:.0f}\u00a0% are among the 2 nearest" in faithful(places, near)


def test_usage(run: Path) -> None:
    with pytest.raises(UsageError, match="no picture"):
        draw_map(run, png="map.doc")
    with pytest.raises(UsageError, match="no map by 'tsn'"):
        draw_map(run, by="tsn")
