"""MAE, section 3: whether visible patches count in the loss."""

from lookalike.studies.mae.ablation import Row, ablation
from lookalike.studies.scale import Scale
from lookalike.studies.study import Study


def study(scale: Scale) -> Study:
    """Two rows."""
    return ablation(
        scale,
        {
            "hidden patches": Row((), (84.9, 73.5)),
            "all patches": Row(("method.loss_on=all",)),
        },
        [("A loss on all patches is worse.", "hidden patches", "all patches")],
        title="Which patches count",
        source="MAE, section 3",
        question="Should the decoder also rebuild what it can see?",
        axis="loss on",
        remark="The paper says that a loss on all patches costs about half a point, and no number.",
    )
