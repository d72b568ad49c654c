"""The table of evaluations: every number in its place."""

from gallery.runs import report
from lookalike.evaluation.metrics import Estimate
from lookalike.evaluation.report import Report
from lookalike.gallery.comparison import compare, words


def reports(*found: dict[str, object]) -> list[Report]:
    return [Report.from_dict(each) for each in found]


def test_subjects_stand_in_their_order_and_on_one_scale() -> None:
    table = compare(
        reports(
            report("linear", "trained", 0.78),
            report("linear", "pixels", 0.51),
            report("knn", "trained", 0.62),
        )
    )
    assert table.subjects == ["pixels", "trained"]
    assert (table.low, table.high) == (0.5, 0.8)
    linear, knn = table.sections
    assert [s.evaluation for s in table.sections] == ["linear", "knn"]
    assert linear.rows[0].cells == [Estimate(0.51, 0.5, 0.52), Estimate(0.78, 0.77, 0.79)]
    assert knn.rows[0].cells == [None, Estimate(0.62, 0.61, 0.63)]
    assert [(w.subject, round(w.value, 1)) for w in linear.rows[0].whiskers] == [
        ("pixels", 3.3),
        ("trained", 93.3),
    ]
    assert knn.rows[0].whiskers == [("trained", 36.67, 40.0, 43.33)]


def test_settings_are_told_once_where_all_agree() -> None:
    (section,) = compare(
        reports(
            report("linear", "untrained", 0.5, penalty=0.1, seed=3, held_out=True),
            report("linear", "trained", 0.7, penalty=10.0, seed=3),
        )
    ).sections
    settings = {setting.name: setting.values for setting in section.settings}
    assert settings["seed"] == ["3"]
    assert settings["penalty"] == ["0.1", "10"]
    assert settings["held out"] == ["yes", "–"]
    assert settings["classes"] == ["10"]


def test_nothing_measured() -> None:
    assert compare([]).sections == []


def test_words() -> None:
    assert words([0.123456, True, None, "x"]) == "0.1235, yes, none, x"
