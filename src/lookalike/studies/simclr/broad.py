"""SimCLR, appendix B.2: a broader policy, with edges, motion blur and other colours."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import Entry, Study

SMALL: Command = (
    "views.motion_blur.probability=0.2",
    "views.solarize.probability=0.2",
    "views.equalize=0.2",
    "views.sobel.probability=0.2",
)

PAPER = {"usual": (69.3, 74.2, 76.5), "broader": (70.0, 74.4, 76.8)}


def study(scale: Scale) -> Study:
    """Rows are policies, columns widths of the encoder."""
    broader = scale.pick(tiny=SMALL, small=SMALL, paper=("views.preset=simclr-broad",))
    widths = scale.pick(tiny=(1,), small=(1, 2), paper=(1, 2, 4))
    length = scale.pick(tiny="4 steps", small="10 epochs", paper="1000 epochs")
    return Study(
        title="A broader policy",
        source="SimCLR, appendix B.2",
        question="Do more operations help further?",
        axes=("policy", "width"),
        entries={
            (row, f"× {width}"): Entry(
                scale.run("simclr", f"duration={length}", f"encoder.width={width}", *words)
            )
            for row, words in (("usual", ()), ("broader", broader))
            for width in widths
        },
        paper={
            (row, f"× {width}"): value
            for row, values in PAPER.items()
            for width, value in zip((1, 2, 4), values, strict=True)
        },
        setting="ImageNet, 1,000 epochs",
        claims=(
            Claim(
                "The broader policy is better.",
                tuple(
                    above(("broader", f"× {width}"), ("usual", f"× {width}")) for width in widths
                ),
            ),
        ),
        remark="The paper names the operations; that each happens to a fifth of the views is ours.",
    )
