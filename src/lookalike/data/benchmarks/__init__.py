"""The 12 data sets of the papers' transfer suite, as a table. Torch is not imported here.

Classes, sizes and metrics are those of BYOL's table 10, which SimCLR (B.8) shares. "balanced" is the
mean of the classes' accuracies, "mAP" the mean over classes of the 11-point average precision.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One data set of the papers.

    Args:
        title: as the papers call it.
        classes: how many.
        metric: the number that is compared, of `evaluation.metrics.measure`, or "mAP".
        sizes: images to train on, to choose on and to test on, as printed.
        held_out: how many training images of each class one chooses on: a number, a share of them,
            or "test" for as many as there are test images; None where the validation images are the
            archive's own.
        drawn: training images of each class, where the archive comes undivided.
        split: which convention that is, for people, and where the sizes must differ from `sizes`.
        needs: what must lie below the root, as the archive unpacks and torchvision reads it.
        reader: where it is read.
    """

    title: str
    classes: int
    metric: Literal["top-1", "balanced", "mAP"]
    sizes: tuple[int, int, int]
    held_out: int | float | Literal["test"] | None = None
    drawn: int | None = None
    split: str
    needs: tuple[str, ...]
    reader: str


BENCHMARKS: dict[str, Benchmark] = {
    "food-101": Benchmark(
        title="Food-101",
        classes=101,
        metric="top-1",
        sizes=(68175, 7575, 25250),
        held_out=0.1,
        split="official test; a tenth of each class's training images held out",
        needs=("food-101/meta/train.json", "food-101/meta/test.json", "food-101/images"),
        reader="lookalike.data.benchmarks.archives:food_101",
    ),
    "cifar-10": Benchmark(
        title="CIFAR-10",
        classes=10,
        metric="top-1",
        sizes=(45000, 5000, 10000),
        held_out=0.1,
        split="official test; a tenth of each class's training images held out",
        needs=("cifar-10-batches-py/batches.meta", "cifar-10-batches-py/test_batch"),
        reader="lookalike.data.benchmarks.cifar:cifar_10",
    ),
    "cifar-100": Benchmark(
        title="CIFAR-100",
        classes=100,
        metric="top-1",
        sizes=(44933, 5067, 10000),
        held_out=0.1,
        split="official test; a tenth of each class's training images held out (5,000, where the "
        "papers have 5,067)",
        needs=("cifar-100-python/meta", "cifar-100-python/train", "cifar-100-python/test"),
        reader="lookalike.data.benchmarks.cifar:cifar_100",
    ),
    "birdsnap": Benchmark(
        title="Birdsnap",
        classes=500,
        metric="top-1",
        sizes=(42405, 4981, 2443),
        held_out="test",
        split="the archive's list of test images; as many training images of each class held out as "
        "it has test images, as SimCLR's text says (2,443, where the table prints 4,981)",
        needs=(
            "birdsnap/species.txt",
            "birdsnap/images.txt",
            "birdsnap/test_images.txt",
            "birdsnap/download/images",
        ),
        reader="lookalike.data.benchmarks.archives:birdsnap",
    ),
    "sun397": Benchmark(
        title="SUN397",
        classes=397,
        metric="top-1",
        sizes=(15880, 3970, 19850),
        held_out=10,
        split="the first of the ten official partitions (50 images of each class to train on and 50 "
        "to test, of 108,754); 10 of each class's training images held out",
        needs=("SUN397/ClassName.txt", "SUN397/Training_01.txt", "SUN397/Testing_01.txt"),
        reader="lookalike.data.benchmarks.archives:sun397",
    ),
    "stanford-cars": Benchmark(
        title="Stanford Cars",
        classes=196,
        metric="top-1",
        sizes=(6494, 1650, 8041),
        held_out=0.2,
        split="official test; a fifth of each class's training images held out (the papers do not "
        "say how theirs were chosen)",
        needs=(
            "stanford_cars/devkit/cars_meta.mat",
            "stanford_cars/devkit/cars_train_annos.mat",
            "stanford_cars/cars_test_annos_withlabels.mat",
            "stanford_cars/cars_train",
            "stanford_cars/cars_test",
        ),
        reader="lookalike.data.benchmarks.archives:stanford_cars",
    ),
    "fgvc-aircraft": Benchmark(
        title="FGVC Aircraft",
        classes=100,
        metric="balanced",
        sizes=(3334, 3333, 3333),
        split="official training, validation and test images; the classes are the variants",
        needs=("fgvc-aircraft-2013b/data/variants.txt", "fgvc-aircraft-2013b/data/images"),
        reader="lookalike.data.benchmarks.archives:fgvc_aircraft",
    ),
    "voc2007": Benchmark(
        title="VOC2007",
        classes=20,
        metric="mAP",
        sizes=(2501, 2510, 4952),
        split="official training, validation and test images, each with any number of the classes; "
        "where all objects of a class are difficult the image does not count for it",
        needs=(
            "VOCdevkit/VOC2007/ImageSets/Main/train.txt",
            "VOCdevkit/VOC2007/ImageSets/Main/test.txt",
            "VOCdevkit/VOC2007/JPEGImages",
        ),
        reader="lookalike.data.benchmarks.voc:voc2007",
    ),
    "dtd": Benchmark(
        title="DTD",
        classes=47,
        metric="top-1",
        sizes=(1880, 1880, 1880),
        split="the first of the ten official divisions into training, validation and test images",
        needs=("dtd/dtd/labels/train1.txt", "dtd/dtd/images"),
        reader="lookalike.data.benchmarks.archives:dtd",
    ),
    "oxford-pets": Benchmark(
        title="Oxford Pets",
        classes=37,
        metric="balanced",
        sizes=(2940, 740, 3669),
        held_out=20,
        split="official test; 20 of each class's training images held out",
        needs=("oxford-iiit-pet/annotations/trainval.txt", "oxford-iiit-pet/images"),
        reader="lookalike.data.benchmarks.archives:oxford_pets",
    ),
    "caltech-101": Benchmark(
        title="Caltech-101",
        classes=102,
        metric="balanced",
        sizes=(2550, 510, 6084),
        held_out=5,
        drawn=30,
        split="30 training images of each class drawn at random, 5 of them held out, all others to "
        "test; the printed sizes need all 102 folders, the background with them (the table says 101)",
        needs=("caltech101/101_ObjectCategories",),
        reader="lookalike.data.benchmarks.archives:caltech_101",
    ),
    "flowers-102": Benchmark(
        title="Flowers-102",
        classes=102,
        metric="balanced",
        sizes=(1020, 1020, 6149),
        split="official training, validation and test images",
        needs=("flowers-102/imagelabels.mat", "flowers-102/setid.mat", "flowers-102/jpg"),
        reader="lookalike.data.benchmarks.archives:flowers_102",
    ),
}
"""Name → set; a folder of this name below the root takes the archive's place (see `opening`)."""
