"""The page about a run: one file that needs neither network nor library."""

import base64
from pathlib import Path
from typing import Any

from lookalike.files import write_text
from lookalike.gallery import curves, stored
from lookalike.gallery.comparison import compare, words
from lookalike.gallery.confusion import confusion
from lookalike.gallery.hardest import Hardest, place_of
from lookalike.gallery.neighbours import Neighbours, is_wrong
from lookalike.gallery.reliability import SIDE, diagrams
from lookalike.gallery.summary import facts, main_finding, verdict
from lookalike.gallery.templates import filled
from lookalike.record import Record, flatten, read_record

SKIPPED_SHOWN = 200
"""Skipped images the page names; `ledger.json` names them all."""


def report(run_folder: Path) -> Path:
    """Writes `report.html` from the other files of the folder, of which any may be missing.

    Returns:
        The path of the page.

    Raises:
        UsageError: `run_folder` is not the folder of a run.
        StorageError: the page cannot be written.
    """
    record = read_record(run_folder)
    page = run_folder / "report.html"
    write_text(page, _render(record))
    return page


def _render(record: Record) -> str:
    notes = list(record.notes)  # more may follow
    finding, evaluations = main_finding(record.evaluations), record.path / "evaluations"
    judged = finding.evaluation if finding else "linear"
    return filled(
        "report.html.jinja",
        name=record.name,
        about=_about(record),
        verdict=verdict(record),
        facts=facts(record),
        alarms=record.alarms,
        comparison=compare(record.evaluations),
        reliability=diagrams(record.evaluations),
        side=SIDE,
        curves=curves.draw_curves(record.metrics),
        frame=curves,
        updates_per_epoch=_updates_per_epoch(record),
        judged=judged,
        confusion=confusion(evaluations / f"{judged}.safetensors", notes),
        hardest=stored.read(place_of(evaluations, judged), Hardest, notes),
        neighbours=stored.read(record.path / "neighbours.json", Neighbours, notes),
        is_wrong=is_wrong,
        map=_text(record.path / "map-sample.html"),
        map_picture=_data_address(record.path / "map.png"),
        views=_data_address(record.path / "views.png"),
        reconstructions=_data_address(record.path / "reconstructions.png"),
        ledger=_leaves({k: v for k, v in record.ledger.items() if k != "skipped"}),
        skipped=_skipped(record),
        lost=record.lost,
        shown=SKIPPED_SHOWN,
        recipe=record.recipe_text,
        environment=_leaves(record.environment),
        notes=notes,
    )


def _about(record: Record) -> list[str]:
    """What was run, from the general to the particular."""
    known = (
        record.setting("name"),
        record.setting("method", "name"),
        record.setting("encoder", "name"),
        record.ledger.get("name") or record.setting("data", "path"),
        record.setting("duration"),
    )
    return list(dict.fromkeys(words(value) for value in known if value))


def _leaves(tree: dict[str, Any]) -> list[tuple[str, str]]:
    return [(key, words(value)) for key, value in flatten(tree) if value not in ({}, [])]


def _skipped(record: Record) -> list[tuple[str, str]]:
    """Name and reason of every image that was skipped."""
    skipped = record.ledger.get("skipped")
    pairs = skipped.items() if isinstance(skipped, dict) else ()
    return [(name, words(reason)) for name, reason in pairs]


def _updates_per_epoch(record: Record) -> float:
    """How the page turns updates into epochs, or 0 where it cannot."""
    epoch, update = record.last("epoch"), record.last("update")
    return (update + 1) / epoch if epoch and update is not None else 0.0


def _text(page: Path) -> str:
    """The page, or "" where there is none."""
    return page.read_text(encoding="utf-8", errors="replace") if page.exists() else ""


def _data_address(picture: Path) -> str:
    """The picture as an address that holds its content, or "" where there is none."""
    if not picture.exists():
        return ""
    return "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode()
