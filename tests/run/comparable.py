"""Run folders that can be compared, written by hand as runs would write them."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from lookalike.evaluation.metrics import measure

RECIPE = """\
name: {name}
method: {{name: simclr, temperature: {temperature}}}
data: {{path: digits, limit: null}}
batch: 256
duration: 20 epochs
seed: {seed}
"""

LABEL = torch.arange(400) % 8


def guesses(wrong: range, label: Tensor = LABEL) -> Tensor:
    """Right but for the images of these rows."""
    rows = torch.arange(len(label))
    return torch.where((rows >= wrong.start) & (rows < wrong.stop), (label + 1) % 8, label)


def write_run(
    folder: Path, *, temperature: float = 0.1, seed: int = 0, name: str = "simclr-digits"
) -> Path:
    """A run without evaluations: 200 updates, 20 epochs, 100 s."""
    folder.mkdir(parents=True)
    (folder / "recipe.yaml").write_text(
        RECIPE.format(name=name, temperature=temperature, seed=seed)
    )
    row = {"images_per_second": 512.0, "loss": 1.0}
    rows = [row | {"update": i, "epoch": (i + 1) / 10} for i in range(200)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    return folder


def evaluate(
    folder: Path,
    guess: Tensor,
    *,
    evaluation: str = "linear",
    metric: str = "top-1",
    label: Tensor = LABEL,
    order: Tensor | None = None,
    fingerprint: str = "2aa3",
    keep: bool = True,
    baseline: float = 0.5,
    **how: Any,
) -> None:
    """Adds an evaluation: the trained encoder guesses `guess`, the baselines are fixed."""
    scores = torch.nn.functional.one_hot(guess, 8).double()
    found = measure(scores, label, seed=0)
    metrics = {metric: found.pop(metric), **found} if metric in found else {metric: found["top-1"]}
    facts = {"data": "digits", "training_images": "1,347 pictures", "test_images": "400 pictures"}
    report = {
        "evaluation": evaluation,
        "n_train": 1347,
        "n_test": len(label),
        "classes": 8,
        "how": facts | {"test_fingerprint": fingerprint} | how,
    }
    low = {"value": baseline, "low": baseline - 0.05, "high": baseline + 0.05, "percent": True}
    reports = [
        report | {"subject": "pixels", "metrics": {metric: low}},
        report | {"subject": "untrained", "metrics": {metric: low}},
        report | {"subject": "trained", "metrics": {k: vars(each) for k, each in metrics.items()}},
    ]
    (folder / "evaluations").mkdir(exist_ok=True)
    (folder / "evaluations" / f"{evaluation}.json").write_text(json.dumps(reports))
    if keep:
        order = torch.arange(len(label)) if order is None else order
        tensors = {"image": order, "label": label[order], "guess-trained": guess[order]}
        path = folder / "evaluations" / f"{evaluation}.safetensors"
        save_file(tensors, path, metadata={"test": fingerprint})
