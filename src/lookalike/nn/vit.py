"""What MAE does with a vision transformer: sees some of its patches, and rebuilds the others."""

from functools import partial
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from timm.models.vision_transformer import Block
from torch import Tensor, nn

from lookalike.errors import UsageError
from lookalike.nn.encoder import Encoder

_norm: Any = partial(nn.LayerNorm, eps=1e-6)


def trunk_of(encoder: Encoder) -> Any:
    """Timm's vision transformer.

    Raises:
        UsageError: it is none.
    """
    trunk = encoder.trunk
    if not hasattr(trunk, "patch_embed") or not hasattr(trunk, "blocks"):
        raise UsageError(
            f"MAE cannot hide patches from the encoder {encoder.name}.",
            do="Choose a vision transformer, e.g. encoder.name=vit_tiny_patch16_224.",
        )
    return trunk


def patches(images: Float[Tensor, "n c h w"], side: int) -> Float[Tensor, "n l k"]:
    """Images cut into patches, row by row, each as k = (row, column, channel)."""
    n, c, h, w = images.shape
    cut = images.reshape(n, c, h // side, side, w // side, side)
    return cut.permute(0, 2, 4, 3, 5, 1).reshape(n, -1, side * side * c)


def unpatched(
    rows: Float[Tensor, "n l k"], side: int, size: tuple[int, int]
) -> Float[Tensor, "n c h w"]:
    """Images of `size` (height, width) put together from what `patches` cut."""
    n, (h, w) = len(rows), size
    cut = rows.reshape(n, h // side, w // side, side, side, -1)
    return cut.permute(0, 5, 1, 3, 2, 4).reshape(n, -1, h, w)


def seen_and_filled(
    images: Float[Tensor, "n c h w"],
    rebuilt: Float[Tensor, "n l k"],
    hidden: Bool[Tensor, "n l"],
    side: int,
) -> tuple[Float[Tensor, "n c h w"], Float[Tensor, "n c h w"]]:
    """Images with the hidden patches black, and with the rebuilt ones in their place."""
    size = (images.shape[2], images.shape[3])
    true, where = patches(images, side), hidden[:, :, None]
    seen, filled = true.masked_fill(where, 0.0), torch.where(where, rebuilt, true)
    return unpatched(seen, side, size), unpatched(filled, side, size)


def sincos(rows: int, columns: int, width: int) -> Float[Tensor, "l width"]:
    """Fixed positions of a grid of patches, MAE appendix A.1 and its official code.

    The first half tells the column and the second the row: all sines, then all cosines, of the
    position times 10000^(-2i / (width / 2)).

    Args:
        rows: of the grid.
        columns: of the grid.
        width: of the transformer, a multiple of 4.
    """
    steps = torch.arange(width // 4, dtype=torch.float64)
    frequency = 10000 ** (-steps / (width // 4))

    def waves(places: Tensor) -> Tensor:
        angle = places.double()[:, None] * frequency
        return torch.cat([angle.sin(), angle.cos()], 1)

    column = waves(torch.arange(columns)).repeat(rows, 1)
    row = waves(torch.arange(rows)).repeat_interleave(columns, 0)
    return torch.cat([column, row], 1).float()


def fix_positions(trunk: Any) -> None:
    """Gives a ViT of timm `sincos` positions that are not trained; its class token has position 0."""
    rows, columns = trunk.patch_embed.grid_size
    places = sincos(rows, columns, trunk.embed_dim)
    with torch.no_grad():
        trunk.pos_embed.zero_()
        trunk.pos_embed[0, trunk.num_prefix_tokens :] = places
    trunk.pos_embed.requires_grad_(False)


def initialize(module: nn.Module) -> None:
    """MAE's first weights: Xavier-uniform in linear layers and in the patches', without bias."""
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Conv2d):
            nn.init.xavier_uniform_(part.weight.view(len(part.weight), -1))
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    for name, token in module.named_parameters():
        if name in ("cls_token", "mask_token"):
            nn.init.normal_(token, std=0.02)


def see(
    trunk: Any, images: Float[Tensor, "n c h w"], visible: Int[Tensor, "n k"]
) -> Float[Tensor, "n t d"]:
    """A ViT's tokens when it sees only these patches: the class token first, then k patches.

    Args:
        trunk: of timm.
        images: whole ones; hidden patches are cut away before anything is mixed.
        visible: the numbers of the patches, row by row.
    """
    tokens = trunk._pos_embed(trunk.patch_embed(images))
    prefix, rest = tokens.tensor_split([trunk.num_prefix_tokens], 1)
    places = visible[:, :, None].expand(-1, -1, rest.shape[2])
    return _through(trunk, torch.cat([prefix, rest.gather(1, places)], 1))


def see_masked(
    trunk: Any, images: Float[Tensor, "n c h w"], hidden: Bool[Tensor, "n l"], token: Tensor
) -> Float[Tensor, "n t d"]:
    """A ViT's tokens when a mask token stands in the place of each hidden patch."""
    seen = trunk.patch_embed(images)
    mixed = torch.where(hidden.view(*seen.shape[:3], 1), token.to(seen), seen)
    return _through(trunk, trunk._pos_embed(mixed))


def covered(visible: Int[Tensor, "n k"], patches: int) -> Bool[Tensor, "n l"]:
    """True for the patches that are not among the visible ones."""
    everything = torch.ones(len(visible), patches, dtype=torch.bool, device=visible.device)
    return everything.scatter(1, visible, False)


def _through(trunk: Any, tokens: Float[Tensor, "n t d"]) -> Float[Tensor, "n t d"]:
    """A ViT's blocks and last norm."""
    rows: Tensor = trunk.norm(trunk.blocks(trunk.norm_pre(tokens)))
    return rows


class Decoder(nn.Module):
    """MAE's decoder: tokens of the visible patches → the pixels of all patches.

    Args:
        encoder_width: of the tokens.
        grid: rows and columns of patches.
        outputs: numbers to predict for each patch.
        width: of the decoder.
        depth: its blocks.
        heads: of its attention; `width` is a multiple of it.
    """

    def __init__(
        self,
        encoder_width: int,
        grid: tuple[int, int],
        outputs: int,
        *,
        width: int,
        depth: int,
        heads: int,
    ) -> None:
        super().__init__()
        self.embed = nn.Linear(encoder_width, width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions: Tensor
        self.register_buffer("positions", sincos(*grid, width), persistent=False)
        self.blocks = nn.Sequential(
            *(Block(width, heads, qkv_bias=True, norm_layer=_norm) for _ in range(depth))
        )
        self.norm = _norm(width)
        self.pixels = nn.Linear(width, outputs)
        initialize(self)

    def forward(
        self, tokens: Float[Tensor, "n t d"], visible: Int[Tensor, "n k"]
    ) -> Float[Tensor, "n l outputs"]:
        """The class token comes first and takes part; the others lie where `visible` says."""
        x = self.embed(tokens)
        first, seen = x[:, : -visible.shape[1]], x[:, -visible.shape[1] :]
        everywhere = self.mask_token.to(x.dtype).expand(len(x), len(self.positions), -1)
        places = visible[:, :, None].expand_as(seen)
        x = everywhere.scatter(1, places, seen) + self.positions.to(x.dtype)
        x = self.norm(self.blocks(torch.cat([first, x], 1)))
        pixels: Tensor = self.pixels(x[:, first.shape[1] :])
        return pixels
