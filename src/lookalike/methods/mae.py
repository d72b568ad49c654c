"""MAE: Masked Autoencoders Are Scalable Vision Learners (He et al. 2021)."""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from lookalike.losses.reconstruction import normalized, reconstruction, restored
from lookalike.method import Batch, Embedded, Method, Step
from lookalike.nn import vit
from lookalike.nn.encoder import Encoder
from lookalike.nn.principal import Principal
from lookalike.views.masks import visible_patches
from lookalike.views.presets import POLICIES

SHOWN = (0.25, 0.5, 0.75, 0.9)
"""Shares of hidden patches at which pictures are rebuilt for people, beside that of the training."""


class MAE(Method):
    """See a quarter of an image's patches, rebuild the others.

    Args:
        encoder: one of timm's vision transformers; it gets MAE's first weights and fixed positions
            unless it has published weights.
        mask_ratio: share of the patches that are hidden (figure 5).
        mask: how they are chosen (table 1f).
        decoder_width: of the decoder (table 1b).
        decoder_depth: its blocks (table 1a).
        decoder_heads: of its attention.
        normalize: whether each patch of the target has mean 0 and variance 1 (table 1d).
        components: the target is this many principal components of a patch, found in the first batch
            (table 1d has 96 of 768), or its pixels if None.
        loss_on: the hidden patches, or all, which costs half a point (section 3).
        masked_from: whether a token stands for hidden patches from the decoder on, or from the
            encoder on, which is slower and worse (table 1c).
    """

    views = POLICIES["mae"]

    def __init__(
        self,
        encoder: Encoder,
        *,
        mask_ratio: float = 0.75,
        mask: Literal["random", "block", "grid"] = "random",
        decoder_width: int = 512,
        decoder_depth: int = 8,
        decoder_heads: int = 16,
        normalize: bool = True,
        components: int | None = None,
        loss_on: Literal["hidden", "all"] = "hidden",
        masked_from: Literal["decoder", "encoder"] = "decoder",
    ) -> None:
        super().__init__()
        self.encoder, trunk = encoder, vit.trunk_of(encoder)
        if not encoder.published:
            vit.initialize(trunk)
            vit.fix_positions(trunk)
        self.patch, self.grid = trunk.patch_embed.patch_size[0], trunk.patch_embed.grid_size
        pixels = encoder.channels * self.patch**2
        self.principal = Principal(pixels, components) if components else None
        self.decoder = vit.Decoder(
            encoder.features,
            self.grid,
            components or pixels,
            width=decoder_width,
            depth=decoder_depth,
            heads=decoder_heads,
        )
        early = masked_from == "encoder"
        self.token = nn.Parameter(torch.randn(encoder.features) * 0.02) if early else None
        self.mask_ratio, self.mask = mask_ratio, mask
        self.normalize, self.loss_on = normalize, loss_on

    def embed(self, batch: Batch) -> Embedded:
        images = batch.views[0]
        tokens, prediction, hidden = self.rebuild(images, batch.key)
        counted = hidden if self.loss_on == "hidden" else torch.ones_like(hidden)
        embedded = {"features": tokens[:, 0].detach().clone()}
        true = vit.patches(images, self.patch)
        if self.principal:  # which are found in a whole batch
            true = normalized(true) if self.normalize else true
            return embedded | {"true": true, "rebuilt": prediction, "counted": counted}
        loss = reconstruction(prediction, true, counted, normalize=self.normalize)
        return embedded | {"loss": loss}

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        if self.principal:
            self.principal.find(embedded["true"].flatten(0, 1))
            pair = embedded["rebuilt"], self.principal(embedded["true"])
            loss = reconstruction(*pair, embedded["counted"], normalize=False)
            embedded = {"features": embedded["features"], "loss": loss}
        return super().compare(embedded, batch)

    @property
    def averages(self) -> bool:
        return self.principal is None

    def rebuild(
        self, images: Tensor, key: Tensor, mask_ratio: float | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The encoder's tokens, the decoder's prediction of all patches, and which were hidden.

        What is hidden of the images [n, c, h, w] is drawn from the keys [n]; `mask_ratio` is the
        share of their patches, and None is that of the training.
        """
        ratio = self.mask_ratio if mask_ratio is None else mask_ratio
        visible = visible_patches(key, self.grid, ratio, self.mask)
        everywhere = torch.arange(self.grid[0] * self.grid[1], device=key.device)
        hidden = vit.covered(visible, len(everywhere))
        if self.token is None:
            tokens = vit.see(self.encoder.trunk, images, visible)
        else:
            tokens = vit.see_masked(self.encoder.trunk, images, hidden, self.token)
            visible = everywhere.expand(len(key), -1)
        return tokens, self.decoder(tokens, visible), hidden

    def remarks(self) -> list[str]:
        if self.mask_ratio > 0 or self.mask == "grid":
            return []
        return ["MAE with mask_ratio=0 hides nothing; 0.75 is best, and 0.1 the least in figure 5"]

    def reconstruct(self, batch: Batch) -> dict[str, tuple[Tensor, ...]]:
        images = batch.views[0]
        # A prediction of normalised patches lacks their brightness and contrast, which no picture can.
        lent = ", mean and contrast, of the true patches" if self.normalize else ""
        some = [ratio for ratio in SHOWN if math.prod(self.grid) * (1 - ratio) >= 1]
        ratios = {self.mask_ratio} if self.mask == "grid" else {*some, self.mask_ratio}
        found: dict[str, tuple[Tensor, ...]] = {"image": (images,)}
        for ratio in sorted(ratios):
            _, prediction, hidden = self.rebuild(images, batch.key, ratio)
            prediction, true = prediction.float(), vit.patches(images, self.patch)
            prediction = self.principal.restored(prediction) if self.principal else prediction
            rebuilt = restored(prediction, true) if self.normalize else prediction
            share = f"{100 * hidden.float().mean().item():.0f} % hidden"
            found[f"{share}{lent}"] = vit.seen_and_filled(images, rebuilt, hidden, self.patch)
        return found
