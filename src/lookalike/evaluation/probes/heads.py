"""Linear layers side by side, which a method's loop trains on features that stay as they are."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from lookalike.evaluation.probes.protocols import LinearProtocol
from lookalike.losses.inputs import full_precision
from lookalike.method import Batch, Embedded, Method
from lookalike.randomness import image_keys, normal, uniform
from lookalike.training.from_timm import timm
from lookalike.training.optimizers import group_pair, lars_moco_v3, sgd


class Heads(Method):
    """A linear layer for each of several rates. All begin with the same weights and see the same.

    The encoder is no part of this method, so nothing that is done to the method reaches it.

    Args:
        look: views [n, c, h, w] → features [n, d], without gradient.
        protocol: how the layers are trained.
        rates: one for each layer.
        width: d.
        classes: of the labels.
        seed: of the first weights.
    """

    def __init__(
        self,
        look: Callable[[Tensor], Tensor],
        protocol: LinearProtocol,
        rates: tuple[float, ...],
        *,
        width: int,
        classes: int,
        seed: int,
    ) -> None:
        super().__init__()
        self._look, self._protocol, self._rates = look, protocol, rates
        self.norm = (
            nn.BatchNorm1d(width, eps=1e-6, affine=False) if protocol.normalize else nn.Identity()
        )
        first = protocol.deviation * _normal(classes, width, seed)
        self.weights = nn.ParameterList(first.clone() for _ in rates)
        self.biases = nn.ParameterList(torch.zeros(classes) for _ in rates)

    def embed(self, batch: Batch) -> Embedded:
        features = self._look(batch.views[0])
        return {"features": features, "loss": _losses(self, features, batch.label)}

    def scores(self, features: Float[Tensor, "n d"]) -> Float[Tensor, "heads n classes"]:
        """Logits of each layer."""
        normed = self.norm(features)
        pairs = zip(self.weights, self.biases, strict=True)
        return torch.stack([normed @ weight.T + bias for weight, bias in pairs])

    def optimizer(self) -> Optimizer:
        """Each layer's rate is its share of the loop's."""
        protocol, parts = self._protocol, zip(self.weights, self.biases, self._rates, strict=True)
        groups = [
            group
            for weight, bias, rate in parts
            for group in group_pair([weight], [bias], scale=rate)
        ]
        settings = {"momentum": protocol.momentum, "weight_decay": protocol.weight_decay}
        if protocol.optimizer == "lars":
            return lars_moco_v3(groups, **settings)
        if protocol.optimizer == "rmsprop":
            return timm(groups, algorithm="rmsproptf", eps=0.001, **settings)
        return sgd(groups, nesterov=protocol.nesterov, **settings)


@full_precision
def _losses(
    heads: Heads, features: Float[Tensor, "n d"], label: Int[Tensor, " n"]
) -> Float[Tensor, " n"]:
    """The sum over the layers, none of which changes another's gradient."""
    each = [cross_entropy(scores, label, reduction="none") for scores in heads.scores(features)]
    return torch.stack(each).sum(dim=0)


def _normal(rows: int, columns: int, seed: int) -> Float[Tensor, "rows columns"]:
    key = image_keys(seed, 0, torch.arange(rows))
    return normal(uniform(key, "linear layer", columns + columns % 2))[:, :columns]
