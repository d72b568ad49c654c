"""BYOL, figure 3a and table 16: the batch, true or gathered from small pieces, beside SimCLR."""

from lookalike.studies.claims import Claim, Place, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

GATHERED, TRUE, SIMCLR = "BYOL, gathered", "BYOL, true", "SimCLR, true"
SIZES = (4096, 2048, 1024, 512, 256, 128, 64)
PAPER = {
    GATHERED: (72.5, 72.4, 72.2, 72.2, 71.8, 69.6, 59.7),
    SIMCLR: (67.9, 67.8, 67.4, 66.5, 64.3, 63.6, 59.2),
}


def study(scale: Scale) -> Study:
    """Rows are sizes; gathered ones are pieces of the first row's batch, which only batch norm sees."""
    sizes = scale.pick(tiny=(32, 8), small=(256, 64, 16), paper=SIZES)
    whole = f"batch={sizes[0]}"
    entries = {}
    for size in sizes:
        piece = () if size == sizes[0] else (f"piece={size}",)
        entries[str(size), GATHERED] = Entry(scale.run("byol", whole, *piece))
        entries[str(size), TRUE] = Entry(scale.run("byol", f"batch={size}"))
        entries[str(size), SIMCLR] = Entry(scale.run("simclr", f"batch={size}"))
    first, last = str(sizes[0]), str(sizes[-1])
    return Study(
        title="Size of the batch",
        source="BYOL, figure 3a and table 16",
        question="Does BYOL, which has no negatives, need large batches?",
        axes=("batch", "method"),
        entries=entries,
        paper={
            (str(size), column): value
            for column, values in PAPER.items()
            for size, value in zip(SIZES, values, strict=True)
        },
        setting="ImageNet, ResNet-50, 300 epochs, linear top-1",
        claims=(
            Claim(
                "SimCLR loses more by small batches than BYOL.",
                (_narrower(first, last),),
            ),
            Claim(
                "Batch norm over very few images is worse.",
                (above((first, GATHERED), (last, GATHERED)),),
            ),
        ),
        form="lines",
        remark=(
            "All of the paper's values are of gradients averaged over 4,096 images; its SimCLR took "
            "its negatives from the small batch, which a true small batch here does too."
        ),
    )


def _narrower(first: str, last: str) -> dict[Place, float]:
    return {
        (first, SIMCLR): 1.0,
        (last, SIMCLR): -1.0,
        (first, TRUE): -1.0,
        (last, TRUE): 1.0,
    }
