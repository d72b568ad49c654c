"""BYOL, table 15, second half: the weight decay."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

TOP_1 = "top-1"
PAPER = {"1e-7": 72.1, "5e-7": 72.6, "1e-6": 72.5, "5e-6": 71.0, "1e-5": 69.6}


def study(scale: Scale) -> Study:
    """One row over the decay; the paper says that without any, training may diverge."""
    decays = scale.pick(
        tiny=("1e-4", "1e-2"), small=("1e-5", "1e-4", "1e-3", "1e-2"), paper=tuple(PAPER)
    )
    usual = scale.pick(tiny="1e-4", small="1e-4", paper="1e-6")
    entries = {
        (TOP_1, decay): Entry(scale.run("byol", f"optimizer.weight_decay={decay}"))
        for decay in decays
    }
    return Study(
        title="Weight decay of BYOL",
        source="BYOL, table 15",
        question="How well must the weight decay be chosen?",
        axes=("measure", "weight decay"),
        entries=entries,
        paper={(TOP_1, decay): value for decay, value in PAPER.items()},
        setting="ImageNet, ResNet-50, 300 epochs, LARS",
        claims=(Claim("Much decay is worse.", (above((TOP_1, usual), (TOP_1, decays[-1])),)),),
        form="lines",
        remark="Small runs use plain SGD, whose decays are others than those of LARS.",
    )
