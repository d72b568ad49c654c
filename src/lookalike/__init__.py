"""Learn visual representations from unlabelled images, and prove how good they are.

    import lookalike as la

    run = la.pretrain("simclr", data="photos/")
    run.evaluate("knn", data="labelled/")
    encoder = la.load("runs/simclr-photos")

Importing this package does not import torch; using it does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lookalike.run.judging.compare import compare
    from lookalike.run.load import load
    from lookalike.start import (
        Run,
        draw_map,
        duplicates,
        embed,
        evaluate,
        export_encoder,
        outliers,
        predict,
        pretrain,
        runs,
        search,
    )

__version__ = "0.1.0"

__all__ = [
    "Run",
    "compare",
    "draw_map",
    "duplicates",
    "embed",
    "evaluate",
    "export_encoder",
    "load",
    "outliers",
    "predict",
    "pretrain",
    "runs",
    "search",
]

_HOMES = {
    "compare": "lookalike.run.judging.compare",
    "load": "lookalike.run",
}
"""Where a name comes from, if not from `lookalike.start`."""


def __getattr__(name: str) -> Any:
    """Imports a name of `__all__` when it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "lookalike.start")), name)
