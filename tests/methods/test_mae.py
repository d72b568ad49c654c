"""MAE: what the encoder reads, what the loss counts, and that patches come back where they were."""

import pytest
import timm
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from contract.micro import build, make_batch
from lookalike.errors import UsageError
from lookalike.losses.reconstruction import normalized
from lookalike.methods.mae import MAE
from lookalike.nn.vit import patches, unpatched
from lookalike.training import large_batch


def mae(**settings: object) -> MAE:
    method = build("mae", **settings)
    assert isinstance(method, MAE)
    return method


def touched(images: Tensor, patch: int) -> Tensor:
    """The images with another value in one pixel of this patch (of 4 × 4, in a grid of 4 × 4)."""
    images = images.clone()
    images[:, :, 4 * (patch // 4) + 1, 4 * (patch % 4) + 2] += 1
    return images


def test_encoder_never_reads_a_hidden_patch() -> None:
    for settings in ({}, {"mask": "block"}, {"mask": "grid"}):
        method, batch = mae(**settings), make_batch()
        images, key = batch.views[0][:1], batch.key[:1]
        tokens, _, hidden = method.rebuild(images, key)
        assert int(hidden.sum()) == 12
        for patch in range(16):
            again, _, _ = method.rebuild(touched(images, patch), key)
            assert torch.equal(again, tokens) == bool(hidden[0, patch])


def test_loss_counts_hidden_patches_only() -> None:
    method, batch = mae(normalize=False), make_batch()
    images, key = batch.views[0], batch.key
    _, prediction, hidden = method.rebuild(images, key)
    error = (prediction - patches(images, 4)).square().mean(2)
    assert torch.allclose(method(batch).loss, error[hidden].mean(), rtol=1e-5)
    every = mae(normalize=False, loss_on="all")(batch).loss
    assert torch.allclose(every, error.mean(), rtol=1e-5)


def test_target_is_normalised_patch_by_patch() -> None:
    method, batch = mae(), make_batch()
    _, prediction, hidden = method.rebuild(batch.views[0], batch.key)
    error = (prediction - normalized(patches(batch.views[0], 4))).square().mean(2)
    assert torch.allclose(method(batch).loss, error[hidden].mean(), rtol=1e-5)


def test_target_may_be_principal_components() -> None:
    """Those of the first batch, which stay."""
    method, batch = mae(normalize=False, components=5), make_batch()
    true = patches(batch.views[0], 4)
    pca = PCA(5, svd_solver="full").fit(true.flatten(0, 1).double().numpy())
    for _ in range(2):
        _, prediction, hidden = method.rebuild(batch.views[0], batch.key)
        coefficients = pca.transform(true.flatten(0, 1).double().numpy())
        found = method(batch)
        assert method.principal is not None
        signs = torch.from_numpy(pca.components_) @ method.principal.basis.double()
        assert torch.allclose(signs.abs(), torch.eye(5, dtype=torch.float64), atol=1e-4)
        target = torch.from_numpy(coefficients) * signs.diagonal()
        error = (prediction.flatten(0, 1) - target).square().mean(1)[hidden.flatten()]
        assert found.loss.item() == pytest.approx(error.mean().item(), rel=1e-5)
        batch = batch._replace(views=(batch.views[0].flip(2),))  # the basis is the first one's
        true = patches(batch.views[0], 4)


def test_components_of_pieces_are_those_of_the_batch() -> None:
    whole, pieces = (mae(components=5) for _ in range(2))
    batch = make_batch()
    for method, piece in ((whole, None), (pieces, 3)):
        large_batch.step(method, batch, seed=0, piece=piece)[1]()
    assert whole.principal is not None
    assert pieces.principal is not None
    assert torch.equal(whole.principal.basis, pieces.principal.basis)
    for a, b in zip(whole.parameters(), pieces.parameters(), strict=True):
        assert (a.grad is None) == (b.grad is None)
        assert a.grad is None or torch.allclose(a.grad, b.grad, rtol=1e-4, atol=1e-6)


def test_a_batch_with_a_broken_image_gives_no_components() -> None:
    method, batch = mae(components=5), make_batch()
    assert method.principal is not None
    broken = batch.views[0].clone()
    broken[0] = torch.nan
    assert method(batch._replace(views=(broken,))).loss.isnan()
    assert not method.principal.basis.any()
    assert method(batch).loss.isfinite()
    assert method.principal.basis.any()


def test_pictures_of_components_lie_where_these_reach() -> None:
    """All components of a patch are its pixels."""
    method, batch = mae(normalize=False, components=48), make_batch()
    method(batch)
    assert method.principal is not None
    true = patches(batch.views[0], 4)
    assert torch.allclose(method.principal.restored(method.principal(true)), true, atol=1e-4)
    assert all(
        part.isfinite().all() for parts in method.reconstruct(batch).values() for part in parts
    )


def test_more_components_than_pixels_are_refused() -> None:
    with pytest.raises(UsageError, match=r"at most 48"):
        mae(components=49)


def test_masks_differ_between_images_and_follow_the_key() -> None:
    method, batch = mae(), make_batch()
    _, _, hidden = method.rebuild(batch.views[0], batch.key)
    assert len(hidden.unique(dim=0)) == 8
    _, _, turned = method.rebuild(batch.views[0].flip(0), batch.key.flip(0))
    assert torch.equal(turned, hidden.flip(0))


def test_patches_are_cut_row_by_row_with_the_channel_last() -> None:
    images = torch.arange(2 * 3 * 4 * 6.0).view(2, 3, 4, 6)
    cut = patches(images, 2)
    assert cut.shape == (2, 6, 12)
    assert torch.equal(cut[0, 4], images[0, :, 2:4, 2:4].permute(1, 2, 0).flatten())
    assert torch.equal(unpatched(cut, 2, (4, 6)), images)


def test_an_image_without_hidden_patches_passes_as_timm_says() -> None:
    method, batch = mae(mask_ratio=0.0), make_batch()
    tokens, _, hidden = method.rebuild(batch.views[0], batch.key)
    assert not hidden.any()
    exact = method.encoder.trunk.forward_features(batch.views[0])
    assert torch.allclose(tokens[:, 0], exact[:, 0], atol=1e-5)


def test_decoder_puts_tokens_back_where_they_were() -> None:
    method, images = mae(), make_batch().views[0]
    visible = torch.tensor([9, 2, 14, 5]).expand(8, -1)
    tokens = torch.rand(8, 5, method.encoder.features)
    order = torch.tensor([2, 0, 3, 1])
    shuffled = torch.cat([tokens[:, :1], tokens[:, 1:][:, order]], 1)
    one = method.decoder(tokens, visible)
    other = method.decoder(shuffled, visible[:, order])
    assert torch.allclose(one, other, atol=1e-5)
    assert one.shape == patches(images, 4).shape


def test_a_mask_token_in_the_encoder_hides_as_well() -> None:
    method, batch = mae(masked_from="encoder"), make_batch()
    images, key = batch.views[0][:1], batch.key[:1]
    tokens, _, hidden = method.rebuild(images, key)
    assert tokens.shape[1] == 17
    for patch in range(16):
        again, _, _ = method.rebuild(touched(images, patch), key)
        assert torch.equal(again, tokens) == bool(hidden[0, patch])
    method(batch).loss.backward()
    assert method.token is not None
    assert method.token.grad is not None


def test_positions_are_fixed_and_weights_keep_timms_names() -> None:
    method = mae()
    trunk = method.encoder.trunk
    before = trunk.pos_embed.clone()
    optimizer = torch.optim.SGD([p for p in method.parameters() if p.requires_grad], lr=0.1)
    method(make_batch()).loss.backward()
    optimizer.step()
    assert torch.equal(trunk.pos_embed, before)
    assert torch.equal(before[0, 0], torch.zeros_like(before[0, 0]))
    other = timm.create_model("vit_tiny_patch16_224", num_classes=0, **method.encoder._vit)
    other.load_state_dict(trunk.state_dict())
    images = make_batch().views[0]
    assert torch.equal(other.eval()(images), method.encoder.eval()(images))
