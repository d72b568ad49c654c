"""Run folders for the tests, written by hand as a run would write them."""

import json
import math
from pathlib import Path
from typing import Any

from PIL import Image

RECIPE = """\
name: simclr-digits
method: {name: simclr, temperature: 0.2}
encoder: {name: resnet8}
views:
- {size: 8, crop: {share: 1.0}, flip: 0.0, affine: {degrees: 15.0}, jitter: null, drop: 0.0}
- {size: 8, crop: {share: 1.0}, flip: 0.0, affine: {degrees: 15.0}, jitter: null, drop: 0.0}
data: {path: digits, limit: null}
batch: 256
duration: 20 epochs
seed: 7
"""


def report(evaluation: str, subject: str, value: float, **how: Any) -> dict[str, Any]:
    """As `evaluation.report.Report.as_dict` gives it, with an interval of ± 0.01."""
    estimate = {"value": value, "low": value - 0.01, "high": value + 0.01}
    return {
        "evaluation": evaluation,
        "subject": subject,
        "metrics": {"top-1": estimate},
        "n_train": 1347,
        "n_test": 450,
        "classes": 10,
        "how": how,
    }


def rows(count: int) -> list[dict[str, float]]:
    """A row for each update, 10 updates an epoch, online numbers in every tenth."""
    found = []
    for update in range(count):
        row = {"update": update, "epoch": (update + 1) / 10, "loss": 2 + math.exp(-update / 30)}
        row |= {"rate": 0.1, "images_per_second": 512.0}
        if update % 10 == 9:
            row |= {"knn": 0.9, "spread": 0.5, "effective_rank": 21.0, "rank_share": 0.3}
        found.append(row)
    return found


def write_run(folder: Path, *, updates: int = 200, evaluations: bool = True) -> Path:
    """A whole run."""
    (folder / "evaluations").mkdir(parents=True)
    (folder / "recipe.yaml").write_text(RECIPE)
    lines = [json.dumps(row) + "\n" for row in rows(updates)]
    (folder / "metrics.jsonl").write_text("".join(lines))
    if evaluations:
        scores = {"pixels": 0.958, "untrained": 0.836, "trained": 0.985}
        linear = [report("linear", s, v, penalty=v, seed=3) for s, v in scores.items()]
        (folder / "evaluations" / "linear.json").write_text(json.dumps(linear))
        knn = [report("knn", s, v - 0.1, k=20) for s, v in scores.items()]
        (folder / "evaluations" / "knn.json").write_text(json.dumps(knn))
    books = {"name": "1,347 pictures", "fingerprint": "2aa3b150", "found": 1349, "used": 1347}
    books |= {"skipped": {"a/broken.jpg": "it is truncated", "b.png": "0 bytes"}, "excluded": {}}
    (folder / "ledger.json").write_text(json.dumps(books))
    (folder / "environment.json").write_text(json.dumps({"torch": "2.14", "gpu": None}))
    Image.new("RGB", (40, 30), "red").save(folder / "views.png")
    return folder
