"""BYOL, table 20: what is done with predictions and targets before they are compared."""

from lookalike.studies.claims import Claim, best
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

TOP_1 = "top-1"
ROWS = {
    "length 1": ("length", 72.5),
    "layer norm": ("layer", 72.5),
    "nothing": ("none", 67.4),
    "batch norm": ("batch", 65.3),
}


LARS = ("optimizer={name: lars-byol, weight_decay: 1e-6}", "rate={per_256: 2.0}")
"""Of the official code's small recipe: under plain SGD the run without normalisation diverges."""


def study(scale: Scale) -> Study:
    """Four rows."""
    optimizer = scale.pick(tiny=LARS, small=LARS, paper=())
    return Study(
        title="Normalisation in the loss",
        source="BYOL, table 20",
        question="Must predictions and targets have one length?",
        axes=("normalised by", "measure"),
        entries={
            (row, TOP_1): Entry(scale.run("byol", f"method.scaling={kind}", *optimizer))
            for row, (kind, _) in ROWS.items()
        },
        paper={(row, TOP_1): value for row, (_, value) in ROWS.items()},
        setting="ImageNet, ResNet-50, 300 epochs, linear top-1",
        claims=(
            Claim(
                "One length is better than none, and than batch norm.",
                best(("length 1", TOP_1), [("nothing", TOP_1), ("batch norm", TOP_1)]),
            ),
        ),
        remark=(
            "Without normalisation the loss has no upper end. Small runs use LARS, too, as under plain "
            "SGD that row's numbers soon are none."
        ),
    )
