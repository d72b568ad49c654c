"""BYOL, table 14a: layers of the projector and of the predictor."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

PAPER = {"1": (61.9, 65.0, 65.7), "2": (71.5, 72.5, 71.4), "3": (71.4, 72.1, 72.1)}


def study(scale: Scale) -> Study:
    """Rows are layers of the projector, columns of the predictor; one layer is linear."""
    depths = scale.pick(tiny=("1", "2"), small=("1", "2", "3"), paper=("1", "2", "3"))
    return Study(
        title="Depth of projector and predictor",
        source="BYOL, table 14a",
        question="Must projector and predictor be more than linear?",
        axes=("layers of the projector", "layers of the predictor"),
        entries={
            (row, column): Entry(
                scale.run(
                    "byol", f"method.projector_depth={row}", f"method.predictor_depth={column}"
                )
            )
            for row in depths
            for column in depths
        },
        paper={
            (row, column): value
            for row, values in PAPER.items()
            for column, value in zip(PAPER, values, strict=True)
        },
        setting="ImageNet, ResNet-50, 300 epochs, linear top-1",
        claims=(
            Claim("A linear projector is worse.", (above(("2", "2"), ("1", "2")),)),
            Claim("So is a linear predictor.", (above(("2", "2"), ("2", "1")),)),
        ),
        form="squares",
    )
