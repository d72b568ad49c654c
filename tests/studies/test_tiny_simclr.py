"""Every study of SimCLR runs at its tiny scale."""

from pathlib import Path

import pytest

from studies.tiny import names, runs

pytestmark = pytest.mark.usefixtures("unchecked")


@pytest.mark.parametrize("name", names("simclr"))
def test_every_study_runs(name: str, root: Path) -> None:
    runs(name, root)
