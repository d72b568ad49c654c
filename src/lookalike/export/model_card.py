"""The model card: what a run's encoder is, what it was measured to do, and how to load it."""

import html
import json
import math
import re
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from safetensors import SafetensorError, safe_open

import lookalike
from lookalike.errors import StorageError
from lookalike.evaluation.report import as_markdown
from lookalike.export.encoder_folder import PROGRAM, WEIGHTS, read_encoder
from lookalike.export.limits import limits
from lookalike.export.views_words import views_in_words
from lookalike.export.writing import listed
from lookalike.files import sha256, write_text
from lookalike.record import Record, flatten, read_record

_APART = ("name", "method", "views")
"""Keys of a recipe that have their own place in the card."""


def model_card(run_folder: Path, *, licence: str | None = None) -> Path:
    """Writes `README.md`, a Hugging Face model card, from the other files of the folder.

    Args:
        run_folder: of a run; any of its files may be missing.
        licence: of the weights, as the Hugging Face hub spells it, e.g. "apache-2.0"; that of the
            card that is replaced if None.

    Returns:
        The path of the card.

    Raises:
        UsageError: `run_folder` is not the folder of a run.
        StorageError: the card cannot be written.
    """
    record = read_record(run_folder)
    card = run_folder / "README.md"
    write_text(card, _render(record, licence or _stated(card), ""))
    return card


def hub_card(run_folder: Path, lines: str, *, licence: str | None = None) -> str:
    """The card for a copy that holds one export alone.

    Args:
        run_folder: of the run.
        lines: Python that loads the export from there.
        licence: as in `model_card`.
    """
    record = read_record(run_folder)
    return _render(record, licence or _stated(run_folder / "README.md"), lines)


def _stated(card: Path) -> str | None:
    """The licence that a card states, be it written by hand."""
    try:
        head = yaml.safe_load(card.read_text(encoding="utf-8").split("---\n")[1])
        licence = head["license"]
    except (OSError, ValueError, IndexError, KeyError, TypeError, yaml.YAMLError):
        return None
    return licence if isinstance(licence, str) and licence != "other" else None


def _render(record: Record, licence: str | None, elsewhere: str) -> str:
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
        licence=licence,
        elsewhere=elsewhere,
        exports=_exports(record.path),
        classifier=_shown(_classifier(record.path / "classifier.safetensors"), elsewhere),
        views=views_in_words(record.setting("views")),
        seed=record.setting("seed"),
        limits=limits(record),
        method=record.setting("method", "name") or "an unknown method",
        encoder=encoder,
        ledger=record.ledger,
        skipped=record.lost,
        seen={key: record.recipe.get(key) for key in ("method", "views")},
        asked={k: _shown(v, elsewhere) for k, v in record.recipe.items() if k not in _APART},
        training=_training(record, elsewhere),
        scores=html.escape(as_markdown(record.evaluations), quote=False),
        evaluated=bool(record.evaluations),
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
            "parameters": _parameters(folder / WEIGHTS),
        }
    )


def _parameters(weights: Path) -> int:
    """How many numbers the encoder has, statistics of its norms included."""
    with _opened(weights) as file:
        shapes = (file.get_slice(name).get_shape() for name in file.offset_keys())
        return sum(map(math.prod, shapes))


def _opened(path: Path) -> Any:
    return safe_open(path, framework="np")


def _exports(run: Path) -> list[dict[str, Any]]:
    """Those in the run folder that are of its present encoder."""
    found = listed(run / "exports")
    weights = run / "encoder" / WEIGHTS
    current = sha256(weights) if found and weights.exists() else ""
    return [each for each in found if each.get("weights") == current]


def _classifier(path: Path) -> dict[str, Any]:
    """What is known of the classifier kept in the run, or {} while there is none."""
    try:
        with _opened(path) as file:
            how: dict[str, Any] = json.loads(file.metadata()["how"])
            return how
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return {}


def _shown(value: Any, elsewhere: str) -> Any:
    """A section as it is shown; where a folder of this machine is, others see only its name."""
    if not elsewhere or not isinstance(value, dict):
        return value
    names = {key: Path(str(value[key])).name for key in ("path", "data") if value.get(key)}
    return value | names


def _training(record: Record, elsewhere: str) -> list[tuple[str, Any]]:
    """What happened, beside what the recipe asked for."""
    update, epoch = record.last("update"), record.last("epoch")
    known = [
        ("updates", update and f"{update + 1:,}"),
        ("epochs", epoch and f"{epoch:.4g}"),
        ("time", record.training_time()),
        *((k, v) for k, v in flatten(record.environment) if not (elsewhere and k == "command")),
    ]
    return [(name, value) for name, value in known if name and value not in (None, "", [], {})]


def _text(value: Any) -> str:
    """Text that Markdown leaves as it is, on one line."""
    escaped = re.sub(r"([\\`*\[\]|])", r"\\\1", str(value))
    return html.escape(" ".join(escaped.split()), quote=False)


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=None)
