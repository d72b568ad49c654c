"""The test images that an evaluation got wrong with the greatest certainty."""

from collections.abc import Sequence
from pathlib import Path

from lookalike.data.decoding import UnreadableImage
from lookalike.data.sources import Source
from lookalike.evaluation.report import Guesses, Report
from lookalike.gallery import stored
from lookalike.gallery.found_page import SIDE, address
from lookalike.gallery.hardest import Hardest, Mistake, place_of
from lookalike.run.finding.collection import pixels_of

SHOWN = 16


def keep_hardest(folder: Path, reports: Sequence[Report], test: Source) -> None:
    """Writes them down with small copies, for the trained encoder in each evaluation.

    Args:
        folder: of the run's evaluations.
        reports: with guesses of the test images.
        test: these images.

    Raises:
        StorageError: the disk refused.
    """
    for report in reports:
        if report.subject == "trained" and report.guesses and report.guesses.sure is not None:
            found = hardest(report.guesses, test)
            stored.write(place_of(folder, report.evaluation), found)


def hardest(guesses: Guesses, test: Source) -> Hardest:
    """Wrong guesses, the surest first; of equally sure ones, in the order of the images.

    Args:
        guesses: with their certainty.
        test: the images.
    """
    assert guesses.sure is not None  # noqa: S101 - the caller looked
    wrong = (guesses.guess != guesses.label).nonzero()[:, 0]
    order = wrong[guesses.sure[wrong].argsort(descending=True, stable=True)]
    mistakes: list[Mistake] = []
    for row in order[:SHOWN].tolist():
        image, label, guess = (int(column[row]) for column in guesses[:3])
        try:
            picture = address(pixels_of(test, image, SIDE))
        except UnreadableImage:  # it could be a moment ago
            continue
        sure = round(float(guesses.sure[row]), 4)
        names = test.names[image], test.classes[label], test.classes[guess]
        mistakes.append(Mistake(picture, *names, sure))
    return Hardest(len(wrong), len(guesses.label), mistakes)
