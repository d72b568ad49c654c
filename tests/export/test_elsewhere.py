"""The printed lines, run in a process that has no lookalike, give the same answers."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from export.exporting import content, normalised, pretrained
from lookalike.export import KINDS
from lookalike.export.formats import FORMATS
from lookalike.export.writing import write_export

SCRIPT = """
import json, sys
for name in ("lookalike", *json.loads(sys.argv[1])):
    sys.modules[name] = None  # importing it fails
import numpy
for name, (lines, gives) in json.load(open("lines.json")).items():
    images = numpy.load("images.npy" if "inside" in lines else "normalised.npy")
    if "onnxruntime" not in lines:
        import torch
        images = torch.from_numpy(images)
        torch.set_grad_enabled(False)
    names = {"images": images}
    exec(lines, names)
    numpy.save(name + ".npy", numpy.asarray(names[gives]))
"""


def strangers(here: Path, lines: dict[str, tuple[str, str]], without: tuple[str, ...]) -> None:
    (here / "lines.json").write_text(json.dumps(lines))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(without)],
        cwd=here,
        env={"PATH": "", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "HOME": str(here)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_every_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    it = pretrained("resnet18", 40, stem="standard")
    layer = nn.Linear(512, 3)
    monkeypatch.chdir(tmp_path)
    images = torch.rand(5, 3, 40, 40)
    np.save("images.npy", images.numpy())
    np.save("normalised.npy", normalised(images, it.policy).numpy())
    with torch.no_grad():
        features = it(normalised(images, it.policy))
        probabilities = layer(features).softmax(1)
    lines: dict[str, tuple[str, str]] = {}
    for kind in KINDS:
        made = content(it, inside=not KINDS[kind].weights_only)
        path = Path(f"it{KINDS[kind].suffix}")
        write_export(made, kind, path)
        lines[kind] = FORMATS[kind].lines(made, str(path)), "features"
    made = content(it, layer=layer, classes=("cat", "dog", "eel"))
    write_export(made, "torch", Path("classifier.pt2"))
    lines["classifier"] = FORMATS["torch"].lines(made, "classifier.pt2"), "probabilities"
    bare = {"onnx": lines.pop("onnx")}
    strangers(tmp_path, lines, ("onnx", "onnxruntime"))
    strangers(tmp_path, bare, ("torch", "torchvision", "timm", "safetensors", "onnx"))
    wanted: dict[str, Any] = dict.fromkeys((*lines, *bare), features)
    for name, expected in (wanted | {"classifier": probabilities}).items():
        found = torch.from_numpy(np.load(f"{name}.npy"))
        assert found.shape == expected.shape
        assert (found - expected).abs().max() <= 1e-5 * max(1.0, expected.abs().max().item()), name
