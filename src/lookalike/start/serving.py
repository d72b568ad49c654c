"""A run's page in a browser on this machine, made anew as the run goes on.

Other machines cannot reach it, and the file in the run folder stays as it is everywhere else: what
makes it new in the browser is a page around it.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lookalike.errors import LookalikeError, StorageError
from lookalike.gallery.report import report

ADDRESS = "127.0.0.1"
LEAST_SECONDS, SHARE = 2.0, 0.05
"""Between two pages, and of the time that may go into making them: it is the training's."""

_AROUND = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>lookalike</title><link rel="icon" href="data:,">
<style>html, body, iframe { margin: 0; border: 0; width: 100%; height: 100%; display: block }</style>
<iframe src="/report.html" title="report"></iframe>
<script>
const page = document.querySelector("iframe")
let shown = null, title = ""
page.addEventListener("load", () => { title = document.title = page.contentDocument.title })
async function look() {
  try {
    const answer = await fetch("/version")
    if (!answer.ok) throw answer.status
    const now = await answer.text()
    if (shown !== null && now !== shown) page.contentWindow.location.reload()
    shown = now
    document.title = title
  } catch { document.title = "stopped · " + title }
}
setInterval(look, 2000)
look()
</script></html>
"""


class Page:
    """The page of a run, which is written when what it shows has changed.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "report.html"
        self._folder, self._writing = folder, threading.Lock()
        self._shown: list[tuple[int, int]] = []
        self._next = 0.0

    def write(self) -> None:
        """Writes the page.

        Raises:
            StorageError: it cannot be written.
        """
        now, begun = self._stamps(), time.monotonic()
        try:
            report(self._folder)
            self._shown = now
        finally:
            took = time.monotonic() - begun
            self._next = begun + max(LEAST_SECONDS, took / SHARE)

    def version(self) -> str:
        """A word that changes with the page; writes it anew where it is old."""
        with self._writing:
            if self._stamps() != self._shown and time.monotonic() >= self._next:
                # A training that begins sweeps the folder: the next time will do.
                with contextlib.suppress(StorageError):
                    self.write()
            return str(hash(tuple(self._shown)))

    def content(self) -> bytes:
        """HTML."""
        self.version()
        return self.path.read_bytes()

    def _stamps(self) -> list[tuple[int, int]]:
        """Size and time of all that the page may show."""
        facts = []
        for path in sorted(self._folder.iterdir()):
            if path != self.path and not path.name.startswith("."):
                with contextlib.suppress(FileNotFoundError):
                    facts.append(path.stat())
        return [(fact.st_size, fact.st_mtime_ns) for fact in facts]


def serve(folder: Path, tell: Callable[[str], object]) -> Path:
    """Serves the page of a run until a signal or Ctrl-C, which is how it ends.

    Args:
        folder: of the run.
        tell: takes a sentence with the address.

    Returns:
        The path of the page.

    Raises:
        UsageError: it is no run.
        StorageError: the page cannot be written.
    """
    page = Page(folder)
    page.write()
    with ThreadingHTTPServer((ADDRESS, 0), _handler(page)) as server:
        address = f"http://{ADDRESS}:{server.server_port}"
        tell(f"{address} shows {folder} as it goes on; Ctrl-C ends this")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return page.path


def _handler(page: Page) -> type[BaseHTTPRequestHandler]:
    """Answers requests for the page, what is around it, and its version."""

    answers: dict[str, tuple[str, Callable[[], bytes]]] = {
        "/": ("text/html", _AROUND.encode),
        "/report.html": ("text/html", page.content),
        "/version": ("text/plain", lambda: page.version().encode()),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(ConnectionError):  # the browser has changed its mind
                self._answer()

        def _answer(self) -> None:
            name = self.headers.get("Host", "").rpartition(":")[0]
            if name not in (ADDRESS, "localhost") or self.path not in answers:
                self.send_error(404)  # another name is another site's, which wants to read the page
                return
            kind, content = answers[self.path]
            try:
                body = content()
            except (OSError, LookalikeError):  # the folder has gone
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: people read the terminal."""

    return Handler
