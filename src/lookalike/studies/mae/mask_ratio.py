"""MAE, figure 5: the share of patches that is hidden."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import LINEAR, Entry, Measure, Study

RATIOS = (10, 20, 30, 40, 50, 60, 70, 75, 80, 90)
PAPER = {
    "fine-tuned": (83.2, 83.4, 83.4, 84.7, 84.9, 85.0, 84.9, 84.9, 84.5, 83.0),
    "linear": (54.6, 58.9, 61.7, 67.0, 69.9, 71.8, 73.2, 73.5, 71.8, 66.1),
}


def study(scale: Scale) -> Study:
    """Two rows over the ratio; fine-tuning at the paper's scale only, as it costs a training each."""
    ratios = scale.pick(tiny=(25, 75), small=(10, 50, 75, 90), paper=RATIOS)
    measures = {"linear": LINEAR}
    if scale.name == "paper":
        measures["fine-tuned"] = Measure("top-1", "finetune")
    middle = ("linear", "75 %")
    return Study(
        title="How much is hidden",
        source="MAE, figure 5",
        question="How hard must the puzzle be?",
        axes=("measure", "hidden patches"),
        entries={
            (name, f"{ratio} %"): Entry(
                scale.run("mae", f"method.mask_ratio={ratio / 100}"), measure
            )
            for name, measure in measures.items()
            for ratio in ratios
        },
        paper={
            (name, f"{ratio} %"): value
            for name, values in PAPER.items()
            for ratio, value in zip(RATIOS, values, strict=True)
        },
        setting="ImageNet, ViT-L, 800 epochs",
        claims=(
            Claim(
                "A high ratio is better than hiding little.",
                (above(middle, ("linear", f"{ratios[0]} %")),),
            ),
            Claim(
                "Hiding nearly everything is worse.",
                (above(middle, ("linear", f"{ratios[-1]} %")),) if ratios[-1] > 75 else (),
            ),
        ),
        form="lines",
        remark="The linear probe reads the mean over patches here, as the small recipe does.",
    )
