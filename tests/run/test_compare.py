"""Runs side by side, from folders written by hand."""

import json
import statistics
from pathlib import Path

import pytest
import torch
from scipy.stats import binomtest

from lookalike.errors import UsageError
from lookalike.evaluation.comparing.comparison import Column, Comparison, Entry
from lookalike.run import pretrain
from lookalike.run.judging.compare import compare
from run.comparable import LABEL, evaluate, guesses, write_run
from run.test_run import recipe


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """`one` has 12 of 400 images wrong, `two` 30, of which they share 4."""
    one, two = (
        write_run(tmp_path / name, temperature=t) for name, t in (("one", 0.1), ("two", 0.5))
    )
    evaluate(one, guesses(range(12)))
    evaluate(two, guesses(range(8, 38)))
    return one, two


def test_an_encoder_from_elsewhere_stands_beside_a_run(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    other = tmp_path / "resnet50"
    other.mkdir()
    evaluate(other, guesses(range(40)), evaluation="linear on digits", data="digits")
    evaluate(two[0], guesses(range(12)), data="/sets/digits")
    found = compare(two[0], other)
    (column,) = found.columns
    best, second = (column.entries[name] for name in ("one", "resnet50"))
    assert (best.against, second.against, second.why) == ("one", "one", "")
    assert second.difference is not None
    assert not found.settings


def test_what_runs_write_is_what_is_read(tmp_path: Path) -> None:
    changes = {"duration": "1 step", "warmup": "0 steps"}
    runs = [pretrain(recipe(seed=s, **changes), tmp_path / f"seed {s}") for s in range(2)]
    found = compare(*filter(None, runs), evaluation="knn")
    (column,) = found.columns
    assert sum(each.difference is not None for each in column.entries.values()) == 1
    assert [each.why for each in column.entries.values()] == ["", ""]
    assert found.seeds[0].runs == ["seed 0", "seed 1"]
    assert set(found.settings) == {"seed"}


def entry(comparison: Comparison, run: str = "two") -> Entry:
    (column,) = comparison.columns
    return column.entries[run]


def test_the_numbers_of_the_folders(two: tuple[Path, Path]) -> None:
    evaluate(two[1], guesses(range(100)), evaluation="knn")
    found = compare(*two)
    assert [run.name for run in found.runs] == ["one", "two"]
    assert (found.runs[0].epochs, found.runs[0].seed) == (20, 0)
    assert found.runs[0].minutes == pytest.approx(100 / 60)
    assert [column.title for column in found.columns] == ["linear top-1", "knn top-1"]
    linear, knn = found.columns
    assert {run: each.estimate.value for run, each in linear.entries.items()} == {
        "one": 0.97,
        "two": 0.925,
    }
    assert list(knn.entries) == ["two"]
    assert found.notes == []


def test_the_difference_from_the_best_is_tested_on_the_same_images(two: tuple[Path, Path]) -> None:
    found = compare(*reversed(two))
    best, other = entry(found, "one"), entry(found, "two")
    assert (best.against, best.difference, best.why, best.verdict) == ("one", None, "", "")
    assert (other.against, other.why, other.verdict) == ("one", "", "worse")
    assert other.difference is not None
    assert other.difference.p == pytest.approx(binomtest(8, 8 + 26).pvalue)
    assert other.difference.estimate.value == pytest.approx(-18 / 400)
    assert other.difference.estimate.low < -18 / 400 < other.difference.estimate.high < 0


def test_the_order_of_the_images_in_the_files_does_not_matter(two: tuple[Path, Path]) -> None:
    before = compare(*two)
    evaluate(two[1], guesses(range(8, 38)), order=torch.arange(399, -1, -1))
    assert compare(*two) == before


def test_equally_good_runs_are_tied(two: tuple[Path, Path]) -> None:
    evaluate(two[1], guesses(range(4, 18)))
    assert entry(compare(*two)).verdict == "tie"


def test_balanced_accuracy_is_tested_by_permutation(two: tuple[Path, Path]) -> None:
    """All classes have as many images, so that it must agree with McNemar's test of top-1."""
    evaluate(two[0], guesses(range(12)), metric="balanced")
    evaluate(two[1], guesses(range(8, 27)), metric="balanced")
    found = entry(compare(*two)).difference
    assert found is not None
    assert found.p == pytest.approx(binomtest(8, 8 + 15).pvalue, abs=0.006)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"keep": False}, "its guesses were not kept"),
        ({"fingerprint": "b5", "test_images": "80"}, "other images than one: 80, not 400 pictures"),
        ({"fingerprint": "b5"}, "other images than one"),
        ({"training_images": "12"}, "learnt from other images than that of one: 12, 1,347 of them"),
        ({"label": LABEL.flip(0)}, "other ones of the images than one"),
    ],
)
def test_runs_that_did_not_take_the_same_test_are_not_paired(
    two: tuple[Path, Path], change: dict[str, object], why: str
) -> None:
    label = change.get("label", LABEL)
    (two[1] / "evaluations" / "linear.safetensors").unlink()
    evaluate(two[1], guesses(range(8, 38), label), **change)  # type: ignore[arg-type]
    found = entry(compare(*two))
    assert (found.against, found.difference) == ("", None)
    assert why in found.why
    assert found.estimate.value == 0.925


