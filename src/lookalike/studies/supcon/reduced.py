"""SupCon with fewer training images, which its first version reported without numbers."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

METHODS = {"SupCon": "supcon", "cross-entropy": "supervised"}


def study(scale: Scale) -> Study:
    """Rows are losses, columns shares of the images; all make as many updates."""
    images = scale.pick(
        tiny={"50 %": 80, "100 %": 160},
        small={"10 %": 1000, "25 %": 2500, "50 %": 5000, "100 %": 10_000},
        paper={"10 %": 128_117, "25 %": 320_292, "50 %": 640_584, "100 %": 1_281_167},
    )
    length = scale.pick(tiny="4 steps", small="1560 steps", paper="72800 steps")
    warmup = scale.pick(tiny="0 steps", small="156 steps", paper="2500 steps")
    rows = scale.pick(tiny=["SupCon"], small=list(METHODS), paper=list(METHODS))
    entries = {
        (row, share): Entry(
            scale.run(METHODS[row], f"duration={length}", f"warmup={warmup}", f"data.limit={count}")
        )
        for row in rows
        for share, count in images.items()
    }
    few = [share for share in images if share != "100 %"]
    return Study(
        title="Fewer images",
        source="SupCon, reduced training data",
        question="Does SupCon need more images than a classifier, or fewer?",
        axes=("loss", "images"),
        entries=entries,
        paper={},
        setting="",
        claims=(
            Claim(
                "SupCon is better with few images.",
                tuple(
                    above(("SupCon", share), ("cross-entropy", share))
                    for share in few
                    if "cross-entropy" in rows
                ),
            ),
            Claim("More images are better.", (above(("SupCon", "100 %"), ("SupCon", few[0])),)),
        ),
        form="lines",
        remark=(
            "The paper withdrew the sentence about it, and its numbers are lost: the design is ours. "
            "All make as many updates, and the classifier that judges learns from the same images."
        ),
    )
