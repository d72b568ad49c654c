"""MAE, table 2: the time that leaving hidden patches out of the encoder saves."""

from pathlib import Path

from lookalike.record import read_record
from lookalike.studies.claims import Claim, above
from lookalike.studies.mae.ablation import TUNED
from lookalike.studies.scale import Scale
from lookalike.studies.study import LINEAR, Entry, Measure, Study

MINUTES = "minutes"
WITH = "method.masked_from=encoder"
PAPER = {
    "with tokens": (84.2, 42.4),
    "without": (84.9, 15.4),
    "without, decoder of 1": (84.8, 11.6),
    "ViT-H, with tokens": (None, 119.6),
    "ViT-H, without": (85.8, 34.5),
    "ViT-H, without, decoder of 1": (85.9, 29.3),
}


def minutes(run: Path) -> float:
    """Of training."""
    return (read_record(run).training_seconds() or float("nan")) / 60


def study(scale: Scale) -> Study:
    """Rows are encoders; the smaller scales have one only."""
    deep = scale.pick(tiny="method.decoder_depth=2", small="method.decoder_depth=4", paper="")
    usual = (deep,) if deep else ()
    shallow = ("method.decoder_depth=1",)
    runs = {
        "with tokens": (*usual, WITH),
        "without": usual,
        "without, decoder of 1": shallow,
    }
    if scale.name == "paper":
        huge = "encoder.name=vit_huge_patch14_224"
        runs |= {f"ViT-H, {row}": (huge, *words) for row, words in runs.items()}
    tuned = Measure("top-1", "finetune.protocol=mae finetune.epochs=50")
    score = (TUNED, tuned) if scale.name == "paper" else ("linear", LINEAR)
    spent = Measure(MINUTES, read=minutes, decimals=2)
    return Study(
        title="Time without mask tokens",
        source="MAE, table 2",
        question="What does it save to encode only what is seen?",
        axes=("encoder", "measure"),
        entries={
            (row, column): Entry(scale.run("mae", *words), measure)
            for row, words in runs.items()
            for column, measure in (score, (MINUTES, spent))
        },
        paper={
            (row, column): value
            for row, (accuracy, hours) in PAPER.items()
            for column, value in ((TUNED, accuracy), (MINUTES, hours * 60))
            if value is not None
        },
        setting="ImageNet, ViT-L and ViT-H, 800 epochs, 128 TPU v3 cores",
        claims=(
            Claim(
                "It saves time.",
                (above(("with tokens", MINUTES), ("without", MINUTES)),),
            ),
            Claim(
                "So does a shallow decoder.",
                (above(("without", MINUTES), ("without, decoder of 1", MINUTES)),),
            ),
        ),
        remark="Runs of one study are compared, so make them one at a time on a quiet machine.",
    )
