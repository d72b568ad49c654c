"""SimCLR, figure 9 and tables B.1 and B.2: batch, length of training and the rule for the rate."""

from lookalike.studies.claims import Claim, mean_above, rising
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

RULES = {"linear": "per_256", "root": "root"}

PAPER = {
    "256": ((57.5, 62.8), (61.9, 64.3), (64.7, 65.7), (66.6, 66.5)),
    "512": ((60.7, 63.8), (64.0, 65.6), (66.2, 66.7), (67.8, 67.4)),
    "1024": ((62.8, 64.3), (65.3, 66.1), (67.2, 67.2), (68.5, 68.3)),
    "2048": ((64.0, 64.7), (66.1, 66.8), (68.1, 67.9), (68.9, 68.8)),
    "4096": ((64.6, 64.5), (66.5, 66.8), (68.2, 68.0), (68.9, 69.1)),
    "8192": ((64.8, 64.8), (66.6, 67.0), (67.8, 68.3), (69.0, 69.1)),
}


def study(scale: Scale) -> Study:
    """Rows are batches, columns lengths with both rules; both rules agree at one batch."""
    batches = scale.pick(
        tiny=(16, 32), small=(64, 256, 512), paper=(256, 512, 1024, 2048, 4096, 8192)
    )
    lengths = scale.pick(tiny=(1,), small=(4, 10), paper=(100, 200, 400, 800))
    linear, root = scale.pick(tiny=(0.4, 0.025), small=(0.4, 0.025), paper=(0.3, 0.075))
    rates = {"linear": linear, "root": root}
    entries = {
        (str(batch), f"{epochs} epochs, {rule}"): Entry(
            scale.run(
                "simclr",
                f"batch={batch}",
                f"duration={epochs} epochs",
                f"rate={{{unit}: {rates[rule]}}}",
            )
        )
        for batch in batches
        for epochs in lengths
        for rule, unit in RULES.items()
    }
    short = [(str(batch), f"{lengths[0]} epochs, linear") for batch in batches]
    long = [(str(batch), f"{lengths[-1]} epochs, linear") for batch in batches]
    return Study(
        title="Batch and length of training",
        source="SimCLR, figure 9 and table B.1",
        question="Does contrastive learning need large batches, or only long training?",
        axes=("batch", "length and rule of the rate"),
        entries=entries,
        paper={
            (batch, f"{epochs} epochs, {rule}"): value
            for batch, values in PAPER.items()
            for epochs, pair in zip((100, 200, 400, 800), values, strict=True)
            for rule, value in zip(RULES, pair, strict=True)
        },
        setting="ImageNet, ResNet-50, linear top-1",
        claims=(
            Claim("In short training larger batches are better (linear rule).", (rising(short),)),
            Claim("Longer training is better.", (mean_above(long, short),)),
            Claim(
                "Longer training makes up for small batches (linear rule).",
                (_narrowing(short, long),),
            ),
        ),
        form="lines",
        remark="At this size an epoch has few updates, so a smaller batch also means more of them.",
    )


def _narrowing(
    short: list[tuple[str, str]], long: list[tuple[str, str]]
) -> dict[tuple[str, str], float]:
    """The gap between the largest and the smallest batch shrinks with the length."""
    return {short[-1]: 1.0, short[0]: -1.0, long[-1]: -1.0, long[0]: 1.0}
