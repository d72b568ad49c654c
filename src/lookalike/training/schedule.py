"""Learning rates as functions of the number of the update."""

import math


def warmup_cosine(update: int, *, peak: float, warmup: int, updates: int) -> float:
    """Linear from 0 to `peak`, then half a cosine to 0 (SimCLR appendix B.6, per update).

    Args:
        update: number of the update, from 0.
        peak: greatest rate.
        warmup: updates before the peak; the rate of update 0 is then 0, as in the official code.
        updates: updates in all.
    """
    if update < warmup:
        return peak * update / warmup
    done = (update - warmup) / max(1, updates - warmup)
    return peak * (1 + math.cos(math.pi * done)) / 2
