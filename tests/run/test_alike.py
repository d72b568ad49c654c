"""Near-duplicates: the generated ones are found, and nothing else is."""

from itertools import combinations
from pathlib import Path

import pytest
import torch

from lookalike.run.alike import Pairs, grouped, near
from lookalike.run.embeddings import Features
from lookalike.run.index import Index
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
    assert len(names) > 150
    assert len(wanted) > 50
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
