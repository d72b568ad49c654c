"""SimCLR, tables 7 and B.4: fine-tuned on 1 % and 10 % of the labels."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Measure, Study

PRETRAINED, RANDOM = "SimCLR", "random start"

PAPER = {
    ("× 1", PRETRAINED): (48.3, 65.6),
    ("× 2", PRETRAINED): (58.5, 71.7),
    ("× 4", PRETRAINED): (63.0, 74.4),
    ("× 1", RANDOM): (25.4, 56.4),
}


def study(scale: Scale) -> Study:
    """Columns are shares of the labels, from the trained encoder and from none."""
    widths = scale.pick(tiny=(1,), small=(1, 2), paper=(1, 2, 4))
    shares = scale.pick(tiny=["10%"], small=["1%", "10%"], paper=["1%", "10%"])
    short = scale.pick(
        tiny=" finetune.batch=16 finetune.epochs=1", small=" finetune.batch=64", paper=""
    )
    length = scale.pick(tiny="4 steps", small="10 epochs", paper="1000 epochs")
    runs = {
        f"× {width}": scale.run("simclr", f"duration={length}", f"encoder.width={width}")
        for width in widths
    }
    entries = {
        (row, f"{start}, {share}"): Entry(
            run, Measure("top-1", f"finetune.labels={share}{short}", subject)
        )
        for row, run in runs.items()
        for share in shares
        for start, subject in ((PRETRAINED, "trained"), (RANDOM, "untrained"))
    }
    places = [(row, share) for row in runs for share in shares]
    narrow, wide = (list(runs)[at] for at in (0, -1))
    return Study(
        title="Few labels",
        source="SimCLR, tables 7 and B.4",
        question="How many labels does training without them save?",
        axes=("width", "start and labels"),
        entries=entries,
        paper={
            (row, f"{start}, {share}"): value
            for (row, start), values in PAPER.items()
            for share, value in zip(("1%", "10%"), values, strict=True)
        },
        setting="ImageNet, 1,000 epochs",
        claims=(
            Claim(
                "The trained encoder is the better start.",
                tuple(
                    above((row, f"{PRETRAINED}, {share}"), (row, f"{RANDOM}, {share}"))
                    for row, share in places
                ),
            ),
            Claim(
                "A wider encoder needs fewer labels.",
                tuple(
                    above((wide, f"{PRETRAINED}, {share}"), (narrow, f"{PRETRAINED}, {share}"))
                    for share in shares
                )
                if wide != narrow
                else (),
            ),
        ),
        remark="The paper's random start is a classifier that S4L tuned with great care.",
    )
