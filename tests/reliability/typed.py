"""Commands as people type them, run inside the test, among images and runs of every sort."""

import contextlib
import io
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from PIL import Image

from lookalike.cli.app import run
from lookalike.export.encoder_folder import write_encoder
from lookalike.nn.encoder import Encoder
from lookalike.recipe.overrides import Layer, resolve

SHORT: dict[str, Any] = {
    "method": {"name": "simclr"},
    "encoder": {"name": "resnet8"},
    "views": "simclr-digits",
    "data": {"path": "digits", "limit": 128},
    "batch": 64,
    "duration": "2 steps",
    "optimizer": {"name": "sgd"},
    "rate": {"constant": 0.1},
    "watch": "2 steps",
}
"""A training of a second."""


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def type_in(line: str) -> Ended:
    """Runs a command line, without `lookalike` before it."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(shlex.split(line))
    return Ended(code, out.getvalue(), err.getvalue())


def furnish(here: Path) -> None:
    """Images and recipes in a folder, some of them wrong."""
    photos(here / "photos", 8)
    photos(here / "one", 1)
    for name in ("cats", "dogs"):
        photos(here / "labelled" / name, 8)
    photos(here / "cats-only" / "cats", 8)
    (here / "empty").mkdir()
    (here / "notes.txt").write_text("buy milk")
    (here / "texts").mkdir()
    (here / "texts/notes.txt").write_text("buy milk")
    (here / "broken").mkdir()
    for number in range(4):
        (here / f"broken/{number}.jpg").write_bytes(b"\xff\xd8\xff no picture")
    (here / "set.parquet").write_bytes(b"PAR1")
    good = yaml.safe_dump({**SHORT, "name": "mine"}, sort_keys=False)
    (here / "mine.yaml").write_text(good)
    (here / "misspelt.yaml").write_text(good.replace("duration", "durration"))
    (here / "tab.yaml").write_text(good.replace("batch: 64", "batch:\t\n\t64"))
    (here / "twice.yaml").write_text(good + "batch: 32\n")
    for name in ("begun", "done"):
        (here / "runs" / name).mkdir(parents=True)
        recipe = resolve([Layer("the test", SHORT | {"name": "mine"})])
        (here / "runs" / name / "recipe.yaml").write_text(yaml.safe_dump(recipe.dump()))
    write_encoder(Encoder("resnet8", 8, 1), here / "runs/done/encoder", policy=recipe.plain)


def photos(folder: Path, count: int) -> None:
    """A folder of grey pictures that all differ."""
    folder.mkdir(parents=True)
    for number in range(count):
        Image.new("RGB", (100, 80), (number * 20, 99, 0)).save(folder / f"{number}.png")
