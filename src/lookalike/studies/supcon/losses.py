"""SupCon, table 2: SimCLR, cross-entropy, large margins and SupCon."""

from lookalike.studies.claims import Claim, best
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import Entry, Study

LOSSES: dict[str, tuple[str, Command]] = {
    "SimCLR": ("simclr", ()),
    "cross-entropy": ("supervised", ()),
    "max-margin": ("supervised", ("method.loss=large_margin",)),
    "SupCon": ("supcon", ()),
}

PAPER = {
    "SimCLR": (93.6, 70.7, 70.2),
    "cross-entropy": (95.0, 75.3, 78.2),
    "max-margin": (92.4, 70.5, 78.0),
    "SupCon": (96.0, 76.5, 78.7),
}

SETS = ("CIFAR-10", "CIFAR-100", "ImageNet")


def study(scale: Scale) -> Study:
    """Rows are losses, columns sets of images: those that are given, and two that need no files."""
    cifar = scale._replace(recipes="cifar10") if scale.name == "paper" else scale
    digits = scale._replace(recipes="digits")
    rows = scale.pick(tiny=["cross-entropy", "SupCon"], small=list(LOSSES), paper=list(LOSSES))
    entries = {(row, "CIFAR-10"): Entry(cifar.run(LOSSES[row][0], *LOSSES[row][1])) for row in rows}
    if scale.name == "small":
        for row, (method, words) in LOSSES.items():
            shapes = scale.run(method, *words, "data.path=shapes", "data.limit=2000")
            entries[row, "shapes"] = Entry(shapes)
            entries[row, "digits"] = Entry(digits.run(method, *words, "data.path=digits"))
    return Study(
        title="Losses",
        source="SupCon, table 2",
        question="Is a contrastive loss with labels better than a classifier's?",
        axes=("loss", "images"),
        entries=entries,
        paper={
            (row, column): value
            for row, values in PAPER.items()
            for column, value in zip(SETS, values, strict=True)
        },
        setting="ResNet-50",
        claims=(
            Claim(
                "SupCon is the best on CIFAR-10.",
                best(("SupCon", "CIFAR-10"), [at for at in entries if at[1] == "CIFAR-10"]),
            ),
        ),
        remark=(
            "CIFAR-100 and ImageNet are as published; shapes and digits are ours. The paper cites its "
            "max-margin values; ours is the large-margin softmax, whose formula is from memory. All "
            "are measured by a linear classifier fitted to the encoder."
        ),
        published=SETS[1:],
    )
