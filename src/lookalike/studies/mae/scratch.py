"""MAE, table 3 and appendix A.2: the same transformer learned from labels alone."""

from lookalike.studies.claims import Claim, above
from lookalike.studies.scale import Command, Scale
from lookalike.studies.study import LINEAR, Entry, Measure, Study

SCRATCH, AVERAGED, TUNED = "from scratch", "from scratch, averaged", "MAE, fine-tuned"
SIZES = {"ViT-B": "base", "ViT-L": "large", "ViT-H": "huge"}
PAPER = {
    SCRATCH: (82.1, 81.5, 80.9),
    AVERAGED: (82.3, 82.6, 83.1),
    TUNED: (83.6, 85.9, 86.9),
}


def study(scale: Scale) -> Study:
    """Rows are sizes."""
    if scale.name == "paper":
        entries = _paper(scale)
    else:
        vit = "encoder={name: vit_tiny_patch16_224, patch: 4, depth: 4, pool: mean}"
        adam = ("optimizer={name: adamw, weight_decay: 0.05}", "rate={per_256: 1e-3}")
        views = ("views.preset=mae-cifar", "views.size=24")
        scratch = scale.run("supervised", vit, *adam, *views)
        short = scale.pick(
            tiny=" finetune.batch=32 finetune.epochs=1",
            small=" finetune.batch=64 finetune.epochs=10",
            paper="",
        )
        tuned = Measure("top-1", f"finetune.protocol=mae{short}")
        entries = {
            ("ViT-Ti", SCRATCH): Entry(scratch, LINEAR),
            ("ViT-Ti", AVERAGED): Entry((*scratch, "method.average_decay=0.99"), LINEAR),
            ("ViT-Ti", TUNED): Entry(scale.run("mae"), tuned),
        }
    rows = list(dict.fromkeys(row for row, _ in entries))
    return Study(
        title="Labels alone",
        source="MAE, table 3 and appendix A.2",
        question="What does MAE add to labels?",
        axes=("encoder", "training"),
        entries=entries,
        paper={
            (row, column): value
            for column, values in PAPER.items()
            for row, value in zip(SIZES, values, strict=True)
            if scale.name == "paper"
        },
        setting="ImageNet, 1,600 epochs before fine-tuning",
        claims=(
            Claim(
                "MAE and fine-tuning are better than labels alone.",
                tuple(above((row, TUNED), (row, AVERAGED)) for row in rows),
            ),
            Claim(
                "Averaged weights are better than the last ones.",
                tuple(above((row, AVERAGED), (row, SCRATCH)) for row in rows),
            ),
        ),
        remark=(
            "What was learned from scratch is read by a linear probe here, which is trained on the "
            "same labels. Weights are averaged with a decay of 0.9999 in the paper, where an average "
            "reaches back 10,000 updates, and of 0.99 at smaller scales."
        ),
    )


def _paper(scale: Scale) -> dict[tuple[str, str], Entry]:
    tuned = "finetune.protocol=mae finetune.epochs={}"
    entries = {}
    for row, size in SIZES.items():
        base = size == "base"
        own: Command = () if base else ("duration=200 epochs", "encoder.drop_path=0.2")
        name = f"encoder.name=vit_{size}_patch{14 if size == 'huge' else 16}_224"
        scratch = ("supervised-vit-imagenet", *scale.shared, name, *own)
        entries[row, SCRATCH] = Entry((*scratch, "method.average_decay=0"), LINEAR)
        entries[row, AVERAGED] = Entry(scratch, LINEAR)
        run = (f"mae-imagenet-{size}", *scale.shared)
        entries[row, TUNED] = Entry(run, Measure("top-1", tuned.format(100 if base else 50)))
    return entries
