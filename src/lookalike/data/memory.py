"""How much memory there is to plan with."""

import os
from pathlib import Path

LIMITS = (  # what a container may use, in cgroup versions 2 and 1
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def memory() -> int:
    """Bytes of memory of this machine, or of the container if that is less."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    texts = [path.read_text().strip() for path in LIMITS if path.is_file()]
    return min([machine, *(int(text) for text in texts if text.isdigit())])
