"""MAE: Masked Autoencoders Are Scalable Vision Learners (He et al. 2021)."""

import math
from typing import Any, Literal

import torch
from torch import Tensor, nn

from lookalike.errors import UsageError
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
        trunk: Any = encoder.trunk
        if not hasattr(trunk, "patch_embed") or not hasattr(trunk, "blocks"):
            raise UsageError(
                f"MAE cannot hide patches from the encoder {encoder.name}.",
                do="Choose a vision transformer, e.g. encoder.name=vit_tiny_patch16_224.",
            )
        self.encoder = encoder
        if not encoder.published:
            vit.initialize(trunk)
            vit.fix_positions(trunk)
        self.patch, self.grid = trunk.patch_embed.patch_size[0], trunk.patch_embed.grid_size
        pixels = encoder.channels * self.patch**2
        if components and components > pixels:
            raise UsageError(
                f"A patch of {pixels} numbers has no {components} components.",
                do=f"Let method.components be at most {pixels}.",
            )
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
        features, target = tokens[:, 0].detach().clone(), vit.patches(images, self.patch)
        if self.principal:
            parts = {"target": target, "prediction": prediction, "counted": counted}
            return {"features": features, **parts}
        loss = reconstruction(prediction, target, counted, normalize=self.normalize)
        return {"features": features, "loss": loss}

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        if self.principal is None:
            return super().compare(embedded, batch)
        target = embedded["target"]
        target = normalized(target) if self.normalize else target
        self.principal.find(target.flatten(0, 1))
        prediction, counted = embedded["prediction"], embedded["counted"]
        loss = reconstruction(prediction, self.principal(target), counted, normalize=False)
        return super().compare({"features": embedded["features"], "loss": loss}, batch)

    @property
    def averages(self) -> bool:
        return self.principal is None

    def rebuild(
        self, images: Tensor, key: Tensor, mask_ratio: float | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The encoder's tokens, the decoder's prediction of all patches, and which were hidden.

        Args:
            images: [n, c, h, w].
            key: what is hidden is drawn from these [n].
            mask_ratio: share of the patches that are hidden; None is that of the training.
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
        return [
            "MAE with mask_ratio=0 hides nothing, so there is nothing to rebuild: 0.75 is best, and "
            "0.1 the least in figure 5"
        ]

    def reconstruct(self, batch: Batch) -> dict[str, tuple[Tensor, ...]]:
        images = batch.views[0]
        # A prediction of normalised patches lacks their brightness and contrast, which no picture can.
        lent = ", mean and contrast, of the true patches" if self.normalize else ""
        some = [ratio for ratio in SHOWN if math.prod(self.grid) * (1 - ratio) >= 1]
        ratios = {self.mask_ratio} if self.mask == "grid" else {*some, self.mask_ratio}
        found: dict[str, tuple[Tensor, ...]] = {"image": (images,)}
        for ratio in sorted(ratios):
            _, prediction, hidden = self.rebuild(images, batch.key, ratio)
            share = f"{100 * hidden.float().mean().item():.0f} % hidden"
            found[f"{share}{lent}"] = self._pictures(images, prediction.float(), hidden)
        return found

    def _pictures(
        self, images: Tensor, prediction: Tensor, hidden: Tensor
    ) -> tuple[Tensor, Tensor]:
        """What was visible, and the same with the hidden patches rebuilt."""
        true = vit.patches(images, self.patch)
        prediction = self.principal.restored(prediction) if self.principal else prediction
        rebuilt = restored(prediction, true) if self.normalize else prediction
        seen = true.masked_fill(hidden[:, :, None], 0.0)
        both = seen, torch.where(hidden[:, :, None], rebuilt, true)
        size = (images.shape[2], images.shape[3])
        visible, whole = (vit.unpatched(rows, self.patch, size) for rows in both)
        return visible, whole
