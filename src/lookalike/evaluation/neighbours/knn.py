"""The weighted nearest-neighbour classifier (Wu et al., 2018, §3.4; settings of DINO)."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.errors import DataError, UsageError
from lookalike.evaluation.features import Features
from lookalike.evaluation.metrics import Outcome

_BLOCK = 2**25  # similarities held at once, 128 MB


def knn(
    train: Features,
    test: Features,
    *,
    classes: int,
    seed: int = 0,
    k: int = 20,
    temperature: float = 0.07,
    exclude_itself: bool = False,
) -> Outcome:
    """Each image is judged by its k nearest training images, the exact ones, in cosine similarity.

    A neighbour of similarity s votes for its class with weight exp(s / temperature); the scores of
    an image are its classes' shares of the votes. Where several images are equally near and not all
    are among the k, it is open which are.

    Args:
        train: labelled features.
        test: features to classify.
        classes: number of classes of the training labels, whether or not all occur in `test`.
        seed: unused, nothing here is random.
        k: number of neighbours; all of them where there are fewer.
        temperature: small values let the nearest neighbour decide.
        exclude_itself: an image is not its own neighbour; for `train` and `test` of one source.

    Raises:
        DataError: there is no training image left to be a neighbour.
        UsageError: `k` or `temperature` is too small.
    """
    del seed
    if k < 1 or temperature <= 0:
        raise UsageError("Nearest neighbours need k=1 or more and a temperature above 0.")
    near = min(k, len(train.label) - exclude_itself)
    if near < 1:
        raise DataError("Nearest neighbours need labelled training images, and there are none.")
    scores = vote(train, test, classes, near, temperature, exclude_itself=exclude_itself)
    asked = {} if near == k else {"k_asked": k}
    how = {"k": near, **asked, "temperature": temperature, "similarity": "cosine, exact"}
    return Outcome(scores, {**how, "exclude_itself": exclude_itself})


def vote(
    bank: Features,
    queries: Features,
    classes: int,
    k: int,
    temperature: float,
    *,
    exclude_itself: bool,
) -> Float[Tensor, "n classes"]:
    """The scores of `knn`, for a k that the bank can give."""
    values = normalize(bank.values, dim=1)
    rows = max(1, _BLOCK // len(values))
    scores = torch.zeros(len(queries.label), classes)
    for start in range(0, len(scores), rows):
        here = slice(start, start + rows)
        similarity = normalize(queries.values[here], dim=1) @ values.T
        if exclude_itself:
            similarity[queries.image[here, None] == bank.image] = -torch.inf
        nearest = similarity.topk(k, dim=1)
        # Shares of the votes: the softmax divides by their sum, so no temperature can overflow.
        votes = (nearest.values / temperature).softmax(dim=1)
        scores[here].scatter_add_(1, bank.label[nearest.indices], votes)
    return scores
