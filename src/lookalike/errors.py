"""One family of errors: what happened, where, why, and what to do.

A user's mistake reaches the terminal as one message without a traceback; the class decides the exit
code of the command (0 done, 2 usage, 3 data, 4 checkpoint or disk, 5 numerical, 130/143 interrupted
and saved).
"""

from collections.abc import Iterable
from difflib import get_close_matches


class LookalikeError(Exception):
    """Base of all errors a user can cause or mend.

    Args:
        what: one sentence, what went wrong.
        why: the reason, when it is not plain from `what`.
        do: what to do about it, as a sentence or a command to type.
    """

    exit_code = 1

    def __init__(self, what: str, *, why: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.do = what, why, do

    def __str__(self) -> str:
        return "\n".join(line for line in (self.what, self.why, self.do) if line)


class UsageError(LookalikeError):
    """The command, a recipe or an argument is wrong."""

    exit_code = 2


class MissingExtraError(UsageError):
    """A feature needs a package that is not installed.

    Args:
        package: the module that could not be imported.
        extra: the extra of lookalike that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"This needs {package}, which is not installed.",
            do=f"Install it with: pip install 'lookalike[{extra}]'",
        )


class DataError(LookalikeError):
    """The images or labels cannot be used."""

    exit_code = 3


class StorageError(LookalikeError):
    """A checkpoint, the run folder or the disk failed."""

    exit_code = 4


class NumericalError(LookalikeError):
    """A loss or gradient stopped being a finite number."""

    exit_code = 5


class Interrupted(LookalikeError):  # noqa: N818 - it is an outcome, not a fault
    """A signal asked the run to stop, and the run has been saved.

    Args:
        what: one sentence for the terminal.
        signal: the signal's number; the exit code is 128 + this.
    """

    def __init__(self, what: str, *, signal: int, do: str = "") -> None:
        super().__init__(what, do=do)
        self.exit_code = 128 + signal


def short(value: object, most: int = 80) -> str:
    """Its text, cut where it is longer than a message should quote."""
    text = str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A sentence that offers the nearest of `choices`, or lists them where none is near."""
    names = sorted(choices)
    near = get_close_matches(word, names, n=3, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(repr(name) for name in near)}?"
    return f"Choose one of: {', '.join(names)}."
