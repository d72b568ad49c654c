"""Three sizes of every study: seconds to try it, hours on a laptop, and the paper's own."""

from typing import NamedTuple, TypeVar

T = TypeVar("T")

Command = tuple[str, ...]
"""The words of one `lookalike pretrain`: a recipe, and what it changes of it."""


class Scale(NamedTuple):
    """How large the runs of a study are.

    Args:
        name: "tiny", "small" or "paper".
        recipes: completes a method's name to that of its recipe.
        shared: changes that every run makes.
        seeds: how often each run is made, with seeds 0, 1, …
        images: what the runs train on, for people; the recipe's own data where it names them.
    """

    name: str
    recipes: str
    shared: Command
    seeds: int
    images: str

    def run(self, method: str, *changes: str) -> Command:
        """One run of a method; its own changes take the place of shared ones."""
        own = {change.partition("=")[0] for change in changes}
        shared = (word for word in self.shared if word.partition("=")[0] not in own)
        name = _PAPERS.get(method, method) if self.recipes == "imagenet" else method
        ending = "" if name != method else f"-{self.recipes}"
        return (f"{name}{ending}", *shared, *changes)

    def pick(self, *, tiny: T, small: T, paper: T) -> T:
        """What depends on the scale."""
        return {"tiny": tiny, "small": small, "paper": paper}[self.name]


_PAPERS = {"byol": "byol-imagenet-300", "mae": "mae-imagenet-800"}
"""Recipes of the papers' ablations that are not called METHOD-imagenet."""

SCALES = {
    scale.name: scale
    for scale in (
        Scale(
            "tiny",
            "cifar10-small",
            ("duration=4 steps", "warmup=0 steps", "batch=32", "data.limit=160", "test_size=16"),
            seeds=1,
            images="shapes",
        ),
        Scale(
            "small",
            "cifar10-small",
            ("duration=10 epochs", "warmup=1 epoch"),
            seeds=2,
            images="CIFAR-10",
        ),
        Scale("paper", "imagenet", (), seeds=1, images="ImageNet"),
    )
}
