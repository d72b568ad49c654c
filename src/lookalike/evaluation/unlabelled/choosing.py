"""Which checkpoint to keep, from the numbers of `geometry` alone."""

from collections.abc import Mapping

from lookalike.errors import NumericalError, UsageError
from lookalike.evaluation.unlabelled.spectrum import health

Numbers = Mapping[str, float]
"""Metrics of `geometry`: RankMe, rank share and spread at least, LiDAR where it is known."""

_EVIDENCE = {
    "LiDAR": "LiDAR went with the accuracy of linear probes in methods that compare views of an "
    "image (Thilak et al., 2023)",
    "RankMe": "RankMe went with the accuracy of linear probes in methods that compare views of an "
    "image, less closely than LiDAR (Garrido et al., 2023; Thilak et al., 2023)",
}
_LIMIT = "nothing is known of methods that rebuild the image, as MAE, and no such number is proof."


def choose_checkpoint(numbers: Mapping[str, Numbers]) -> tuple[str, str]:
    """The checkpoint with the highest LiDAR, or RankMe where LiDAR is not known of all.

    Collapsed ones (see `spectrum.health`) are refused first. Only checkpoints of one encoder, on
    the same images and views, can be compared.

    Args:
        numbers: name of each checkpoint → its numbers.

    Returns:
        The name of the one to keep, the first one of equals, and why, in words.

    Raises:
        UsageError: there is no checkpoint.
        NumericalError: all have collapsed.
    """
    if not numbers:
        raise UsageError("There is no checkpoint to choose from.")
    state = {name: _health(each) for name, each in numbers.items()}
    healthy = [name for name, words in state.items() if words.startswith("healthy")]
    if not healthy:
        raise NumericalError(
            "None of the checkpoints is worth keeping.",
            why="; ".join(f"{name}: {words}" for name, words in state.items()) + ".",
        )
    by = "LiDAR" if all("LiDAR" in numbers[name] for name in healthy) else "RankMe"
    ranked = sorted(healthy, key=lambda name: numbers[name][by], reverse=True)
    refused = [f"{name} ({words})" for name, words in state.items() if name not in healthy]
    found = ", ".join(f"{name} {numbers[name][by]:.4g}" for name in ranked[:3])
    left_out = f" Left out: {', '.join(refused)}." if refused else ""
    reason = f"{ranked[0]} has the highest {by} ({found}).{left_out} {_EVIDENCE[by]}; {_LIMIT}"
    return ranked[0], reason


def _health(numbers: Numbers) -> str:
    return health(
        {
            "spread": numbers["spread"],
            "effective_rank": numbers["RankMe"],
            "rank_share": numbers["rank share"],
        }
    )
