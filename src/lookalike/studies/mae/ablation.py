"""What the parts of MAE's table 1 have in common: a setting, and what fine-tuning and the probe say."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import LINEAR, Entry, Measure, Study

LIN, TUNED = "linear", "fine-tuned"
SETTING = "ImageNet, ViT-L, 800 epochs, raw pixels"


class Row(NamedTuple):
    """One line of a table.

    Args:
        words: of its run.
        paper: fine-tuned and linear, percent; () where the paper has none.
    """

    words: Command
    paper: Sequence[float] = ()


def measures(scale: Scale) -> dict[str, Measure]:
    """Fine-tuning at the paper's scale only, as it costs a training each."""
    tuned = {TUNED: Measure("top-1", "finetune.protocol=mae finetune.epochs=50")}
    return (tuned if scale.name == "paper" else {}) | {LIN: LINEAR}


def ablation(
    scale: Scale,
    rows: Mapping[str, Row],
    better: Sequence[tuple[str, str, str]],
    *,
    least: float = 0.0,
    title: str,
    source: str,
    question: str,
    axis: str,
    remark: str = "",
) -> Study:
    """The study of one part.

    Args:
        scale: whose size the rows already have.
        rows: by their names.
        better: claims on the linear probe: words, the row that is better, and the one that is worse;
            left out where there is no such row.
        least: by how much it is better; less than zero where it is hardly worse.
        title: for people, as all that follows.
        source: the part.
        question: what it asks.
        axis: what is varied.
        remark: what differs.
    """
    return Study(
        title=title,
        source=source,
        question=question,
        axes=(axis, "measure"),
        entries={
            (name, column): Entry(scale.run("mae", *row.words), measure)
            for name, row in rows.items()
            for column, measure in measures(scale).items()
        },
        paper={
            (name, column): value
            for name, row in rows.items()
            for column, value in zip((TUNED, LIN), row.paper, strict=False)
        },
        setting=SETTING,
        claims=tuple(
            Claim(words, (above((winner, LIN), (loser, LIN)),), least)
            for words, winner, loser in better
            if winner in rows and loser in rows
        ),
        remark=remark,
    )
