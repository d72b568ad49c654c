"""How an encoder sees pictures."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import safetensors.torch
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from lookalike.data.loading import in_order
from lookalike.data.sources import Source, chosen
from lookalike.errors import NumericalError
from lookalike.evaluation.features import embed, frozen
from lookalike.training.runtime import Runtime
from lookalike.views.policy import Policy

_BATCH = 128


class Part(NamedTuple):
    """Features of some pictures, and which rows of the source these are."""

    values: Float[Tensor, "n d"]
    image: Int[Tensor, " n"]


@dataclass(frozen=True)
class Sight:
    """How pictures become features.

    Args:
        encoder: images [n, c, h, w] → features [n, d], on the runtime's device.
        policy: the view it gets of each picture.
        runtime: device and precision.
        workers: processes that decode photos.
    """

    encoder: nn.Module
    policy: Policy
    runtime: Runtime
    workers: int

    @property
    def mirrored(self) -> "Sight":
        """Sees every picture in a mirror."""
        return replace(self, policy=replace(self.policy, flip=1.0 - self.policy.flip))

    def identity(self, source: Source) -> str:
        """Names all that the features of a source depend on, in 32 hexadecimal digits."""
        state = self.encoder.state_dict()
        weights = {name: tensor.cpu().contiguous() for name, tensor in state.items()}
        digest = hashlib.sha256(safetensors.torch.save(weights))
        digest.update(f"{self.policy} {self.runtime.precision} {source.fingerprint}".encode())
        return digest.hexdigest()[:32]

    def features(self, source: Source, first: int = 0) -> Iterator[Part]:
        """Features of the readable pictures from row `first` on, some at a time.

        Raises:
            DataError: there are pictures, and not one of them can be read.
            NumericalError: a feature is not finite.
        """
        rest = chosen(source, torch.arange(first, len(source)))
        device, workers = self.runtime.device, self.workers
        for batch in in_order(rest, self.policy, batch=_BATCH, device=device, workers=workers):
            with frozen(self.encoder):
                values = embed(self.encoder, batch.views[0], self.runtime).cpu()
            if not values.isfinite().all():
                raise NumericalError(
                    "The encoder gives features that are not finite numbers.",
                    why="Its training diverged, or its weights are damaged.",
                )
            yield Part(values, first + batch.image.cpu())
