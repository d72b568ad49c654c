"""BYOL, figure 3b and table 17: operations taken away one by one, beside SimCLR."""

from lookalike.studies.claims import Claim, Place
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import Entry, Study

_NO_BLUR = ("views.blur=null",)
_NO_COLOUR = ("views.jitter=null", "views.drop=0")
_NO_SOLARIZE = ("views.solarize=null",)
_NO_FLIP = ("views.flip=0",)

SETS: dict[str, Command] = {
    "all": (),
    "without flip": _NO_FLIP,
    "without blur": _NO_BLUR,
    "without colour": _NO_COLOUR,
    "without jitter": ("views.jitter=null",),
    "without grey": ("views.drop=0",),
    "without blur in T'": ("views.1.blur=null",),
    "without solarize in T'": ("views.1.solarize=null",),
    "without both in T'": ("views.1.blur=null", "views.1.solarize=null"),
    "both views alike": ("views.blur.probability=0.5", "views.solarize.probability=0.2"),
    "crop only": (*_NO_FLIP, *_NO_COLOUR, *_NO_BLUR, *_NO_SOLARIZE),
    "crop and flip": (*_NO_COLOUR, *_NO_BLUR, *_NO_SOLARIZE),
    "crop and colour": (*_NO_FLIP, *_NO_BLUR, *_NO_SOLARIZE),
    "crop and blur": (*_NO_FLIP, *_NO_COLOUR, *_NO_SOLARIZE),
}

PAPER = {
    "BYOL": (72.5, 71.9, 71.2, 63.4, 71.8, 70.3, 72.4, 72.3, 72.2, 72.5, 59.4, 60.1, 70.7, 61.1),
    "SimCLR": (67.9, 67.3, 65.2, 45.7, 63.7, 61.9, 67.5, 67.7, 67.4, 68.1, 40.3, 40.2, 64.2, 41.7),
}


def study(scale: Scale) -> Study:
    """Rows are sets of operations, columns the two methods on the same views."""
    chosen = scale.pick(
        tiny=("all", "crop only"),
        small=("all", "without colour", "without grey", "crop only"),
        paper=tuple(SETS),
    )
    views = scale.pick(
        tiny=("views.preset=byol-cifar", "views.size=16"),
        small=("views.preset=byol-cifar", "views.size=16"),
        paper=("views.preset=byol",),
    )
    methods = {
        "BYOL": ("byol",),
        "SimCLR": ("simclr", *views),
    }
    return Study(
        title="Operations taken away",
        source="BYOL, figure 3b and table 17",
        question="Does BYOL need its views less than SimCLR does?",
        axes=("views", "method"),
        entries={
            (row, method): Entry(scale.run(*words, *SETS[row]))
            for row in chosen
            for method, words in methods.items()
        },
        paper={
            (row, method): value
            for method, values in PAPER.items()
            for row, value in zip(SETS, values, strict=True)
        },
        setting="ImageNet, ResNet-50, 300 epochs, linear top-1",
        claims=(
            Claim(
                "Without colour distortion SimCLR loses more than BYOL.",
                (_loses_more("without colour"),) if "without colour" in chosen else (),
            ),
            Claim("With crops only, too.", (_loses_more("crop only"),)),
        ),
    )


def _loses_more(row: str) -> dict[Place, float]:
    return {
        ("all", "SimCLR"): 1.0,
        (row, "SimCLR"): -1.0,
        ("all", "BYOL"): -1.0,
        (row, "BYOL"): 1.0,
    }
