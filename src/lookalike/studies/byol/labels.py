"""BYOL, figure 4 and tables 2 and 8: fine-tuned on a share of the labels."""

from lookalike.studies.claims import Claim, above, mean_above, rising
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Measure, Study

TRAINED, RANDOM = "BYOL", "random start"
SHARES = {
    "1 %": "1%", "2 %": "2%", "5 %": "5%", "10 %": "10%", "20 %": "20%", "50 %": "50%", "100 %": "all",
}  # fmt: skip
PAPER = {(TRAINED, "1 %"): 53.2, (TRAINED, "10 %"): 68.8, (TRAINED, "100 %"): 77.7}


def study(scale: Scale) -> Study:
    """Rows are where fine-tuning starts."""
    settings = scale.pick(
        tiny=" finetune.batch=16 finetune.epochs=1 finetune.rate=0.1",
        small=" finetune.batch=64 finetune.epochs=30 finetune.rate=0.1",
        paper=" finetune.protocol=byol",
    )
    shares = scale.pick(tiny=("10 %", "100 %"), small=("1 %", "10 %", "100 %"), paper=tuple(SHARES))
    run = scale.run("byol") if scale.name != "paper" else ("byol-imagenet",)
    entries = {
        (row, share): Entry(
            run, Measure("top-1", f"finetune.labels={SHARES[share]}{settings}", subject)
        )
        for row, subject in ((TRAINED, "trained"), (RANDOM, "untrained"))
        for share in shares
    }
    places = [at for at in entries if at[0] == TRAINED]
    others = [at for at in entries if at[0] == RANDOM]
    return Study(
        title="Shares of the labels",
        source="BYOL, figure 4 and tables 2 and 8",
        question="How much does a trained start save of the labels?",
        axes=("start", "labels"),
        entries=entries,
        paper=PAPER,
        setting="ImageNet, ResNet-50, 1,000 epochs, top-1",
        claims=(
            Claim("A trained start is better.", (mean_above(places, others),)),
            Claim("More labels are better.", (rising(places),)),
            Claim("The fewer labels, the more it helps.", (_narrowing(places, others),)),
        ),
        form="lines",
        remark="For 2, 5, 20 and 50 % figure 4 has curves without numbers.",
    )


def _narrowing(
    ours: list[tuple[str, str]], others: list[tuple[str, str]]
) -> dict[tuple[str, str], float]:
    """The lead with the fewest labels over that with all."""
    few, many = above(ours[0], others[0]), above(others[-1], ours[-1])
    return {**few, **many}
