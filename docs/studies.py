"""Writes docs/studies.md and its figures from the result files in docs/studies/.

python docs/studies.py
"""

from pathlib import Path

from lookalike.studies import STUDIES
from lookalike.studies.figure import write_figure
from lookalike.studies.perform import find
from lookalike.studies.results import Results
from lookalike.studies.table import as_markdown, legend, verdicts

HERE = Path(__file__).parent

HEAD = """\
# Studies: the papers' experiments as commands

`lookalike study NAME --data PATH` makes a table or figure of a paper anew: what is missing is
trained and evaluated, then table, figure and verdicts are written beside the paper's values. Three
scales: `tiny` tries the study in a minute and shows nothing; `small` takes up to an hour or two on
two cores, with small encoders and 10,000 images of CIFAR-10, and says after the first run how long
the others will take; `paper` is the paper's own setting. Runs are ordinary run folders, named by
what they are: studies share them, and a command that was stopped goes on. A run that fails is shown
as failed in the table, and the others are made.

`--slurm FILE` writes the missing runs as an array of jobs for SLURM, and `--print-commands` prints
them for any other scheduler, one in a line. When they are done, the same command without that
option makes table and figure.

A claim *holds* or *fails* when that is at least 95 % sure, and is *open* otherwise. The doubt
counts both the seeds (their spread is pooled over the table) and the choice of test images; claims
about several differences must hold in all of them at once. Failures are results: a claim may fail
here because 10 epochs of a tiny encoder on small images are not what the paper trained.

This page and its figures come from the result files beside them: `python docs/studies.py`.
"""


def page() -> str:
    """The whole page."""
    found = {path.stem: Results.read(path) for path in (HERE / "studies").glob("*.json")}
    return "\n".join([HEAD, *(section(found[name]) for name in STUDIES if name in found)])


def section(results: Results) -> str:
    """One study."""
    study = find(results.study, results.scale)
    told = [study.question, legend(study), study.remark]
    seeds = max(len(values) for values in results.values.values())
    made = (
        f"Scale {results.scale}: {results.images}, {seeds} seeds, {results.minutes:.0f} minutes of "
        f"training, {results.made['date']}."
    )
    return "\n".join(
        [
            f"## {study.title} ({study.source})",
            f"`{results.study}`. " + " ".join(part for part in told if part),
            "",
            as_markdown(study, results),
            "",
            *(f"- {line}" for line in verdicts(study, results)),
            *(f"- failed at {' / '.join(at)}: {why}" for at, why in results.failed.items()),
            "",
            f"![{study.title}](studies/{results.study}.svg)",
            "",
            made,
            "",
        ]
    )


def main() -> None:
    for path in (HERE / "studies").glob("*.json"):
        results = Results.read(path)
        write_figure(find(results.study, results.scale), results, path.with_suffix(".svg"))
    (HERE / "studies.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
