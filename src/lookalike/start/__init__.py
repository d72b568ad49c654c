"""From what a user types or calls to what is done: `lookalike.pretrain`, `lookalike views`.

The command line calls the same functions. They check all they can before torch is imported.
"""

from lookalike.start.asking import duplicates, outliers, search
from lookalike.start.evaluating import evaluate
from lookalike.start.listing import runs
from lookalike.start.looking import check, views
from lookalike.start.predicting import predict
from lookalike.start.pretraining import pretrain
from lookalike.start.reporting import report
from lookalike.start.trained import Run, Trained
from lookalike.start.writing import draw_map, embed, export_encoder

__all__ = [
    "Run",
    "Trained",
    "check",
    "draw_map",
    "duplicates",
    "embed",
    "evaluate",
    "export_encoder",
    "outliers",
    "predict",
    "pretrain",
    "report",
    "runs",
    "search",
    "views",
]
