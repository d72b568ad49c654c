"""The approximate search beside the exact one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from lookalike.data.opening import open_source
from lookalike.errors import MissingExtraError
from lookalike.recipe import requests
from lookalike.run.finding import index as index_module
from lookalike.run.finding.embeddings import Features
from lookalike.run.finding.index import Index
from lookalike.start import duplicates, outliers, search
from run.untrained import write_untrained

pytest.importorskip("faiss", reason="needs pip install 'lookalike[ann]'")
COUNT = 1300


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> tuple[Index, Index]:
    """Points in a hundred heaps: the exact index and the approximate one."""
    monkeypatch.setattr(index_module, "_ROWS", 700)  # several blocks
    draw = np.random.default_rng(0)
    heaps = draw.normal(size=(100, 32))
    values = heaps[draw.integers(100, size=COUNT)] + 0.3 * draw.normal(size=(COUNT, 32))
    features = Features(values.astype(np.float32), np.arange(COUNT))
    digits = open_source("digits", "train")
    return Index(features, digits, "x"), Index(features, digits, "x", approximate=True)


def test_nearly_all_neighbours_are_found(both: tuple[Index, Index]) -> None:
    exact, cells = both
    rows = torch.arange(0, COUNT, 3)
    values = exact.values(rows)
    near, found = cells.nearest(values, 10, without=rows)
    true = exact.nearest(values, 10, without=rows)[1]
    shared = [len(set(a) & set(b)) / 10 for a, b in zip(found.tolist(), true.tolist(), strict=True)]
    assert np.mean(shared) > 0.95
    for i in range(0, len(rows), 50):
        assert rows[i] not in found[i]
        dots = exact.values(found[i]) @ values[i]
        assert torch.allclose(dots, near[i], atol=1e-6)
        assert (dots.diff() <= 1e-6).all()


def test_who_finds_too_few_in_the_cells_is_compared_with_all(both: tuple[Index, Index]) -> None:
    exact, cells = both
    query = normalize(torch.randn(2, 32, generator=torch.Generator().manual_seed(0)), dim=1)
    near, rows = cells.nearest(query, COUNT)
    assert rows.sort(dim=1).values.tolist() == [list(range(COUNT))] * 2
    assert torch.equal(near, exact.nearest(query, COUNT)[0])


@pytest.mark.parametrize("count", [1, 2, 15])
def test_a_few_are_all_found(both: tuple[Index, Index], count: int) -> None:
    exact, _ = both
    features = Features(exact.features.values[:count], np.arange(count))
    few = Index(features, exact.source, "x", approximate=True)
    rows = few.nearest(few.values(slice(0, count)), 20)[1]
    assert rows.sort(dim=1).values.tolist() == [list(range(count))] * count


def test_commands_ask_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_untrained(tmp_path / "run")
    found = search("run", "digits", approximate=True, workers=0, quiet=True)
    assert found.index.approximate
    asked: list[bool] = []
    nearest = Index.nearest

    def noting(self: Index, *words: Any, **named: Any) -> Any:
        asked.append(self.approximate)
        return nearest(self, *words, **named)

    monkeypatch.setattr(Index, "nearest", noting)
    duplicates("run", approximate=True, threshold=0.999, workers=0, quiet=True)
    outliers("run", approximate=True, workers=0, quiet=True)
    assert asked
    assert all(asked)


def test_without_faiss_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_untrained(tmp_path)
    monkeypatch.setattr(requests, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"lookalike\[ann\]"):
        requests.check_pictures(tmp_path, "digits", None, None, approximate=True)
