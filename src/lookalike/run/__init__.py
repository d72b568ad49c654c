"""One execution of a recipe and its folder: the conductor of training, evaluation and pictures.

It alone calls training, evaluation, gallery and export together.
"""

from lookalike.run.load import Pretrained, load
from lookalike.run.training.pretraining import pretrain

__all__ = ["Pretrained", "load", "pretrain"]
