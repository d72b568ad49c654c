"""MAE, table 1b: width of the decoder."""

from lookalike.studies.mae.ablation import Row, ablation
from lookalike.studies.scale import Scale
from lookalike.studies.study import Study

PAPER = {
    128: (84.9, 69.1),
    256: (84.8, 71.3),
    512: (84.9, 73.5),
    768: (84.4, 73.1),
    1024: (84.3, 73.1),
}


def study(scale: Scale) -> Study:
    """Rows are widths."""
    widths = scale.pick(tiny=(32, 128), small=(32, 128, 256), paper=tuple(PAPER))
    usual = scale.pick(tiny=128, small=128, paper=512)
    return ablation(
        scale,
        {str(each): Row((f"method.decoder_width={each}",), PAPER.get(each, ())) for each in widths},
        [("A narrow decoder is worse for a linear probe.", str(usual), str(widths[0]))],
        title="Width of the decoder",
        source="MAE, table 1b",
        question="Must the part that is thrown away be wide?",
        axis="width",
    )
