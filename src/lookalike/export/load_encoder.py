"""Loads the encoder beside this file. It needs torch and nothing else.

from load_encoder import load_encoder

encoder = load_encoder()
features = encoder(images)
"""

from pathlib import Path

import torch


def load_encoder(folder: Path = Path(__file__).parent) -> torch.nn.Module:
    """Images [n, channels, size, size] with values from 0 to 1 → features [n, d].

    `config.json` beside this file names channels, size and d. The normalisation happens inside.
    """
    return torch.export.load(folder / "encoder.pt2").module()
