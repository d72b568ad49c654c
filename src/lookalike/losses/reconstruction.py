"""MAE's loss."""

from jaxtyping import Bool, Float
from torch import Tensor

from lookalike.losses.inputs import full_precision


@full_precision
def reconstruction(
    prediction: Float[Tensor, "n l k"],
    patches: Float[Tensor, "n l k"],
    mask: Bool[Tensor, "n l"],
    *,
    normalize: bool = True,
) -> Float[Tensor, " n"]:
    """Mean squared error over each image's hidden patches, MAE section 3; visible ones do not count.

    The official code averages over the hidden patches of the whole batch, which is the mean of these
    losses as every image has equally many.

    Args:
        prediction: the decoder's, for n images of l patches of k numbers.
        patches: the images themselves.
        mask: True where a patch was hidden; an image without any has loss 0.
        normalize: whether each patch is brought to mean 0 and variance 1 first (table 1d); the
            variance is the unbiased one, plus 1e-6.
    """
    target = normalized(patches) if normalize else patches
    error = (prediction - target).square().mean(2)
    return (error * mask).sum(1) / mask.sum(1).clamp(min=1)


def normalized(patches: Float[Tensor, "n l k"]) -> Float[Tensor, "n l k"]:
    """Each patch minus its mean, divided by √(variance + 1e-6); the variance divides by k - 1."""
    mean, deviation = _mean_and_deviation(patches)
    return (patches - mean) / deviation


def restored(
    prediction: Float[Tensor, "n l k"], patches: Float[Tensor, "n l k"]
) -> Float[Tensor, "n l k"]:
    """Normalised patches with the mean and variance of the true ones: the inverse of `normalized`."""
    mean, deviation = _mean_and_deviation(patches)
    return prediction * deviation + mean


def _mean_and_deviation(
    patches: Float[Tensor, "n l k"],
) -> tuple[Float[Tensor, "n l 1"], Float[Tensor, "n l 1"]]:
    return patches.mean(2, keepdim=True), (patches.var(2, keepdim=True) + 1e-6).sqrt()
