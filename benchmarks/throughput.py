"""Images per second of pretraining, beside lightly's documented recipe and the bare encoder.

Everyone trains the same encoder on the same pictures with the same batch, in turns, in one process,
and the printed ratios are medians over rounds, so that a machine whose speed drifts does not matter.

    python benchmarks/throughput.py                      # resnet20 at 32 px, the quick one
    python benchmarks/throughput.py --case resnet18      # CIFAR's resnet18 at 32 px
    python benchmarks/throughput.py --case photos --photos FOLDER   # resnet18 at 224 px from JPEGs
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from lightly.loss import NTXentLoss
from lightly.models.modules import SimCLRProjectionHead
from lightly.transforms import SimCLRTransform
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from lookalike.data.loading import Loader
from lookalike.data.opening import open_source
from lookalike.data.sources import Source
from lookalike.methods.simclr import SimCLR
from lookalike.nn.encoder import Encoder
from lookalike.training.loop import train
from lookalike.training.monitors import Basics
from lookalike.training.optimizers import parameter_groups, sgd
from lookalike.training.runtime import Runtime, choose_runtime
from lookalike.views.presets import POLICIES

RATE = 0.06  # lightly's example; the speed does not depend on it
Turn = Callable[[int], None]


class Ours:
    """The program's own loop, loader and loss."""

    def __init__(self, encoder: Encoder, source: Source, batch: int, workers: int) -> None:
        self.runtime = choose_runtime()
        policies = POLICIES["simclr-cifar" if encoder.size <= 32 else "simclr"]
        self.method = self.runtime.place(SimCLR(encoder))
        self.optimizer = sgd(parameter_groups(self.method))
        self.loader = Loader(
            source, policies, batch=batch, seed=0, device=self.runtime.device, workers=workers
        )
        self.done = 0

    def __call__(self, updates: int) -> None:
        start, self.done = self.done, self.done + updates
        train(
            self.method,
            self.loader.batches(start, self.done),
            self.optimizer,
            lambda update: RATE,
            runtime=self.runtime,
            seed=0,
            start=start,
            updates=10**6,
            monitors=[Basics()],
        )


class Lightly:
    """lightly's SimCLR example: its transform, two workers, its head and loss, SGD."""

    def __init__(self, encoder: Encoder, pictures: Dataset, batch: int, runtime: Runtime) -> None:
        self.runtime, self.encoder = runtime, encoder
        self.head = SimCLRProjectionHead(encoder.features, encoder.features, 128)
        self.loss = NTXentLoss()
        parameters = [*encoder.parameters(), *self.head.parameters()]
        self.optimizer = torch.optim.SGD(parameters, lr=RATE)
        self.batches = endless(
            DataLoader(
                pictures,
                batch_size=batch,
                shuffle=True,
                drop_last=True,
                num_workers=2,
                persistent_workers=True,
            )
        )

    def __call__(self, updates: int) -> None:
        for _ in range(updates):
            first, second = next(self.batches)
            with self.runtime.autocast():
                z = [self.head(self.encoder(view)) for view in (first, second)]
                loss = self.loss(*z)
            loss.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            loss.item()


class Bare:
    """The encoder alone on ready tensors: forward, backward, update."""

    def __init__(self, encoder: Encoder, batch: int) -> None:
        self.runtime = choose_runtime()
        self.encoder = self.runtime.place(encoder)
        self.optimizer = sgd(parameter_groups(encoder))
        views = torch.rand(2 * batch, encoder.channels, encoder.size, encoder.size)
        self.views = self.runtime.images(views)

    def __call__(self, updates: int) -> None:
        for _ in range(updates):
            with self.runtime.autocast():
                loss = self.encoder(self.views).float().square().mean()
            loss.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()


