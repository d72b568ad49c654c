"""`lookalike search`: the pictures most like this one."""

from typing import Annotated

from cyclopts import Parameter

from lookalike.cli.options import OUTPUT, PICTURES, Output, Pictures


def command(
    what: str,
    /,
    *queries: Annotated[str, Parameter(name="QUERIES")],
    top: int = 10,
    approximate: bool = False,
    pictures: Pictures = PICTURES,
    output: Output = OUTPUT,
) -> None:
    """Find the pictures most like given ones, among those of a run or others.

    Similarity is the cosine of features. All pictures are compared, and none finds its own file.

    $ lookalike search runs/simclr-photos query.jpg
    $ lookalike search runs/simclr-photos queries/ --data archive/ --out found.html

    Args:
        what: a run folder or an encoder folder.
        queries: pictures, folders of them, or Parquet files.
        top: how many to find for each query.
        approximate: ask only cells of pictures near each one; for more than a million (extra ann).
    """
    from lookalike.start import search

    found = search(
        what, *queries, top=top, approximate=approximate, out=output.out, **pictures.as_dict()
    )

    from lookalike.run.finding.found import search_lines

    output.show(found.as_dict(), search_lines(found))
