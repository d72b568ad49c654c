"""MAE, section 3: whether a class token or the mean over patches stands for the image."""

from lookalike.studies.mae.ablation import Row, ablation
from lookalike.studies.scale import Scale
from lookalike.studies.study import Study


def study(scale: Scale) -> Study:
    """Two rows, each trained anew, as a run's encoder says how it pools."""
    return ablation(
        scale,
        {
            "class token": Row(("encoder.pool=token",), (84.9, 73.5)),
            "mean over patches": Row(("encoder.pool=mean",)),
        },
        [("The mean over patches is at most a point worse.", "mean over patches", "class token")],
        least=-1.0,
        title="Class token or mean",
        source="MAE, section 3",
        question="Which of the encoder's tokens should be read?",
        axis="read from",
        remark="The paper says that the mean works about as well, and no number.",
    )
