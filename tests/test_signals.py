"""A signal raises `Stop` or a flag; a second one that is not the same again ends the process."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from lookalike.signals import ONCE, Stop, StopFlag, raised, stop_flag

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_flag_is_raised_and_handlers_are_put_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_flag() as flag:
        assert not flag
        os.kill(os.getpid(), number)
        assert flag
        assert flag.signal == number
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", SIGNALS)
def test_elsewhere_it_raises_what_no_library_swallows(number: signal.Signals) -> None:
    before = signal.getsignal(number)

    def library() -> None:
        with contextlib.suppress(Exception):
            os.kill(os.getpid(), number)

    with pytest.raises(Stop) as caught, raised():
        library()
    assert caught.value.signal == number
    assert signal.getsignal(number) is before


def test_a_flag_inside_takes_it_and_hands_it_back() -> None:
    flags = []

    def work() -> None:
        with stop_flag() as flag:
            os.kill(os.getpid(), signal.SIGTERM)
            flags.append(flag)
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Stop), raised():
        work()
    assert flags[0].signal == signal.SIGTERM


def test_items_end_with_a_signal_while_they_are_worked_on_and_while_they_are_waited_for() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        os.kill(os.getpid(), signal.SIGTERM)
        yield 3

    with stop_flag() as flag:
        assert [*flag.until([1, 2])] == [1, 2]
        assert [*flag.until(items())] == [1, 2]
        assert flag.signal == signal.SIGTERM
        assert [*flag.until([1, 2])] == []
    with stop_flag() as flag:
        seen = []
        for item in flag.until(range(9)):
            os.kill(os.getpid(), signal.SIGTERM)
            seen.append(item)  # what has begun is finished
        assert seen == [0]
    assert [*StopFlag().until([1])] == [1]


@pytest.mark.parametrize("context", ["stop_flag", "raised"])
@pytest.mark.parametrize(("seconds", "code"), [(0.0, 7), (ONCE + 0.2, 130)])
def test_the_second_signal_ends_at_once_unless_it_is_the_first_again(
    context: str, seconds: float, code: int
) -> None:
    program = (
        "import os, signal, time\n"
        f"from lookalike.signals import {context}, Stop\n"
        f"with {context}():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "    except Stop:\n"
        "        pass\n"
        f"    time.sleep({seconds})\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    os._exit(7)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == code


def test_another_thread_may_train_too() -> None:
    raised_there: list[bool] = []

    def work() -> None:
        with raised(), stop_flag() as flag:
            raised_there.append(bool(flag))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert raised_there == [False]
