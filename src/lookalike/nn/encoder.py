"""Encoders by name: images → features, the part that is kept."""

from typing import Any, Literal

import timm
from jaxtyping import Float
from torch import Tensor, nn

from lookalike.errors import UsageError
from lookalike.nn.small_resnet import SmallResNet
from lookalike.nn.trunks import build_trunk, count_features, shrink_stem, vit_settings
from lookalike.nn.variants import Variant, set_variant, variant_of

SMALL_IMAGE = 64
"""Images up to this side (pixels) get the small stem unless the user says otherwise."""


class Encoder(nn.Module):
    """A network without its classifier: images [n, c, h, w] → features [n, d].

    Weights start random unless `weights` asks for published ones (which timm downloads).

    Args:
        name: a small ResNet (resnet20, …), any timm name, or "torchvision:NAME".
        size: side of the images in pixels; chooses the stem, and the positions of a ViT.
        channels: channels of the images.
        stem: "standard" is the architecture's own; "small" replaces a ResNet's first convolution by
            3×3 with stride 1 and drops the pooling (SimCLR B.9); "auto" is small up to 64 px.
        width: multiplies every number of channels of a ResNet, stem included (SimCLR's 2×, 4×).
        patch: side of a ViT's patches in pixels, where it is not that of its name.
        depth: number of a ViT's blocks, where it is not that of its name.
        pool: a ViT's features are its class token, or the mean over its patches.
        drop_path: how often the last block's branches are left out; 0 at the first, linear between.
        variant: whose ResNet it is, where an official code computes something else under the same
            names (`lookalike.nn.variants`); weights of a file bring theirs.
        weights: start from published weights: timm's or torchvision's, or those of a file
            (`lookalike.nn.published`).

    Raises:
        UsageError: unknown name, or something the architecture does not have.
    """

    def __init__(
        self,
        name: str,
        size: int = 224,
        channels: int = 3,
        *,
        stem: Literal["auto", "standard", "small"] = "auto",
        width: int = 1,
        patch: int | None = None,
        depth: int | None = None,
        pool: Literal["token", "mean"] = "token",
        drop_path: float = 0.0,
        variant: Literal["own", "simclr", "byol", "solo-learn", "lightly"] = "own",
        weights: bool | str = False,
    ) -> None:
        super().__init__()
        self.name, self.size, self.channels, self.width = name, size, channels, width
        self.patch, self.depth, self.pool = patch, depth, pool
        self.published = weights is True
        self.origin: list[str] = []  # sentences on the file of its weights
        self._vit = vit_settings(name, size, patch, depth, pool)
        self.trunk = build_trunk(name, channels, width, self._vit, drop_path, self.published)
        self.stem = self._choose_stem(stem)
        self.features = count_features(self.trunk)
        set_variant(self.trunk, variant)
        if isinstance(weights, str):
            from lookalike.nn.published import load_published  # which imports this module

            self.origin = load_published(self, weights)

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        features: Tensor = self.trunk(images)
        return features.contiguous()  # a class token is a view of all tokens, and would keep them

    @property
    def variant(self) -> Variant:
        """Whose ResNet it is."""
        return variant_of(self.trunk)

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments that build it again, as plain values."""
        names = ("name", "size", "channels", "stem", "width", "patch", "depth", "pool", "variant")
        return {name: getattr(self, name) for name in names}

    @property
    def timm_args(self) -> dict[str, Any] | None:
        """What timm needs to rebuild the trunk by name, or None where it cannot."""
        plain = self.stem != "small" and self.width == 1 and self.variant == "own"
        return (
            {"in_chans": self.channels, **self._vit} if plain and timm.is_model(self.name) else None
        )

    def _choose_stem(self, stem: str) -> Literal["standard", "small"]:
        if isinstance(self.trunk, SmallResNet):
            return "small"
        has_large_stem = hasattr(self.trunk, "conv1") and hasattr(self.trunk, "maxpool")
        if stem == "small" and not has_large_stem:
            raise UsageError(
                f"The encoder {self.name} has no small stem.",
                why="Only ResNets have a first convolution that can be replaced.",
                do="Leave encoder.stem out, or choose a ResNet.",
            )
        if stem == "standard" or not has_large_stem or (stem == "auto" and self.size > SMALL_IMAGE):
            return "standard"
        shrink_stem(self.trunk)
        return "small"
