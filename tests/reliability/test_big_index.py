"""Folders of a million files: listed in seconds, in little memory, and opened again at once."""

import json
import os
import subprocess
import sys
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import pytest
import torch

from data.pictures import noise, save
from lookalike.data.cropping import Cropper
from lookalike.data.folder import list_folder
from lookalike.data.listing import FolderFiles
from lookalike.data.paths import Paths
from lookalike.data.sources import Reader
from lookalike.views.policy import Crop, Policy

MILLION = 1_000_000
COLD, CACHED, MEMORY = 60.0, 2.0, 150 * 2**20  # seconds and bytes for a million

CHILD = """
import json, sys, time
from pathlib import Path
import torch
from lookalike.data.folder import list_folder
from lookalike.data.remembering import keep_listing, recall_listing

def status(key):
    return int(open("/proc/self/status").read().split(key + ":")[1].split()[0]) * 1024

root, cache = Path(sys.argv[1]), Path(sys.argv[2])
list_folder(root / "0000")  # what is imported late
found = []
for work in (lambda: list_folder(root), lambda: recall_listing(cache)):
    open("/proc/self/clear_refs", "w").write("5")  # the peak begins anew
    base, begun = status("VmRSS"), time.perf_counter()
    listing = work()
    found += [time.perf_counter() - begun]
    if not cache.exists():
        keep_listing(cache, listing)
    found += [status("VmHWM") - base]
    count, fingerprint = len(listing.label), listing.fingerprint
    del listing
print(json.dumps([count, fingerprint, *found]))
"""


def _told_by(program: str, *words: object, **environment: str) -> list[Any]:
    """What a program that measures itself prints as JSON; it has a process of its own."""
    child = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    found: list[Any] = json.loads(child.stdout)
    return found


def tree(root: Path, folders: int, each: int) -> None:
    """Empty files with names as those of cameras."""
    for folder in range(folders):
        place = root / f"{folder:04}"
        place.mkdir(parents=True)
        for number in range(each):
            os.close(os.open(place / f"IMG_20240131_{number:07}.jpg", os.O_CREAT | os.O_WRONLY))


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
@pytest.mark.parametrize(
    ("folders", "each"),
    [
        (50, 400),
        pytest.param(1000, 1000, marks=pytest.mark.nightly),
        pytest.param(2, MILLION // 2, marks=pytest.mark.nightly),
    ],
)
def test_a_folder_is_listed_in_little_time_and_memory(folders: int, each: int, tmp_path: Path):
    tree(tmp_path / "photos", folders, each)
    count, _, cold, cold_memory, cached, cached_memory = _told_by(
        CHILD, tmp_path / "photos", tmp_path / "listing"
    )
    print(f"{count:,} files: {cold:.1f} s, {cold_memory / 2**20:.0f} MiB; again {cached:.2f} s")
    share = max(count / MILLION, 0.1)
    assert count == folders * each
    assert cold < COLD * share
    assert cached < CACHED * share
    assert max(cold_memory, cached_memory) < MEMORY * share


def test_the_order_is_that_of_sorted_paths(tmp_path: Path):
    """A slow oracle: whole paths sorted by their bytes, then one of each class in turn."""
    names = ["a.b/1.png", "a/2.png", "a/b.png/3.png", "a/b/4.png", "a/b c/5.png", "é/6.png"]
    for name in names:
        save(tmp_path / name, noise(0))
    files = list_folder(tmp_path).files
    expected = sorted(names, key=os.fsencode)
    turn = {name: [n for n in expected if n.split("/")[0] == name.split("/")[0]].index(name)
            for name in names}  # fmt: skip
    expected = sorted(names, key=lambda name: (turn[name], name.split("/")[0]))
    assert [files.name(row) for row in range(6)] == expected


def test_paths_are_what_was_put_in():
    texts = ["a", "", "caf\udce9", "\u732b\n", "x" * 5000]
    paths = Paths.of(texts)
    assert [paths[row] for row in range(5)] == texts
    rows = torch.tensor([4, 0, 2])
    assert [paths.take(rows)[row] for row in range(3)] == [texts[row] for row in rows]
    assert b"".join(paths.chunks()) == b"".join(os.fsencode(text) + b"\0" for text in texts)
    assert len(Paths.of([])) == 0
    many = Paths.of(str(number) for number in range(10_000))
    assert sum(1 for _ in many.chunks()) > 1
    assert b"".join(many.chunks()).split(b"\0")[9_999] == b"9999"


def test_worker_processes_share_the_index():
    """What is sent to one does not grow with the number of pictures."""
    sizes = []
    for count in (10, 20_000):
        paths = Paths.of(f"{number:06}.jpg" for number in range(count))
        stamp = torch.zeros(count, 2, dtype=torch.int64)
        reader = Reader(FolderFiles(Path("photos"), paths, stamp), stamp + 100, 3)
        policy = Policy(size=16, crop=Crop())
        sizes.append(len(ForkingPickler.dumps(Cropper(reader, (policy,), 0))))
    assert sizes[1] < sizes[0] + 200


EPOCHS = """
import json, os, sys
from pathlib import Path
import torch
from lookalike.data.loading import Loader
from lookalike.data.opening import open_source
from lookalike.data.sources import chosen
from lookalike.views.policy import Crop, Policy

def family(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]

def memory(pid):  # what processes share counts once; libraries, which all programs share, do not
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(text.split(kind)[1].split()[0]) for kind in ("Pss_Anon:", "Pss_Shmem:"))

count, workers = map(int, sys.argv[2:])
many = chosen(open_source(Path(sys.argv[1])), torch.arange(count) % 64)
policy, device = Policy(size=16, crop=Crop()), torch.device("cpu")
loader = Loader(many, (policy,), batch=32, seed=0, device=device, workers=workers)
found = []
for epoch in range(200):
    first = epoch * loader.updates_per_epoch
    for _ in loader.batches(first, first + 40):
        pass
    found.append(sum(map(memory, family(os.getpid()))))
print(json.dumps(found))
"""


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory from /proc")
@pytest.mark.parametrize("workers", [0, 4])
def test_memory_does_not_grow_with_the_epochs(workers: int, tmp_path: Path) -> None:
    """The beginnings of 200 epochs of a million entries, all of 64 photos.

    The allocator gives large pieces back at once: the 40 MB that the order of an epoch takes for a
    moment would else be kept or not, as it happens.
    """
    for number in range(64):
        save(tmp_path / f"{number}.jpg", noise(number, 100, 100))
    found = _told_by(EPOCHS, tmp_path, MILLION, workers, MALLOC_MMAP_THRESHOLD_="1048576")
    print(*(f"after {epoch + 1}: {found[epoch] / 1024:.1f} MiB" for epoch in (3, 50, 100, 199)))
    assert found[-1] < 1.02 * found[3]
