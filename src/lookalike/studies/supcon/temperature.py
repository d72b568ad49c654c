"""SupCon, figure 4d: the temperature."""

from lookalike.studies.claims import Claim, best
from lookalike.studies.scale import Scale
from lookalike.studies.study import Entry, Study

TOP_1 = "top-1"


def study(scale: Scale) -> Study:
    """One row over temperatures."""
    temperatures = scale.pick(
        tiny=("0.1", "0.5"),
        small=("0.03", "0.05", "0.1", "0.2", "0.5", "1.0"),
        paper=("0.02", "0.05", "0.07", "0.1", "0.2", "0.5", "1.0"),
    )
    entries = {
        (TOP_1, tau): Entry(scale.run("supcon", f"method.temperature={tau}"))
        for tau in temperatures
    }
    ends = [(TOP_1, temperatures[at]) for at in (0, -1)]
    return Study(
        title="Temperature of SupCon",
        source="SupCon, figure 4d",
        question="How sharply should hard images be weighted?",
        axes=("measure", "temperature"),
        entries=entries,
        paper={},
        setting="",
        claims=(
            Claim("τ = 0.1 is better than the least and the greatest.", best((TOP_1, "0.1"), ends)),
        ),
        form="lines",
        remark=(
            "The paper's figure is a curve without numbers; it says that 0.1 is the best, and that the "
            "temperatures differ by almost 3 points. The loss is not scaled by τ in the small recipe."
        ),
    )
