"""Whether a run that goes on is still the same: its images and its code. (`refuse_another` of the
library asks for its recipe.)"""

from collections.abc import Mapping

from lookalike import files
from lookalike.data.sources import Source
from lookalike.errors import UsageError
from lookalike.run.folder import RunFolder
from lookalike.run.training.code import differences

_SHOWN = 5
"""Changed sources that are named."""


def refuse_other_images(folder: RunFolder, source: Source) -> None:
    """Checks that the run in a folder, if there is one, saw these images.

    Raises:
        UsageError: it saw others.
    """
    if not (folder.recipe.exists() and folder.data.exists()):
        return
    before = files.read_json(folder.data)
    if before.get("fingerprint") == source.fingerprint:
        return
    had, has = before.get("used", 0), source.ledger.used
    same = " As many, but files were changed, renamed or replaced." if had == has else ""
    raise UsageError(
        f"The run in {folder.path} saw other images than these.",
        why=f"It had {had:,}: {before.get('name')}. Now there are {has:,}: {source.name}.{same}",
        do="Bring the images back, or begin a new run: add --out with another folder.",
    )


def refuse_other_code(folder: RunFolder, now: Mapping[str, str], *, allowed: bool) -> str:
    """Checks that the run in a folder, if there is one, was trained by this code so far.

    Args:
        folder: of the run.
        now: what `code_of` says.
        allowed: go on all the same.

    Returns:
        A sentence for people where something may differ, or nothing.

    Raises:
        UsageError: other code, and it is not allowed.
    """
    if not (folder.recipe.exists() and folder.environment.exists()):
        return ""
    before = files.read_json(folder.environment).get("code")
    if before is None:
        return "the code that began this run was not recorded: its bytes may differ"
    changed = differences(before, now)
    if not changed:
        return ""
    more = [f"and {len(changed) - _SHOWN} more"] if len(changed) > _SHOWN else []
    words = ", ".join([*changed[:_SHOWN], *more])
    if not allowed:
        raise UsageError(
            f"The run in {folder.path} was trained by other code than this.",
            why=f"It differs in {words}.",
            do="Install the old versions again to end with the same bytes.\n"
            "Or go on all the same: add --other-code (in Python other_code=True).",
        )
    return f"this run goes on by other code, and its bytes may differ: {words}"
