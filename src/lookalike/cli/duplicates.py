"""`lookalike duplicates`: which pictures stand there more than once?"""

from lookalike.cli.options import OUTPUT, PICTURES, Output, Pictures


def command(
    what: str,
    /,
    *,
    threshold: float | None = None,
    approximate: bool = False,
    pictures: Pictures = PICTURES,
    output: Output = OUTPUT,
) -> None:
    """Group nearly equal pictures: re-encoded, resized, mirrored, cut a little.

    Features find them and pixels decide. The similarity from which on pixels are compared is chosen
    from the data: 99 % of gently changed copies reach it. (To look without an encoder, and across
    training and test set: lookalike check.)

    $ lookalike duplicates runs/simclr-photos --out duplicates.html
    $ lookalike duplicates runs/simclr-photos --data archive/ --threshold 0.95

    Args:
        what: a run folder or an encoder folder.
        threshold: similarity that decides alone, which also finds pictures of one scene.
        approximate: ask only cells of pictures near each one; for more than a million (extra ann).
    """
    from lookalike.start import duplicates

    found = duplicates(
        what, threshold=threshold, approximate=approximate, out=output.out, **pictures.as_dict()
    )

    from lookalike.run.finding.found import duplicates_lines

    output.show(found.as_dict(), duplicates_lines(found))
