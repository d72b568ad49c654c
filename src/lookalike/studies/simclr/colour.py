"""SimCLR, table 1: how strong colours are distorted, with and without labels."""

from lookalike.studies.claims import Claim, Contrast, Place, mean_above, rising
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import Entry, Study

STRENGTHS = {"1/8": 0.125, "1/4": 0.25, "1/2": 0.5, "1": 1.0}

PAPER = {
    "SimCLR": (59.6, 61.0, 62.6, 63.2, 64.5, 61.1),
    "supervised": (77.0, 76.7, 76.5, 75.7, 75.4, 77.1),
}


def study(scale: Scale) -> Study:
    """Two rows of runs over the strength of the jitter."""
    changes = {label: jitter(strength) for label, strength in STRENGTHS.items()}
    if scale.name == "tiny":
        changes = {label: changes[label] for label in ("1/8", "1")}
    if scale.name == "paper":
        changes["1 + blur"] = jitter(1.0, blur="{probability: 0.5}")
        changes["AutoAugment"] = (
            "views.jitter=null",
            "views.drop=0",
            "views.blur=null",
            "views.augment={table: imagenet}",
        )
    methods = {"SimCLR": "simclr", "supervised": "supervised"}
    rows = {row: [(row, column) for column in changes] for row in methods}
    shape = [*STRENGTHS, "1 + blur", "AutoAugment"]
    return Study(
        title="Strength of the colour distortion",
        source="SimCLR, table 1",
        question="Do views need stronger colours than a classifier wants?",
        axes=("method", "strength of colour distortion"),
        entries={
            (row, column): Entry(scale.run(method, *words))
            for row, method in methods.items()
            for column, words in changes.items()
        },
        paper={
            (row, column): value
            for row, values in PAPER.items()
            for column, value in zip(shape, values, strict=True)
        },
        setting="ImageNet, ResNet-50, linear top-1",
        claims=(
            Claim(
                "Stronger colours help contrastive learning.",
                (rising([at for at in rows["SimCLR"] if at[1] in STRENGTHS]),),
            ),
            Claim(
                "They help it more than a classifier trained with labels.",
                (gap(rows["SimCLR"], rows["supervised"]),),
            ),
        ),
        form="lines",
    )


def jitter(strength: float, blur: str = "null") -> Command:
    """The paper's distortion at a strength s: brightness, contrast and saturation 0.8 s, hue 0.2 s."""
    most = round(0.8 * strength, 6)
    values = (
        f"brightness: {most}, contrast: {most}, saturation: {most}, hue: {round(0.2 * strength, 6)}"
    )
    return (f"views.jitter={{{values}}}", f"views.blur={blur}")


def gap(one: list[Place], other: list[Place]) -> Contrast:
    """How much more the first row rises than the second, from the weakest to the strongest colours."""
    first, last = (0, max(i for i, at in enumerate(one) if at[1] in STRENGTHS))
    return mean_above([one[last], other[first]], [one[first], other[last]])
