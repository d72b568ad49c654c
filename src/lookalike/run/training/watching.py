"""Who looks on while a run trains."""

from collections.abc import Callable
from pathlib import Path

from torch import nn
from torch.distributed.fsdp import FSDPModule

from lookalike.data.sources import Photos
from lookalike.evaluation.watching.alarm import Alarm, Check
from lookalike.evaluation.watching.divergence import Divergence
from lookalike.evaluation.watching.held_out import HeldOut, OnlineProbe
from lookalike.evaluation.watching.online import Health, OnlineKNN
from lookalike.evaluation.watching.room import Memory
from lookalike.evaluation.watching.supply import Supply
from lookalike.evaluation.watching.told import Told
from lookalike.recipe.build import build_method
from lookalike.recipe.questions import PROBE, read
from lookalike.record import read_record
from lookalike.run.training.work import Work
from lookalike.training.checkpoint import Learner
from lookalike.training.monitors import Monitor


def online_probe(work: Work) -> OnlineProbe | None:
    """The online probe, if the recipe wants it."""
    if PROBE not in work.recipe.monitor or isinstance(work.method, FSDPModule):
        return None
    probe = OnlineProbe(work.method.encoder.features, len(work.source.classes))
    return probe.to(work.runtime.device)


def beside(probe: OnlineProbe | None) -> dict[str, Learner]:
    """What checkpoints hold besides the method."""
    return {PROBE: (probe, probe.optimizer)} if probe else {}


def watchers_of(work: Work, probe: OnlineProbe | None) -> list[Monitor]:
    """The online checks of a run, in the order they are asked."""
    recipe, source, runtime = work.recipe, work.source, work.runtime
    if isinstance(work.method, FSDPModule):
        return []  # they use the encoder on this process alone
    every = recipe.watch.steps(work.loader.updates_per_epoch)
    watchers: list[Monitor] = [Health(source, recipe.views, runtime, every=every)]
    if source.classes:
        watchers.append(
            OnlineKNN(
                source, recipe.plain, runtime, every=every, untrained=lambda: _untrained(work)
            )
        )
    watchers += [probe] if probe else []
    if work.held_out and recipe.monitor:
        words = [word for word in recipe.monitor if word != PROBE]
        asked = {each.title: (each.name, each.settings) for each in read(words)} if words else {}
        policy = recipe.plain
        watchers.append(
            HeldOut(source, work.held_out, policy, runtime, asked, every=every, probe=probe)
        )
    return watchers


def alarm_of(work: Work, folder: Path, say: Callable[[str], None], start: int) -> Alarm:
    """What tells of a run that learns nothing or waits, to people and in `alarms.jsonl`.

    Args:
        work: what is trained with.
        folder: of the run.
        say: takes a sentence.
        start: updates done before.
    """
    epoch = work.loader.updates_per_epoch
    before = [row for row in read_record(folder).metrics if row["update"] < start] if start else []
    checks: list[Check] = [Divergence(row["loss"] for row in before if "loss" in row), Memory()]
    if isinstance(work.source, Photos):  # others are in memory, and rendering them is the work
        checks.append(Supply(lambda: work.loader.waited))
    told = Told(folder, say, start=start, updates_per_epoch=epoch)
    return Alarm(told, updates_per_epoch=epoch, checks=checks, history=before)


def _untrained(work: Work) -> nn.Module:
    """The run's encoder as it would be without any training, published or own."""
    recipe = work.recipe.unfetched
    method = build_method(recipe, work.source.channels, len(work.source.classes))
    return work.runtime.place(method.encoder)
