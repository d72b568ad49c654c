"""BYOL, table 18: the weight β and the temperature α of negatives."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

ALPHAS = ("0.01", "0.1", "0.3", "1", "3", "10")
PAPER = {
    "0": (72.5,) * 6,
    "0.1": (72.2, 72.4, 72.7, 72.6, 72.5, 72.5),
    "0.5": (70.9, 72.0, 72.7, 72.7, 72.6, 72.5),
    "1": (53.9, 70.9, 72.7, 72.7, 72.6, 72.6),
}


def study(scale: Scale) -> Study:
    """Rows are weights, columns temperatures; without weight all columns are one run."""
    weights = scale.pick(tiny=("0", "1"), small=("0", "0.1", "1"), paper=tuple(PAPER))
    alphas = scale.pick(tiny=("0.1",), small=("0.01", "0.1", "1"), paper=ALPHAS)
    entries = {
        (weight, alpha): Entry(
            scale.run("byol")
            if weight == "0"
            else scale.run("byol", f"method.negatives={weight}", f"method.temperature={alpha}")
        )
        for weight in weights
        for alpha in alphas
    }
    most = weights[-1]
    return Study(
        title="Negatives for BYOL",
        source="BYOL, table 18",
        question="Do negatives help where there are predictor and target?",
        axes=("weight β", "temperature α"),
        entries=entries,
        paper={
            (weight, alpha): value
            for weight, values in PAPER.items()
            for alpha, value in zip(ALPHAS, values, strict=True)
        },
        setting="ImageNet, ResNet-50, 300 epochs, linear top-1",
        claims=(
            Claim(
                "Full negatives at SimCLR's temperature make BYOL worse.",
                (above(("0", "0.1"), (most, "0.1")),),
            ),
            Claim(
                "The hotter, the less they matter.",
                (above((most, alphas[-1]), (most, alphas[0])),) if len(alphas) > 1 else (),
            ),
        ),
        form="squares",
    )
