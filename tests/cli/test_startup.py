"""Nothing slow is imported before it is needed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SLOW = ("torch", "torchvision", "timm", "sklearn", "matplotlib", "pyarrow", "scipy")

PROBE = f"""
import json, sys
code = None
if sys.argv[1:]:
    from lookalike.cli.app import run
    code = run(sys.argv[1:])
else:
    import lookalike
print(json.dumps([code, [name for name in {SLOW} if name in sys.modules]]))
"""

MISTAKES = [
    (["pretrian"], 2),
    (["pretrain"], 2),
    (["pretrain", "simclr", "--dta", "x"], 2),
    (["pretrain", "simclr", "--device", "tpu"], 2),
    (["pretrain", "simclr"], 2),
    (["pretrain", "simcrl", "--data", "digits"], 2),
    (["pretrain", "simclr", "--data", "digits", "method.tempratur=1"], 2),
    (["pretrain", "simclr-cifar10", "views.jitter.hue=2"], 2),
    (["pretrain", "simclr", "--data", "photso/"], 3),
    (["pretrain", "simclr-digits", "--out", "/dev/null/x"], 4),
    (["evaluate", "runs/none"], 2),
    (["compare", "a"], 2),
    (["compare", "runs/none", "runs/no"], 2),
    (["list", "method"], 2),
    (["runs"], 2),
    (["report", "runs/none"], 2),
    (["search", "runs/none", "digits"], 2),
    (["search", "runs/none"], 2),
    (["export", "runs/none", "--to", "onnx"], 2),
]


def probe(folder: Path, *words: str) -> tuple[int | None, list[str]]:
    command = [sys.executable, "-c", PROBE, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    code, imported = json.loads(done.stdout.splitlines()[-1])
    return code, imported


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--help"],
        ["--version"],
        ["pretrain", "--help"],
        ["evaluate", "-h"],
        ["list", "methods"],
    ],
)
def test_help_imports_nothing_slow(tmp_path: Path, words: list[str]) -> None:
    code, imported = probe(tmp_path, *words)
    assert imported == []
    assert code == (0 if words else None)


@pytest.mark.parametrize(("words", "code"), MISTAKES)
def test_mistakes_import_nothing_slow_and_leave_nothing(
    tmp_path: Path, words: list[str], code: int
) -> None:
    assert probe(tmp_path, *words) == (code, [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words", [["--help"], ["pretrain", "simclr", "--data", "photso/", "batch=x"]]
)
def test_the_answer_comes_within_a_second(tmp_path: Path, words: list[str]) -> None:
    """Of the processor, so that other tests beside this one do not count."""

    def seconds() -> float:
        begun = os.times()
        subprocess.run(
            [sys.executable, "-m", "lookalike", *words],
            capture_output=True,
            check=False,
            cwd=tmp_path,
        )
        ended = os.times()
        return sum(ended[2:4]) - sum(begun[2:4])  # user's and system's, of children

    assert min(seconds() for _ in range(3)) < 1.0


def test_help_goes_to_stdout_and_mistakes_to_stderr(tmp_path: Path) -> None:
    for word, full, empty in (("--help", "stdout", "stderr"), ("pretrian", "stderr", "stdout")):
        command = [sys.executable, "-m", "lookalike", word]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert getattr(done, full)
        assert getattr(done, empty) == ""
        assert "\x1b" not in done.stdout + done.stderr


def test_a_reader_that_stops(tmp_path: Path) -> None:
    script = f"{sys.executable} -m lookalike list recipes | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.stdout.strip() in ("0", "141")  # whichever of the two was faster
    assert done.stderr == ""
