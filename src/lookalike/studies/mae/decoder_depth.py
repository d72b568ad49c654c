"""MAE, table 1a: blocks of the decoder."""

from lookalike.studies.mae.ablation import Row, ablation
from lookalike.studies.scale import Scale
from lookalike.studies.study import Study

PAPER = {
    1: (84.8, 65.5),
    2: (84.9, 70.0),
    4: (84.9, 71.9),
    8: (84.9, 73.5),
    12: (84.4, 73.3),
}


def study(scale: Scale) -> Study:
    """Rows are numbers of blocks."""
    depths = scale.pick(tiny=(1, 2), small=(1, 2, 4), paper=tuple(PAPER))
    usual = scale.pick(tiny=2, small=4, paper=8)
    return ablation(
        scale,
        {str(each): Row((f"method.decoder_depth={each}",), PAPER.get(each, ())) for each in depths},
        [("A deep decoder leaves the encoder more to say to a linear probe.", str(usual), "1")],
        title="Depth of the decoder",
        source="MAE, table 1a",
        question="Must the part that is thrown away be deep?",
        axis="blocks",
    )
