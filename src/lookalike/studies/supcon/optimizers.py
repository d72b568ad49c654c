"""SupCon, table 8: the optimizers of both stages."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import LINEAR, Entry, Measure, Study

FIRST = {
    "LARS": "{name: lars, weight_decay: 1e-4}",
    "RMSProp": "{name: timm, algorithm: rmsproptf, weight_decay: 1e-4, eps: 0.001}",
    "momentum": "{name: sgd, momentum: 0.9, weight_decay: 1e-4}",
}

PAPER = {
    "LARS": (78.2, 78.7, 77.6),
    "RMSProp": (77.4, 77.8, 76.9),
    "momentum": (77.7, 76.1, 77.7),
}

RMSPROP, MOMENTUM, EXACT = "RMSProp", "momentum", "exact"


def study(scale: Scale) -> Study:
    """Rows are the optimizers of the first stage, columns those of the second."""
    rates = scale.pick(
        tiny={"LARS": 4.0, "RMSProp": 0.002, "momentum": 0.8},
        small={"LARS": 4.0, "RMSProp": 0.002, "momentum": 0.8},
        paper={"LARS": 0.4, "RMSProp": 0.002, "momentum": 0.1},
    )
    rows = scale.pick(tiny=["LARS", "RMSProp"], small=list(FIRST), paper=list(FIRST))
    short = scale.pick(tiny=" linear-sgd.epochs=1", small="", paper="")
    second = {
        RMSPROP: Measure("top-1", f"linear-sgd.protocol=supcon-imagenet{short}"),
        MOMENTUM: Measure("top-1", f"linear-sgd.protocol=supcon{short}"),
        EXACT: LINEAR,
    }
    return Study(
        title="Optimizers of both stages",
        source="SupCon, table 8",
        question="Which optimizer trains the encoder, and which the classifier?",
        axes=("first stage", "second stage"),
        entries={
            (row, column): Entry(
                scale.run("supcon", f"optimizer={FIRST[row]}", f"rate={{per_256: {rates[row]}}}"),
                measure,
            )
            for row in rows
            for column, measure in second.items()
        },
        paper={
            (row, column): value
            for row, values in PAPER.items()
            for column, value in zip(("LARS", RMSPROP, MOMENTUM), values, strict=True)
        },
        setting="ImageNet, ResNet-50",
        claims=(
            Claim(
                "With momentum in the second stage, RMSProp is the worst in the first.",
                tuple(
                    above((row, MOMENTUM), ("RMSProp", MOMENTUM))
                    for row in rows
                    if row != "RMSProp"
                ),
            ),
        ),
        remark=(
            "The second stage with LARS is as published. Ours are those of the code on ImageNet and "
            "on CIFAR, and an exact logistic regression. Only LARS has its published rate in the "
            "first stage; the others are ours."
        ),
        published=("LARS",),
    )
