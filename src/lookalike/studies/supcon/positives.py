"""SupCon, table 5: how many positives from other images an anchor has."""

from lookalike.studies.claims import Claim, above, rising
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

TOP_1 = "top-1"
PAPER = {"1": 69.3, "3": 76.6, "5": 78.0, "7": 78.4, "9": 78.3, "all": 78.5}


def study(scale: Scale) -> Study:
    """One row over the number of positives, one's own other view included."""
    counts = scale.pick(tiny=("1", "all"), small=("1", "3", "9", "all"), paper=tuple(PAPER))
    entries = {
        (TOP_1, count): Entry(scale.run("supcon", f"method.positives={_others(count)}"))
        for count in counts
    }
    places = list(entries)
    return Study(
        title="Number of positives",
        source="SupCon, table 5",
        question="Do more positives from one's own class help?",
        axes=("measure", "positives"),
        entries=entries,
        paper={(TOP_1, count): value for count, value in PAPER.items()},
        setting="ImageNet, ResNet-50, batch 6144, 350 epochs",
        claims=(
            Claim("More positives are better.", (rising(places),)),
            Claim(
                "All of them are better than one's own view alone.", (above(places[-1], places[0]),)
            ),
        ),
        form="lines",
    )


def _others(count: str) -> str:
    """Positives from other images: those counted less one's own other view."""
    return "null" if count == "all" else str(int(count) - 1)
