"""`lookalike check`: a look at images before a run."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lookalike.cli.options import print_json


def command(
    path: str,
    /,
    *,
    against: str | None = None,
    recipe: str = "simclr",
    measure: bool = False,
    out: Path | None = None,
    json_: Annotated[bool, Parameter(name="--json")] = False,
    limit: int | None = None,
    device: str = "auto",
    workers: int | None = None,
    quiet: bool = False,
) -> None:
    """Look at images before a run: what is broken, doubled, leaking or odd, and what it will take.

    Every picture is decoded once. The same pictures are found in any file, and nearly the same ones
    (re-encoded, resized, mirrored, cut a little, brightened), within a set and between train and
    test. The exit code is 3 where something must be mended before training.

    $ lookalike check photos/
    $ lookalike check photos/ --against labelled/ --out check.html

    Args:
        path: a folder of images, a Parquet file or a named set; its splits are compared.
        against: other images, such as the test set, which should not be among these.
        recipe: what to train; its length, size and views are judged for these images.
        measure: also train for some seconds, to say how long a run will take.
        out: also write a page with the pictures in question, which needs no network.
        json_: print JSON instead of text, with the names of all pictures in question.
        limit: takes the first this many images of each set.
        device: where a run would compute.
        workers: processes that decode photos in a run.
        quiet: print nothing but what must be mended.
    """
    from lookalike import start
    from lookalike.errors import DataError

    findings = start.check(
        path,
        against=against,
        recipe=recipe,
        measure=measure,
        out=out,
        limit=limit,
        device=device,
        workers=workers,
        quiet=quiet or json_,
    )
    if json_:
        print_json(findings.as_dict())
    if serious := findings.serious:
        topics = ", ".join(dict.fromkeys(concern.topic for concern in serious))
        raise DataError(
            f"{path} is not ready to train on: {topics}.", why=serious[0].what, do=serious[0].do
        )
