"""MAE, table 1e: how much images are changed before their patches are hidden."""

from lookalike.studies.mae.ablation import Row, ablation
from lookalike.studies.scale import Scale
from lookalike.studies.study import Study

FIXED = 224 / 256
JITTER = "views.jitter={brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1}"


def study(scale: Scale) -> Study:
    """Four rows."""
    whole = scale.pick(tiny=1.0, small=1.0, paper=FIXED)
    rows = {
        "none": Row((f"views.crop={{share: {whole}}}", "views.flip=0"), (84.0, 65.7)),
        "crop of one size": Row(
            (f"views.crop.area=[{FIXED**2}, {FIXED**2}]", "views.crop.aspect=[1, 1]"), (84.7, 73.1)
        ),
        "crop of any size": Row((), (84.9, 73.5)),
        "crop of any size, colours": Row((JITTER,), (84.3, 71.9)),
    }
    return ablation(
        scale,
        rows,
        [
            ("Crops of any size are better than no change.", "crop of any size", "none"),
            ("Colours do harm.", "crop of any size", "crop of any size, colours"),
        ],
        title="How much images are changed",
        source="MAE, table 1e",
        question="Does MAE need changed views, as contrastive learning does?",
        axis="changes",
        remark=(
            "How strong the colours were is not in the paper; here brightness, contrast and saturation "
            "0.4, hue 0.1."
        ),
    )
