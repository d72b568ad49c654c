"""SimCLR, tables 2 and 4: NT-Xent against logistic and margin losses, each with its grid."""

from lookalike.studies.claims import Claim, Place, best, mean_above
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import Entry, Study

SETTINGS = ("τ 0.1 or m 0", "τ 0.2 or m 0.4", "τ 0.5 or m 0.8", "τ 1 or m 1.6")
TEMPERATURES, MARGINS = (0.1, 0.2, 0.5, 1.0), (0.0, 0.4, 0.8, 1.6)

LOSSES: dict[str, Command] = {
    "margin": ("method.loss=triplet",),
    "NT-Logistic": ("method.loss=nt_logistic",),
    "margin, semi-hard": ("method.loss=triplet", "method.negatives=semi-hard"),
    "NT-Logistic, semi-hard": ("method.loss=nt_logistic", "method.negatives=semi-hard"),
    "NT-Xent": ("method.loss=nt_xent",),
}


def study(scale: Scale) -> Study:
    """Every loss at every value of its own grid; nothing is chosen afterwards."""
    some = scale.pick(tiny=slice(2, 3), small=slice(3), paper=slice(None))
    entries = {
        (row, column): Entry(scale.run("simclr", *words, _setting(words, tau, margin)))
        for row, words in LOSSES.items()
        for column, tau, margin in list(zip(SETTINGS, TEMPERATURES, MARGINS, strict=True))[some]
    }
    rows = {row: [at for at in entries if at[0] == row] for row in LOSSES}
    winner: Place = ("NT-Xent", scale.pick(tiny=SETTINGS[2], small=SETTINGS[1], paper=SETTINGS[0]))
    others = [at for at in entries if at[0] != "NT-Xent"]
    hard = [rows[f"{name}, semi-hard"] for name in ("margin", "NT-Logistic")]
    easy = [rows[name] for name in ("margin", "NT-Logistic")]
    return Study(
        title="Contrastive losses",
        source="SimCLR, tables 2 and 4",
        question="Is the softmax over all negatives what makes the loss good?",
        axes=("loss", "setting"),
        entries=entries,
        paper={},
        setting="",
        claims=(
            Claim(
                "NT-Xent is better than every other loss at each of its settings.",
                best(winner, others),
            ),
            Claim(
                "Semi-hard negatives help the other losses.",
                tuple(mean_above(upper, lower) for upper, lower in zip(hard, easy, strict=True)),
            ),
        ),
        remark=(
            "The paper prints the best of each grid, over rates as well: margin 50.9, NT-Logistic "
            "51.6, semi-hard 57.5 and 57.9, NT-Xent 63.9. Here the rate is that of the recipe, and all "
            "take the negatives of one view."
        ),
    )


def _setting(words: Command, tau: float, margin: float) -> str:
    return (
        f"method.margin={margin}" if "method.loss=triplet" in words else f"method.temperature={tau}"
    )
