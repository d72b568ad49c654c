"""What holds for all losses: precision, degenerate batches, several processes."""

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from lookalike.losses.contrastive import nt_xent, supcon
from lookalike.losses.margin import large_margin_softmax, pairwise_margin
from lookalike.losses.ranking import nt_logistic, triplet
from lookalike.losses.reconstruction import reconstruction
from lookalike.losses.regression import info_nce, regression
from losses.cases import normal, small_blocks

Loss = Callable[..., Tensor]


def of_views(loss: Loss, *args: Any, **named: Any) -> Loss:
    """A loss of two views as one of z [n v d] and groups, which it does not look at."""

    def of(z: Tensor, group: Tensor, **processes: Any) -> Tensor:
        processes.pop("everyone_group", None)
        return loss(z[:, 0], z[:, -1], *args, **named, **processes)

    return of


def of_targets(z: Tensor, group: Tensor, **processes: Any) -> Tensor:
    processes.pop("everyone_group", None)
    return info_nce(z[:, 0].flip(1), z, 0.5, 0.5, **processes)


def compared(temperature: float) -> dict[str, Loss]:
    """Every loss that compares images, in every form."""
    found: dict[str, Loss] = {"info_nce": of_targets}
    for negatives in ("both", "other view"):
        found[f"nt_xent, {negatives}"] = of_views(nt_xent, temperature, negatives=negatives)
    for negatives, symmetric in product(("all", "semi-hard"), (False, True)):
        named: dict[str, Any] = {"negatives": negatives, "symmetric": symmetric}
        title = f"{negatives}, symmetric {symmetric}"
        found[f"nt_logistic, {title}"] = of_views(nt_logistic, temperature, **named)
        found[f"triplet, {title}"] = of_views(triplet, 0.8, **named)
    for form in ("squared", "hadsell"):
        found[f"pairwise, {form}"] = partial(pairwise_margin, margin=1.5, form=form)
    forms = product(
        ("out", "in"), ("all", "one positive", "negatives"), ("all", "one"), (None, 0, 2)
    )
    for summation, denominator, contrast, positives in forms:
        found[f"supcon, {summation}, {denominator}, {contrast}, {positives}"] = partial(
            supcon,
            temperature=temperature,
            summation=summation,
            denominator=denominator,
            contrast=contrast,
            positives=positives,
            lonely="drop",
        )
    return found


EVERY = compared(0.5)
GROUP = torch.tensor([0, 1, 0, -1, 1, 0, 2, 2, 0])


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("splits", [[9], [5, 4], [4, 2, 0, 3]])
def test_shares_of_processes_add_up(
    name: str, splits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_blocks(monkeypatch, 4)
    z = normal(9, 2, 3, seed=0).requires_grad_()
    loss = EVERY[name]
    whole = loss(z, GROUP)
    (expected,) = torch.autograd.grad(whole, z)
    total, start = torch.zeros((), dtype=torch.float64), 0
    for count in splits:
        own = slice(start, start + count)
        share = loss(z[own], GROUP[own], everyone=z, everyone_group=GROUP, start=start)
        assert share.grad_fn is not None  # every process takes part in the backward pass
        total, start = total + share, start + count
    (actual,) = torch.autograd.grad(total, z)
    assert torch.allclose(total, whole, rtol=1e-12)
    assert torch.allclose(actual, expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("name", EVERY)
def test_gradcheck_in_small_blocks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small_blocks(monkeypatch, 3)
    z, others = normal(4, 2, 3, seed=1).requires_grad_(), normal(2, 2, 3, seed=2).requires_grad_()
    loss, group = EVERY[name], GROUP[:6]
    assert torch.autograd.gradcheck(lambda z: loss(z, group[:4]), z)

    def first_process(z: Tensor, others: Tensor) -> Tensor:
        return loss(z, group[:4], everyone=torch.cat((z, others)), everyone_group=group)

    assert torch.autograd.gradcheck(first_process, (z, others), fast_mode=True)


BATCHES = {
    "one image": (normal(1, 2, 3, seed=0), torch.tensor([0])),
    "one image in one view": (normal(1, 1, 3, seed=0), torch.tensor([0])),
    "one class": (normal(4, 2, 3, seed=0), torch.zeros(4, dtype=torch.int64)),
    "one view": (normal(4, 1, 3, seed=0), torch.tensor([0, 1, 0, -1])),
    "nothing but lonely": (normal(4, 1, 3, seed=0), torch.arange(4)),
    "equal rows": (torch.ones(4, 2, 3), torch.tensor([0, 1, 0, -1])),
    "rows of zeros": (torch.zeros(4, 2, 3), torch.tensor([0, 1, 0, -1])),
    "opposite views": (torch.ones(4, 2, 3) * torch.tensor([[[1.0], [-1.0]]]), torch.arange(4)),
}


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("temperature", [0.01, 0.5, 100.0])
@pytest.mark.parametrize("normalize", [True, False])
def test_degenerate_batches(batch: str, temperature: float, normalize: bool) -> None:
    for name, loss in compared(temperature).items():
        z, group = BATCHES[batch]
        z = z.float().requires_grad_()
        if z.shape[1] == 1 and "supcon" not in name and "pairwise" not in name:
            continue  # a loss of two views
        named = {} if name == "info_nce" else {"normalize": normalize}
        value = loss(z, group, **named)
        assert value.isfinite(), name
        (gradient,) = torch.autograd.grad(value, z)
        assert gradient.isfinite().all(), name


def precise(z: Tensor) -> dict[str, Tensor]:
    """Every loss, of projections [n 2 d] of twelve images."""
    n, _, d = z.shape
    weight, label = (torch.arange(3 * d) % 7 - 3).view(3, d), torch.arange(n) % 3
    hidden = torch.arange(n * 2).view(n, 2) % 3 > 0
    return {
        **{name: loss(z, label) for name, loss in EVERY.items()},
        "large margin": large_margin_softmax(z[:, 0], weight.to(z), label, 3).mean(),
        "regression": regression(z[:, 0], z[:, 1]).mean(),
        "reconstruction": reconstruction(z, z.flip(2), hidden).mean(),
    }


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_float32_at_least(dtype: torch.dtype) -> None:
    z = normal(12, 2, 32, seed=0).to(dtype)
    exact = precise(z.float())
    with torch.autocast("cpu", torch.bfloat16):
        inside = precise(z)
    for losses in (precise(z), inside):
        for name, loss in losses.items():
            assert loss.dtype == torch.float32, name
            assert torch.equal(loss, exact[name]), name


def test_float64_stays() -> None:
    assert {loss.dtype for loss in precise(normal(12, 2, 4, seed=0)).values()} == {torch.float64}


@pytest.mark.parametrize(
    "name", [name for name in EVERY if name.split(",")[0] in ("info_nce", "nt_xent", "supcon")]
)
def test_streamed_gradients_are_float32_even_inside_autocast(name: str) -> None:
    z = normal(12, 2, 32, seed=0).float().requires_grad_()
    group = torch.arange(12) % 3
    (expected,) = torch.autograd.grad(EVERY[name](z, group), z)
    with torch.autocast("cpu", torch.bfloat16):
        (actual,) = torch.autograd.grad(EVERY[name](z, group), z)
    assert torch.equal(actual, expected)
