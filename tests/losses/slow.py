"""The losses term by term, in Python's floats, as the papers write them."""

import math
from collections.abc import Sequence

from torch import Tensor

Row = Sequence[float]


def dot(a: Row, b: Row) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def unit(row: Row) -> Row:
    length = math.sqrt(dot(row, row))
    return [x / length for x in row]


def rows(z: Tensor, normalize: bool = True) -> list[Row]:
    """The rows of [n, d] or, view by view within an image, of [n, v, d]."""
    every = z.reshape(-1, z.shape[-1]).tolist()
    return [unit(row) for row in every] if normalize else every


def logsumexp(scores: list[float]) -> float:
    if not scores:
        return -math.inf
    top = max(scores)
    return top + math.log(math.fsum(math.exp(s - top) for s in scores))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


def minus_log_sigmoid(x: float) -> float:
    return math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x)) - x


def nt_xent(z: Tensor, temperature: float, negatives: str, normalize: bool) -> float:
    """Algorithm 1 of SimCLR, with views numbered in turns as the paper has them."""
    views, total = rows(z, normalize), 0.0
    for i, anchor in enumerate(views):
        scores = [dot(anchor, v) / temperature for v in views]
        taken = [
            s for k, s in enumerate(scores) if (k != i if negatives == "both" else k % 2 != i % 2)
        ]
        total += logsumexp(taken) - scores[i ^ 1]
    return total / len(views)


def supcon(
    z: Tensor,
    group: list[int],
    temperature: float,
    *,
    summation: str,
    contrast: str,
    positives: int | None,
    denominator: str,
    lonely: str,
    normalize: bool,
) -> float:
    """Equations 2 and 3 of SupCon with the options of its two official codes."""
    views, every = z.shape[1], rows(z, normalize)
    losses = []
    for i in range(0, len(every), views if contrast == "one" else 1):
        image = i // views
        family = [j for j, g in enumerate(group) if g == group[image] != -1 and j != image]
        kept = family if positives is None else family[: positives // views]
        score = {k: dot(every[i], every[k]) / temperature for k in range(len(every)) if k != i}
        good = [k for k in score if k // views in (image, *kept)]
        bad = [score[k] for k in score if k // views not in (image, *family)]
        wholes = {
            "all": {p: logsumexp([score[k] for k in good] + bad) for p in good},
            "one positive": {p: logsumexp([score[p], *bad]) for p in good},
            "negatives": dict.fromkeys(good, logsumexp(bad)),
        }[denominator]
        if not good or math.inf in (-w for w in wholes.values()):
            losses += [0.0] if lonely == "zero" else []
            continue
        log_p = [score[p] - wholes[p] for p in good]
        if summation == "out":
            losses.append(-math.fsum(log_p) / len(good))
        else:
            losses.append(math.log(len(good)) - logsumexp(log_p))
    return math.fsum(losses) / max(1, len(losses))


def _directions(first: Tensor, second: Tensor, symmetric: bool, normalize: bool):
    """(positive, negatives) of each anchor, in each direction."""
    a, b = rows(first, normalize), rows(second, normalize)
    for anchors, others in ((a, b), (b, a))[: 2 if symmetric else 1]:
        for i, anchor in enumerate(anchors):
            scores = [dot(anchor, other) for other in others]
            yield scores.pop(i), scores


def nt_logistic(
    first: Tensor,
    second: Tensor,
    temperature: float,
    negatives: str,
    reduction: str,
    symmetric: bool,
    normalize: bool,
) -> float:
    losses = []
    for positive, others in _directions(first, second, symmetric, normalize):
        if negatives == "semi-hard":
            others = sorted(s for s in others if s < positive)[-1:]
        against = [minus_log_sigmoid(-s / temperature) for s in others]
        share = 1 / len(against) if against and reduction == "mean" else 1
        losses.append(minus_log_sigmoid(positive / temperature) + share * math.fsum(against))
    return math.fsum(losses) / len(losses)


def triplet(
    first: Tensor, second: Tensor, margin: float, negatives: str, symmetric: bool, normalize: bool
) -> float:
    losses = []
    for positive, others in _directions(first, second, symmetric, normalize):
        if negatives == "semi-hard":
            others = sorted(s for s in others if positive - margin < s < positive)[-1:]
        hinges = [max(0.0, s - positive + margin) for s in others]
        losses.append(math.fsum(hinges) / max(1, len(hinges)))
    return math.fsum(losses) / len(losses)


def pairwise_margin(
    z: Tensor, group: list[int], margin: float, form: str, normalize: bool
) -> float:
    views, every, losses = z.shape[1], rows(z, normalize), []
    for i in range(len(every)):
        for j in range(i):
            a, b = i // views, j // views
            distance = math.dist(every[i], every[j])
            if a == b or group[a] == group[b] != -1:
                losses.append(distance**2)
            elif form == "squared":
                losses.append(max(0.0, margin - distance**2))
            else:
                losses.append(max(0.0, margin - distance) ** 2)
    return math.fsum(losses) / max(1, len(losses))


def large_margin_softmax(x: Row, weight: list[Row], label: int, margin: int) -> float:
    logits = [dot(w, x) for w in weight]
    lengths = math.sqrt(dot(x, x) * dot(weight[label], weight[label]))
    angle = math.acos(max(-1.0, min(1.0, logits[label] / lengths)))
    k = min(margin - 1, math.floor(angle * margin / math.pi))
    logits[label] = lengths * ((-1) ** k * math.cos(margin * angle) - 2 * k)
    return logsumexp(logits) - logits[label]


def info_nce(prediction: Tensor, targets: Tensor, temperature: float, weight: float) -> float:
    p, same, other = rows(prediction), rows(targets[:, 0]), rows(targets[:, 1])
    losses = []
    for i in range(len(p)):
        scores = [dot(p[i], t) / temperature for j, t in enumerate(same) if j != i]
        scores += [dot(p[i], t) / temperature for t in other]
        against = 2 * temperature * weight * logsumexp(scores)
        losses.append(against - 2 * dot(p[i], other[i]))
    return math.fsum(losses) / len(losses)


def reconstruction(
    prediction: list[Row], patches: list[Row], mask: list[bool], normalize: bool
) -> float:
    errors = []
    for guess, patch, hidden in zip(prediction, patches, mask, strict=True):
        mean = math.fsum(patch) / len(patch)
        variance = math.fsum((x - mean) ** 2 for x in patch) / (len(patch) - 1)
        if normalize:
            patch = [(x - mean) / math.sqrt(variance + 1e-6) for x in patch]
        if hidden:
            errors.append(math.dist(guess, patch) ** 2 / len(patch))
    return math.fsum(errors) / max(1, len(errors))