class Arrays(Dataset):
    """Small images as torchvision's CIFAR10 holds them: an array in memory."""

    def __init__(self, images: Tensor, size: int) -> None:
        self.images = images.permute(0, 2, 3, 1).numpy()
        self.view = SimCLRTransform(input_size=size, gaussian_blur=0.0, cj_strength=0.5)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> list[Tensor]:
        return self.view(Image.fromarray(self.images[i]))


class Files(Dataset):
    """Photos read from their files."""

    def __init__(self, folder: Path, size: int) -> None:
        self.paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg"))
        self.view = SimCLRTransform(input_size=size)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> list[Tensor]:
        with Image.open(self.paths[i]) as picture:
            return self.view(picture.convert("RGB"))


def endless(loader: DataLoader) -> Iterator[list[Tensor]]:
    while True:
        yield from loader


def make_photos(folder: Path, count: int = 150) -> Path:
    """JPEGs of smooth noise, 500×375, where no folder of photos is named."""
    noise = np.random.default_rng(0)
    for i in range(count):
        coarse = noise.integers(0, 256, (24, 32, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((500, 375), Image.Resampling.BICUBIC)
        picture.save(folder / f"{i:04d}.jpg", quality=90)
    return folder


def compare(turns: dict[str, Turn], *, batch: int, updates: int, skip: int, rounds: int) -> None:
    """Lets everyone work in turns and prints speeds and ratios to the first of them.

    The first `skip` updates of a turn are not timed: a competitor's workers prefetch batches while
    others work, which would flatter it.
    """
    speeds: dict[str, list[float]] = {name: [] for name in turns}
    for turn in turns.values():
        turn(2)
    for _ in range(rounds):
        for name, turn in turns.items():
            turn(skip)
            start = time.perf_counter()
            turn(updates)
            speeds[name].append(batch * updates / (time.perf_counter() - start))
    ours = next(iter(speeds))
    for name, values in speeds.items():
        ratios = [a / b for a, b in zip(speeds[ours], values, strict=True)]
        print(
            f"{name:24} {statistics.median(values):8.1f} images/s   "
            f"{ours} / this: {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f}-{max(ratios):.2f})"
        )


def contestants(
    name: str, size: int, source: Source, pictures: Dataset, *, batch: int, workers: int
) -> dict[str, Turn]:
    """Ours first, then those it is compared with."""

    def lightly(precision: str) -> Lightly:
        return Lightly(Encoder(name, size), pictures, batch, choose_runtime("cpu", precision))

    return {
        "lookalike": Ours(Encoder(name, size), source, batch, workers),
        "lightly, float32": lightly("float32"),
        "lightly, bfloat16": lightly("bfloat16"),
        "bare encoder": Bare(Encoder(name, size), batch),
    }


def small(name: str, data: str | None) -> None:
    """32-px images held in memory."""
    source = open_source(data or "shapes", "train", limit=4000)
    turns = contestants(name, 32, source, Arrays(source.images, 32), batch=256, workers=0)
    heavy = name != "resnet20"
    compare(turns, batch=256, updates=2 if heavy else 12, skip=1 if heavy else 5, rounds=3)


def photos(folder: Path) -> None:
    """224-px views of JPEG files."""
    source = open_source(str(folder), "train")
    turns = contestants("resnet18", 224, source, Files(folder, 224), batch=32, workers=2)
    compare(turns, batch=32, updates=6, skip=5, rounds=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--case", choices=["resnet20", "resnet18", "photos"], default="resnet20")
    parser.add_argument("--data", help="32-px images; without it synthetic shapes")
    parser.add_argument("--photos", type=Path, help="folder of JPEGs; without it smooth noise")
    chosen = parser.parse_args()
    print(f"{chosen.case}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    if chosen.case != "photos":
        small(chosen.case, chosen.data)
    elif chosen.photos:
        photos(chosen.photos)
    else:
        with tempfile.TemporaryDirectory() as folder:
            photos(make_photos(Path(folder)))


if __name__ == "__main__":
    main()
