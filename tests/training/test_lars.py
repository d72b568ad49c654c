"""LARS in its forms: worked steps, other implementations, and what a step must leave alone."""

from collections.abc import Callable

import numpy as np
import pytest
import timm.optim
import torch
from torch import nn

from lookalike.training.lars import LARS

FORMS = ["inside", "popular", "outside", "larc", "larc-clipped"]
FIRST = (2.997540325, 4.000447214)
TOLD_APART = {
    "inside": [FIRST, (2.994097055, 4.001073263)],
    "popular": [FIRST, (2.996310763, 4.000670770)],
    "outside": [FIRST, (2.995203909, 4.000872017)],
    "larc": [(2.998166667, 4.000333333), (2.996425255, 4.000649954)],
    "larc-clipped": [(2.996333333, 4.000666667), (2.991018703, 4.001632963)],
}

Steps = list[list[float]]


def walk(
    gradient: tuple[float, float],
    rates: tuple[float, ...],
    *,
    start: tuple[float, float] = (3.0, 4.0),
    optimizer: Callable[..., torch.optim.Optimizer] = LARS,
    **settings,
) -> Steps:
    """w after each step of the fact sheet's examples."""
    w = nn.Parameter(torch.tensor(start, dtype=torch.float64))
    steps = optimizer([w], momentum=0.9, **settings)
    after = []
    for rate in rates:
        w.grad = torch.tensor(gradient, dtype=torch.float64)
        steps.param_groups[0]["lr"] = rate
        steps.step()
        after.append(w.tolist())
    return after


@pytest.mark.parametrize("form", ["inside", "outside", "larc"])
def test_forms_agree_where_gradient_and_weights_are_parallel(form: str) -> None:
    first, second = walk((0.6, 0.8), (0.5, 0.5), form=form, weight_decay=0.01, trust=0.001)
    assert first == pytest.approx([2.9985, 3.998], abs=1e-8)
    assert second == pytest.approx([2.99565075, 3.99420100], abs=1e-8)


@pytest.mark.parametrize("form", FORMS)
def test_worked_steps_that_tell_the_forms_apart(form: str) -> None:
    after = walk((0.8, -0.6), (0.5, 0.25), form=form, weight_decay=0.1, trust=0.001)
    for actual, expected in zip(after, TOLD_APART[form], strict=True):
        assert actual == pytest.approx(expected, abs=1e-9)


def excluded(parameters: list[nn.Parameter], **settings) -> LARS:
    group = {"params": parameters, "weight_decay": 0.0, "adapt": False}
    return LARS([group], weight_decay=0.1, trust=0.001, **settings)


def test_excluded_tensors_follow_plain_momentum_with_the_rate_inside() -> None:
    first, second = walk((0.8, -0.6), (0.5, 0.25), optimizer=excluded, form="inside")
    assert first == pytest.approx([2.6, 4.3], abs=1e-12)
    assert second == pytest.approx([2.04, 4.72], abs=1e-12)


