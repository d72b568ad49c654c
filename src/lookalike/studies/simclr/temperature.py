"""SimCLR, table 5: normalisation and temperature."""

from lookalike.studies.claims import Claim, above, best
from lookalike.studies.scale import Scale
from lookalike.studies.study import LINEAR, Entry, Measure, Study

ENTROPY, ACCURACY, TOP_1 = "entropy", "contrastive accuracy", "top-1"

MEASURES = {
    ENTROPY: Measure("entropy"),
    ACCURACY: Measure("contrastive_accuracy", percent=True),
    TOP_1: LINEAR,
}

PAPER = {
    ("yes, τ 0.05", ENTROPY): 1.0, ("yes, τ 0.05", ACCURACY): 90.5, ("yes, τ 0.05", TOP_1): 59.7,
    ("yes, τ 0.1", ENTROPY): 4.5, ("yes, τ 0.1", ACCURACY): 87.8, ("yes, τ 0.1", TOP_1): 64.4,
    ("yes, τ 0.5", ENTROPY): 8.2, ("yes, τ 0.5", ACCURACY): 68.2, ("yes, τ 0.5", TOP_1): 60.7,
    ("yes, τ 1", ENTROPY): 8.3, ("yes, τ 1", ACCURACY): 59.1, ("yes, τ 1", TOP_1): 58.0,
    ("no, τ 10", ENTROPY): 0.5, ("no, τ 10", ACCURACY): 91.7, ("no, τ 10", TOP_1): 57.2,
    ("no, τ 100", ENTROPY): 0.5, ("no, τ 100", ACCURACY): 92.1, ("no, τ 100", TOP_1): 57.0,
}  # fmt: skip


def study(scale: Scale) -> Study:
    """Rows are settings; the last column is what counts."""
    rows = scale.pick(
        tiny=[(True, 0.5), (False, 10)],
        small=[*((True, tau) for tau in (0.05, 0.1, 0.2, 0.5, 1)), (False, 10), (False, 100)],
        paper=[*((True, tau) for tau in (0.05, 0.1, 0.5, 1)), (False, 10), (False, 100)],
    )
    runs = {
        f"{'yes' if norm else 'no'}, τ {tau:g}": scale.run(
            "simclr", f"method.normalize={str(norm).lower()}", f"method.temperature={tau}"
        )
        for norm, tau in rows
    }
    unit = [row for row in runs if row.startswith("yes")]
    without = [row for row in runs if row.startswith("no")]
    middle = scale.pick(tiny="yes, τ 0.5", small="yes, τ 0.2", paper="yes, τ 0.1")
    return Study(
        title="Normalisation and temperature of NT-Xent",
        source="SimCLR, table 5",
        question="Does the loss need unit vectors and a temperature of its own?",
        axes=("normalised", "measure"),
        entries={
            (row, name): Entry(run, measure)
            for row, run in runs.items()
            for name, measure in MEASURES.items()
        },
        paper=PAPER,
        setting="ImageNet, ResNet-50, 100 epochs, batch 4096",
        claims=(
            Claim(
                "Unit vectors with a middle temperature represent better than vectors of any length.",
                tuple(above((middle, TOP_1), (row, TOP_1)) for row in without),
            ),
            Claim(
                "Without normalisation the contrastive task is solved better nevertheless.",
                tuple(above((row, ACCURACY), (unit[-1], ACCURACY)) for row in without),
            ),
            Claim(
                "The temperature matters: the middle one is better than the lowest and the highest.",
                best((middle, TOP_1), [(unit[0], TOP_1), (unit[-1], TOP_1)]),
            ),
        ),
        remark="The entropy here is that of one process's softmax over the batch.",
    )
