"""SimSiam's loss."""

from jaxtyping import Float
from torch import Tensor

from lookalike.losses.inputs import full_precision, unit


@full_precision
def negative_cosine(
    prediction: Float[Tensor, "n d"], target: Float[Tensor, "n d"]
) -> Float[Tensor, " n"]:
    """SimSiam equation 1 for each image: D(p, z) = -(p / |p|) · (z / |z|), in -1 … 1.

    Args:
        prediction: p, of one view of n images.
        target: z, of the other. Gradients flow here too; stopping them is the caller's part.
    """
    return -(unit(prediction) * unit(target)).sum(1)
