"""The loop: rates, the guard before the weights, stopping, and what monitors see."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from lookalike.errors import NumericalError
from lookalike.method import Batch, Embedded, Method
from lookalike.nn.encoder import Encoder
from lookalike.randomness import image_keys
from lookalike.signals import StopFlag
from lookalike.training.loop import train
from lookalike.training.monitors import Moment
from lookalike.training.runtime import Runtime

RUNTIME = Runtime(torch.device("cpu"), torch.float32)


class Slope(Method):
    """Loss: the weight times the mean of the images, so its gradient is that mean."""

    views = ()

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder("resnet8", 8, 1)
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.progress: list[float] = []
        self.drawn: list[float] = []

    def embed(self, batch: Batch) -> Embedded:
        self.drawn.append(torch.rand(()).item())
        value = batch.views[0].mean((1, 2, 3))
        return {"loss": self.weight * value, "features": value[:, None].detach()}

    def after_update(self, progress: float) -> None:
        self.progress.append(progress)


class Watcher:
    def __init__(self) -> None:
        self.moments: list[Moment] = []

    def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
        self.moments.append(moment)
        return {"count": numbers.get("count", 0.0) + 1}


def batches(values: list[float]) -> Iterator[Batch]:
    image = torch.arange(4)
    for value in values:
        view = torch.full((4, 1, 8, 8), value)
        yield Batch((view,), image, image, image_keys(0, 0, image))


def run(method: Slope, values: list[float], **settings: Any) -> int:
    optimizer = torch.optim.SGD([method.weight], lr=9.0)
    defaults: dict[str, Any] = {"runtime": RUNTIME, "seed": 0, "start": 0, "updates": len(values)}
    rate = settings.pop("rate", lambda update: 0.1 * (update + 1))
    return train(method, batches(values), optimizer, rate, **defaults | settings)


def test_updates_follow_the_rate() -> None:
    method = Slope()
    assert run(method, [1.0, 2.0]) == 2
    assert method.weight.item() == pytest.approx(1 - 0.1 * 1 - 0.2 * 2)
    assert method.progress == [0.0, 0.5]


def test_layer_wise_decay_multiplies_every_rate() -> None:
    method = Slope()
    method.encoder.requires_grad_(False)
    deep, plain = nn.Parameter(torch.ones(())), method.weight
    optimizer = torch.optim.SGD([{"params": [deep], "scale": 0.25}, {"params": [plain]}], lr=9.0)
    rates: list[tuple[float, float]] = []

    class Rates(Watcher):
        def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
            rates.append(tuple(group["lr"] for group in optimizer.param_groups))
            return {"rate": moment.rate}

    settings: dict[str, Any] = {"runtime": RUNTIME, "seed": 0, "start": 0, "updates": 2}
    steps = [0.4, 0.8]
    train(method, batches([1.0, 1.0]), optimizer, steps.__getitem__, monitors=[Rates()], **settings)
    assert rates == [(0.1, 0.4), (0.2, 0.8)]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_never_reaches_the_weights(bad: float) -> None:
    method = Slope()
    with pytest.raises(NumericalError, match="update 1"):
        run(method, [1.0, bad, 1.0])
    assert method.weight.item() == pytest.approx(0.9)
    assert method.weight.grad is None


def test_clipping() -> None:
    method = Slope()
    run(method, [5.0], clip=0.5)
    assert method.weight.item() == pytest.approx(1 - 0.1 * 0.5, abs=1e-4)


def test_stops_after_the_update_it_is_in() -> None:
    flag = StopFlag()

    class Stopper(Watcher):
        def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
            flag.signal = 15 if moment.update == 1 else None
            return {}

    method = Slope()
    assert run(method, [1.0] * 5, monitors=[Stopper()], stop=flag) == 2
    assert len(method.progress) == 2


def test_monitors_see_the_numbers_of_those_before_them() -> None:
    first, second = Watcher(), Watcher()
    seen: list[dict[str, float]] = []

    class Last(Watcher):
        def after_update(self, moment: Moment, numbers: dict[str, float]) -> dict[str, float]:
            seen.append(dict(numbers))
            return {}

    run(Slope(), [1.0, 3.0], start=10, updates=20, monitors=[first, second, Last()])
    assert seen == [{"count": 2.0}, {"count": 2.0}]
    assert [m.update for m in first.moments] == [10, 11]
    assert [m.rate for m in first.moments] == pytest.approx([1.1, 1.2])


def test_torchs_generator_is_a_function_of_the_update() -> None:
    """What dropout would draw does not depend on where a run was resumed, or on the pieces before."""
    whole, resumed = Slope(), Slope()
    run(whole, [1.0] * 4)
    torch.rand(17)
    run(resumed, [1.0] * 2, start=2, updates=4)
    assert whole.drawn[2:] == resumed.drawn
    assert len(set(whole.drawn)) == 4
