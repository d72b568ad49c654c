"""MAE, table 1d: what is rebuilt."""

from lookalike.studies.mae.ablation import Row, ablation
from lookalike.studies.scale import Scale
from lookalike.studies.study import Study


def study(scale: Scale) -> Study:
    """Three rows of the paper's four."""
    components = scale.pick(tiny=6, small=6, paper=96)  # an eighth of a patch's numbers, as there
    return ablation(
        scale,
        {
            "pixels": Row(("method.normalize=false",), (84.9, 73.5)),
            "normalised pixels": Row(("method.normalize=true",), (85.4, 73.9)),
            "principal components": Row(
                ("method.normalize=false", f"method.components={components}"), (84.6, 72.3)
            ),
        },
        [
            (
                "Pixels normalised patch by patch are the better target.",
                "normalised pixels",
                "pixels",
            ),
            (
                "To rebuild coarse content alone teaches less than pixels.",
                "pixels",
                "principal components",
            ),
        ],
        title="What is rebuilt",
        source="MAE, table 1d",
        question="Which target teaches most?",
        axis="target",
        remark=(
            "Not made here: the tokens of a trained dVAE (85.3 fine-tuned, 71.6 linear), which is no "
            "part of this library. Components are those of the first batch's patches, an eighth of "
            "a patch's numbers."
        ),
    )
