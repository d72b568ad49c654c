"""How the run folders beside this file were made: `python tests/golden/make.py FOLDER`.

One for each format of checkpoints, written by the last version that wrote it and never again. A ResNet
of a few channels keeps them small, and the probe makes them hold a second optimizer. The last
checkpoint is left out, so that there is something to go on with.
"""

import json
import shutil
import sys
from pathlib import Path

from timm.models import register_model
from timm.models.resnet import BasicBlock, ResNet

from lookalike.recipe.overrides import Layer, resolve
from lookalike.run import pretrain

RECIPE = {
    "name": "golden",
    "method": {"name": "simclr"},
    "encoder": {"name": "resnet_golden"},
    "views": "simclr-digits",
    "data": {"path": "digits", "limit": 200, "held_out": 0.2},
    "batch": 40,
    "duration": "3 epochs",
    "optimizer": {"name": "adamw"},
    "rate": {"constant": 0.01},
    "warmup": "1 epoch",
    "monitor": ["probe"],
}
KEPT = {
    "recipe.yaml", "ledger.json", "environment.json", "metrics.jsonl", "checkpoints", "encoder",
}  # fmt: skip
OF_ANY_MACHINE = {"system": "any", "machine": "any", "cores": 1, "command": "lookalike pretrain"}


def resnet_golden(pretrained: bool = False, **settings: object) -> ResNet:
    """timm's ResNet with a block of a few channels in each stage."""
    size = {name: settings[name] for name in ("num_classes", "in_chans")}
    return ResNet(BasicBlock, (1, 1, 1, 1), channels=(8, 8, 8, 16), **size)


register_model(resnet_golden)


def main(folder: Path) -> None:
    """Makes one."""
    pretrain(resolve([Layer("golden", RECIPE)]), folder)
    superfluous = [path for path in folder.iterdir() if path.name not in KEPT]
    superfluous += [max((folder / "checkpoints").iterdir()), folder / "encoder" / "encoder.pt2"]
    for path in superfluous:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    environment = json.loads((folder / "environment.json").read_text()) | OF_ANY_MACHINE
    (folder / "environment.json").write_text(json.dumps(environment, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
