"""BYOL against its formulas, step by step in float64."""

import copy
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from contract.micro import build, make_batch
from lookalike.losses.contrastive import nt_xent
from lookalike.method import Batch, Method
from lookalike.nn.target import Target, rising
from lookalike.training import large_batch


def double(method: Method) -> tuple[Method, Batch]:
    batch = make_batch()
    return method.double(), batch._replace(views=tuple(view.double() for view in batch.views))


def target_of(method: Method) -> Target:
    target = method.get_submodule("target")
    assert isinstance(target, Target)
    return target


def test_loss_is_the_sum_of_both_directions() -> None:
    method, batch = double(build("byol"))
    loss = method(batch).loss
    method, batch = double(build("byol"))  # batch norm's statistics have moved
    total = torch.zeros((), dtype=torch.float64)
    for one, other in ((0, 1), (1, 0)):
        y = method.encoder(batch.views[one])
        q = method.get_submodule("predictor")(method.get_submodule("projector")(y))
        z = target_of(method)(batch.views[other])
        for p, t in zip(q, z, strict=True):
            total += 2 - 2 * torch.dot(p, t) / (p.norm() * t.norm())
    assert torch.allclose(loss, total / 8, rtol=1e-12)


@pytest.mark.parametrize(
    ("base", "progress", "expected"),
    [
        (0.996, 0, 0.996),
        (0.996, 0.25, 0.996586),
        (0.996, 0.5, 0.998),
        (0.996, 0.75, 0.999414),
        (0.99, 0.25, 0.991464),
        (0.99, 0.75, 0.998536),
        (0.99, 1, 1),
    ],
)
def test_decay_rises_as_in_the_fact_sheet(base: float, progress: float, expected: float) -> None:
    assert rising(base, progress) == pytest.approx(expected, abs=5e-7)


def test_target_moves_by_the_formula_and_only_its_parameters() -> None:
    method, batch = double(build("byol", target_decay=0.9))
    optimizer = torch.optim.SGD([p for p in method.parameters() if p.requires_grad], lr=0.1)
    expected = [p.clone() for p in target_of(method).parameters()]
    decays = [rising(0.9, step / 5) for step in range(5)]
    for step, decay in enumerate(decays):
        method(batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        statistics = [b.clone() for b in target_of(method).buffers()]
        method.after_update(step / 5)
        online = [*method.encoder.parameters(), *method.get_submodule("projector").parameters()]
        expected = [decay * x + (1 - decay) * p for x, p in zip(expected, online, strict=True)]
        after = target_of(method).buffers()
        assert all(torch.equal(a, b) for a, b in zip(statistics, after, strict=True))
    ours = [*target_of(method).parameters()]
    assert all(torch.allclose(a, b, rtol=1e-12) for a, b in zip(ours, expected, strict=True))
    assert all(p.grad is None for p in ours)


def test_each_network_has_statistics_of_its_own() -> None:
    method, batch = double(build("byol"))
    method(batch)
    for part in target_of(method).modules():
        if isinstance(part, _BatchNorm):
            assert part.training
            assert part.num_batches_tracked == 2


def moved(method: Method) -> bool:
    before = [p.clone() for p in method.parameters()]
    method.after_update(0.0)
    return any(not torch.equal(a, b) for a, b in zip(before, method.parameters(), strict=True))


def shaken(method: Method) -> Method:
    with torch.no_grad():
        for p in method.encoder.parameters():
            p.add_(0.1)
    return method


def test_fixed_target_stays_and_without_decay_it_is_a_copy() -> None:
    assert not moved(shaken(build("byol", target="fixed")))
    assert not moved(shaken(build("byol", target_decay=1.0)))
    copied = shaken(build("byol", target_decay=0.0))
    assert moved(copied)
    encoder = target_of(copied).parts[0]
    pairs = zip(encoder.parameters(), copied.encoder.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def gradient_of_encoder(method: Method, batch: Batch) -> Tensor:
    method(batch).loss.backward()
    return torch.cat([p.grad.flatten() for p in method.encoder.parameters() if p.grad is not None])


def test_gradient_through_both_branches_differs_from_that_through_one() -> None:
    gradients = []
    for kind in ("online", "online with gradient"):
        method, batch = double(build("byol", target=kind, predictor="none"))
        gradients.append(gradient_of_encoder(method, batch))
    # Without a predictor both branches are alike, so the one is half of the other.
    assert torch.allclose(2 * gradients[0], gradients[1], rtol=1e-8, atol=1e-12)


def test_with_negatives_and_neither_predictor_nor_target_it_is_simclr() -> None:
    settings = {"predictor": "none", "target": "online with gradient", "negatives": 1.0}
    method, batch = double(build("byol", temperature=0.2, **settings))
    method.eval()  # both views see the same batch norm then
    loss = method(batch).loss
    z = [method.get_submodule("projector")(method.encoder(view)) for view in batch.views]
    assert torch.allclose(loss, 4 * 0.2 * nt_xent(z[0], z[1], 0.2), rtol=1e-10)


@pytest.mark.parametrize("piece", [3, 8])
@pytest.mark.parametrize("settings", [{"negatives": 0.5}, {"predictor": "solved"}])
def test_comparisons_in_pieces(settings: dict[str, Any], piece: int) -> None:
    method, batch = double(build("byol", **settings))
    for part in method.modules():
        if isinstance(part, _BatchNorm):
            part.eval()
    cut = copy.deepcopy(method)
    exact = gradient_of_encoder(method, batch)
    _, pull = large_batch.step(cut, batch, seed=0, piece=piece)
    pull()
    ours = [p.grad.flatten() for p in cut.encoder.parameters() if p.grad is not None]
    assert torch.allclose(torch.cat(ours), exact, rtol=1e-9, atol=1e-12)


def test_a_solved_predictor_has_the_loss_of_the_best_linear_one() -> None:
    method, batch = double(build("byol", predictor="solved", target="online", scaling="none"))
    batch = batch._replace(views=tuple(view.repeat(8, 1, 1, 1) for view in batch.views))
    batch = batch._replace(image=torch.arange(64), label=batch.label.repeat(8))
    views = [method.get_submodule("projector")(method.encoder(view)) for view in batch.views]
    expected = sum(
        torch.linalg.lstsq(a, b, driver="gelsd").solution.T.matmul(a.T).T.sub(b).square().sum() / 64
        for a, b in (views, views[::-1])
    )
    assert torch.allclose(method(batch).loss, expected, rtol=1e-8)  # type: ignore[arg-type]
    assert not method.remarks()


@pytest.mark.parametrize("scaling", ["layer", "batch", "none"])
def test_other_scalings_train(scaling: str) -> None:
    method = build("byol", scaling=scaling)
    assert torch.isfinite(method(make_batch()).loss)
