"""SupCon, section on related losses: N-pairs has one positive, from another image, and τ = 1."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import Entry, Study

TOP_1 = "top-1"

ONE_VIEW: Command = (
    "views.preset=supervised-cifar",
    "views.size=16",
    "views.jitter={brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1}",
    "views.drop=0.2",
)
"""The views of the small recipe, once."""


def study(scale: Scale) -> Study:
    """The two rows of the paper, and N-pairs with SupCon's temperature."""
    one = ("views.preset=supervised",) if scale.name == "paper" else ONE_VIEW
    pairs = (*one, "method.positives=1")
    runs = {
        "SupCon": scale.run("supcon"),
        "N-pairs": scale.run("supcon", *pairs, "method.temperature=1.0"),
    }
    if scale.name != "tiny":
        runs["N-pairs with SupCon's τ"] = scale.run("supcon", *pairs)
    return Study(
        title="N-pairs",
        source="SupCon, section on related losses",
        question="What do more positives and the temperature add to N-pairs?",
        axes=("loss", "measure"),
        entries={(row, TOP_1): Entry(run) for row, run in runs.items()},
        paper={("SupCon", TOP_1): 78.7, ("N-pairs", TOP_1): 57.4},
        setting="ImageNet, ResNet-50, batch 6144",
        claims=(
            Claim(
                "SupCon is better than N-pairs.", (above(("SupCon", TOP_1), ("N-pairs", TOP_1)),)
            ),
        ),
        remark="N-pairs sees one view of each image, so it is half the work.",
    )
