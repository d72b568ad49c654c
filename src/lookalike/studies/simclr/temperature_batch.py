"""SimCLR, figure B.8: temperature and batch on CIFAR-10, in short and in long training."""

from lookalike.studies.claims import Claim, best, rising
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

TEMPERATURES = ("0.1", "0.5", "1.0")


def study(scale: Scale) -> Study:
    """Rows are temperatures in trainings of two lengths, columns batches."""
    cifar = scale._replace(recipes="cifar10") if scale.name == "paper" else scale
    batches = scale.pick(tiny=(16, 32), small=(64, 128, 256), paper=(256, 512, 1024, 2048, 4096))
    lengths = scale.pick(
        tiny=["4 steps"], small=["5 epochs", "20 epochs"], paper=["300 epochs", "1000 epochs"]
    )
    temperatures = scale.pick(tiny=("0.5",), small=TEMPERATURES, paper=TEMPERATURES)
    entries = {
        (f"τ {tau}, {length}", str(batch)): Entry(
            cifar.run("simclr", f"method.temperature={tau}", f"batch={batch}", f"duration={length}")
        )
        for length in lengths
        for tau in temperatures
        for batch in batches
    }
    low, middle = (f"τ {temperatures[at]}, {lengths[-1]}" for at in (0, len(temperatures) // 2))
    rows = [f"τ {tau}, {lengths[-1]}" for tau in temperatures]
    return Study(
        title="Temperature and batch",
        source="SimCLR, figure B.8",
        question="Does the best temperature depend on the batch?",
        axes=("temperature and length", "batch"),
        entries=entries,
        paper={},
        setting="",
        claims=(
            Claim(
                "In long training τ = 0.5 is the best for every batch.",
                tuple(
                    contrast
                    for batch in batches
                    for contrast in best((middle, str(batch)), [(row, str(batch)) for row in rows])
                ),
            ),
            Claim(
                "With τ = 0.1 larger batches are better.",
                (rising([(low, str(batch)) for batch in batches]),),
            ),
        ),
        form="lines",
        remark=(
            "The paper's figure has bars without numbers: ResNet-50 on CIFAR-10, the mean over three "
            "rates, where here the rate is that of the recipe."
        ),
    )
