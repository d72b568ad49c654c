"""SimCLR, figure 6: crops of an image share their colours, which is a way round the task."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import LINEAR, Entry, Measure, Study

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

IMAGES, BINS = 256, 32

ROWS: dict[str, Command] = {
    "crops": ("views.jitter=null", "views.drop=0", "views.blur=null"),
    "crops with colour distortion": ("views.blur=null",),
}


def found_by_colours(run: Path) -> float:
    """How often the other view of an image is found by its colours alone, in percent.

    Of at most 256 training images in two of the run's views, as they are before the values are
    standardised.

    Raises:
        DataError: the images of the run are not there any more.
    """
    import torch

    from lookalike.data.loading import Loader
    from lookalike.data.opening import open_source
    from lookalike.run.folder import RunFolder

    recipe = RunFolder(run).read_recipe()
    source = open_source(str(recipe.data.path), "train", limit=recipe.data.limit)
    views = tuple(replace(policy, normalize=None) for policy in recipe.views)
    count = min(IMAGES, len(source))
    loader = Loader(source, views, batch=count, seed=0, device=torch.device("cpu"))
    batch = next(iter(loader.batches(0, 1)))
    return 100 * matched(batch.views[0], batch.views[1])


def matched(first: "Float[Tensor, 'n c _ _']", second: "Float[Tensor, 'n c _ _']") -> float:
    """The share of views whose histogram of each channel is closest to that of the same row.

    Args:
        first: views of n images, of values from 0 to 1.
        second: other views of them.
    """
    import torch

    distance = torch.cdist(histogram(first), histogram(second), p=1)
    return float((distance.argmin(dim=1) == torch.arange(len(first))).double().mean())


def histogram(views: "Float[Tensor, 'n c h w']") -> "Float[Tensor, 'n d']":
    """The share of each channel's values in each of 32 bins."""
    from torch.nn.functional import one_hot

    place = (views.double() * BINS).long().clamp(0, BINS - 1).flatten(2)
    return one_hot(place, BINS).double().mean(dim=2).flatten(1)


MEASURES = {
    "found by colours": Measure("found by colours", read=found_by_colours),
    "contrastive accuracy": Measure("contrastive_accuracy", percent=True),
    "top-1": LINEAR,
}


def study(scale: Scale) -> Study:
    """Rows are views, columns how well they are told by colours, by the method, and what it learns."""
    crops, distorted = ROWS
    return Study(
        title="Colours as a shortcut",
        source="SimCLR, figure 6",
        question="Can crops of an image be told by their colours alone?",
        axes=("views", "measure"),
        entries={
            (row, name): Entry(scale.run("simclr", *words), measure)
            for row, words in ROWS.items()
            for name, measure in MEASURES.items()
        },
        paper={},
        setting="",
        claims=(
            Claim(
                "Colours alone tell crops apart better than distorted ones.",
                (above((crops, "found by colours"), (distorted, "found by colours")),),
            ),
            Claim(
                "Without the shortcut the task is harder.",
                (above((crops, "contrastive accuracy"), (distorted, "contrastive accuracy")),),
            ),
            Claim(
                "And it teaches more.",
                (above((distorted, "top-1"), (crops, "top-1")),),
            ),
        ),
        remark=(
            f"The paper shows the histograms of two images. Here the histograms of {IMAGES} images in "
            f"two views are compared, {BINS} bins a channel; by chance one image in {IMAGES} is found."
        ),
    )
