"""SimCLR, table B.3: classifiers with labels, trained longer and with stronger views."""

from lookalike.studies.claims import Claim, Contrast, above
from lookalike.studies.scale import Command, Scale
from lookalike.studies.simclr.colour import jitter
from lookalike.studies.study import Entry, Study

CROP: Command = ("views.augment=null", "views.jitter=null", "views.drop=0", "views.blur=null")
COLOUR: Command = ("views.augment=null", *jitter(1.0), "views.drop=0.2")
BLUR: Command = ("views.augment=null", *jitter(1.0, "{probability: 0.5}"), "views.drop=0.2")
VIEWS = {"crop": CROP, "+ colour": COLOUR, "+ blur": BLUR}

PAPER = {
    ("90 epochs", 1): (76.5, 75.6, 75.3),
    ("500 epochs", 1): (76.2, 76.5, 76.7),
    ("1000 epochs", 1): (75.8, 75.2, 76.4),
    ("90 epochs", 4): (78.4, 78.9, 78.7),
    ("500 epochs", 4): (78.3, 78.4, 78.5),
    ("1000 epochs", 4): (77.9, 78.2, 78.3),
}


def study(scale: Scale) -> Study:
    """Rows are lengths, columns views."""
    lengths = scale.pick(
        tiny=["2 steps", "4 steps"],
        small=["5 epochs", "15 epochs", "45 epochs"],
        paper=["90 epochs", "500 epochs", "1000 epochs"],
    )
    views = scale.pick(tiny=["crop"], small=list(VIEWS), paper=list(VIEWS))
    widths = scale.pick(tiny=(1,), small=(1,), paper=(1, 4))
    first, last = (_row(lengths[at], 1) for at in (0, -1))
    return Study(
        title="Longer and stronger supervised training",
        source="SimCLR, table B.3",
        question="Does a classifier gain from what helps contrastive learning?",
        axes=("length", "views"),
        entries={
            (_row(length, width), column): Entry(
                scale.run(
                    "supervised", f"duration={length}", f"encoder.width={width}", *VIEWS[column]
                )
            )
            for width in widths
            for length in lengths
            for column in views
        },
        paper={
            (_row(*row), column): value
            for row, values in PAPER.items()
            for column, value in zip(VIEWS, values, strict=True)
        },
        setting="ImageNet, ResNet-50",
        claims=(
            Claim(
                "With crops alone the longest training is no better than the shortest.",
                (above((first, "crop"), (last, "crop")),),
            ),
            Claim(
                "Stronger views gain more from long training.",
                (_gain(first, last),) if "+ blur" in views else (),
            ),
        ),
        form="lines",
        remark="Measured by a linear classifier that is fitted to the encoder in the end.",
    )


def _row(length: str, width: int) -> str:
    return length if width == 1 else f"{length}, × {width}"


def _gain(first: str, last: str) -> Contrast:
    return {
        (last, "+ blur"): 1.0,
        (first, "+ blur"): -1.0,
        (last, "crop"): -1.0,
        (first, "crop"): 1.0,
    }
