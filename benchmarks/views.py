"""Milliseconds for a view of SimCLR on one core, beside other libraries' transforms.

Everyone renders the same pictures in turns, in one process, and ratios are medians over rounds. All
deliver one float tensor for the whole batch.

    python benchmarks/views.py                  # 32 px from memory; 224 px from photos and from files
    python benchmarks/views.py --photos FOLDER  # photos; without it smooth noise of 500×375 pixels
"""

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import kornia.augmentation as kornia
import torch
from lightly.transforms import SimCLRTransform
from PIL import Image
from torch import Tensor
from torchvision.transforms import v2

from lookalike.data.decoding import upright
from lookalike.data.opening import open_source
from lookalike.randomness import image_keys
from lookalike.training.runtime import choose_runtime
from lookalike.views.policy import Policy
from lookalike.views.presets import POLICIES
from lookalike.views.render import crop_photo, draw, finish, render
from throughput import make_photos

Work = Callable[[], Tensor]


class Ours:
    """The program's own rendering, with new numbers each time."""

    def __init__(self, policy: Policy, images: Tensor | Sequence[Tensor]) -> None:
        self.policy, self.images, self.epoch = policy, images, 0
        self.image = torch.arange(len(images))

    def __call__(self) -> Tensor:
        self.epoch += 1
        key = image_keys(0, self.epoch, self.image)
        if isinstance(self.images, Tensor):
            return render(self.images, self.policy, key, 0)
        sizes = torch.tensor([photo.shape[1:] for photo in self.images])
        drawn = draw(self.policy, key, 0, sizes)
        crops = [
            crop_photo(photo, self.policy, drawn.rows(slice(i, i + 1)))
            for i, photo in enumerate(self.images)
        ]
        return finish(torch.stack(crops), self.policy, drawn)


def lightly(size: int, strength: float, blur: float) -> Callable[[Image.Image], list[Tensor]]:
    return SimCLRTransform(input_size=size, cj_strength=strength, gaussian_blur=blur)


def torchvision(size: int, s: float, blur: float) -> Callable[[Tensor], Tensor]:
    """The same policy from torchvision's v2 transforms, image by image on uint8 tensors."""
    colour = v2.ColorJitter(0.8 * s, 0.8 * s, 0.8 * s, 0.2 * s)
    steps = [
        v2.RandomResizedCrop(size, (0.08, 1.0), interpolation=v2.InterpolationMode.BICUBIC),
        v2.RandomHorizontalFlip(),
        v2.RandomApply([colour], 0.8),
        v2.RandomGrayscale(0.2),
        v2.RandomApply([v2.GaussianBlur(23, (0.1, 2.0))], blur) if blur else v2.Identity(),
        v2.ToDtype(torch.float32, scale=True),
    ]
    return v2.Compose(steps)


def with_kornia(size: int, s: float, blur: float) -> Callable[[Tensor], Tensor]:
    """The same policy from kornia, on a batch of images of one size."""
    steps: list[torch.nn.Module] = [
        kornia.RandomResizedCrop((size, size), (0.08, 1.0), resample="bicubic"),
        kornia.RandomHorizontalFlip(),
        kornia.ColorJitter(0.8 * s, 0.8 * s, 0.8 * s, 0.2 * s, p=0.8),
        kornia.RandomGrayscale(p=0.2),
    ]
    if blur:
        steps.append(kornia.RandomGaussianBlur((23, 23), (0.1, 2.0), p=blur))
    return kornia.AugmentationSequential(*steps)


def compare(title: str, works: dict[str, Work], rounds: int = 7) -> None:
    """Lets everyone work in turns and prints milliseconds for a view, and ratios to the first."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            start = time.perf_counter()
            count = len(work())
            times[name].append((time.perf_counter() - start) / count * 1e3)
    print(f"\n{title}")
    ours = times[next(iter(works))]
    for name, values in times.items():
        ratio = statistics.median(b / a for a, b in zip(ours, values, strict=True))
        print(f"{name:28} {statistics.median(values):8.3f} ms a view   {ratio:6.2f} × ours")


def small(images: Tensor) -> None:
    """32 px from memory: the policy of SimCLR's appendix B.9."""
    pictures = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in images]
    theirs, tv, batched = (
        lightly(32, 0.5, 0.0),
        torchvision(32, 0.5, 0.0),
        with_kornia(32, 0.5, 0.0),
    )
    compare(
        "32 px from memory",
        {
            "lookalike": Ours(POLICIES["simclr-cifar"][0], images),
            "lightly": lambda: torch.stack([view for one in pictures for view in theirs(one)]),
            "torchvision v2": lambda: torch.stack([tv(image) for image in images]),
            "kornia": lambda: batched(images / 255),
        },
    )


def large(files: list[bytes]) -> None:
    """224 px with blur: from decoded photos, and from JPEG files to both views."""
    pictures = [Image.open(io.BytesIO(file)).convert("RGB") for file in files]
    photos = [upright(picture, 3) for picture in pictures]
    policy, theirs = POLICIES["simclr"][0], lightly(224, 1.0, 0.5)
    tv, batched = torchvision(224, 1.0, 0.5), with_kornia(224, 1.0, 0.5)
    compare(
        "224 px from decoded photos",
        {
            "lookalike": Ours(policy, photos),
            "lightly": lambda: torch.stack([view for one in pictures for view in theirs(one)]),
            "torchvision v2": lambda: torch.stack([tv(photo) for photo in photos]),
            "kornia": lambda: torch.cat([batched(photo[None] / 255) for photo in photos]),
        },
    )

    def decoded() -> list[Tensor]:
        return [upright(Image.open(io.BytesIO(file)), 3) for file in files]

    def opened() -> list[Image.Image]:
        return [Image.open(io.BytesIO(file)).convert("RGB") for file in files]

    def both() -> Tensor:
        images = decoded()
        return torch.cat([Ours(policy, images)(), Ours(policy, images)()])

    compare(
        "224 px from JPEG files, two views of each",
        {
            "lookalike": both,
            "lightly": lambda: torch.stack([view for one in opened() for view in theirs(one)]),
        },
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default="shapes", help="32-px images")
    parser.add_argument("--photos", type=Path, help="folder of JPEGs; without it smooth noise")
    chosen = parser.parse_args()
    choose_runtime("cpu")
    torch.set_num_threads(1)
    images = open_source(chosen.data, limit=512).images
    small(images)
    with tempfile.TemporaryDirectory() as folder:
        place = chosen.photos or make_photos(Path(folder), 64)
        paths = sorted(p for p in place.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg"))[:64]
        large([path.read_bytes() for path in paths])


if __name__ == "__main__":
    main()
