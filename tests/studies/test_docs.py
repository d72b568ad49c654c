"""Every table of results in the documentation is what its stored numbers give: none is typed."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from lookalike.studies.results import Results

ROOT = Path(__file__).parents[2]
STORED = sorted((ROOT / "docs" / "studies").glob("*.json"))


def script(path: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A file that is no module of the package."""
    place = ROOT / path
    spec = importlib.util.spec_from_file_location(f"_{place.stem}", place)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["learning", "transfer"])
def test_the_tables_of_a_page_are_those_of_its_results(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = script(f"benchmarks/{name}.py", monkeypatch)
    written = made.PAGE.read_text(encoding="utf-8")
    assert made.page() == written
    other = re.sub(r"\d\.\d+", "9.87654", made.KEPT.read_text(encoding="utf-8"))
    monkeypatch.setattr(made, "KEPT", tmp_path / "other.json")
    made.KEPT.write_text(other, encoding="utf-8")
    assert made.page() != written


def test_the_page_of_studies_is_that_of_their_results(monkeypatch: pytest.MonkeyPatch) -> None:
    made = script("docs/studies.py", monkeypatch)
    assert made.page() == (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_results_have_a_figure(path: Path) -> None:
    results = Results.read(path)
    assert results.study == path.stem
    assert path.with_suffix(".svg").stat().st_size
