"""BYOL, table 15, first half: the learning rate."""

from lookalike.studies.claims import Claim, best
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

TOP_1 = "top-1"
PAPER = {
    "0.01": 34.8, "0.1": 65.0, "0.2": 71.7, "0.3": 72.5, "0.4": 72.3, "0.5": 71.5, "1": 69.4,
}  # fmt: skip


def study(scale: Scale) -> Study:
    """One row over the rate for 256 images."""
    rates = scale.pick(tiny=("0.1", "0.8"), small=("0.05", "0.2", "0.8", "3.2"), paper=tuple(PAPER))
    middle = scale.pick(tiny="0.8", small="0.8", paper="0.3")
    entries = {
        (TOP_1, rate): Entry(scale.run("byol", f"rate={{per_256: {rate}}}")) for rate in rates
    }
    return Study(
        title="Learning rate of BYOL",
        source="BYOL, table 15",
        question="How well must the rate be chosen?",
        axes=("measure", "rate for 256 images"),
        entries=entries,
        paper={(TOP_1, rate): value for rate, value in PAPER.items()},
        setting="ImageNet, ResNet-50, 300 epochs, LARS",
        claims=(
            Claim(
                "A middle rate is better than the lowest and the highest.",
                best((TOP_1, middle), [(TOP_1, rates[0]), (TOP_1, rates[-1])]),
            ),
        ),
        form="lines",
        remark="Small runs use plain SGD, whose rates are others than those of LARS.",
    )
