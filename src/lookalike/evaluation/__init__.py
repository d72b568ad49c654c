"""Encoder + data → report. Every evaluation is a function of one of two forms.

Those of features judge what an encoder made of the images, computed once for all of them:
`(train: Features, test: Features, *, classes: int, seed: int = 0, …) -> Outcome`. Those of images
look at the images themselves, changed or in new views:
`(subject: Subject, train: Source, test: Source, runtime: Runtime, *, classes: int, seed: int = 0,
workers: int = 0, …) -> Outcome`. What follows are the settings of each.

A new evaluation is added by listing it, name → where it is written. Torch is not imported here.
"""

OF_FEATURES: dict[str, str] = {
    "knn": "lookalike.evaluation.neighbours.knn:knn",
    "linear": "lookalike.evaluation.probes.linear:linear",
    "linear-sgd": "lookalike.evaluation.probes.linear:linear_sgd",
    "few-labels": "lookalike.evaluation.probes.few_labels:few_labels",
    "prototypes": "lookalike.evaluation.probes.few_labels:prototypes",
    "calibration": "lookalike.evaluation.probes.calibration:calibration",
    "kmeans": "lookalike.evaluation.neighbours.clustering:kmeans",
    "retrieval": "lookalike.evaluation.neighbours.retrieval:retrieval",
}

OF_IMAGES: dict[str, str] = {
    "linear-views": "lookalike.evaluation.probes.fresh_views:linear_views",
    "finetune": "lookalike.evaluation.finetuning.finetune:finetune",
    "corruptions": "lookalike.evaluation.corruptions.robustness:corruptions",
    "transformations": "lookalike.evaluation.kept.invariance:transformations",
    "factors": "lookalike.evaluation.kept.factors:factors",
    "geometry": "lookalike.evaluation.unlabelled.geometry:geometry",
}

EVALUATIONS = OF_FEATURES | OF_IMAGES

WITHOUT_LABELS = ("factors", "geometry", "transformations")
"""Those that need none."""

NOT_OF_PIXELS = ("finetune",)
"""Those that raw pixels cannot take part in."""

OF_PROJECTIONS = ("transformations",)
"""Those that also ask a run's z = projector(h), which SimCLR's table 3 sets beside h."""
