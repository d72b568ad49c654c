"""SupCon with wrong labels, for which its code has a switch and the paper no numbers."""

from lookalike.studies.claims import Claim, Contrast
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

METHODS = {"SupCon": "supcon", "cross-entropy": "supervised"}


def study(scale: Scale) -> Study:
    """Rows are losses, columns shares of the labels that are replaced at random."""
    shares = scale.pick(tiny=(0.0, 0.4), small=(0.0, 0.2, 0.4, 0.8), paper=(0.0, 0.2, 0.4, 0.8))
    rows = scale.pick(tiny=["SupCon"], small=list(METHODS), paper=list(METHODS))
    entries = {
        (row, f"{share:.0%}"): Entry(
            scale.run(METHODS[row], *([f"data.label_noise={share}"] if share else []))
        )
        for row in rows
        for share in shares
    }
    noisy = [f"{share:.0%}" for share in shares[1:]]
    return Study(
        title="Wrong labels",
        source="SupCon, a switch of the code",
        question="Which loss suffers less from labels that are wrong?",
        axes=("loss", "labels replaced"),
        entries=entries,
        paper={},
        setting="",
        claims=(
            Claim(
                "Cross-entropy loses more than SupCon.",
                tuple(_loses_more(share) for share in noisy if "cross-entropy" in rows),
            ),
        ),
        form="lines",
        remark=(
            "The design is ours. A replaced label is drawn evenly from all classes. The encoder alone "
            "learns from wrong labels: the linear classifier that judges it sees the right ones."
        ),
    )


def _loses_more(share: str) -> Contrast:
    return {
        ("cross-entropy", "0%"): 1.0,
        ("cross-entropy", share): -1.0,
        ("SupCon", "0%"): -1.0,
        ("SupCon", share): 1.0,
    }
