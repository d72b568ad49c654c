import pytest

from lookalike.training.schedule import warmup_cosine


@pytest.mark.parametrize(("epoch", "rate"), [(0, 0), (5, 2.4), (10, 4.8), (55, 2.4), (100, 0)])
def test_paper_schedule(epoch: int, rate: float) -> None:
    per_epoch = 312
    actual = warmup_cosine(
        epoch * per_epoch, peak=4.8, warmup=10 * per_epoch, updates=100 * per_epoch
    )
    assert actual == pytest.approx(rate, abs=1e-12)


def test_no_warmup_starts_at_the_peak() -> None:
    assert warmup_cosine(0, peak=0.5, warmup=0, updates=10) == 0.5
