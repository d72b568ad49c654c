"""A bad update once more: what a run kept of one whose numbers were not finite, and doing it again.

>>> from lookalike.run.training.replay import replay
>>> print(replay("runs/simclr-photos"))            # doctest: +SKIP
Update 1,170: loss nan, gradient nan; first in the output of encoder.trunk.layer3.0.conv1.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from torch import Tensor, nn

from lookalike import distributed
from lookalike.errors import StorageError
from lookalike.method import Batch
from lookalike.randomness import number
from lookalike.recipe.build import build_method
from lookalike.run.folder import RunFolder
from lookalike.run.training.announcement import warn
from lookalike.run.training.work import Work
from lookalike.training import evidence, large_batch
from lookalike.training.guard import IN_A_ROW, Guard, finite, gradient_norm, not_finite
from lookalike.training.runtime import Runtime, choose_runtime


class Replayed(NamedTuple):
    """What a bad update did when it was done again."""

    update: int
    loss: float
    gradient_norm: float
    first: str | None  # where the first number came up that is not finite; None: they all are

    def __str__(self) -> str:
        where = f"first in {self.first}" if self.first else "all numbers are finite"
        return (
            f"Update {self.update:,}: loss {self.loss:.6g}, gradient {self.gradient_norm:.6g}; "
            f"{where}."
        )


def guard_of(work: Work, folder: RunFolder, console: Console) -> Guard:
    """The guard the recipe wants; it keeps evidence in the run's folder `nonfinite`.

    Args:
        work: of this process.
        folder: of the run.
        console: is told of updates that are left out.
    """

    def record(found: evidence.Evidence) -> str:
        facts = {"seed": work.recipe.seed, "classes": len(work.source.classes)}
        facts["processes"] = distributed.world()
        try:
            path = evidence.write(_place(folder.path), found, **facts)
        except StorageError as error:  # what went wrong first matters more
            return f"Its batch could not be kept: {error.why}"
        return f"Its batch is in {path}; lookalike.run.training.replay does it again."

    skips = IN_A_ROW if work.recipe.nonfinite == "skip" else 0
    return Guard(skips=skips, record=record, tell=partial(warn, console))


def replay(run: Path | str, update: int | None = None, *, device: str = "auto") -> Replayed:
    """Does a bad update again, with the batch and the weights it had, and looks where it breaks.

    Args:
        run: the folder of the run; it is not changed.
        update: number of the update; the newest one kept if None.
        device: "auto", "cpu", "cuda" or "cuda:N". Another device than the run's may round
            otherwise. What several processes did together one does here.

    Raises:
        StorageError: no such update was kept, or only its batch was, because the numbers broke
            while the weights were changed: resume the run, which comes to it again.
        UsageError: there is no run.
    """
    recipe = RunFolder(Path(run)).read_recipe()
    batch, weights, facts = evidence.read(_place(Path(run)), update)
    if not weights:
        raise StorageError(
            f"Update {facts['update']} was lost with its weights.",
            why=facts["what"],
            do=f"Go on with the run, which comes to it again: lookalike pretrain {run}",
        )
    runtime = choose_runtime(device, recipe.precision)
    method = runtime.place(build_method(recipe, batch.views[0].shape[1], facts["classes"]))
    method.load_state_dict(weights)
    first = _hooked(method.train())
    seed = number(recipe.seed, facts["update"])
    with runtime.autocast():
        step, pull = large_batch.step(method, _on(runtime, batch), seed=seed, piece=recipe.piece)
    pull()
    norm = gradient_norm(method.parameters())
    views = not_finite({f"view {i}": view for i, view in enumerate(batch.views)})
    gradients = {n: p.grad for n, p in method.named_parameters() if p.grad is not None}
    places = [*views, *first, *(["the loss"] if not finite([step.loss]) else [])]
    places += [f"the gradient of {name}" for name in not_finite(gradients)]
    places += ["the norm of the gradient"] if not finite([norm]) else []
    return Replayed(facts["update"], step.loss.item(), norm.item(), places[0] if places else None)


def _place(run: Path) -> Path:
    return run / "nonfinite"


def _on(runtime: Runtime, batch: Batch) -> Batch:
    """The batch where and how the loader would have put it."""
    image, label, key = (rows.to(runtime.device) for rows in batch[1:])
    return Batch(tuple(view.to(runtime.device) for view in batch.views), image, label, key)


def _hooked(method: nn.Module) -> list[str]:
    """Collects, from now on, the modules whose output is the first that is not finite."""
    found: list[str] = []

    def look(name: str) -> Callable[..., None]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if not found and isinstance(output, Tensor) and not finite([output]):
                found.append(f"the output of {name}")

        return hook

    for name, module in method.named_modules():
        if not [*module.children()]:
            module.register_forward_hook(look(name))
    return found
