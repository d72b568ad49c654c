"""SimCLR, figure 7: depth and width of the encoder, with and without labels."""

from lookalike.studies.claims import Claim, Contrast, above
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import Entry, Study

METHODS: dict[str, tuple[str, Command]] = {
    "SimCLR": ("simclr", ()),
    "supervised": ("supervised", ("duration=90 epochs",)),
    "SimCLR, longer": ("simclr", ("duration=1000 epochs",)),
}

PAPER = {
    ("SimCLR", "ResNet-50 × 1"): 64.5,
    ("SimCLR, longer", "ResNet-50 × 1"): 69.3,
    ("SimCLR, longer", "ResNet-50 × 2"): 74.2,
    ("SimCLR, longer", "ResNet-50 × 4"): 76.5,
    ("supervised", "ResNet-50 × 1"): 76.5,
    ("supervised", "ResNet-50 × 2"): 77.8,
    ("supervised", "ResNet-50 × 4"): 78.9,
}


def study(scale: Scale) -> Study:
    """Rows are trainings, columns encoders."""
    encoders = scale.pick(
        tiny=[(8, 1), (8, 2)],
        small=[(8, 1), (14, 1), (20, 1), (8, 2)],
        paper=[(depth, width) for depth in (18, 34, 50, 101, 152) for width in (1, 2, 4)],
    )
    rows = scale.pick(tiny=["SimCLR"], small=["SimCLR", "supervised"], paper=list(METHODS))
    full = scale.name == "paper"
    thin, wide, deep = scale.pick(
        tiny=((8, 1), (8, 2), (8, 2)),
        small=((8, 1), (8, 2), (20, 1)),
        paper=((50, 1), (50, 4), (152, 1)),
    )
    return Study(
        title="Depth and width of the encoder",
        source="SimCLR, figure 7",
        question="Who gains more from a larger encoder, training with or without labels?",
        axes=("method", "encoder"),
        entries={
            (row, _name(encoder)): Entry(
                scale.run(METHODS[row][0], *(METHODS[row][1] if full else ()), _words(encoder))
            )
            for row in rows
            for encoder in encoders
        },
        paper=PAPER,
        setting="ImageNet; longer: 1,000 epochs",
        claims=(
            Claim(
                "Deeper and wider encoders are better without labels.",
                tuple(
                    above(("SimCLR", _name(each)), ("SimCLR", _name(thin))) for each in (wide, deep)
                ),
            ),
            Claim(
                "They gain more from width than a classifier trained with labels.",
                (_gain(_name(thin), _name(wide)),) if "supervised" in rows else (),
            ),
        ),
        form="lines",
        remark=(
            "The paper's figure has dots without numbers; those here are printed in its tables, for "
            "labels as cited in BYOL's table 9."
        ),
    )


def _name(encoder: tuple[int, int]) -> str:
    depth, width = encoder
    return f"ResNet-{depth} × {width}"


def _words(encoder: tuple[int, int]) -> str:
    depth, width = encoder
    return f"encoder={{name: resnet{depth}, width: {width}}}"


def _gain(thin: str, wide: str) -> Contrast:
    return {
        ("SimCLR", wide): 1.0,
        ("SimCLR", thin): -1.0,
        ("supervised", wide): -1.0,
        ("supervised", thin): 1.0,
    }
