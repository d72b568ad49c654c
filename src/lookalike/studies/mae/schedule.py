"""MAE, figure 7: the length of training."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.mae.ablation import LIN, SETTING, TUNED, measures
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

LENGTHS = ("100", "200", "400", "800", "1600")
PAPER = {TUNED: (82.3, 83.3, 84.3, 84.9, 85.1), LIN: (57.3, 64.4, 69.7, 73.5, 75.1)}


def study(scale: Scale) -> Study:
    """Rows are measures, columns lengths, each of a training of its own."""
    lengths = scale.pick(tiny=("2", "4"), small=("3", "10", "30"), paper=LENGTHS)
    unit = scale.pick(tiny="steps", small="epochs", paper="epochs")
    entries = {
        (row, length): Entry(scale.run("mae", f"duration={length} {unit}"), measure)
        for row, measure in measures(scale).items()
        for length in lengths
    }
    places = [(LIN, length) for length in lengths]
    return Study(
        title="Length of training",
        source="MAE, figure 7",
        question="When has it learned enough?",
        axes=("measure", unit),
        entries=entries,
        paper={
            (row, length): value
            for row, values in PAPER.items()
            for length, value in zip(LENGTHS, values, strict=True)
        },
        setting=SETTING,
        claims=(
            Claim(
                "Every longer training is better.",
                tuple(above(*pair) for pair in zip(places[1:], places, strict=False)),
            ),
        ),
        form="lines",
    )
