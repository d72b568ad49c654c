"""MAE, table 1f: which patches are hidden."""

from lookalike.studies.mae.ablation import Row, ablation
from lookalike.studies.scale import Scale
from lookalike.studies.study import Study


def study(scale: Scale) -> Study:
    """Four rows; a grid always hides three of four patches."""
    rows = {
        "random, 75 %": Row((), (84.9, 73.5)),
        "block, 50 %": Row(("method.mask=block", "method.mask_ratio=0.5"), (83.9, 72.3)),
        "block, 75 %": Row(("method.mask=block",), (82.8, 63.9)),
        "grid, 75 %": Row(("method.mask=grid",), (84.0, 66.0)),
    }
    return ablation(
        scale,
        rows,
        [
            (
                "Random patches are better than large blocks of as many.",
                "random, 75 %",
                "block, 75 %",
            ),
            ("And than a grid.", "random, 75 %", "grid, 75 %"),
            ("Blocks should hide less.", "block, 50 %", "block, 75 %"),
        ],
        title="Which patches are hidden",
        source="MAE, table 1f",
        question="Does it matter how they are chosen?",
        axis="hidden",
    )
