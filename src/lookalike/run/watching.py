"""Who looks on while a run trains."""

from torch.distributed.fsdp import FSDPModule

from lookalike.evaluation.watching.held_out import HeldOut, OnlineProbe
from lookalike.evaluation.watching.online import Health, OnlineKNN
from lookalike.recipe.questions import PROBE, read
from lookalike.run.work import Work
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
        watchers.append(OnlineKNN(source, recipe.plain, runtime, every=every))
    watchers += [probe] if probe else []
    if work.held_out and recipe.monitor:
        words = [word for word in recipe.monitor if word != PROBE]
        asked = {each.title: (each.name, each.settings) for each in read(words)} if words else {}
        policy = recipe.plain
        watchers.append(
            HeldOut(source, work.held_out, policy, runtime, asked, every=every, probe=probe)
        )
    return watchers
