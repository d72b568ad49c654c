"""The guard: a number that is not finite reaches neither the weights nor the disk.

The loss and the norm of the gradient are looked at before the optimizer works, all that training has
changed after it, and every tensor of a checkpoint before that takes its name. Losses and gradients are
sums over the processes, so one process's NaN is everybody's, and all decide alike.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from lookalike import distributed
from lookalike.errors import NumericalError
from lookalike.method import Batch, Method
from lookalike.training.evidence import Evidence, of_all

IN_A_ROW = 2
"""Updates that may be left out one after the other: DINOv3's training ends at the third bad loss."""

_MEND = "Lower the rate, lengthen the warm-up, set clip=1.0 or use precision=float32."


class NotFiniteError(NumericalError):
    """An update whose numbers are not finite.

    Args:
        update: its number.
        what: see `LookalikeError`; so are the others.
    """

    def __init__(self, update: int, what: str, *, why: str, do: str) -> None:
        super().__init__(what, why=why, do=do)
        self.update = update


class Guard:
    """Looks at every update of one training.

    Args:
        skips: bad updates in a row that are left out; the next one ends the training. 0 ends it at
            the first.
        record: keeps what a bad update leaves, and returns a sentence on where.
        tell: takes a sentence on each update that is left out.
    """

    def __init__(
        self,
        *,
        skips: int = 0,
        record: Callable[[Evidence], str] = lambda _evidence: "",
        tell: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self._skips, self._record, self._tell = skips, record, tell
        self._buffers: dict[str, Tensor] = {}
        self._left_out = 0

    def remember(self, method: Method) -> None:
        """What `embed` and `compare` will change: batch-norm statistics, queues, centres."""
        self._buffers = {name: buffer.clone() for name, buffer in method.named_buffers()}

    def refuses(
        self, update: int, loss: Tensor, norm: Tensor, batch: Batch, method: Method
    ) -> bool:
        """Whether this update is to be left out; the method is then as it was before it.

        Args:
            update: its number.
            loss: of all processes.
            norm: of the gradient of all processes. Reading the two is the update's one wait for the
                device before the optimizer.
            batch: this process's.
            method: with its gradient.

        Raises:
            NotFiniteError: it may not be left out.
        """
        lost, slope = torch.stack([loss.detach().float(), norm.float()]).tolist()
        if math.isfinite(lost) and math.isfinite(slope):
            return False
        gradients = {name: p.grad for name, p in method.named_parameters() if p.grad is not None}
        names = not_finite(gradients)
        method.zero_grad()
        self._restore(method)
        bad_loss = f"The loss of update {update} is {lost}."
        what = _bad_gradient(update, names) if math.isfinite(lost) else bad_loss
        weights = dict(method.state_dict())
        evidence = Evidence(update, what, lost, slope, names, of_all(batch), weights)
        where = self._record(evidence)
        self._left_out += 1
        if self._left_out <= self._skips:
            self._tell(f"{what} It is left out. {where}")
            return True
        before = f" {self._skips} updates before it were left out." if self._skips else ""
        why = f"Nothing of this update reached the weights; the last checkpoint is intact.{before}"
        raise NotFiniteError(update, what, why=why, do="\n".join(filter(None, (where, _MEND))))

    def counted(self) -> dict[str, float]:
        """How many updates were left out just before this one, where there were any."""
        count, self._left_out = self._left_out, 0
        return {"skipped": float(count)} if count else {}

    def check(self, update: int, batch: Batch, method: Method, optimizer: Optimizer) -> None:
        """Looks at weights, statistics and the optimizer's state after an update.

        Raises:
            NotFiniteError: one of them, on any process, is not finite.
        """
        states = (value for state in optimizer.state.values() for value in state.values())
        every = itertools.chain(method.parameters(), method.buffers(), states)
        if not distributed.anyone(not finite(every), batch.image.device):
            return
        named = dict(method.named_parameters()) | dict(method.named_buffers())
        names = not_finite(named) or ["a state of the optimizer"]
        what = f"Update {update} left numbers that are not finite in {_listed(names)}."
        evidence = Evidence(update, what, math.nan, math.nan, names, of_all(batch), {})
        where = self._record(evidence)
        why = "Its loss and gradient were finite. The last checkpoint is intact."
        raise NotFiniteError(update, what, why=why, do="\n".join(filter(None, (where, _MEND))))

    @torch.no_grad()
    def _restore(self, method: Method) -> None:
        for name, before in self._buffers.items():
            method.get_buffer(name).copy_(before)


def finite(tensors: Iterable[Tensor]) -> bool:
    """Whether every number of this process's part of them is finite."""
    parts = [t.to_local() if isinstance(t, DTensor) else t for t in tensors]
    parts = [t.detach() for t in parts if t.is_floating_point() and t.numel()]
    return bool(get_total_norm(parts, math.inf).isfinite())


def not_finite(tensors: Mapping[str, Tensor]) -> list[str]:
    """The names of those that hold a number that is not finite, in their order."""
    return [name for name, tensor in tensors.items() if not finite([tensor])]


def gradient_norm(parameters: Iterable[nn.Parameter]) -> Tensor:
    """The norm of the gradient as a whole; spread parameters give a spread one."""
    return get_total_norm([p.grad for p in parameters if p.grad is not None])


def refuse_not_finite(tensors: Mapping[str, Tensor]) -> None:
    """Looks at what is about to be saved.

    Raises:
        NumericalError: a tensor is not finite.
    """
    names = not_finite(tensors)
    if names:
        raise NumericalError(
            f"The checkpoint would hold numbers that are not finite, in {_listed(names)}.",
            why="It was not written; the one before it is intact.",
            do=_MEND,
        )


def _bad_gradient(update: int, names: list[str]) -> str:
    if not names:
        return f"The gradient of update {update} is too large: its norm is not finite."
    return f"The gradient of update {update} is not finite, in {_listed(names)}."


def _listed(names: list[str]) -> str:
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")
