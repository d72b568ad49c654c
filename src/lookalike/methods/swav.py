"""SwAV: Unsupervised Learning of Visual Features by Contrasting Cluster Assignments.

Caron et al. 2020.
"""

import torch
from torch import Tensor

from lookalike.distributed import first_row, gather, total_rows
from lookalike.losses.agreement import spread
from lookalike.losses.clusters import prediction_between_views, sinkhorn
from lookalike.method import Batch, Embedded, Method, Step
from lookalike.nn.encoder import Encoder
from lookalike.nn.heads import mlp
from lookalike.nn.multicrop import of_all_views
from lookalike.nn.prototypes import Prototypes
from lookalike.views.presets import POLICIES


class SwAV(Method):
    """From one view, predict the cluster of another, where all clusters of a batch are equally large.

    The first two views are assigned to clusters; others, which may be smaller, only predict. The
    official code can add 3,840 earlier images to small batches when it assigns them, and leaves the
    prototypes as they are for the first 313 updates; neither is done here.

    Args:
        encoder: f.
        hidden: width of the projector's hidden layer, in the official code.
        outputs: width of z (appendix A.1).
        prototypes: K, the number of clusters.
        temperature: τ, of the predictions, after z and prototypes got length 1.
        epsilon: ε of equation 3, how even an image's shares in the clusters are; if it is too great,
            they are all the same (section 3.1).
        iterations: turns of Sinkhorn's algorithm (section 3.1).
    """

    views = POLICIES["swav"]
    many_views = True

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden: int = 2048,
        outputs: int = 128,
        prototypes: int = 3000,
        temperature: float = 0.1,
        epsilon: float = 0.05,
        iterations: int = 3,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.features, hidden, outputs)
        self.prototypes = Prototypes(outputs, prototypes)
        self.temperature, self.epsilon, self.iterations = temperature, epsilon, iterations

    def embed(self, batch: Batch) -> Embedded:
        y = of_all_views(self.encoder, batch.views)
        z = torch.stack(self.projector(y).chunk(len(batch.views)), dim=1)
        return {"features": y.detach()[: len(batch.image)].clone(), "z": z}

    def compare(self, embedded: Embedded, batch: Batch) -> Step:
        scores = self.prototypes(embedded["z"])
        codes = self._codes(scores.detach()[:, :2])
        losses = prediction_between_views(scores, codes, self.temperature)
        numbers = {
            "projection_spread": spread(embedded["z"]),
            "assignment_entropy": torch.special.entr(codes).sum(2).mean(),
        }
        return Step(losses.sum() / total_rows(batch.image), embedded["features"], numbers)

    def _codes(self, scores: Tensor) -> Tensor:
        """What these images are assigned to among those of all processes, view by view."""
        everyone, start = gather(scores).unbind(1), first_row(scores)
        codes = [sinkhorn(view, self.epsilon, self.iterations) for view in everyone]
        return torch.stack(codes, dim=1)[start : start + len(scores)]
