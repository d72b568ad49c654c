"""BYOL, table 22: without a slow target, rates of projector and predictor."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

FACTORS = ("1", "1.5", "2", "5", "10")
PAPER = {
    "1": (3.2, 25.7, 60.8, 66.7, 66.9),
    "1.5": (1.4, 9.2, 55.2, 61.5, 66.0),
    "2": (2.0, 5.3, 15.8, 60.9, 66.3),
    "5": (1.5, 2.5, 2.5, 20.5, 60.5),
    "10": (0.1, 2.1, 1.9, 2.8, 8.3),
}


def study(scale: Scale) -> Study:
    """Rows are the projector's rate, columns the predictor's, over that of the encoder."""
    factors = scale.pick(tiny=("1", "10"), small=("1", "2", "10"), paper=FACTORS)
    most = factors[-1]
    return Study(
        title="Rates of projector and predictor without a slow target",
        source="BYOL, appendix I, table 22",
        question="Is it the predictor that must be fast, or the heads?",
        axes=("rate of the projector", "rate of the predictor"),
        entries={
            (row, column): Entry(
                scale.run(
                    "byol",
                    "method.target=online",
                    f"method.projector_rate={row}",
                    f"method.predictor_rate={column}",
                )
            )
            for row in factors
            for column in factors
        },
        paper={
            (row, column): value
            for row, values in PAPER.items()
            for column, value in zip(FACTORS, values, strict=True)
        },
        setting="ImageNet, ResNet-50, 300 epochs, linear top-1",
        claims=(
            Claim("A fast predictor helps.", (above(("1", most), ("1", "1")),)),
            Claim(
                "It helps less where the projector is as fast.", (above(("1", most), (most, most)),)
            ),
        ),
        form="squares",
    )
