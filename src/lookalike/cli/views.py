"""`lookalike views`: what a method will see, as a picture."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def command(
    what: str,
    /,
    *overrides: Annotated[str, Parameter(name="KEY=VALUE")],
    data: str | None = None,
    out: Path = Path("views.png"),
    ops: bool = False,
    rows: int = 8,
    columns: int = 4,
    seed: int | None = None,
    workers: int | None = None,
) -> None:
    """Show what a method will see, before any training.

    Writes a sheet with an image in each row, first itself and then its views, with what was drawn
    under each, and says how much of an image two views share and what their colours give away.

    $ lookalike views simclr --data photos/
    $ lookalike views byol views.jitter.hue=0.3 --data photos/ --out byol.png
    $ lookalike views simclr --data photos/ --ops

    Args:
        what: the views of a paper (see: lookalike list views), a method, a recipe or a run folder.
        overrides: changes of the recipe, e.g. views.blur=null.
        data: a folder of images, a Parquet file or a named set.
        out: the picture to write; views.png if it is not given.
        ops: show every operation by itself, one in a column, instead of the views.
        rows: images shown, 8 if it is not given.
        columns: how often each view is drawn, 4 if it is not given.
        seed: of everything drawn by chance.
        workers: processes that decode photos.
    """
    from lookalike import start

    start.views(
        what,
        *overrides,
        data=data,
        out=out,
        single=ops,
        rows=rows,
        columns=columns,
        seed=seed,
        workers=workers,
    )
