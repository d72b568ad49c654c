"""SimCLR, table 3: which changes of an image its h and its z can tell."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import Entry, Measure, Study

SUBJECTS = {"h": "trained", "z": "projection"}

ROWS: dict[str, tuple[Command, tuple[float, float]]] = {
    "colour or grey": ((), (99.3, 97.4)),
    "rotation": (("views.rotate.probability=0.75",), (67.6, 25.6)),
    "original or noise": (("views.noise.probability=0.5",), (99.5, 59.6)),
    "original or Sobel": (("views.sobel.probability=0.5",), (96.6, 56.3)),
}
"""What is asked, what the views of its run have besides, and the paper's h and z."""


def study(scale: Scale) -> Study:
    """One run for each row; z is as wide as h, so that it has the same room."""
    rows = scale.pick(tiny=["rotation"], small=list(ROWS), paper=list(ROWS))
    width = scale.pick(tiny=64, small=64, paper=2048)
    asked = scale.pick(
        tiny="transformations.images=60 transformations.probe=linear",
        small="transformations",
        paper="transformations",
    )
    entries = {
        (row, column): Entry(
            scale.run("simclr", f"method.outputs={width}", *ROWS[row][0]),
            Measure(row, asked, subject),
        )
        for row in rows
        for column, subject in SUBJECTS.items()
    }
    return Study(
        title="Which changes h and z can tell",
        source="SimCLR, table 3",
        question="What does the head throw away?",
        axes=("probe for", "read from"),
        entries=entries,
        paper={
            (row, column): value
            for row, (_, values) in ROWS.items()
            for column, value in zip(SUBJECTS, values, strict=True)
        },
        setting="ImageNet, ResNet-50, both 2048 wide",
        claims=(
            Claim("h knows more of every change than z.", _both(rows)),
            Claim(
                "For geometry and texture the gap is greater than for colour.",
                _greater(rows) if "colour or grey" in rows else (),
            ),
        ),
        remark=(
            "Without a look one is right in 80, 25, 50 and 50 %. The views of a row's run contain its "
            "change, except that colour is lost in all of them."
        ),
    )


def _both(rows: list[str]) -> tuple[dict[tuple[str, str], float], ...]:
    return tuple(dict(above((row, "h"), (row, "z"))) for row in rows)


def _greater(rows: list[str]) -> tuple[dict[tuple[str, str], float], ...]:
    colour = {("colour or grey", "h"): -1.0, ("colour or grey", "z"): 1.0}
    return tuple(colour | {(row, "h"): 1.0, (row, "z"): -1.0} for row in rows[1:])
