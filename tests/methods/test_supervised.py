"""Supervised learning and the older pretext tasks."""

import pytest
import torch
from torch.nn.functional import cross_entropy, log_softmax

from contract.micro import build, make_batch
from lookalike.errors import UsageError
from lookalike.losses.margin import large_margin_softmax
from lookalike.views.mixing import mixed


def test_cross_entropy_averaged_over_views() -> None:
    method, batch = build("supervised"), make_batch()
    loss = method(batch).loss
    method = build("supervised")
    logits = [method.get_submodule("classifier")(method.encoder(view)) for view in batch.views]
    expected = sum(cross_entropy(each, batch.label) for each in logits) / 2
    assert torch.allclose(loss, torch.as_tensor(expected), rtol=1e-5)


def test_smoothing_is_that_of_torch() -> None:
    method, batch = build("supervised", smoothing=0.1).eval(), make_batch()
    logits = [method.get_submodule("classifier")(method.encoder(view)) for view in batch.views]
    expected = sum(cross_entropy(each, batch.label, label_smoothing=0.1) for each in logits) / 2
    assert torch.allclose(method(batch).loss, torch.as_tensor(expected), rtol=1e-5)


def test_mixed_views_have_mixed_targets() -> None:
    method, batch = build("supervised", mixup=0.8, cutmix=1.0).eval(), make_batch()
    losses = []
    for view in batch.views:
        seen, targets = mixed(view, batch.label, batch.key, classes=2, smoothing=0.0)
        logits = method.get_submodule("classifier")(method.encoder(seen))
        losses.append(-(targets * log_softmax(logits, 1)).sum(1).mean())
    assert torch.allclose(method(batch).loss, sum(losses) / 2, rtol=1e-5)  # type: ignore[arg-type]


def test_the_mean_of_the_weights_is_kept() -> None:
    method, batch = build("supervised", average_decay=0.9), make_batch()
    optimizer = torch.optim.SGD((p for p in method.parameters() if p.requires_grad), lr=0.1)
    expected = {name: value.double() for name, value in method.encoder.state_dict().items()}
    for update in range(5):
        optimizer.zero_grad()
        method(batch).loss.backward()
        optimizer.step()
        method.after_update(update / 5)
        for name, value in method.encoder.state_dict().items():
            expected[name] = 0.9 * expected[name] + 0.1 * value.double()
    for name, value in method.kept.state_dict().items():
        if value.is_floating_point():
            assert torch.allclose(value.double(), expected[name], atol=1e-6), name
    assert not torch.equal(method.kept(batch.views[0]), method.encoder(batch.views[0]))
    assert build("supervised").kept is not None
    assert not any("average" in name for name in build("supervised").state_dict())


def test_large_margin() -> None:
    method, batch = build("supervised", loss="large_margin", margin=2).eval(), make_batch()
    weight = method.get_submodule("classifier").get_parameter("weight")
    losses = [
        large_margin_softmax(method.encoder(view), weight, batch.label, 2).mean()
        for view in batch.views
    ]
    assert torch.allclose(method(batch).loss, sum(losses) / 2, rtol=1e-5)  # type: ignore[arg-type]


def test_an_image_without_label_is_refused() -> None:
    batch = make_batch()._replace(label=torch.tensor([0, 1, 0, 1, 0, 1, 0, -1]))
    with pytest.raises(UsageError, match="labels from -1"):
        build("supervised")(batch)


def test_rotations_are_told_apart() -> None:
    method, batch = build("rotation").eval(), make_batch()
    view, total = batch.views[0], torch.zeros(())
    for turns in range(4):
        turned = torch.stack([torch.rot90(image, turns, (1, 2)) for image in view])
        logits = method.get_submodule("classifier")(method.encoder(turned))
        total = total + cross_entropy(logits, torch.full((8,), turns)) / 4
    assert torch.allclose(method(batch).loss, total, rtol=1e-5)


def test_noise_belongs_to_the_image() -> None:
    method, batch = build("denoising").eval(), make_batch()
    turned = batch._replace(views=(batch.views[0].flip(0),), key=batch.key.flip(0))
    ours, theirs = (method.embed(each)["loss"] for each in (batch, turned))
    assert torch.allclose(ours, theirs.flip(0), rtol=1e-5)
    clean = build("denoising", noise=0.0).eval()
    rebuilt = clean.get_submodule("decoder")(clean.encoder(batch.views[0]))
    assert torch.allclose(clean(batch).loss, (rebuilt - batch.views[0]).square().mean(), rtol=1e-5)
