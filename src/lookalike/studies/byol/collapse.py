"""BYOL, tables 5a, 5b and 19: what keeps the projections from becoming all the same."""

from lookalike.studies.claims import Claim, Place, above
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import LINEAR, Entry, Measure, Study

TOP_1, SPREAD = "top-1", "spread"
MEASURES = {TOP_1: LINEAR, SPREAD: Measure("projection_spread", decimals=2)}

ROWS: dict[str, tuple[Command, float | None]] = {
    "BYOL": ((), 72.5),
    "with negatives": (("method.negatives=1.0",), 70.9),
    "no predictor, with negatives": (("method.predictor=none", "method.negatives=1.0"), 70.7),
    "no target, with negatives": (("method.target=online", "method.negatives=1.0"), 70.2),
    "neither, with negatives (SimCLR)": (
        ("method.predictor=none", "method.target=online with gradient", "method.negatives=1.0"),
        69.4,
    ),
    "no target": (("method.target=online",), 5.5),
    "no target, gradient through it": (("method.target=online with gradient",), 0.3),
    "no predictor": (("method.predictor=none",), 0.2),
    "neither": (("method.predictor=none", "method.target=online"), 0.1),
    "target fixed at random": (("method.target=fixed",), 18.8),
}

HALVES = ("no predictor, with negatives", "no target, with negatives")
"""Between BYOL and SimCLR; they show nothing of a collapse."""


def study(scale: Scale) -> Study:
    """Rows are what is missing; the spread of the projections is 1 where they fill the sphere."""
    chosen = scale.pick(
        tiny=("BYOL", "neither"),
        small=tuple(row for row in ROWS if row not in HALVES),
        paper=tuple(ROWS),
    )
    own = {row: scale.run("byol", *ROWS[row][0]) for row in chosen}
    return Study(
        title="Why BYOL does not collapse",
        source="BYOL, tables 5a, 5b and 19",
        question="Which parts does it need when there are no negatives?",
        axes=("network", "measure"),
        entries={
            (row, name): Entry(run, measure)
            for row, run in own.items()
            for name, measure in MEASURES.items()
        },
        paper={(row, TOP_1): value for row, (_, value) in ROWS.items() if value is not None},
        setting="ImageNet, ResNet-50, 300 epochs",
        claims=(
            Claim("Without predictor it is worse.", _below(("no predictor", "neither"), chosen)),
            Claim(
                "Without target it is worse.",
                _below(("no target", "no target, gradient through it"), chosen),
            ),
            Claim(
                "A target fixed at random is worse.", _below(("target fixed at random",), chosen)
            ),
        ),
        remark="An encoder that learns nothing still reads 35 % of CIFAR-10 at this size.",
    )


def _below(rows: tuple[str, ...], chosen: tuple[str, ...]) -> tuple[dict[Place, float], ...]:
    return tuple(dict(above(("BYOL", TOP_1), (row, TOP_1))) for row in rows if row in chosen)
