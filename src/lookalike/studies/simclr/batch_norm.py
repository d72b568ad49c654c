"""SimCLR, section 2.2: batch norm over few images lets positives be told by their statistics."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import LINEAR, Entry, Measure, Study

ACCURACY, TOP_1, ALL = "contrastive accuracy", "top-1", "all images"
MEASURES = {ACCURACY: Measure("contrastive_accuracy", percent=True), TOP_1: LINEAR}


def study(scale: Scale) -> Study:
    """Rows are groups of images that share statistics; all see the same negatives."""
    groups = scale.pick(tiny=(8,), small=(4, 16, 64), paper=(32, 128, 512))
    runs = {f"{group} images": scale.run("simclr", f"piece={group}") for group in groups}
    runs[ALL] = scale.run("simclr")
    smallest = f"{groups[0]} images"
    return Study(
        title="Statistics of batch norm",
        source="SimCLR, section 2.2",
        question="Do positives give themselves away by sharing statistics?",
        axes=("batch norm over", "measure"),
        entries={
            (row, name): Entry(run, measure)
            for row, run in runs.items()
            for name, measure in MEASURES.items()
        },
        paper={},
        setting="",
        claims=(
            Claim(
                "Statistics of few images make the contrastive task easier.",
                (above((smallest, ACCURACY), (ALL, ACCURACY)),),
            ),
            Claim("The representation is worse.", (above((ALL, TOP_1), (smallest, TOP_1)),)),
        ),
        remark=(
            "The paper says so without numbers; its processes had 32 to 128 images. Both views of an "
            "image are always in one group."
        ),
    )
