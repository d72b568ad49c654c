"""What every method owes the rest of the program. A new method is tested by being listed."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from lookalike.method import Batch, Method
from lookalike.training import large_batch


def test_step_has_the_promised_shapes(method: Method, batch: Batch) -> None:
    step = method(batch)
    assert step.loss.shape == ()
    assert step.loss.dtype == torch.float32
    assert step.loss.requires_grad
    assert step.features.shape == (8, method.encoder.features)
    assert not step.features.requires_grad
    assert all(value.numel() == 1 for value in step.numbers.values())


def test_embed_gives_images_first_and_owns_its_memory(method: Method, batch: Batch) -> None:
    for tensor in method.embed(batch).values():
        assert len(tensor) == len(batch.image)
        assert tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()


def test_features_are_the_encoders_of_the_first_view(method: Method, batch: Batch) -> None:
    """Those methods that hide or spoil a part of the view see what is left of it."""
    if type(method).__name__ in ("MAE", "Denoising"):
        pytest.skip("it does not see the whole view")
    method.eval()
    with torch.no_grad():
        expected = method.encoder(batch.views[0])
        assert torch.allclose(method(batch).features, expected, atol=1e-6)


def test_learns_eight_images(method: Method, batch: Batch) -> None:
    if type(method).__name__ in ("MoCo", "DINO"):
        # Old keys of the same eight images become negatives; a centre that moves spreads the targets.
        pytest.skip("its loss on the same images rises at first: see tests/methods")
    optimizer = torch.optim.Adam(method.parameters(), lr=3e-3)
    losses = []
    for update in range(40):
        step = method(batch)
        step.loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        method.after_update(update / 40)
        losses.append(step.loss.item())
    assert min(losses[-5:]) < 0.8 * losses[0]


def test_gradients_reach_the_encoder_and_never_the_target(method: Method, batch: Batch) -> None:
    # The last norm of a branch starts at 0 and hides what is before it, so give it a value.
    for module in method.encoder.modules():
        if isinstance(module, _BatchNorm):
            nn.init.ones_(module.weight)
    method(batch).loss.backward()
    for name, parameter in method.named_parameters():
        if "target" in name:
            assert parameter.grad is None, name
        elif parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name


def test_state_round_trip(method: Method, batch: Batch) -> None:
    other = copy.deepcopy(method)
    for parameter in other.parameters():
        nn.init.normal_(parameter)
    assert not torch.equal(other(batch).loss, method(batch).loss)
    other.load_state_dict(method.state_dict())
    assert torch.equal(other.eval()(batch).loss, method.eval()(batch).loss)


def test_autocast_stays_near_float32(method: Method, batch: Batch) -> None:
    exact = method.eval()(batch).loss
    with torch.autocast("cpu", torch.bfloat16):
        step = method(batch)
    assert step.loss.dtype == torch.float32
    assert torch.allclose(step.loss, exact, rtol=0.05)


def test_compiled_encoder_gives_the_same_loss(method: Method, batch: Batch) -> None:
    method.eval()
    exact = method(batch).loss
    method.encoder.compile(backend="aot_eager")
    assert torch.allclose(method(batch).loss, exact, atol=1e-5)


def test_embed_changes_no_state_but_norm_statistics(method: Method, batch: Batch) -> None:
    before = {name: value.clone() for name, value in method.state_dict().items()}
    method.embed(batch)
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    for name, value in method.state_dict().items():
        assert name.endswith(statistics) or torch.equal(value, before[name]), name


@pytest.mark.parametrize("piece", [1, 3, 4, 7])
def test_pieces_equal_the_whole(method: Method, batch: Batch, piece: int) -> None:
    whole = _freeze_norms(method.double())
    cut = copy.deepcopy(whole)
    batch = batch._replace(views=tuple(view.double() for view in batch.views))
    expected, pull = large_batch.step(whole, batch, seed=0)
    pull()
    actual, pull = large_batch.step(cut, batch, seed=0, piece=piece)
    assert cut.averages or all(parameter.grad is None for parameter in cut.parameters())
    pull()
    assert torch.allclose(actual.loss, expected.loss, rtol=1e-12)
    for one, other in zip(whole.parameters(), cut.parameters(), strict=True):
        assert (one.grad is None) == (other.grad is None)
        if one.grad is not None and other.grad is not None:
            assert torch.allclose(one.grad, other.grad, rtol=1e-9, atol=1e-12)


def test_statistics_move_once_for_each_piece(method: Method, batch: Batch) -> None:
    once = copy.deepcopy(method)
    once.embed(batch)
    _, pull = large_batch.step(method, batch, seed=0, piece=2)
    assert method.averages or set(_passes(method)) <= {0}
    pull()
    assert _passes(method) == [4 * count for count in _passes(once)]


def _passes(method: Method) -> list[int]:
    """How often each batch norm's statistics have moved."""
    norms = [m for m in method.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    return [int(norm.num_batches_tracked) for norm in norms if norm.num_batches_tracked is not None]


def _freeze_norms(method: Method) -> Method:
    for module in method.modules():
        if isinstance(module, _BatchNorm):
            module.eval()
    return method
