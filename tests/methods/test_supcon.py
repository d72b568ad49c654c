"""SupCon as a method: what its switches do."""

import torch
from torch.nn.functional import normalize

from contract.micro import build, make_batch
from lookalike.losses.contrastive import nt_xent, supcon
from lookalike.method import Method


def projections(method: Method) -> torch.Tensor:
    batch = make_batch()
    r = normalize(method.encoder(torch.cat(batch.views)), dim=1)
    return torch.stack(method.get_submodule("projector")(r).chunk(2), 1)


def test_with_the_papers_scaling() -> None:
    method = build("supcon")
    z, label = projections(method), make_batch().label
    loss = build("supcon")(make_batch()).loss
    assert torch.allclose(loss, 0.1 * supcon(z, label, 0.1), rtol=1e-5)


def test_without_labels_it_is_simclr() -> None:
    batch = make_batch()._replace(label=torch.full((8,), -1))
    loss = build("supcon", base_temperature=None)(batch).loss
    z = projections(build("supcon"))
    assert torch.allclose(loss, nt_xent(z[:, 0], z[:, 1], 0.1), rtol=1e-5)


def test_an_image_without_label_agrees_with_itself_only() -> None:
    label = torch.tensor([0, 0, 1, 1, -1, -1, -1, -1])
    loss = build("supcon", base_temperature=None)(make_batch()._replace(label=label)).loss
    own = torch.tensor([0, 0, 1, 1, 2, 3, 4, 5])
    z = projections(build("supcon"))
    assert torch.allclose(loss, supcon(z, own, 0.1), rtol=1e-5)


def test_features_of_length_one_or_not() -> None:
    scaled, plain = (
        build("supcon", normalize_features=n)(make_batch()).loss for n in (True, False)
    )
    assert not torch.allclose(scaled, plain)


def test_classifier_learns_along_without_touching_the_encoder() -> None:
    alone, along = build("supcon"), build("supcon", classifier=True)
    along.encoder.load_state_dict(alone.encoder.state_dict())
    pairs = (alone.get_submodule("projector"), along.get_submodule("projector"))
    pairs[1].load_state_dict(pairs[0].state_dict())
    batch = make_batch()
    step = along(batch)
    alone(batch).loss.backward()
    step.loss.backward()
    assert 0 <= step.numbers["accuracy"] <= 1
    for one, other in zip(alone.encoder.parameters(), along.encoder.parameters(), strict=True):
        assert one.grad is not None
        assert other.grad is not None
        assert torch.allclose(one.grad, other.grad, atol=1e-7)
    assert along.get_submodule("classifier").get_parameter("weight").grad is not None
