"""SimCLR, table B.5: other sets of images, frozen and fine-tuned, beside a random start."""

from lookalike.data.benchmarks import BENCHMARKS
from lookalike.studies.claims import Claim, Place, mean_above
from lookalike.studies.scale import Scale
from lookalike.studies.study import TRANSFER, Entry, Measure, Study

ROWS = {
    "linear, SimCLR": ("simclr", "linear", "trained"),
    "linear, supervised": ("supervised", "linear", "trained"),
    "linear, random": ("simclr", "linear", "untrained"),
    "fine-tuned, SimCLR": ("simclr", "finetune", "trained"),
    "fine-tuned, supervised": ("supervised", "finetune", "trained"),
    "random start": ("simclr", "finetune", "untrained"),
}
"""Row → method, what is done with its encoder, and whether that is trained."""

# Food, C10, C100, Birdsnap, SUN397, Cars, Aircraft, VOC2007, DTD, Pets, Caltech-101, Flowers
PAPER = {
    "linear, SimCLR": "68.4 90.6 71.6 37.4 58.8 50.3 50.3 80.5 74.5 83.6 90.3 91.2",
    "linear, supervised": "72.3 93.6 78.3 53.7 61.9 66.7 61.0 82.8 74.9 91.5 94.5 94.7",
    "fine-tuned, SimCLR": "88.2 97.7 85.9 75.9 63.5 91.3 88.1 84.1 73.2 89.2 92.1 97.0",
    "fine-tuned, supervised": "88.3 97.5 86.4 75.8 64.3 92.1 86.0 85.0 74.6 92.1 93.3 97.6",
    "random start": "86.9 95.9 80.2 76.1 53.6 91.4 85.9 67.3 64.8 81.5 72.6 92.0",
}


def study(scale: Scale) -> Study:
    """Columns are sets: the twelve of the paper, or two that need no files."""
    sets = scale.pick(tiny=["digits"], small=["digits", "shapes"], paper=list(BENCHMARKS))
    rows = scale.pick(tiny=["linear, SimCLR"], small=list(ROWS), paper=list(ROWS))
    length = scale.pick(tiny=(), small=(), paper=("duration=1000 epochs",))
    return Study(
        title="Transfer to other images",
        source="SimCLR, table B.5",
        question="Are the features good for images they were not trained on?",
        axes=("use", "images"),
        entries={
            (row, each): Entry(scale.run(ROWS[row][0], *length), _measure(scale, row, each))
            for row in rows
            for each in sets
            if _possible(row, each)
        },
        paper={
            (row, each): float(value)
            for row, values in PAPER.items()
            for each, value in zip(BENCHMARKS, values.split(), strict=True)
            if _possible(row, each)
        },
        setting="ResNet-50 trained on ImageNet for 1,000 epochs",
        claims=_claims(rows, sets),
        remark=(
            "On the paper's scale the sets lie in benchmarks/, for fine-tuning as folders. It "
            "leaves out VOC 2007, whose images show several classes."
        ),
    )


def _possible(row: str, images: str) -> bool:
    """Whether it can be done: fine-tuning knows one class of each image."""
    several = images in BENCHMARKS and BENCHMARKS[images].metric == "mAP"
    return not (several and ROWS[row][1] == "finetune")


def _measure(scale: Scale, row: str, images: str) -> Measure:
    _, use, subject = ROWS[row]
    metric = BENCHMARKS[images].metric if images in BENCHMARKS else "top-1"
    if scale.name == "tiny":  # the same probe, without the baselines
        return Measure("top-1", "linear", subject, data=images)
    if use == "linear":
        return Measure(metric, TRANSFER, subject, data=images)
    if scale.name == "paper":
        place = f"benchmarks/{images}"
        return Measure(metric, "finetune.protocol=transfer", subject, data=place)
    return Measure("top-1", "finetune.epochs=10 finetune.batch=64", subject, data=images)


def _claims(rows: list[str], sets: list[str]) -> tuple[Claim, ...]:
    def all_of(row: str) -> list[Place]:
        return [(row, each) for each in sets if _possible(row, each)]

    if len(rows) < len(ROWS):
        return (Claim("Frozen features of SimCLR are better than random ones.", ()),)
    return (
        Claim(
            "Frozen features of SimCLR are better than random ones.",
            (mean_above(all_of("linear, SimCLR"), all_of("linear, random")),),
        ),
        Claim(
            "It is a better start for fine-tuning than random weights.",
            (mean_above(all_of("fine-tuned, SimCLR"), all_of("random start")),),
        ),
        Claim(
            "Frozen features of a supervised encoder of this size are better on average.",
            (mean_above(all_of("linear, supervised"), all_of("linear, SimCLR")),),
        ),
    )
