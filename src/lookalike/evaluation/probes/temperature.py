"""How sure a classifier may be: one number that its scores are divided by."""

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.optimize import minimize_scalar
from torch import Tensor

_RANGE = (1e-2, 1e2)


def temperature(scores: Float[Tensor, "n classes"], label: Int[Tensor, " n"]) -> float:
    """The T that makes softmax(scores / T) likeliest on images that the classifier was not fitted to.

    Temperature scaling (Guo et al., 2017, section 4.2): which class is first does not change. One
    image more, which is of every class alike, stands beside the others, as in Platt (1999): without
    it a classifier that makes no mistake on a few images would be certain of everything.

    Args:
        scores: logits of images held out.
        label: their true classes.
    """
    share = 1 / (len(label) + 1)
    wanted = torch.full(scores.shape, share / scores.shape[1], dtype=torch.float64)
    wanted[torch.arange(len(label)), label] += 1 - share
    logits = scores.double()

    def cost(log: float) -> float:
        likelihood = (wanted * (logits / np.exp(log)).log_softmax(dim=1)).sum(dim=1)
        return float(-likelihood.mean())

    found = minimize_scalar(cost, bounds=tuple(np.log(_RANGE)), method="bounded")
    return float(np.exp(found.x))
