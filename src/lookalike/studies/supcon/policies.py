"""SupCon, table 9: the augmentation of both stages."""

from lookalike.studies.claims import Claim, Place, mean_above
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import Entry, Measure, Study

POLICIES = {
    "AutoAugment": "supcon",
    "RandAugment": "supcon-randaugment",
    "SimAugment": "supcon-simaugment",
    "Stacked RandAugment": "supcon-stacked",
}

PAPER = {
    "AutoAugment": (78.6, 78.1, 75.4, 77.4),
    "RandAugment": (78.3, 78.4, 76.3, 75.8),
    "SimAugment": (76.1, 75.9, 77.9, 76.4),
    "Stacked RandAugment": (78.1, 78.2, 77.9, 75.9),
}


def study(scale: Scale) -> Study:
    """Rows are the policies of the first stage, columns those of the second."""
    names = scale.pick(
        tiny=["AutoAugment", "SimAugment"], small=list(POLICIES), paper=list(POLICIES)
    )
    length = scale.pick(
        tiny=" linear-views.epochs=1 linear-views.batch=80",
        small=" linear-views.epochs=5 linear-views.batch=250",
        paper="",
    )
    asked = f"linear-views.protocol=supcon{length}"
    entries = {
        (first, second): Entry(
            scale.run("supcon", *policy(scale, first)),
            Measure("top-1", f"{asked} linear-views.views={POLICIES[second]}"),
        )
        for first in names
        for second in names
    }
    same = [at for at in entries if at[0] == at[1]]
    return Study(
        title="Augmentation of both stages",
        source="SupCon, table 9",
        question="Should the classifier see the views that the encoder learned from?",
        axes=("first stage", "second stage"),
        entries=entries,
        paper={
            (first, second): value
            for first, values in PAPER.items()
            for second, value in zip(POLICIES, values, strict=True)
        },
        setting="ImageNet, ResNet-50",
        claims=(
            Claim(
                "The same policy in both stages is better on average.",
                (mean_above(same, [at for at in entries if at not in same]),),
            ),
            Claim(
                "AutoAugment is the best of the policies used twice.",
                tuple(_above(first) for first in names if first != "AutoAugment"),
            ),
        ),
        form="squares",
        remark=(
            "The paper's second stage is RMSProp on ImageNet; ours is the momentum of its CIFAR code."
        ),
    )


def policy(scale: Scale, name: str) -> Command:
    """The paper's policy, at the size of the scale's recipe."""
    words = (f"views.preset={POLICIES[name]}",)
    return words if scale.name == "paper" else (*words, "views.size=16")


def _above(first: str) -> dict[Place, float]:
    return {("AutoAugment", "AutoAugment"): 1.0, (first, first): -1.0}
