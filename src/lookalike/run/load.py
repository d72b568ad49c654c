"""A trained encoder, ready to use."""

from pathlib import Path

import torch
from jaxtyping import Float, UInt8
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn

from lookalike.data.decoding import upright
from lookalike.errors import LookalikeError, StorageError
from lookalike.export.encoder_folder import Described, read_encoder
from lookalike.nn.encoder import Encoder
from lookalike.views.operations import Normalize
from lookalike.views.policy import Crop, Policy
from lookalike.views.presets import plain
from lookalike.views.render import render


class Pretrained(nn.Module):
    """An encoder with the view it expects.

    Args:
        encoder: images [n, c, h, w] → features [n, d].
        policy: the plain view of one image.
    """

    def __init__(self, encoder: Encoder, policy: Policy) -> None:
        super().__init__()
        self.encoder, self.policy = encoder, policy

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        """Features of images that `transform` made."""
        features: Tensor = self.encoder(images)
        return features

    def transform(self, picture: Image.Image | UInt8[Tensor, "c h w"]) -> Float[Tensor, "c s s"]:
        """One picture of any size as the encoder wants it: upright, resized, normalised."""
        pixels = (
            upright(picture, self.encoder.channels) if isinstance(picture, Image.Image) else picture
        )
        return render(pixels[None], self.policy, torch.zeros(1, dtype=torch.int64), 0)[0]


def load(path: Path | str) -> Pretrained:
    """The encoder of a run, in evaluation mode on the CPU.

    Args:
        path: a run folder, or the `encoder` folder of one wherever it was copied.

    Raises:
        StorageError: there is no encoder, or its files do not fit together.
    """
    folder = Path(path)
    folder = folder / "encoder" if (folder / "encoder").is_dir() else folder
    described = read_encoder(folder)
    encoder, view = _filled(described), described.view
    seen = Policy(
        size=view["view_size"],
        crop=Crop(interpolation=view["interpolation"]),
        normalize=Normalize(mean=tuple(view["mean"]), std=tuple(view["std"])),
    )
    return Pretrained(encoder, plain(seen)).eval()


def _filled(described: Described) -> Encoder:
    """The encoder that a folder describes, with the folder's weights."""
    try:
        weights = load_file(described.weights)
        if (described.encoder["depth"] or 0) > len(weights):
            raise ValueError("There are fewer tensors than blocks.")
        with torch.device("meta"):  # a size that the file does not have must not take memory
            own = Encoder(**described.encoder).trunk.state_dict()
        if {n: t.shape for n, t in own.items()} != {n: t.shape for n, t in weights.items()}:
            raise ValueError("Other names or shapes.")
        encoder = Encoder(**described.encoder)
        encoder.trunk.load_state_dict(weights)
    except LookalikeError:
        raise
    except Exception as error:  # what a folder says can fail anywhere in timm
        raise StorageError(
            f"The weights in {described.weights.parent} do not fit its config.json.",
            do="Copy the whole folder again, or export the run again.",
        ) from error
    return encoder
