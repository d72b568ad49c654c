"""The model card: what a run's encoder is, what it was measured to do, and how to load it."""

import html
import json
import re
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import lookalike
from lookalike.errors import StorageError
from lookalike.evaluation.report import as_markdown
from lookalike.export.encoder_folder import PROGRAM, read_encoder
from lookalike.files import write_text
from lookalike.record import Record, flatten, read_record

_CHANGES = {
    "crop": "which part of the image is seen, and how large",
    "flip": "left and right",
    "affine": "small shifts, turns and shears",
    "jitter": "brightness, contrast and colour",
    "drop": "whether there is colour at all",
    "blur": "sharpness",
}
"""What a view takes from an image, by the name of the policy's field."""


def model_card(run_folder: Path, *, licence: str | None = None) -> Path:
    """Writes `README.md`, a Hugging Face model card, from the other files of the folder.

    Args:
        run_folder: of a run; any of its files may be missing.
        licence: of the weights, as the Hugging Face hub spells it, e.g. "apache-2.0".

    Returns:
        The path of the card.

    Raises:
        UsageError: `run_folder` is not the folder of a run.
        StorageError: the card cannot be written.
    """
    record = read_record(run_folder)
    card = run_folder / "README.md"
    write_text(card, _render(record, licence))
    return card


def _render(record: Record, licence: str | None) -> str:
    pages = Environment(  # noqa: S701 - Markdown: every text passes the filter `text`
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.filters |= {"text": _text, "yaml": _yaml}
    encoder = _encoder(record.path / "encoder")
    return pages.get_template("model_card.md.jinja").render(
        head=_yaml(_head(record, encoder, licence)),
        name=record.name,
        method=record.setting("method", "name") or "an unknown method",
        encoder=encoder,
        ledger=record.ledger,
        skipped=len(record.ledger.get("skipped") or ()),
        seen={key: record.recipe.get(key) for key in ("method", "views")},
        asked={k: v for k, v in record.recipe.items() if k not in ("name", "method", "views")},
        training=_training(record),
        scores=html.escape(as_markdown(record.evaluations), quote=False),
        evaluated=bool(record.evaluations),
        lost=_lost(record),
        version=lookalike.__version__,
    )


def _head(record: Record, encoder: dict[str, Any], licence: str | None) -> dict[str, Any]:
    """The card's front matter, in the hub's vocabulary."""
    names = (record.setting("method", "name"), record.setting("encoder", "name"))
    unknown = {"license": "other", "license_name": "not-stated"}
    return {
        "library_name": "timm" if encoder.get("timm") else "lookalike",
        **({"license": licence} if licence else unknown),
        "pipeline_tag": "image-feature-extraction",
        "tags": ["lookalike", "self-supervised-learning", *(str(name) for name in names if name)],
    }


def _encoder(folder: Path) -> dict[str, Any]:
    """What `config.json` says of the encoder, or {} while there is none."""
    try:
        described = read_encoder(folder)
    except StorageError:
        return {}
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return (
        described.encoder
        | described.view
        | {
            "timm": "architecture" in config,
            "program": (folder / PROGRAM).exists(),
            "features": config["num_features"],
        }
    )


def _training(record: Record) -> list[tuple[str, Any]]:
    """What happened, beside what the recipe asked for."""
    update, epoch = record.last("update"), record.last("epoch")
    known = [
        ("updates", update and f"{update + 1:,}"),
        ("epochs", epoch and f"{epoch:.4g}"),
        ("time", record.training_time()),
        *flatten(record.environment),
    ]
    return [(name, value) for name, value in known if name and value not in (None, "", [], {})]


def _lost(record: Record) -> list[str]:
    """What the views changed, so that features overlook it."""
    views = record.setting("views")
    policies = [each for each in views if isinstance(each, dict)] if isinstance(views, list) else []
    return [
        words
        for name, words in _CHANGES.items()
        if any(each.get(name) and not _fits(each[name]) for each in policies)
    ]


def _fits(change: Any) -> bool:
    """Whether a crop takes the whole image or its middle, which is no change by chance."""
    return isinstance(change, dict) and "share" in change


def _text(value: Any) -> str:
    """Text that Markdown leaves as it is, on one line."""
    escaped = re.sub(r"([\\`*\[\]|])", r"\\\1", str(value))
    return html.escape(" ".join(escaped.split()), quote=False)


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=None)
