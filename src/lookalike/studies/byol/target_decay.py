"""BYOL, table 5a: how fast the target follows."""

from lookalike.studies.claims import Claim, best
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import Entry, Study

TOP_1 = "top-1"
PAPER = {"1 (random)": 18.8, "0.999": 69.8, "0.99": 72.5, "0.9": 68.4, "0 (online)": 0.3}


def study(scale: Scale) -> Study:
    """Rows are τ at the beginning; at its ends the target stays random, or is the network itself."""
    inner = scale.pick(
        tiny=("0.9",), small=("0.999", "0.99", "0.95", "0.8"), paper=("0.999", "0.99", "0.9")
    )
    middle = scale.pick(tiny="0.9", small="0.95", paper="0.99")
    runs: dict[str, Command] = {
        "1 (random)": ("method.target=fixed",),
        **{decay: (f"method.target_decay={decay}",) for decay in inner},
        "0 (online)": ("method.target=online",),
    }
    ends = ("1 (random)", "0 (online)")
    return Study(
        title="How fast the target follows",
        source="BYOL, table 5a",
        question="Is there a middle between a target that stands still and none?",
        axes=("τ", "measure"),
        entries={(row, TOP_1): Entry(scale.run("byol", *words)) for row, words in runs.items()},
        paper={(row, TOP_1): value for row, value in PAPER.items()},
        setting="ImageNet, ResNet-50, 300 epochs, linear top-1",
        claims=(
            Claim(
                "A slow target is better than a random one that stays, and than none.",
                best((middle, TOP_1), [(end, TOP_1) for end in ends]),
            ),
        ),
        remark="For what reads like the same, τ = 0, the paper has 0.3 here and 5.5 in table 19.",
    )
