"""The papers' tables and figures as commands: one file for each, name → where it is written.

Each file has a function `study(scale) -> Study`. Torch is not imported here.
"""

STUDIES: dict[str, str] = {
    "simclr-augmentations": "lookalike.studies.simclr.augmentations",
    "simclr-colour": "lookalike.studies.simclr.colour",
    "simclr-heads": "lookalike.studies.simclr.heads",
    "simclr-losses": "lookalike.studies.simclr.losses",
    "simclr-temperature": "lookalike.studies.simclr.temperature",
    "simclr-batch": "lookalike.studies.simclr.batch",
    "supcon-summation": "lookalike.studies.supcon.summation",
    "supcon-positives": "lookalike.studies.supcon.positives",
    "byol-augmentations": "lookalike.studies.byol.augmentations",
    "byol-collapse": "lookalike.studies.byol.collapse",
    "mae-mask-ratio": "lookalike.studies.mae.mask_ratio",
}
