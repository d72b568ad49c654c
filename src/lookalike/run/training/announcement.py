"""What people are told before the first update."""

from rich.console import Console

from lookalike import distributed
from lookalike.gallery.views_sheet import views_sheet
from lookalike.nn.trunks import is_vit
from lookalike.run.folder import RunFolder
from lookalike.run.training.work import Work


def announce(work: Work, folder: RunFolder, console: Console, start: int) -> None:
    """What will happen, before the first step."""
    recipe, encoder, updates = work.recipe, work.method.encoder, work.updates
    precision = str(work.runtime.precision).removeprefix("torch.")
    several = f" by {distributed.world()} processes" if distributed.world() > 1 else ""
    stem = f"the {encoder.stem} stem"
    if is_vit(encoder.name):
        stem = f"patches of {encoder.trunk.patch_embed.patch_size[0]} px"  # type: ignore[union-attr,index]
    console.print(
        f"{encoder.name} with {stem} for {encoder.size}-px views, {encoder.features} features; "
        f"on {work.runtime.device} in {precision}{several}",
        highlight=False,
    )
    if recipe.piece is not None and recipe.piece < recipe.batch // distributed.world():
        console.print(
            f"embedded in pieces of {recipe.piece}: batch norm, where there is any, sees the piece",
            highlight=False,
        )
    for remark in work.method.remarks():
        warn(console, remark)
    for sentence in work.method.encoder.origin if start == 0 else ():
        console.print(sentence, highlight=False)
    length = f"{updates:,} updates of {recipe.batch} images ({recipe.duration})"
    if start == 0:
        views_sheet(work.source, recipe.views, folder.views, seed=recipe.seed)
        console.print(f"what it will see: {folder.views}", highlight=False)
        words = f"training for {length}"
    elif start < updates:
        words = f"continuing from update {start:,} of {length}"
    else:
        words = f"already done: {length}"
    console.print(words, highlight=False)


def warn(console: Console, sentence: str) -> None:
    """Says it so that it is not overlooked."""
    console.print(f"warning: {sentence}", style="bold yellow", highlight=False)
