"""One short pretraining in a process of its own, which the tests end at any moment."""

import sys
from pathlib import Path

import torch

from lookalike.errors import LookalikeError
from lookalike.recipe.overrides import Layer, resolve
from lookalike.run import pretraining
from lookalike.run.folder import RunFolder

RECIPE = {
    "name": "trial",
    "method": {"name": "simclr"},
    "encoder": {"name": "resnet8"},
    "views": "simclr-digits",
    "data": {"path": "digits", "limit": 512},
    "batch": 64,
    "duration": "6 epochs",
    "optimizer": {"name": "sgd"},
    "rate": {"constant": 0.1},
    "warmup": "1 epoch",
    "watch": "2 epochs",
}


def train(out: Path, **changes: object) -> None:
    """Begins or goes on in `out`, saving some ten times a second."""
    torch.set_num_threads(1)
    pretraining.SECONDS_BETWEEN_SAVES = 0.1
    try:
        pretraining.pretrain(resolve([Layer("trial", RECIPE | changes)]), out)
    except LookalikeError as error:
        sys.exit(error.exit_code)


def final_state(out: Path) -> bytes:
    """The bytes of everything the finished run would go on with."""
    newest = max(RunFolder(out).checkpoints.iterdir(), key=lambda p: p.name)
    return (newest / "state.safetensors").read_bytes()
