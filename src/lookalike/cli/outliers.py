"""`lookalike outliers`: which pictures are like no other?"""

from lookalike.cli.options import OUTPUT, PICTURES, Output, Pictures


def command(
    what: str,
    /,
    *,
    top: int = 20,
    k: int = 10,
    approximate: bool = False,
    pictures: Pictures = PICTURES,
    output: Output = OUTPUT,
) -> None:
    """Name the pictures that are least like any other: mistakes, strays, rare things.

    The score is a picture's mean distance to its nearest ones, over the same of those; inside a crowd
    it is about 1.

    $ lookalike outliers runs/simclr-photos
    $ lookalike outliers runs/simclr-photos --data archive/ --top 50 --out outliers.html

    Args:
        what: a run folder or an encoder folder.
        top: how many to name.
        k: nearest pictures that each one is compared with.
        approximate: ask only cells of pictures near each one; for more than a million (extra ann).
    """
    from lookalike.start import outliers

    found = outliers(
        what, top=top, k=k, approximate=approximate, out=output.out, **pictures.as_dict()
    )

    from lookalike.run.finding.found import outliers_lines

    output.show([each.as_dict() for each in found], outliers_lines(found))
