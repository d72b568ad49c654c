"""SupCon, figure 3 and table 6: corrupted images, and how far confidence can be trusted."""

from lookalike.studies.claims import Claim, Place, above
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import Entry, Measure, Study

METHODS = {"cross-entropy": "supervised", "SupCon": "supcon"}

ECE = {
    "cross-entropy": (3.9, 3.3, 3.2, 4.7, 7.2, 9.8),
    "SupCon": (2.4, 2.6, 3.4, 4.8, 7.1, 10.0),
}
ERROR = {
    "cross-entropy": (21.76, 34.94, 45.04, 52.36, 64.07, 74.62),
    "SupCon": (21.19, 34.61, 44.45, 51.36, 62.73, 73.08),
}
MCE = {"cross-entropy": (68.6, 96.2), "SupCon": (67.2, 94.6)}
SEVERITIES = ("clean", "1", "2", "3", "4", "5")


def study(scale: Scale) -> Study:
    """Rows are losses, columns errors and calibration errors of each severity."""
    chosen = scale.pick(tiny=("1",), small=("1", "3", "5"), paper=SEVERITIES[1:])
    rows = scale.pick(tiny=["SupCon"], small=list(METHODS), paper=list(METHODS))
    measures = _measures(chosen)
    if scale.name == "paper":
        whole = "corruptions.baseline=alexnet"
        measures |= {name: Measure(name, whole) for name in ("mCE", "relative mCE")}
    return Study(
        title="Robustness and calibration",
        source="SupCon, figure 3 and table 6",
        question="Is SupCon less easily misled, and does it know when it is?",
        axes=("loss", "measure and severity"),
        entries={
            (row, column): Entry(_run(scale, METHODS[row]), measure)
            for row in rows
            for column, measure in measures.items()
        },
        paper=_paper(),
        setting="ImageNet-C, ResNet-50",
        claims=(
            Claim(
                "SupCon makes fewer errors in every severity.",
                tuple(_below(f"error, {each}") for each in chosen if len(rows) > 1),
            ),
            Claim(
                "Its confidence is better calibrated on clean images.",
                (_below("ECE, clean"),) if len(rows) > 1 else (),
            ),
        ),
        remark=(
            "Errors and calibration errors (ECE, 15 bins; the paper does not say how many) in percent, "
            "means over 15 corruptions, of a linear classifier. The paper prints accuracies."
        ),
    )


def _run(scale: Scale, method: str) -> Command:
    """The smallest images at the smallest scale, as each of them is corrupted in 15 ways."""
    if scale.name == "tiny":
        return scale._replace(recipes="digits").run(method, "data.path=digits")
    return scale.run(method)


def _measures(severities: tuple[str, ...]) -> dict[str, Measure]:
    """Errors, then calibration errors, in percent; what is clean is asked with the first."""
    asked = {each: f"corruptions.severities=[{each}]" for each in severities}
    first = asked[severities[0]]
    found = {"error, clean": Measure("clean error", first)}
    for each, words in asked.items():
        found[f"error, {each}"] = Measure("mean corruption error", words)
    for each, words in {"clean": first, **asked}.items():
        name = f"calibration_error/{each}"
        found[f"ECE, {each}"] = Measure(name, words, percent=True)
    return found


def _below(column: str) -> dict[Place, float]:
    return dict(above(("cross-entropy", column), ("SupCon", column)))


def _paper() -> dict[Place, float]:
    found: dict[Place, float] = {}
    for row in METHODS:
        for name, table in (("error", ERROR), ("ECE", ECE)):
            pairs = zip(SEVERITIES, table[row], strict=True)
            found |= {(row, f"{name}, {each}"): value for each, value in pairs}
        found |= dict(zip([(row, "mCE"), (row, "relative mCE")], MCE[row], strict=True))
    return found
