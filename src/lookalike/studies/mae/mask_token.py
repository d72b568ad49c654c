"""MAE, table 1c: whether the encoder sees tokens in place of hidden patches."""

from lookalike.studies.mae.ablation import Row, ablation
from lookalike.studies.scale import Scale
from lookalike.studies.study import Study


def study(scale: Scale) -> Study:
    """Two rows."""
    return ablation(
        scale,
        {
            "without": Row((), (84.9, 73.5)),
            "with": Row(("method.masked_from=encoder",), (84.2, 59.6)),
        },
        [("An encoder that only ever sees real patches is better.", "without", "with")],
        title="Mask tokens in the encoder",
        source="MAE, table 1c",
        question="Should the encoder see that something is missing?",
        axis="mask tokens in the encoder",
    )
