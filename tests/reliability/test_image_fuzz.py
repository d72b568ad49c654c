"""Valid files with bytes changed: each is decoded or refused, and nothing else ever happens."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

GATE, NIGHTLY = 20_000, 1_000_000
SECONDS = 5.0


@pytest.mark.parametrize("count", [GATE, pytest.param(NIGHTLY, marks=pytest.mark.nightly)])
def test_no_bytes_crash_or_hang_the_decoder(count: int, tmp_path: Path):
    """In processes of their own; what a crashed one had tried last is in its folder."""
    share = -(-count // 4)
    begin = [sys.executable, "-X", "faulthandler", "-m", "reliability.fuzzing"]
    tests = Path(__file__).parents[1]
    total, slowest = 0, 0.0
    for first in range(0, count, share):
        child = subprocess.run(
            [*begin, str(first), str(first + share), str(tmp_path / "last")],
            capture_output=True,
            text=True,
            timeout=120 + count / 100,
            check=False,
            cwd=tests,
        )
        assert child.returncode == 0, child.stderr[-3000:]
        found = json.loads(child.stdout)
        total += found["used"] + found["refused"]
        slowest = max(slowest, found["slowest"])
        assert found["used"] > share // 100, "mutations that break everything prove little"
        assert found["refused"] > share // 10
        assert len(found["reasons"]) <= 12
    assert total >= count
    assert slowest < SECONDS
