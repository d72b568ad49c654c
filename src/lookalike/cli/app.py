"""The program: its commands, and how it ends.

Nothing here imports torch, so that help and every mistake are answered at once.
"""

import io
import os
import signal
import sys
import traceback
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

from lookalike import __version__, signals
from lookalike.cli import (
    check,
    compare,
    completion,
    duplicates,
    embed,
    evaluate,
    export,
    outliers,
    predict,
    pretrain,
    report,
    runs,
    search,
    study,
    transfer,
    views,
)
from lookalike.cli import list as listing
from lookalike.cli import map as mapping
from lookalike.cli.mistakes import mistake_of
from lookalike.errors import LookalikeError

VERSION = f"lookalike {__version__}, licence Apache-2.0 (free to use, change and share)"

_HELP = """\
Learn visual representations from images without labels, and prove how good they are.

Nothing leaves your machine: no telemetry, no network. Nothing is written outside the run folder.
"""

_END = """\
COMMAND --help explains a command. --debug, anywhere, shows the traceback of a mistake.
Exit codes: 0 done, 2 usage, 3 data, 4 checkpoint or disk, 5 numerical, 130 and 143 interrupted.
"""

_STOPPED = """\
lookalike: Stopped; all that was written is whole and stays.
Type the same command to go on."""

app = App(
    name="lookalike",
    version=VERSION,
    help=_HELP,
    help_epilogue=_END,
    help_format="plaintext",
    version_format="plaintext",
    default_parameter=Parameter(negative="", show_default=False),
    suppress_keyboard_interrupt=False,
)
_COMMANDS = (
    check,
    pretrain,
    evaluate,
    predict,
    embed,
    search,
    duplicates,
    outliers,
    mapping,
    export,
    transfer,
    runs,
    report,
    compare,
    study,
    views,
    listing,
    completion,
)
for _module in _COMMANDS:
    app.command(_module.command, name=_module.__name__.rpartition(".")[2], help_epilogue="")


def main(words: Sequence[str] | None = None) -> None:
    """Runs one command and ends the process with its exit code.

    Args:
        words: of the command line, without the program's name; those of the process if None.
    """
    for stream in (sys.stdout, sys.stderr):  # names of files may hold bytes that are no text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if words is None else words
    sys.exit(run([word for word in words if word != "--debug"], debug="--debug" in words))


def run(words: Sequence[str], *, debug: bool = False) -> int:
    """Runs one command.

    Args:
        words: of the command line.
        debug: show the traceback of a mistake before its message.

    Returns:
        The exit code.
    """
    try:
        with signals.raised():
            app(words, exit_on_error=False, print_error=False, result_action="return_value")
            sys.stdout.flush()
    except signals.Stop as stop:
        print(_STOPPED, file=sys.stderr)
        return 128 + stop.signal
    except BrokenPipeError:  # the reader has gone, e.g. `lookalike list encoders | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (CycloptsError, LookalikeError, OSError) as error:
        if debug:
            traceback.print_exception(error)
        mistake = mistake_of(error)
        print(f"lookalike: {mistake}", file=sys.stderr)
        return mistake.exit_code
    return 0
