"""BYOL, table 14b: the width of projections."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

TOP_1 = "top-1"
PAPER = {"16": 69.9, "32": 71.3, "64": 72.2, "128": 72.5, "256": 72.5, "512": 72.6}


def study(scale: Scale) -> Study:
    """One row over the width."""
    widths = scale.pick(tiny=("16", "256"), small=("16", "64", "256"), paper=tuple(PAPER))
    entries = {
        (TOP_1, width): Entry(scale.run("byol", f"method.outputs={width}")) for width in widths
    }
    return Study(
        title="Width of BYOL's projections",
        source="BYOL, table 14b",
        question="Does the width matter?",
        axes=("measure", "width"),
        entries=entries,
        paper={(TOP_1, width): value for width, value in PAPER.items()},
        setting="ImageNet, ResNet-50, 300 epochs, linear top-1",
        claims=(
            Claim("Very narrow projections are worse.", (above((TOP_1, "256"), (TOP_1, "16")),)),
        ),
        form="lines",
    )
