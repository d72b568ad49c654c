"""The first signal raises a flag, the second ends the process."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from lookalike.signals import stop_flag


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_flag_is_raised_and_handlers_are_put_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_flag() as flag:
        assert not flag
        os.kill(os.getpid(), number)
        assert flag
        assert flag.signal == number
    assert signal.getsignal(number) is before


def test_the_second_signal_ends_at_once() -> None:
    code = (
        "import os, signal\n"
        "from lookalike.signals import stop_flag\n"
        "with stop_flag():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 130


def test_another_thread_may_train_too() -> None:
    raised: list[bool] = []

    def work() -> None:
        with stop_flag() as flag:
            raised.append(bool(flag))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert raised == [False]
