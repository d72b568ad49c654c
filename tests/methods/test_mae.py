"""MAE: what the encoder reads, what the loss counts, and that patches come back where they were."""

import timm
import torch
from torch import Tensor

from contract.micro import build, make_batch
from lookalike.losses.reconstruction import normalized
from lookalike.methods.mae import MAE
from lookalike.nn.vit import patches, unpatched


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
