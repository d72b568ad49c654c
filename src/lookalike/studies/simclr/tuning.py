"""SimCLR, appendix B.7: linear and fine-tuned accuracy over the length of training."""

from lookalike.studies.claims import Claim, mean_above, rising
from lookalike.studies.scale import Scale
from lookalike.studies.study import LINEAR, Entry, Measure, Study


def study(scale: Scale) -> Study:
    """Rows are what is done with the encoder, columns how long it was trained."""
    lengths = scale.pick(
        tiny=["2 steps", "4 steps"],
        small=["2 epochs", "5 epochs", "10 epochs", "20 epochs", "40 epochs"],
        paper=["100 epochs", "200 epochs", "400 epochs", "800 epochs"],
    )
    shares = scale.pick(tiny=["10%"], small=["1%", "10%"], paper=["1%", "10%", "all"])
    short = scale.pick(
        tiny=" finetune.batch=16 finetune.epochs=1", small=" finetune.batch=64", paper=""
    )
    measures = {"linear": LINEAR} | {
        f"fine-tuned, {share}": Measure("top-1", f"finetune.labels={share}{short}")
        for share in shares
    }
    rows = {row: [(row, length) for length in lengths] for row in measures}
    few, linear = rows[f"fine-tuned, {shares[0]}"], rows["linear"]
    return Study(
        title="Linear and fine-tuned accuracy",
        source="SimCLR, appendix B.7",
        question="Does the linear probe tell how good an encoder is to start from?",
        axes=("measure", "length of training"),
        entries={
            (row, length): Entry(scale.run("simclr", f"duration={length}"), measure)
            for row, measure in measures.items()
            for length in lengths
        },
        paper={},
        setting="",
        claims=(
            Claim("Both rise with the length.", tuple(rising(row) for row in rows.values())),
            Claim(
                "Fine-tuning on few labels gains more than the linear probe.",
                (mean_above([few[-1], linear[0]], [few[0], linear[-1]]),),
            ),
        ),
        form="lines",
        remark="The paper's figure has points without numbers, nearly on a line.",
    )
