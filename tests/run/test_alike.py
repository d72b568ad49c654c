"""Near-duplicates: the generated ones are found, and nothing else is."""

from itertools import combinations
from pathlib import Path

import pytest
import torch

from lookalike.data.ledger import Ledger
from lookalike.data.sources import Source
from lookalike.run.finding.alike import Pairs, grouped, near
from lookalike.run.finding.embeddings import Features
from lookalike.run.finding.index import Index
from lookalike.start import duplicates
from run.copies import write_copies, write_net


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("copies")
    write_net(place / "net")
    return place


@pytest.fixture(autouse=True)
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)


def test_recall_and_precision_of_generated_copies(place: Path) -> None:
    names, wanted = write_copies(place / "photos")
    assert len(names) > 130
    assert len(wanted) > 40
    found = duplicates("net", data="photos", out="page.html", workers=0, quiet=True)
    pairs = {
        frozenset((Path(one.path).name, Path(other.path).name))
        for group in found.groups
        for one, other in combinations(group, 2)
    }
    print(len(names), len(wanted), len(pairs & wanted), len(pairs), found.alike, found.threshold)
    assert len(pairs & wanted) >= 0.95 * len(wanted), wanted - pairs
    assert len(pairs & wanted) >= 0.95 * len(pairs), pairs - wanted
    assert found.confirmed == len(pairs)
    page = Path("page.html").read_text()
    assert page.count("data:image/jpeg") == 2 * min(len(found.groups), 60)
    assert f"{len(found.groups)} groups" in page


def test_a_threshold_decides_alone(place: Path) -> None:
    """Against all pairs, one by one."""
    found = duplicates("net", data="photos", threshold=0.9999, workers=0, quiet=True)
    assert found.confirmed is None
    values = found.index.values(slice(0, len(found.index)))
    close = {
        (i, j) for i, j in combinations(range(len(values)), 2) if values[i] @ values[j] >= 0.9999
    }
    together = {
        pair for group in found.groups for pair in combinations(sorted(o.row for o in group), 2)
    }
    assert close
    assert close <= together


def test_equal_features_and_mirror_images(tmp_path: Path) -> None:
    values = torch.eye(6)[[0, 1, 1, 2, 3, 4]]
    mirrored = torch.eye(6)[[5, 5, 5, 4, 5, 2]]

    source = Source(
        name="",
        names="abcdef",
        label=torch.full((6,), -1),
        classes=(),
        channels=3,
        ledger=Ledger(),
        fingerprint="",
    )

    def index(features: torch.Tensor) -> Index:
        stored = Features(features.numpy(), torch.arange(6).numpy())
        return Index(stored, source, str(tmp_path))

    pairs = near(index(values), index(mirrored), 0.9)
    assert [tuple(map(int, pair)) for pair in zip(*pairs, strict=True)] == [(1, 2, 0), (3, 5, 1)]
    groups = grouped(index(values), Pairs(*(torch.cat([c, c]) for c in pairs)))
    assert [[one.path for one in group] for group in groups] == [["b", "c"], ["d", "f"]]
