"""MAE, table 1d: what is rebuilt."""

from lookalike.studies.mae.ablation import Row, ablation
from lookalike.studies.scale import Scale
from lookalike.studies.study import Study


def study(scale: Scale) -> Study:
    """Two rows of the paper's four."""
    return ablation(
        scale,
        {
            "pixels": Row(("method.normalize=false",), (84.9, 73.5)),
            "normalised pixels": Row(("method.normalize=true",), (85.4, 73.9)),
        },
        [
            (
                "Pixels normalised patch by patch are the better target.",
                "normalised pixels",
                "pixels",
            )
        ],
        title="What is rebuilt",
        source="MAE, table 1d",
        question="Which target teaches most?",
        axis="target",
        remark=(
            "Not made here: 96 principal components of a patch (84.6 fine-tuned, 72.3 linear), and "
            "the tokens of a trained dVAE (85.3 and 71.6), which is no part of this library."
        ),
    )