@pytest.mark.parametrize("form", FORMS[1:])
def test_excluded_tensors_follow_torchs_sgd(form: str) -> None:
    rates = (0.5, 0.25, 0.1)
    expected = walk((0.8, -0.6), rates, optimizer=torch.optim.SGD)
    actual = walk((0.8, -0.6), rates, optimizer=excluded, form=form)
    assert np.allclose(actual, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("form", FORMS)
def test_a_tensor_of_zeros_moves_by_its_gradient(form: str) -> None:
    settings = {"form": form, "weight_decay": 0.1, "trust": 0.001}
    (after,) = walk((1.0, -2.0), (0.5,), start=(0.0, 0.0), **settings)
    assert after == [-0.5, 1.0]


@pytest.mark.parametrize("form", ["larc", "larc-clipped"])
@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_larc_does_not_decay_what_has_no_gradient(form: str, rate: float) -> None:
    (after,) = walk((0.0, 0.0), (rate,), form=form, weight_decay=0.1, trust=0.001)
    assert after == [3.0, 4.0]


def simclr(w, g, v, lr, decay, trust):
    g = g + decay * w
    v = 0.9 * v + lr * trust * np.linalg.norm(w) / np.linalg.norm(g) * g
    return w - v, v


def popular(w, g, v, lr, decay, trust):
    v = 0.9 * v + g + decay * w
    return w - lr * trust * np.linalg.norm(w) / np.linalg.norm(v) * v, v


def moco(w, g, v, lr, decay, trust):
    g = g + decay * w
    v = 0.9 * v + trust * np.linalg.norm(w) / np.linalg.norm(g) * g
    return w - lr * v, v


def drawn_steps(count: int = 50):
    """Weights of a few shapes, and for each step a rate (the first is 0) and gradients."""
    draw = np.random.default_rng(0)
    shapes = [(3, 4), (2, 3, 3, 3), (5,)]
    weights = [draw.normal(size=shape) for shape in shapes]
    rates = [0.0, *draw.uniform(0.1, 2, count - 1)]
    return weights, [(rate, [draw.normal(size=shape) for shape in shapes]) for rate in rates]


def follow(optimizer, parameters, steps) -> None:
    for rate, gradients in steps:
        for w, g in zip(parameters, gradients, strict=True):
            w.grad = torch.from_numpy(g.copy())
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()


def parameters_of(weights) -> list[nn.Parameter]:
    return [nn.Parameter(torch.from_numpy(w.copy())) for w in weights]


@pytest.mark.parametrize(
    ("form", "oracle"), [("inside", simclr), ("popular", popular), ("outside", moco)]
)
def test_many_steps_against_a_slow_loop(form: str, oracle: Callable) -> None:
    weights, steps = drawn_steps()
    parameters = parameters_of(weights)
    follow(
        LARS(parameters, form=form, momentum=0.9, weight_decay=0.1, trust=0.02), parameters, steps
    )
    for i, (w, actual) in enumerate(zip(weights, parameters, strict=True)):
        v = np.zeros_like(w)
        for rate, gradients in steps:
            w, v = oracle(w, gradients[i], v, rate, 0.1, 0.02)
        assert np.allclose(actual.detach().numpy(), w, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("clipped", [False, True])
def test_many_steps_against_timms_larc(clipped: bool) -> None:
    weights, steps = drawn_steps()
    ours, timms = parameters_of(weights), parameters_of(weights)
    # Ratios around the rate, so that some are clipped and some are not.
    settings = {"momentum": 0.9, "weight_decay": 0.1}
    form = "larc-clipped" if clipped else "larc"
    follow(LARS(ours, form=form, trust=0.5, **settings), ours, steps)
    other = timm.optim.Lars(timms, trust_coeff=0.5, eps=1e-8, trust_clip=clipped, **settings)
    follow(other, timms, steps)
    for one, two in zip(ours, timms, strict=True):
        assert torch.allclose(one, two, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("adapt", [False, True])
def test_gradients_stay_as_they_are(form: str, adapt: bool) -> None:
    weights, steps = drawn_steps(3)
    parameters = parameters_of(weights)
    group = {"params": parameters, "adapt": adapt}
    optimizer = LARS([group], form=form, momentum=0.9, weight_decay=0.1, trust=0.02)
    for step in steps:
        follow(optimizer, parameters, [step])
        for w, g in zip(parameters, step[1], strict=True):
            assert w.grad.numpy().tobytes() == g.tobytes()


@pytest.mark.parametrize("form", FORMS)
def test_a_step_never_waits_for_a_value(form: str) -> None:
    """Tensors of the meta device have none, so asking for one fails."""
    w = nn.Parameter(torch.zeros(2, 3, device="meta"))
    w.grad = torch.zeros(2, 3, device="meta")
    LARS([w], form=form, momentum=0.9, weight_decay=0.1, trust=0.02).step()


@pytest.mark.parametrize("form", FORMS)
def test_momentum_lies_in_memory_like_its_weight(form: str) -> None:
    w = nn.Parameter(torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last))
    w.grad = torch.randn(4, 3, 2, 2)
    optimizer = LARS([w], form=form, momentum=0.9, weight_decay=0.1, trust=0.02)
    optimizer.step()
    assert optimizer.state[w]["momentum_buffer"].stride() == w.stride() != w.grad.stride()


def test_parameters_without_gradient_are_passed_over() -> None:
    used, unused = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    groups = [{"params": [unused, used]}, {"params": [nn.Parameter(torch.ones(2))]}]
    optimizer = LARS(groups, momentum=0.9, weight_decay=0.1, trust=0.02)
    optimizer.param_groups[0]["lr"] = 1.0
    used.grad = torch.ones(2)
    optimizer.step()
    assert unused.tolist() == [1.0, 1.0]
    assert used[0].item() == pytest.approx(1 - 0.02)
