"""How many processes decode photos."""

import os

from lookalike import distributed


def count_workers(asked: int | None) -> int:
    """Processes that decode photos: as asked, or one per core up to 8.

    Training processes on the same machine share its cores.
    """
    cores = (os.cpu_count() or 1) // distributed.neighbours()
    return min(8, max(1, cores)) if asked is None else asked
