"""The program as a whole."""

import re
import signal
import sys

import pytest

import lookalike
from cli.commands import Command
from lookalike import start
from lookalike.cli import app
from lookalike.errors import Interrupted
from lookalike.signals import Stop


def test_help_says_what_people_ask(command: Command) -> None:
    ended = command("--help")
    assert ended.code == 0
    assert ended.err == ""
    for words in (
        "pretrain",
        "evaluate",
        "list",
        "no telemetry",
        "Nothing leaves your machine",
        "--debug",
    ):
        assert words in ended.out
    assert "Train an encoder on images without labels" in ended.out


def test_no_command_shows_the_help(command: Command) -> None:
    assert command().out == command("--help").out


def test_version_names_the_licence(command: Command) -> None:
    assert command("--version").out.startswith(
        f"lookalike {lookalike.__version__}, licence Apache-2.0"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("pretrian simclr", "There is no command pretrian.\nDid you mean 'pretrain'?"),
        ("--halp", "There is no option --halp."),
        ("pretrain", "WHAT is missing.\nSee: lookalike pretrain --help"),
        ("pretrain simclr --dta x", "There is no option --dta.\nDid you mean '--data'"),
        (
            "pretrain simclr --batch-size 3",
            "There is no option --batch-size.\nWrite instead: --batch 256",
        ),
        ("pretrain simclr --method.temperature=0.2", "without dashes: method.temperature=VALUE"),
        ("pretrain simclr --data", "--data needs a value."),
        ("pretrain simclr --workers two", 'unable to convert "two" into int'),
        ("pretrain simclr --device tpu", '"auto", "cpu", "cuda"'),
        ("list methods a b", "Nothing is known to do with b."),
        ("list recipe", 'Did you mean "recipes"?'),
        ("completion tcsh", '"bash", "zsh", "fish"'),
    ],
)
def test_a_wrong_command_line(command: Command, words: str, says: str) -> None:
    ended = command(*words.split())
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("lookalike: ")
    assert says in ended.err
    assert len(ended.err.splitlines()) <= 3


def test_debug_shows_the_traceback_and_the_message(command: Command) -> None:
    quiet, loud = command("pretrain", "simcrl"), command("pretrain", "simcrl", debug=True)
    assert "Traceback" not in quiet.err
    assert "Traceback" in loud.err
    assert loud.err.endswith(quiet.err)
    assert loud.code == quiet.code == 2


@pytest.mark.parametrize(
    "words", [["--debug", "pretrain", "simcrl"], ["pretrain", "simcrl", "--debug"]]
)
def test_debug_stands_anywhere(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["lookalike", *words])
    with pytest.raises(SystemExit) as caught:
        app.main()
    assert caught.value.code == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (Stop(signal.SIGTERM), 143, "Type the same command to go on."),
        (
            Interrupted("Stopped at step 3.", signal=15, do="Go on."),
            143,
            "Stopped at step 3.\nGo on.",
        ),
    ],
)
def test_interruptions(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    says: str,
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(start, "pretrain", interrupted)
    ended = command("pretrain", "simclr-digits")
    assert ended.code == code
    assert says in ended.err


def test_a_fault_of_ours_keeps_its_traceback(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object, **__: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(start, "pretrain", faulty)
    with pytest.raises(ZeroDivisionError, match="ours"):
        command("pretrain", "simclr-digits")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_and_not_installed(command: Command, shell: str) -> None:
    ended = command("completion", shell)
    assert ended.code == 0
    for word in ("pretrain", "evaluate", "dry-run", "cuda"):
        assert re.search(word, ended.out)
