"""SimCLR, figure 8: projection heads, the width of z, and h against z."""

from lookalike.studies.claims import Claim, above, mean_above
from lookalike.studies.scale import Scale
from lookalike.studies.study import LINEAR, LINEAR_Z, Entry, Study


def study(scale: Scale) -> Study:
    """Columns are the widths of z, and what the probe reads from z itself."""
    widths = scale.pick(tiny=(16,), small=(32, 128), paper=(32, 64, 128, 256, 512, 1024, 2048))
    usual = scale.pick(tiny=16, small=128, paper=128)
    runs = {
        (head, width): scale.run("simclr", f"method.projector={head}", f"method.outputs={width}")
        for head in ("linear", "nonlinear")
        for width in widths
    }
    without = scale.run("simclr", "method.projector=none")
    heads = ("linear", "nonlinear")
    z = f"z of {usual}"
    entries = {("none", _h(width)): Entry(without, LINEAR) for width in widths}
    entries |= {(head, _h(width)): Entry(run, LINEAR) for (head, width), run in runs.items()}
    entries |= {(head, z): Entry(runs[head, usual], LINEAR_Z) for head in heads}
    h = {head: [(head, _h(width)) for width in widths] for head in heads}
    return Study(
        title="Projection heads",
        source="SimCLR, figure 8",
        question="Does a head that is thrown away help what stays?",
        axes=("head", "linear probe on"),
        entries=entries,
        paper={},
        setting="",
        claims=(
            Claim(
                "A nonlinear head is better than a linear one.",
                (mean_above(h["nonlinear"], h["linear"]),),
            ),
            Claim(
                "Any head is better than none.",
                tuple(mean_above(h[head], [("none", _h(widths[0]))]) for head in heads),
            ),
            Claim(
                "What the head reads (h) is better than what it writes (z).",
                tuple(above((head, _h(usual)), (head, z)) for head in heads),
            ),
        ),
        remark=(
            "The paper's figure has bars without numbers; it says: nonlinear 3 points above linear, "
            "more than 10 above none, and h more than 10 above z. The width of z hardly matters there."
        ),
    )


def _h(width: int) -> str:
    return f"h, z of {width}"
