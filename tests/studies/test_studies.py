"""Every listed study at every scale: its words are recipes, its paper's values have a place."""

import shutil
from pathlib import Path

import pytest
from rich.console import Console

from lookalike.errors import StorageError, UsageError
from lookalike.recipe.estimate import parameters
from lookalike.recipe.plan import Plan
from lookalike.studies import STUDIES
from lookalike.studies.perform import find, perform, tasks
from lookalike.studies.results import Results
from lookalike.studies.runs import place
from lookalike.studies.scale import SCALES
from lookalike.studies.study import Study
from lookalike.studies.table import legend

NAMES = list(STUDIES)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", NAMES)
def test_every_run_is_a_recipe(name: str, scale: str, tmp_path: Path) -> None:
    study = find(name, scale)
    todo = tasks(study, seeds=1, data="shapes", root=tmp_path)
    assert len({task.out for task in todo}) == len(study.runs)
    assert study.claims
    places = {place for claim in study.claims for c in claim.contrasts for place in c}
    assert places <= set(study.entries)
    for claim in study.claims:
        assert all(sum(c.values()) == pytest.approx(0) for c in claim.contrasts)


@pytest.mark.parametrize("name", NAMES)
def test_the_papers_values_have_places_at_the_papers_scale(name: str) -> None:
    study = find(name, "paper")
    ours = {place for place in study.paper if place[1] not in study.published}
    assert ours <= set(study.entries)


@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMES)
def test_every_run_of_the_papers_scale_can_be_built(name: str) -> None:
    """Without memory for its numbers; all that is left of it is the images."""
    recipes = [Plan(words[0], words[1:]).draft for words in find(name, "paper").runs]
    assert all(parameters(recipe) > 1e6 for recipe in recipes)


def test_a_failed_run_is_shown_and_the_others_go_on(tmp_path: Path) -> None:
    study = find("supcon-summation", "tiny")
    todo = tasks(study, seeds=1, data="shapes", root=tmp_path)
    todo[0].out.mkdir()
    (todo[0].out / "in the way.txt").write_text("x")
    results = perform(
        "supcon-summation",
        todo,
        tmp_path / "out",
        scale="tiny",
        images="shapes",
        jobs=1,
        console=Console(quiet=True),
    )
    assert "no run folder" in results.failed["L_out", "top-1"]
    assert results.values["L_in", "top-1"]
    assert "failed" in (tmp_path / "out" / "table.md").read_text()
    shutil.rmtree(todo[0].out)
    assert not todo[0].done
    assert todo[1].done


def test_the_same_run_has_one_folder_in_all_studies(tmp_path: Path) -> None:
    def folders(study: Study) -> set[Path]:
        return {task.out for task in tasks(study, seeds=1, data="shapes", root=tmp_path)}

    assert folders(find("simclr-losses", "small")) & folders(find("simclr-temperature", "small"))
    one, other = (place(("simclr-digits",), seed, None, tmp_path) for seed in (0, 1))
    assert one != other


def test_the_papers_values_are_spoken_of_where_they_stand_in_the_table() -> None:
    small, paper = (find("simclr-batch", scale) for scale in ("small", "paper"))
    assert not small.printed
    assert legend(small) == ""
    assert paper.printed == {at: paper.paper[at] for at in paper.entries if at in paper.paper}
    assert legend(paper).startswith("In brackets")


def test_mistakes() -> None:
    with pytest.raises(UsageError, match="no study simclr-temprature"):
        find("simclr-temprature", "tiny")
    with pytest.raises(StorageError, match="does not hold the results"):
        Results.read(Path("pyproject.toml"))
