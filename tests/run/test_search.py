"""Search and outliers beside scikit-learn and slow loops."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from data.pictures import noise, save
from lookalike.errors import UsageError
from lookalike.run.finding import index as index_module
from lookalike.start import outliers, search
from run.untrained import write_untrained


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("search")
    write_untrained(place / "run")
    return place


@pytest.fixture(autouse=True)
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setattr(index_module, "_ROWS", 70)  # several blocks
    monkeypatch.setattr(index_module, "_BLOCK", 70 * 50)


def test_digits_find_their_like() -> None:
    """Untrained features of digits already tell them apart; order and numbers are scikit-learn's."""
    found = search("run", "digits", top=10, out="page.html", workers=0, quiet=True)
    assert len(found.index) == 300
    assert found.precision is not None
    assert found.precision > 0.35  # 0.1 by chance
    share = [[m.label == a.label for m in a.matches] for a in found.answers]
    assert found.precision == pytest.approx(float(np.mean(share)))
    values = found.index.values(slice(0, 300)).double().numpy()
    first = found.answers[0]
    query = values[first.matches[0].row]  # the neighbours of a neighbour, by another program
    other = NearestNeighbors(n_neighbors=5, metric="cosine", algorithm="brute").fit(values)
    distance, rows = other.kneighbors(query[None])
    near, ours = found.index.nearest(torch.from_numpy(query[None]).float(), 300)
    assert ours[0, :5].tolist() == rows[0].tolist()
    assert sorted(ours[0].tolist()) == list(range(300))
    assert np.allclose(1 - near[0, :5].numpy(), distance[0], atol=1e-5)
    assert Path("page.html").read_text().count("data:image/jpeg") == 60 * 11


def test_a_picture_does_not_find_its_own_file() -> None:
    for number in range(6):
        save(Path("grey") / f"{number}.png", noise(number % 5, channels=1))
    (Path("grey") / "torn.png").write_bytes(b"\x89PNG and no more")
    found = search("run", "grey/0.png", "grey/torn.png", data="grey", top=99, workers=0, quiet=True)
    (answer,) = found.answers
    assert answer.matches[0].path == "grey/5.png"  # the same pixels
    assert answer.matches[0].similarity == pytest.approx(1, abs=1e-6)
    assert sorted(m.path for m in answer.matches) == [f"grey/{n}.png" for n in range(1, 6)]
    assert list(found.unreadable) == ["grey/torn.png"]
    assert found.precision is None
    assert found.as_dict()["answers"][0]["query"] == "grey/0.png"


def test_outliers_are_those_of_a_slow_loop() -> None:
    found = outliers("run", k=7, top=300, workers=0, quiet=True)
    index = search("run", "digits", top=1, workers=0, quiet=True).index
    values = index.values(slice(0, 300)).double()
    far, nearest = [], []
    for row in range(300):
        distance = 1 - values @ values[row]
        distance[row] = torch.inf
        best = distance.sort()
        far.append(float(best.values[:7].mean()))
        nearest.append(best.indices[:7])
    score = {row: far[row] / np.mean([far[i] for i in nearest[row]]) for row in range(300)}
    assert {one.row: one.score for one in found} == pytest.approx(score, rel=1e-2)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_a_stray_is_the_first_outlier() -> None:
    strays = Path("crowd")
    smooth = np.add.outer(np.arange(8), np.arange(8)).astype(np.uint8) * 8
    for number in range(30):
        save(strays / f"{number}.png", smooth + noise(number, channels=1) // 32)
    save(strays / "stray.png", noise(99, channels=1))
    first, *_ = outliers("run", data="crowd", top=3, workers=0, quiet=True)
    assert first.path == "crowd/stray.png"
    assert first.score > 2


@pytest.mark.parametrize(
    ("queries", "options", "says"),
    [((), {}, "nothing to search"), (("digits",), {"top": 0}, "top cannot be 0")],
)
def test_mistakes(queries: tuple[str, ...], options: dict[str, int], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        search("run", *queries, **options)  # type: ignore[arg-type]
