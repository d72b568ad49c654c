"""What a run keeps for its page besides numbers, written by hand as a run would write it."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="


def write_guesses(
    run: Path, label: Sequence[int], guess: Sequence[int], classes: Sequence[str] | None = None
) -> Path:
    """The guesses of the linear evaluation."""
    rows = {"image": range(len(label)), "label": label, "guess-trained": guess}
    metadata = {"test": "2aa3"} | ({} if classes is None else {"classes": json.dumps(classes)})
    path = run / "evaluations" / "linear.safetensors"
    save_file({name: np.array(row, np.int64) for name, row in rows.items()}, path, metadata)
    return path


def write_hardest(run: Path, count: int = 16, text: str = "dog") -> None:
    """Mistakes of the linear evaluation, all of one class taken for another."""
    one = {"image": PIXEL, "name": f"{text}.png", "label": "cat", "guess": text, "sure": 0.97}
    content = {"wrong": 20, "tested": 100, "mistakes": [one] * count}
    folder = run / "evaluations" / "hardest"
    folder.mkdir(exist_ok=True)
    (folder / "linear.json").write_text(json.dumps(content))


def write_neighbours(run: Path, labels: Sequence[Sequence[str]], text: str = "x.png") -> None:
    """Rows of images with these classes, the first of each row being asked about."""
    rows = [
        [{"image": PIXEL, "name": text, "label": label, "cosine": 0.5} for label in row]
        for row in labels
    ]
    kept = [{"query": query, "near": near} for query, *near in rows]
    content = {"searched": 300, "of": 1000, "agreement": 0.25, "rows": kept}
    (run / "neighbours.json").write_text(json.dumps(content))
