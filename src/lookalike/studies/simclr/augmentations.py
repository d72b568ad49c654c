"""SimCLR, figure 5: one operation, or two, on one of the two views."""

from lookalike.studies.claims import Claim, best
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import Entry, Study

OPERATIONS: dict[str, Command] = {
    "crop": ("views.1.recrop={area: [0.08, 1.0]}", "views.1.flip=0.5"),
    "cutout": ("views.1.cutout.probability=1.0",),
    "colour": (
        "views.1.jitter={brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.2}",
        "views.1.drop=0.2",
    ),
    "sobel": ("views.1.sobel.probability=1.0",),
    "noise": ("views.1.noise.probability=1.0",),
    "blur": ("views.1.blur.probability=1.0",),
    "rotate": ("views.1.rotate.probability=1.0",),
}  # fmt: skip

PLAIN: Command = (
    "views.crop.shared=true",
    "views.flip=0",
    "views.jitter=null",
    "views.drop=0",
    "views.blur=null",
)

PAPER = {
    "crop": (33.1, 33.9, 56.3, 46.0, 39.9, 35.0, 30.2),
    "cutout": (32.2, 25.6, 33.9, 40.0, 26.5, 25.2, 22.4),
    "colour": (55.8, 35.5, 18.8, 21.0, 11.4, 16.5, 20.8),
    "sobel": (46.2, 40.6, 20.9, 4.0, 9.3, 6.2, 4.2),
    "noise": (38.8, 25.8, 7.5, 7.6, 9.8, 9.8, 9.6),
    "blur": (35.1, 25.2, 16.6, 5.8, 9.7, 2.6, 6.7),
    "rotate": (30.0, 22.5, 20.7, 4.3, 9.7, 6.5, 2.6),
}


def study(scale: Scale) -> Study:
    """A square table; both orders of a pair are the same run."""
    names = scale.pick(tiny=["crop", "colour"], small=list(OPERATIONS), paper=list(OPERATIONS))
    fewer = scale.pick(tiny=(), small=("data.limit=5000",), paper=())
    entries = {
        (first, second): Entry(scale.run("simclr", *fewer, *PLAIN, *_changes(first, second)))
        for first in names
        for second in names
    }
    pairs = [(a, b) for a, b in entries if names.index(a) < names.index(b)]
    single = [(name, name) for name in names]
    return Study(
        title="Composition of operations",
        source="SimCLR, figure 5",
        question="Which changes of one view make the task teach something?",
        axes=("first", "second"),
        entries=entries,
        paper={
            (row, column): value
            for row, values in PAPER.items()
            for column, value in zip(PAPER, values, strict=True)
        },
        setting="ImageNet, ResNet-50, 100 epochs, linear top-1",
        claims=(
            Claim(
                "Cropping with colour distortion is the best pair.", best(("crop", "colour"), pairs)
            ),
            Claim("It is better than every single operation.", best(("crop", "colour"), single)),
        ),
        form="squares",
        remark=(
            "Both views share one crop, and the operations act on one of them. Operations have a fixed "
            "order, so a pair is one run. The paper's numbers are from memory; its row means fit."
        ),
    )


def _changes(first: str, second: str) -> Command:
    """In one order for both orders of a pair; one operation once."""
    chosen = [words for name, words in OPERATIONS.items() if name in (first, second)]
    return tuple(word for words in chosen for word in words)
