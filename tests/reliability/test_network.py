"""Nothing leaves the machine: help, training, evaluation and report without a network.

The whole suite runs so, too: unshare --net --map-root-user .venv/bin/pytest
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from reliability.typed import SHORT

PROGRAM = """
import json, sys

asked = []

def watch(event, arguments):
    here = event == "socket.connect" and not isinstance(arguments[1], tuple)  # a Unix socket
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname") and not here:
        asked.append(event)
        raise OSError(f"{event} {arguments[1:]}")

sys.addaudithook(watch)
from lookalike.cli.app import run

codes = [run(line.split()) for line in sys.argv[1:]]
print(json.dumps([codes, asked]))
"""

LINES = [
    "--help",
    "list methods",
    "pretrain mine.yaml --dry-run",
    "pretrain mine.yaml --out run --workers 1",
    "evaluate run prototypes",
    "compare run other",
    "views simclr --data digits --rows 1",
]


def isolated() -> list[str]:
    """What runs a program without a network, where the system allows that."""
    words = ["unshare", "--net", "--map-root-user"]
    works = (
        shutil.which("unshare") and subprocess.run([*words, "true"], check=False).returncode == 0
    )
    return words if works else []


def test_no_socket_is_opened(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({**SHORT, "name": "mine"}))
    (tmp_path / "other").mkdir()
    (tmp_path / "other/metrics.jsonl").write_text('{"update": 0, "loss": 1.0}\n')
    done = subprocess.run(
        [*isolated(), sys.executable, "-c", PROGRAM, *LINES],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
        timeout=300,
    )
    assert done.stdout, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [[0] * len(LINES), []], done.stderr
    page = (tmp_path / "run/report.html").read_text()
    assert not any(f'{word}="http' in page for word in ("src", "href"))
