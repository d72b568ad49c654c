"""The table of linear protocols against the papers' numbers."""

import pytest

from lookalike.evaluation.probes.protocols import PROTOCOLS
from lookalike.views.presets import POLICIES


@pytest.mark.parametrize(
    ("name", "greatest"),
    [("simclr", 1.6), ("supcon", 5.0), ("byol", 1.6), ("mae", 6.4)],
)
def test_the_rate_of_the_papers_batch(name: str, greatest: float) -> None:
    paper = PROTOCOLS[name]
    assert max(paper.rates) * paper.batch / 256 == pytest.approx(greatest)
    assert paper.weight_decay == 0
    assert paper.momentum == 0.9
    assert paper.views in POLICIES


def test_supcons_probe_on_imagenet() -> None:
    """0.05 for each 256 of 6,144 images; 12 epochs of warm-up, then × 0.97 every half epoch."""
    paper = PROTOCOLS["supcon-imagenet"]
    assert paper.rates[0] * paper.batch / 256 == pytest.approx(1.2)
    assert (paper.optimizer, paper.weight_decay, paper.views) == ("rmsprop", 1e-6, "supcon")
    rates = [paper.rate(update, peak=1.2, updates=900) for update in (60, 120, 124, 125, 130, 899)]
    assert rates == pytest.approx([0.6, 1.2, 1.2, 1.164, 1.2 * 0.97**2, 1.2 * 0.97**155])


def test_how_long_and_from_where_they_train() -> None:
    own = {name: paper for name, paper in PROTOCOLS.items() if name != "supcon-imagenet"}
    epochs = {name: paper.epochs for name, paper in own.items()}
    assert epochs == {"simclr": 90, "supcon": 100, "byol": 80, "mae": 90}
    assert {name for name, paper in PROTOCOLS.items() if paper.normalize} == {"mae"}
    assert {name for name, paper in PROTOCOLS.items() if paper.optimizer == "lars"} == {"mae"}
    assert {name for name, paper in own.items() if not paper.nesterov} == {"supcon"}
    for name in ("simclr", "byol", "mae"):
        area = POLICIES[PROTOCOLS[name].views][0].crop.area
        assert area == (0.08, 1.0)
    assert POLICIES[PROTOCOLS["supcon"].views][0].crop.area == (0.2, 1.0)


def test_schedules() -> None:
    """A ninth of the updates warms up, then half a cosine; SupCon falls to a fifth three times."""
    mae, simclr, supcon = (PROTOCOLS[name] for name in ("mae", "simclr", "supcon"))
    rates = [mae.rate(update, peak=4.8, updates=900) for update in (0, 50, 100, 500, 900)]
    assert rates == pytest.approx([0.0, 2.4, 4.8, 2.4, 0.0])
    assert [simclr.rate(u, peak=1.0, updates=90) for u in (0, 45, 90)] == pytest.approx([1, 0.5, 0])
    steps = [supcon.rate(u, peak=5.0, updates=200) for u in (0, 119, 120, 149, 150, 180, 199)]
    assert steps == pytest.approx([5, 5, 1, 1, 0.2, 0.04, 0.04])
