"""Turns a method's steps into an encoder."""

OPTIMIZERS = {
    "sgd": "lookalike.training.optimizers:sgd",
    "adamw": "lookalike.training.optimizers:adamw",
    "lars": "lookalike.training.optimizers:lars",
}
