"""MAE, figure 9: fine-tuning of the last blocks only."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.mae.ablation import SETTING
from lookalike.studies.scale import Scale
from lookalike.studies.study import LINEAR, Entry, Measure, Study

TOP_1 = "MAE"
PAPER = {
    "0": 73.5, "0.5": 79.1, "1": 81.0, "2": 83.1, "4": 84.2, "6": 84.4, "12": 84.6, "18": 84.7,
    "24": 84.9,
}  # fmt: skip


def study(scale: Scale) -> Study:
    """One row over the number of blocks; half a block is its MLP, none the linear probe."""
    blocks = scale.pick(tiny=("0.5", "2"), small=("0.5", "1", "2", "4"), paper=tuple(PAPER)[1:])
    length = scale.pick(
        tiny=" finetune.batch=32 finetune.epochs=1",
        small=" finetune.batch=64 finetune.epochs=10",
        paper=" finetune.epochs=50",
    )
    run = scale.run("mae")
    entries = {(TOP_1, "0"): Entry(run, LINEAR)}
    entries |= {
        (TOP_1, count): Entry(
            run, Measure("top-1", f"finetune.protocol=mae finetune.blocks={count}{length}")
        )
        for count in blocks
    }
    return Study(
        title="Fine-tuning of the last blocks",
        source="MAE, figure 9",
        question="How much must be trained on for the features to become linear?",
        axes=("encoder", "blocks trained on"),
        entries=entries,
        paper={(TOP_1, count): value for count, value in PAPER.items()},
        setting=SETTING,
        claims=(
            Claim("One block says more than none.", (above((TOP_1, "1"), (TOP_1, "0")),))
            if "1" in blocks
            else Claim("Half a block does.", (above((TOP_1, "0.5"), (TOP_1, "0")),)),
            Claim("All say more than half of one.", (above((TOP_1, blocks[-1]), (TOP_1, "0.5")),)),
        ),
        form="lines",
        remark="The paper takes the best of 50, 100 and 200 epochs for each number; here it is 50.",
    )
