"""SupCon, figure 4b: the batch."""

from lookalike.studies.claims import Claim, above, rising
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

METHODS = {"SupCon": "supcon", "cross-entropy": "supervised"}


def study(scale: Scale) -> Study:
    """Rows are losses, columns batches."""
    batches = scale.pick(
        tiny=(16, 32), small=(32, 64, 128, 256), paper=(1024, 2048, 4096, 6144, 8192)
    )
    rows = scale.pick(tiny=["SupCon"], small=list(METHODS), paper=list(METHODS))
    entries = {
        (row, str(batch)): Entry(scale.run(METHODS[row], f"batch={batch}"))
        for row in rows
        for batch in batches
    }
    return Study(
        title="Batch of SupCon",
        source="SupCon, figure 4b",
        question="Do more images at once, and so more positives and negatives, help?",
        axes=("loss", "batch"),
        entries=entries,
        paper={},
        setting="",
        claims=(
            Claim(
                "Larger batches are better for SupCon.",
                (rising([("SupCon", str(batch)) for batch in batches]),),
            ),
            Claim(
                "SupCon is better than cross-entropy at every batch.",
                tuple(
                    above(("SupCon", str(batch)), ("cross-entropy", str(batch)))
                    for batch in batches
                    if "cross-entropy" in rows
                ),
            ),
        ),
        form="lines",
        remark=(
            "The paper's figure has curves without numbers. An epoch has fewer updates with a larger "
            "batch, and the rate grows with it."
        ),
    )
