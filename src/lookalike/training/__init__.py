"""Turns a method's steps into an encoder."""

OPTIMIZERS = {
    "sgd": "lookalike.training.optimizers:sgd",
    "adamw": "lookalike.training.optimizers:adamw",
    "lars": "lookalike.training.optimizers:lars",
    "lars-moco-v3": "lookalike.training.optimizers:lars_moco_v3",
    "lars-byol": "lookalike.training.optimizers:lars_byol",
    "larc": "lookalike.training.optimizers:larc",
    "timm": "lookalike.training.from_timm:timm",
}
