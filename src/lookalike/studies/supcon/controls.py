"""SupCon, tables 3 and 7: cross-entropy in two stages, with twice the batch, and for longer."""

from pathlib import Path

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Scale
from lookalike.studies.study import LINEAR, Entry, Measure, Study

OWN, SECOND = "own classifier", "second stage"
CROSS_ENTROPY = "cross-entropy"


def own_classifier(run: Path) -> float:
    """Accuracy on the test images, in percent, of the classifier that was trained with the encoder.

    Raises:
        StorageError: the run's last checkpoint is damaged.
        DataError: the images of the run are not there any more.
    """
    from lookalike.data.labels import map_labels
    from lookalike.data.opening import open_source
    from lookalike.evaluation.features import extract
    from lookalike.run.folder import RunFolder
    from lookalike.run.load import load
    from lookalike.training.checkpoint import trained_weights
    from lookalike.training.runtime import choose_runtime

    folder = RunFolder(run)
    recipe, weights = folder.read_recipe(), trained_weights(folder.checkpoints)
    runtime, encoder = choose_runtime("auto", recipe.precision), load(run).encoder
    train, test = (
        open_source(str(recipe.data.path), part, channels=encoder.channels)
        for part in ("train", "test")
    )
    test.label = map_labels(test.label, test.classes, train.classes)
    seen = extract(runtime.place(encoder), test, recipe.plain, runtime=runtime, workers=0)
    scores = seen.values @ weights["classifier.weight"].T + weights["classifier.bias"]
    return 100 * float((scores.argmax(dim=1) == seen.label).double().mean())


def study(scale: Scale) -> Study:
    """Rows are trainings, columns who classifies: a layer that learned along, or one fitted after."""
    usual, twice, long = scale.pick(
        tiny=("batch=32", "batch=64", ""),
        small=("batch=64", "batch=128", "duration=40 epochs"),
        paper=("batch=6144", "batch=12288", "duration=1400 epochs"),
    )
    runs = {
        CROSS_ENTROPY: scale.run("supervised", usual),
        "twice the batch": scale.run("supervised", twice),
    }
    if scale.name != "tiny":
        runs["longer"] = scale.run("supervised", long)
    supcon = scale.run("supcon", usual)
    own = Measure("own classifier", read=own_classifier)
    entries = {("SupCon", SECOND): Entry(supcon, LINEAR)}
    for row, run in runs.items():
        entries |= {(row, OWN): Entry(run, own), (row, SECOND): Entry(run, LINEAR)}
    return Study(
        title="Controls of cross-entropy",
        source="SupCon, tables 3 and 7",
        question="Is it the second stage, the batch or the length that SupCon is better by?",
        axes=("training", "classified by"),
        entries=entries,
        paper={
            ("SupCon", SECOND): 78.7,
            (CROSS_ENTROPY, OWN): 77.1,
            (CROSS_ENTROPY, SECOND): 73.7,
            ("twice the batch", OWN): 77.5,
            ("longer", OWN): 77.0,
        },
        setting="ImageNet, ResNet-50",
        claims=(
            Claim(
                "A second stage does not help cross-entropy.",
                (above((CROSS_ENTROPY, OWN), (CROSS_ENTROPY, SECOND)),),
            ),
            Claim(
                "SupCon is better than cross-entropy with twice the batch, and than the longer one.",
                tuple(above(("SupCon", SECOND), (row, OWN)) for row in list(runs)[1:]),
            ),
        ),
        remark=(
            "Cross-entropy has 77.1 in the paper's table 7 and 77.6 in table 3, with which the two "
            "controls are to be compared. Our second stage is an exact logistic regression."
        ),
    )
