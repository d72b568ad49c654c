"""What an update left whose numbers are not finite: enough for `run.training.replay` to do it again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from safetensors.torch import load_file, save_file
from torch import Tensor

from lookalike import files
from lookalike.distributed import gather, rank
from lookalike.errors import StorageError
from lookalike.method import Batch
from lookalike.training.sharding import whole

KEPT = 3
"""So many are kept, the newest: each holds a batch and the weights."""


class Evidence(NamedTuple):
    """One update, and what it met."""

    update: int
    what: str  # for people
    loss: float
    gradient_norm: float
    names: list[str]  # of tensors that are not finite: gradients, or what the update left
    batch: Batch  # of all processes, on the CPU
    weights: dict[str, Tensor]  # the method before the update; empty where they are lost


def of_all(batch: Batch) -> Batch:
    """The batch of all processes, on the CPU; all must ask for it."""
    views = tuple(gather(view).cpu() for view in batch.views)
    image, label, key = (gather(rows).cpu() for rows in (batch.image, batch.label, batch.key))
    return Batch(views, image, label, key)


def write(folder: Path, evidence: Evidence, **facts: Any) -> Path:
    """Writes `UPDATE.safetensors`, and `UPDATE.json` with what is known in words.

    All processes must call it; the first one writes.

    Args:
        folder: made if it is not there.
        evidence: of one update.
        facts: more for the JSON, such as the seed.

    Returns:
        The path of the tensors.

    Raises:
        StorageError: they could not be written.
    """
    path = folder / f"{evidence.update:08d}.safetensors"
    tensors = {f"method.{name}": whole(t).cpu() for name, t in evidence.weights.items()}
    if rank() > 0:
        return path
    batch = evidence.batch
    tensors |= {f"view.{i}": view for i, view in enumerate(batch.views)}
    tensors |= {"image": batch.image, "label": batch.label, "key": batch.key}
    words = {
        "what": evidence.what,
        "update": evidence.update,
        "loss": str(evidence.loss),  # JSON has no word for what it is
        "gradient_norm": str(evidence.gradient_norm),
        "not_finite": evidence.names,
        "views_not_finite": [i for i, v in enumerate(batch.views) if not v.isfinite().all()],
        "images": batch.image.tolist(),
    }
    with files.storage_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".tmp")
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, aside)
        aside.replace(path)
        files.write_json(path.with_suffix(".json"), words | facts)
        for old in sorted(folder.glob("*.safetensors"))[:-KEPT]:
            old.unlink()
    return path


def read(
    folder: Path, update: int | None = None
) -> tuple[Batch, dict[str, Tensor], dict[str, Any]]:
    """The batch, the method's weights before the update (empty where they were lost) and the facts.

    Args:
        folder: that `write` was given.
        update: which one; the newest if None.

    Raises:
        StorageError: there is none.
    """
    name = "*" if update is None else f"{update:08d}"
    found = sorted(folder.glob(f"{name}.safetensors"))
    if not found:
        raise StorageError(f"There is no {folder / name}.safetensors: no such update broke.")
    tensors = load_file(found[-1])
    views = tuple(tensors.pop(f"view.{i}") for i in range(_views(tensors)))
    batch = Batch(views, tensors.pop("image"), tensors.pop("label"), tensors.pop("key"))
    weights = {name.removeprefix("method."): tensor for name, tensor in tensors.items()}
    facts: dict[str, Any] = json.loads(found[-1].with_suffix(".json").read_text("utf-8"))
    return batch, weights, facts


def _views(tensors: Mapping[str, Tensor]) -> int:
    return sum(name.startswith("view.") for name in tensors)
