"""A page in headless Chromium, driven by its DevTools protocol over two pipes: no package needed."""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

# The pipes must be descriptors 3 and 4 of the browser: a small program in between sees to it.
_JOINED = """
import os, sys
down, up = int(sys.argv[1]), int(sys.argv[2])
down, up = os.dup(down), os.dup(up)
spare = [os.dup(down), os.dup(up)]
os.dup2(spare[0], 3)
os.dup2(spare[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-extensions",
    "--remote-debugging-pipe",
    "--window-size=1100,800",
)
_SECONDS = 60


class Browser:
    """One page. `events` has all that the browser told since it was opened."""

    def __init__(self, down: int, up: int) -> None:
        self._down, self._up, self._buffer, self._number = down, up, b"", 0
        self.events: list[dict[str, Any]] = []
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        found = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = found["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to one command."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        rest = json.dumps(message).encode() + b"\0"
        while rest:
            rest = rest[os.write(self._down, rest) :]
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def _next(self) -> dict[str, Any]:
        ends = time.monotonic() + _SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._up], [], [], max(0, ends - time.monotonic()))
            part = os.read(self._up, 1 << 20) if ready else b""
            assert part, "the browser says no more"
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        told: dict[str, Any] = json.loads(message)
        return told

    def open(self, page: Path) -> float:
        """Opens a file; how many milliseconds it took until it was drawn."""
        self.events.clear()
        self.call("Page.navigate", url=page.resolve().as_uri())
        return float(self.ask(_DRAWN))

    def ask(self, expression: str) -> Any:
        """The value of an expression in the page, awaited."""
        found = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """One event of the mouse: "Moved", "Pressed", "Released" or "Wheel"."""
        held = {} if kind in ("Moved", "Wheel") else {"button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, **held, **more)

    def drag(self, corners: list[tuple[float, float]], **more: Any) -> None:
        """Presses at the first corner and releases at the last."""
        self.mouse("Pressed", *corners[0], **more)
        for corner in corners[1:]:
            self.mouse("Moved", *corner, **{"button": "left", "buttons": 1, **more})
        self.mouse("Released", *corners[-1], **more)

    def screenshot(self) -> bytes:
        """A PNG of what is seen."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

    def complaints(self) -> list[str]:
        """Errors that the console shows, and all that the page writes there."""
        told = [event for event in self.events if event.get("method") in _COMPLAINTS]
        levels = [event["params"].get("entry", {"level": "error"})["level"] for event in told]
        pairs = zip(told, levels, strict=True)
        return [json.dumps(event["params"]) for event, level in pairs if level == "error"]

    def requests(self) -> list[str]:
        """Addresses that were asked for, without those that hold their content."""
        asked = (e for e in self.events if e.get("method") == "Network.requestWillBeSent")
        addresses = (str(event["params"]["request"]["url"]) for event in asked)
        return [address for address in addresses if not address.startswith(("data:", "blob:"))]


_COMPLAINTS = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
_DRAWN = """new Promise((done) => {
  const drawn = () => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
  if (document.readyState === "complete") drawn();
  else addEventListener("load", drawn);
})"""


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser that keeps its files in `folder`; skips the test where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium")
    down, up = os.pipe(), os.pipe()
    words = [sys.executable, "-S", "-c", _JOINED, str(down[0]), str(up[1]), program, *_OPTIONS]
    process = subprocess.Popen(
        [*words, f"--user-data-dir={folder / 'browser'}"],
        pass_fds=(down[0], up[1]),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(down[0])
    os.close(up[1])
    try:
        yield Browser(down[1], up[0])
    finally:
        os.close(down[1])  # the browser ends when nobody can talk to it any more
        os.close(up[0])
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
