"""Draws the sheets of docs/views.md from scikit-learn's two sample photos.

python docs/sheets.py
"""

import tempfile
from pathlib import Path

from PIL import Image
from sklearn.datasets import load_sample_images

from lookalike.cli.app import run
from lookalike.views.policy import Policy
from lookalike.views.presets import POLICIES

HERE = Path(__file__).parent / "views"


def draw(words: list[str], name: str, folder: Path) -> None:
    """Runs `lookalike views` and keeps its picture as a JPEG."""
    out = folder / "sheet.png"
    if run(["views", *words, "--data", str(folder / "photos"), "--out", str(out)]):
        raise SystemExit(f"lookalike views {' '.join(words)} failed")
    with Image.open(out) as sheet:
        sheet.save(HERE / f"{name}.jpg", quality=88, optimize=True)


def distinct() -> dict[str, tuple[Policy, ...]]:
    """Presets that equal none before them."""
    first: dict[tuple[Policy, ...], str] = {}
    for name, policies in POLICIES.items():
        first.setdefault(policies, name)
    return {name: policies for policies, name in first.items()}


def main() -> None:
    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "photos").mkdir()
        for number, pixels in enumerate(load_sample_images().images):
            Image.fromarray(pixels).save(folder / "photos" / f"{number}.png")
        for name, policies in distinct().items():
            columns = {1: "6", 2: "3"}.get(len(policies), "1")
            large = len(policies) <= 2 and policies[0].size > 128
            size = ["views.size=128"] if large else []
            draw([name, *size, "--columns", columns], name, folder)
        draw(["simclr", "views.size=128", "--ops"], "operations", folder)


if __name__ == "__main__":
    main()
