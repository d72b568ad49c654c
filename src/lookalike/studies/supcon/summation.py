"""SupCon, table 1: the sum over positives outside the logarithm, or inside."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

TOP_1 = "top-1"


def study(scale: Scale) -> Study:
    """Two rows."""
    entries = {
        (row, TOP_1): Entry(scale.run("supcon", f"method.summation={where}"))
        for row, where in (("L_out", "out"), ("L_in", "in"))
    }
    return Study(
        title="Where the sum over positives stands",
        source="SupCon, table 1",
        question="Is it the mean of logarithms or the logarithm of the mean?",
        axes=("loss", "measure"),
        entries=entries,
        paper={("L_out", TOP_1): 78.7, ("L_in", TOP_1): 67.4},
        setting="ImageNet, ResNet-50, batch 6144",
        claims=(Claim("L_out is better than L_in.", (above(("L_out", TOP_1), ("L_in", TOP_1)),)),),
    )
