"""Encoder + data → report. Every evaluation is a function of the same form."""

EVALUATIONS: dict[str, str] = {
    "knn": "lookalike.evaluation.knn:knn",
    "linear": "lookalike.evaluation.linear:linear",
    "linear-sgd": "lookalike.evaluation.linear:linear_sgd",
    "prototypes": "lookalike.evaluation.few_labels:prototypes",
}
"""Name → where it is written; a new evaluation is added by listing it. Torch is not imported here.

All have the form `(train: Features, test: Features, *, classes: int, seed: int = 0, …) -> Outcome`, and
what follows `seed` are its settings.
"""
