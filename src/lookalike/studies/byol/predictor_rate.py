"""BYOL, table 21: without a slow target, but with a predictor that learns faster."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

TOP_1, SOLVED, SLOW = "top-1", "solved", "BYOL"
PAPER = {"× 0": 0.01, "× 1": 5.5, "× 2": 62.8, "× 10": 66.6, "× 20": 66.3, SOLVED: 52.5, SLOW: 72.5}


def study(scale: Scale) -> Study:
    """Rows are the predictor's rate, over that of all else; then one solved for each batch; the last
    one has its slow target."""
    rates = scale.pick(tiny=(1, 10), small=(0, 1, 2, 10, 20), paper=(0, 1, 2, 10, 20))
    runs = {
        f"× {rate}": scale.run("byol", "method.target=online", f"method.predictor_rate={rate}")
        for rate in rates
    }
    if scale.name != "tiny":
        runs[SOLVED] = scale.run("byol", "method.target=online", "method.predictor=solved")
    runs[SLOW] = scale.run("byol")
    return Study(
        title="A faster predictor instead of a slow target",
        source="BYOL, appendix I, table 21",
        question="Is the slow target only there to keep the predictor near its best?",
        axes=("rate of the predictor", "measure"),
        entries={(row, TOP_1): Entry(run) for row, run in runs.items()},
        paper={(row, TOP_1): value for row, value in PAPER.items()},
        setting="ImageNet, ResNet-50, 300 epochs, linear top-1",
        claims=(
            Claim(
                "Without slow target, a faster predictor is better.",
                (above(("× 10", TOP_1), ("× 1", TOP_1)),),
            ),
            Claim("BYOL is better still.", (above((SLOW, TOP_1), ("× 10", TOP_1)),)),
        ),
        remark=(
            "The paper's text has 66.5 for ten times the rate. The solved predictor is linear, and "
            "taken as given in the gradient, of which the paper says nothing."
        ),
    )
