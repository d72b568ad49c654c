"""How large reports are, and how long a browser takes to open them.

python benchmarks/report.py runs/simclr-photos …

Prints a line for each run folder: megabytes of its `report.html`, and seconds until headless Chromium
has loaded and drawn it: the median of five times, after one that does not count.
"""

import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from gallery.browser import Browser, browser

TIMES = 5


def seconds(chromium: Browser, page: Path) -> float:
    """Until the page is drawn."""
    taken = [chromium.open(page) / 1000 for _ in range(TIMES + 1)]
    return statistics.median(taken[1:])


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, browser(Path(folder)) as chromium:
        for run in map(Path, sys.argv[1:]):
            page = run / "report.html"
            size = page.stat().st_size / 1e6
            print(f"{run.name}: {size:.1f} MB, {seconds(chromium, page):.2f} s", flush=True)


if __name__ == "__main__":
    main()