def test_guesses_that_are_damaged_or_of_another_report_are_not_paired(
    two: tuple[Path, Path],
) -> None:
    path = two[1] / "evaluations" / "linear.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:50])
    assert "cannot be read" in entry(compare(*two)).why
    evaluate(two[1], guesses(range(9, 38)))
    path.write_bytes(whole)
    assert "not those of its report" in entry(compare(*two)).why


def test_metrics_that_single_images_do_not_make_are_not_paired(two: tuple[Path, Path]) -> None:
    for run in two:
        evaluate(run, guesses(range(9)), metric="effective rank")
    assert "no share of single images" in entry(compare(*two)).why


def test_every_test_has_its_own_best(two: tuple[Path, Path], tmp_path: Path) -> None:
    three, four = (write_run(tmp_path / name) for name in ("three", "four"))
    evaluate(three, guesses(range(50)), fingerprint="b5")
    evaluate(four, guesses(range(40)), fingerprint="b5")
    (column,) = compare(*two, three, four).columns
    against = {run: each.against for run, each in column.entries.items()}
    assert against == {"one": "one", "two": "one", "three": "four", "four": "four"}
    assert column.entries["three"].verdict == "worse"
    assert "other images than one" in column.entries["three"].why


def test_baselines_stand_once_if_they_are_the_same(two: tuple[Path, Path]) -> None:
    def values(column: Column) -> list[float]:
        return [each.value for each in column.baselines["untrained"]]

    assert values(compare(*two).columns[0]) == [0.5]
    evaluate(two[0], guesses(range(12)), baseline=0.6)
    assert values(compare(*two).columns[0]) == [0.5, 0.6]


def test_seeds_of_one_recipe_have_a_mean_and_its_error(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / f"s{s}", seed=s, name=f"try {s}") for s in range(3)]
    runs += [write_run(tmp_path / "again", seed=2), write_run(tmp_path / "t", temperature=0.7)]
    for i, run in enumerate(runs):
        evaluate(run, guesses(range(10 * i)))
    (group,) = compare(*runs).seeds
    assert group.runs == ["s0", "s1", "s2"]
    mean, values = group.means["linear top-1"], [1, 0.975, 0.95]
    assert mean.value == pytest.approx(statistics.mean(values))
    assert mean.error == pytest.approx(statistics.stdev(values) / 3**0.5)
    assert str(mean) == "97.5 ± 1.4"


def test_settings_that_differ(two: tuple[Path, Path], tmp_path: Path) -> None:
    three = write_run(tmp_path / "three", seed=4, name="other")
    text = (three / "recipe.yaml").read_text()
    (three / "recipe.yaml").write_text(text + "clip: 1.0\n")
    assert compare(*two, three).settings == {
        "method.temperature": {"one": 0.1, "two": 0.5, "three": 0.1},
        "seed": {"one": 0, "two": 0, "three": 4},
        "clip": {"three": 1.0},
    }


def test_one_evaluation_of_many(two: tuple[Path, Path]) -> None:
    for evaluation in ("knn", "knn k=200", "linear on photos"):
        evaluate(two[0], guesses(range(30)), evaluation=evaluation)

    def titles(evaluation: str | None) -> list[str]:
        return [column.title for column in compare(*two, evaluation=evaluation).columns]

    assert set(titles(None)) == {
        "knn on digits top-1",
        "knn k=200 on digits top-1",
        "linear on digits top-1",
        "linear on photos top-1",
    }
    assert set(titles("knn")) == {"knn top-1", "knn k=200 top-1"}
    assert titles("knn k=200") == ["knn k=200 top-1"]
    assert titles("linear on photos") == ["linear top-1"]
    with pytest.raises(UsageError, match="evaluated with linaer") as caught:
        titles("linaer")
    assert "Did you mean 'linear'" in caught.value.do


def test_the_same_data_by_whichever_name_is_one_column(two: tuple[Path, Path]) -> None:
    for file in (two[1] / "evaluations").iterdir():
        file.unlink()
    evaluate(two[1], guesses(range(8, 38)), evaluation="linear on digits")
    assert entry(compare(*two)).verdict == "worse"


def test_folders_of_one_name_go_by_their_paths(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / part / "run") for part in ("a", "b")]
    assert [run.name for run in compare(*runs).runs] == [str(run) for run in runs]


def test_one_run_is_no_comparison(two: tuple[Path, Path]) -> None:
    with pytest.raises(UsageError, match="nothing to compare"):
        compare(two[0], two[0] / ".." / "one")


def test_it_only_reads_and_is_ready_for_json(two: tuple[Path, Path], tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    content = json.loads(json.dumps(compare(*two).as_dict(), allow_nan=False))
    assert content["columns"][0]["entries"]["two"]["difference"]["p"] < 0.01
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
