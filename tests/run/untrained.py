"""A run folder as a training leaves it, but for the training."""

from pathlib import Path
from typing import Any

import torch

from lookalike import text
from lookalike.export.encoder_folder import write_encoder
from lookalike.nn.encoder import Encoder
from lookalike.recipe.overrides import Layer, resolve

RECIPE: dict[str, Any] = {
    "name": "tiny",
    "method": {"name": "simclr"},
    "encoder": {"name": "resnet8"},
    "views": "simclr-digits",
    "data": {"path": "digits", "limit": 300},
    "batch": 50,
    "duration": "3 epochs",
    "optimizer": {"name": "sgd"},
    "rate": {"constant": 0.05},
    "warmup": "1 epoch",
}


def write_untrained(folder: Path, *, channels: int = 1, seed: int = 0, **changes: Any) -> Path:
    recipe = resolve([Layer("test", RECIPE), Layer("change", changes)])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.yaml").write_text(text.dump(recipe.dump()))
    torch.manual_seed(seed)
    encoder = Encoder("resnet8", 8, channels)
    write_encoder(encoder, folder / "encoder", policy=recipe.plain)
    return folder
