"""The words for the numbers of a run."""

from typing import NamedTuple


class Meaning(NamedTuple):
    """What a number of `metrics.jsonl` is called and says."""

    title: str
    about: str = ""
    percent: bool = False


MEANINGS = {
    "loss": Meaning("Loss", "what training makes small"),
    "knn": Meaning("Online kNN", "training images judged by their neighbours", True),
    "knn_untrained": Meaning("kNN, untrained", "what online kNN has to exceed", True),
    "rate": Meaning("Learning rate"),
    "contrastive_accuracy": Meaning(
        "Contrastive accuracy", "views that find their partner in the batch", percent=True
    ),
    "accuracy": Meaning("Accuracy", "of the classifier that learns along, on training views", True),
    "projection_spread": Meaning("Spread of the projections", "1 is even, 0 is collapse"),
    "spread": Meaning("Spread of the features", "1 is even, 0 is collapse"),
    "effective_rank": Meaning("Effective rank", "directions the features use, 1 is collapse"),
    "rank_share": Meaning("Share of the rank", "effective rank of the greatest possible", True),
    "alignment": Meaning("Alignment", "distance between views of one image"),
    "uniformity": Meaning("Uniformity", "−4 is even over the sphere, 0 is collapse"),
    "entropy": Meaning("Entropy", "of the softmax over the batch, in nats"),
    "assignment_entropy": Meaning("Entropy of the clusters", "of one image's, in nats"),
    "same_class_negatives": Meaning("Same-class negatives", "pushed apart by mistake", True),
    "same_class_neighbours": Meaning("Same-class neighbours", "pulled together rightly", True),
    "view_difference": Meaning("Difference of views", "in normalised values, 0 is none"),
    "contrast": Meaning("Contrast of views", "deviation within one, 0 is blank"),
    "weight_change": Meaning("Change of the weights", "by one update, below 3 % is healthy", True),
    "images_per_second": Meaning("Images per second"),
}
"""The numbers we know, in the order of the page; others follow under their own names."""


def meaning_of(key: str) -> Meaning:
    """The words for any number."""
    if key.startswith("held_out_"):
        name = key.removeprefix("held_out_")
        return Meaning(f"Held-out {name}", "on images that are not trained on", percent=True)
    return MEANINGS.get(key, Meaning(key.replace("_", " ").capitalize()))
