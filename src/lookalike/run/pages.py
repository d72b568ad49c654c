"""The pages of a run for people, made anew from its files."""

from pathlib import Path

from lookalike.export.model_card import model_card
from lookalike.gallery.report import report


def write_pages(folder: Path) -> None:
    """Writes `report.html` and the model card `README.md`."""
    report(folder)
    model_card(folder)
