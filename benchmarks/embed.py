"""Pictures per second of `lookalike embed`, beside the usual loop of timm and a DataLoader.

Both see the same JPEGs with the same network, in turns, in one process; the ratio is the median over
rounds. The loop works in float32 as most do; ours in the precision that `embed` takes here.

    python benchmarks/embed.py                         # resnet18 at 224 px, smooth noise
    python benchmarks/embed.py --photos FOLDER --workers 2
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from lookalike.data.opening import open_source
from lookalike.nn.encoder import Encoder
from lookalike.run.finding.sight import Sight
from lookalike.training.runtime import choose_runtime
from lookalike.views.policy import Policy
from lookalike.views.presets import plain


class Files(Dataset):
    """Photos as timm's own transform makes them."""

    def __init__(self, folder: Path, network: torch.nn.Module) -> None:
        self.paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg"))
        self.view = timm.data.create_transform(
            **timm.data.resolve_data_config({}, model=network), is_training=False
        )

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> torch.Tensor:
        with Image.open(self.paths[i]) as picture:
            return self.view(picture.convert("RGB"))


def loop(folder: Path, network: torch.nn.Module, workers: int) -> int:
    """The usual one."""
    loader = DataLoader(Files(folder, network), batch_size=64, num_workers=workers)
    with torch.inference_mode():
        return len(torch.cat([network(views) for views in loader]))


def ours(folder: Path, encoder: Encoder, workers: int) -> int:
    """From the listing of the folder to the features."""
    runtime = choose_runtime()
    sight = Sight(runtime.place(encoder), plain(Policy(size=224)), runtime, workers)
    return sum(len(part.values) for part in sight.features(open_source(folder, "train")))


def make_photos(folder: Path, count: int) -> Path:
    """JPEGs of smooth noise, 500×375."""
    noise = np.random.default_rng(0)
    for i in range(count):
        coarse = noise.integers(0, 256, (24, 32, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((500, 375), Image.Resampling.BICUBIC)
        picture.save(folder / f"{i:04d}.jpg", quality=90)
    return folder


def compare(folder: Path, name: str, workers: int, rounds: int) -> None:
    """Prints both speeds and their ratio."""
    network = timm.create_model(name, pretrained=False, num_classes=0).eval()
    encoder = Encoder(name, 224).eval()
    speeds: dict[str, list[float]] = {"lookalike": [], "timm + DataLoader": []}
    for _ in range(rounds):
        for who, work in (
            ("lookalike", lambda: ours(folder, encoder, workers)),
            ("timm + DataLoader", lambda: loop(folder, network, workers)),
        ):
            start = time.perf_counter()
            count = work()
            speeds[who].append(count / (time.perf_counter() - start))
    for who, values in speeds.items():
        print(f"{who:20} {statistics.median(values):8.1f} pictures/s")
    ratios = [a / b for a, b in zip(*speeds.values(), strict=True)]
    print(f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=Path, help="folder of JPEGs; without it smooth noise")
    parser.add_argument("--encoder", default="resnet18")
    parser.add_argument("--count", type=int, default=400, help="pictures of noise")
    parser.add_argument("--workers", type=int, default=0, help="processes that decode, for both")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    precision = str(choose_runtime().precision).removeprefix("torch.")
    threads = torch.get_num_threads()
    print(
        f"{chosen.encoder}, {threads} threads, {chosen.workers} workers, {precision} beside float32"
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.photos or make_photos(Path(scratch), chosen.count)
        compare(folder, chosen.encoder, chosen.workers, chosen.rounds)


if __name__ == "__main__":
    main()
