"""SupCon, figure 4a: one hyper-parameter changed at a time."""

from lookalike.studies.claims import Claim, Contrast
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import Entry, Study
from lookalike.studies.supcon.optimizers import FIRST
from lookalike.studies.supcon.policies import policy

METHODS = {"SupCon": "supcon", "cross-entropy": "supervised"}
BEST = "as the recipe"


def study(scale: Scale) -> Study:
    """Rows are what is changed, columns losses."""
    changed = {method: _changes(scale, method) for method in METHODS}
    rows = scale.pick(
        tiny=["RMSProp"], small=list(changed["SupCon"]), paper=list(changed["SupCon"])
    )
    entries = {
        (row, column): Entry(scale.run(method, *words))
        for row in (BEST, *rows)
        for column, method in METHODS.items()
        for words in (changed[column][row] if row != BEST else (),)
    }
    return Study(
        title="Stability over hyper-parameters",
        source="SupCon, figure 4a",
        question="Which loss suffers more from settings that are not its best?",
        axes=("changed", "loss"),
        entries=entries,
        paper={},
        setting="",
        claims=(
            Claim(
                "Cross-entropy loses more on average when a setting changes.", (_loses_more(rows),)
            ),
        ),
        remark=(
            "The paper's figure is a box plot without numbers, over policies, optimizers and rates. "
            "What changes here leaves everything else as in the recipe."
        ),
    )


def _changes(scale: Scale, method: str) -> dict[str, Command]:
    """What becomes of the recipe in each row."""
    usual = {
        "SupCon": scale.pick(tiny=0.8, small=0.8, paper=0.4),
        "cross-entropy": scale.pick(tiny=0.4, small=0.4, paper=0.1),
    }[method]
    lars = scale.pick(tiny=4.0, small=4.0, paper=0.4)
    return {
        "a quarter of the rate": (f"rate={{per_256: {usual / 4:g}}}",),
        "half the rate": (f"rate={{per_256: {usual / 2:g}}}",),
        "twice the rate": (f"rate={{per_256: {2 * usual:g}}}",),
        "four times the rate": (f"rate={{per_256: {4 * usual:g}}}",),
        "LARS": (f"optimizer={FIRST['LARS']}", f"rate={{per_256: {lars}}}"),
        "RMSProp": (f"optimizer={FIRST['RMSProp']}", "rate={per_256: 0.002}"),
        "RandAugment": policy(scale, "RandAugment"),
        "SimAugment": policy(scale, "SimAugment"),
        "Stacked RandAugment": policy(scale, "Stacked RandAugment"),
    }


def _loses_more(rows: list[str]) -> Contrast:
    """What a change costs on average, of cross-entropy less that of SupCon."""
    found = {(BEST, "cross-entropy"): 1.0, (BEST, "SupCon"): -1.0}
    for row in rows:
        found |= {(row, "cross-entropy"): -1 / len(rows), (row, "SupCon"): 1 / len(rows)}
    return found
