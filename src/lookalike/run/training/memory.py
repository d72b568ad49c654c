"""What a run is told of its memory before the first update."""

from rich.console import Console

from lookalike.data.sources import Images
from lookalike.recipe.fitting import advice, fits, fitting_piece
from lookalike.recipe.memory import Need, need, sentence, small
from lookalike.run.training.announcement import warn
from lookalike.run.training.work import Work


def announce_memory(work: Work, console: Console) -> None:
    """What the run will need beside what there is, unless that is plainly enough."""
    recipe, device = work.recipe, work.runtime.device
    if small(recipe, work.source.channels, device):
        return
    needed = need_of(work)
    console.print(sentence(needed, device), highlight=False)
    if not fits(needed, device):
        words = advice(recipe, fitting_piece(recipe, needed, device))
        warn(console, f"the memory may not be enough. {words}")


def need_of(work: Work) -> Need:
    """What this process will take at its most."""
    source = work.source
    images = source.images.nbytes if isinstance(source, Images) else 0
    return need(work.recipe, source.channels, len(source.classes), work.runtime, images)
