"""SimCLR, appendix B.4: how few directions a linear head keeps."""

from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Measure, Study

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

WEIGHT = "projector.0.weight"
SHARE = 0.9


def trained(run: Path) -> float:
    """`kept` of the head at the end of a run.

    Raises:
        StorageError: the run's last checkpoint is damaged.
    """
    from lookalike.run.folder import RunFolder
    from lookalike.training.checkpoint import trained_weights

    return kept(trained_weights(RunFolder(run).checkpoints)[WEIGHT])


def untrained(run: Path) -> float:
    """`kept` of the head the run began with."""
    from lookalike.recipe.build import build_method
    from lookalike.run.folder import RunFolder
    from lookalike.run.load import load

    recipe, channels = RunFolder(run).read_recipe(), load(run).encoder.channels
    return kept(build_method(recipe, channels, classes=1).state_dict()[WEIGHT])


def kept(weight: "Float[Tensor, 'd d']") -> float:
    """The share of the eigenvalues, in percent, that makes 90 % of the sum of their squares."""
    import torch

    squares = torch.linalg.eigvals(weight.double()).abs().square().sort(descending=True).values
    needed = int((squares.cumsum(0) < SHARE * squares.sum()).sum()) + 1
    return 100 * needed / len(squares)


COLUMNS = {
    "before": Measure("kept", read=untrained),
    "trained": Measure("kept", read=trained),
}


def study(scale: Scale) -> Study:
    """One row: the square matrix of a linear head, before and after the training."""
    width = scale.pick(tiny=64, small=64, paper=2048)
    run = scale.run("simclr", "method.projector=linear", f"method.outputs={width}")
    row = f"linear head, {width} to {width}"
    return Study(
        title="Spectrum of the linear head",
        source="SimCLR, appendix B.4",
        question="How many directions of h does the contrastive loss look at?",
        axes=("head", "share of the eigenvalues"),
        entries={(row, column): Entry(run, measure) for column, measure in COLUMNS.items()},
        paper={},
        setting="",
        claims=(
            Claim(
                "Training makes the head nearly of low rank.",
                (above((row, "before"), (row, "trained")),),
            ),
        ),
        remark=(
            "The share of eigenvalues, in percent, that makes 90 % of the sum of their squares: 68 "
            "of a large matrix drawn at random, as their squares are spread evenly from 0 to the "
            "largest. The paper shows the spectrum without numbers."
        ),
    )
