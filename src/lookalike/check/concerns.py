"""What of the findings has to be mended, and what deserves a look."""

from collections.abc import Iterable, Iterator, Sequence

from lookalike.check.classes import some
from lookalike.check.findings import Concern, Found, Group, Leak
from lookalike.data.ledger import counted, tolerated
from lookalike.views.policy import Policy

UNREADABLE = 0.01
"""Share of unreadable files above which a run stops by default."""

_FAR = 0.25  # of a deviation, how far channels may lie from what the views subtract and divide by
_MEANS = {
    "one colour": "of one colour and nothing else",
    "tiny": "smaller than 32 pixels among larger ones",
    "oblong": "more than four times as long as wide, so crops see little of them",
    "grey": "without colour among others with colour",
}
"""Kind of oddity → what pictures of that kind are."""


def of_leak(leak: Leak, groups: Sequence[Group]) -> Concern:
    """Pictures of a test set that were trained on."""
    both = next(group for group in groups if {leak.tested, leak.trained} <= group.sets)
    one, other = (both.of(name)[0].name for name in (leak.tested, leak.trained))
    parts = [f"{leak.exact:,} the same"] if leak.exact else []
    parts += [f"{leak.near:,} nearly the same"] if leak.near else []
    share = f"{leak.pictures / leak.of:.1%}"
    return Concern(
        "leakage",
        True,
        f"{leak.pictures:,} of the {leak.of:,} pictures of {leak.tested} ({share}) also stand in "
        f"{leak.trained}: {', '.join(parts)}; e.g. {one!r} is {other!r}.",
        f"Remove them from {leak.trained}, or scores on {leak.tested} will be too high.",
    )


def of_ledger(found: Found) -> Iterator[Concern]:
    """Files that cannot be read."""
    skipped, lost = found.ledger["skipped"], sum(found.ledger["reasons"].values())
    if not lost:
        return
    every = lost + found.pictures
    first = [f"{name!r} ({reason})" for name, reason in skipped.items()]
    yield Concern(
        "unreadable",
        lost > tolerated(UNREADABLE, every),
        f"{found.name} has {counted(lost, 'file')} that cannot be used ({lost / every:.1%}): "
        f"{some(first, quoted=False)}.",
        "Copy them again or remove them; a run leaves them out and says so.",
    )


def of_groups(name: str, groups: Sequence[Group]) -> Iterator[Concern]:
    """Pictures that stand in one set twice, and those with two labels."""
    within = [pictures for group in groups if len(pictures := group.of(name)) > 1]
    two = [pictures for pictures in within if len({each.label for each in pictures}) > 1]
    if two:
        first, other = two[0][0], next(p for p in two[0] if p.label != two[0][0].label)
        yield Concern(
            "labels",
            False,
            f"{name} has {counted(len(two), 'picture')} under two classes; e.g. "
            f"{first.name!r} is {other.name!r}.",
            "Decide which is right and remove the other.",
        )
    if within:
        near = sum(len({each.content for each in pictures}) - 1 for pictures in within)
        more = sum(map(len, within)) - len(within)
        yield Concern(
            "copies",
            False,
            f"{name} holds {counted(more, 'picture')} again that it has already ({more - near:,} "
            f"the same, {near:,} nearly the same).",
            "Contrastive methods push copies apart, so remove what is not meant to be there twice.",
        )


def of_oddities(found: Found) -> Iterator[Concern]:
    """Pictures that are used and yet worth a look."""
    for kind, names in found.odd.items():
        what = f"{found.name} has {counted(len(names), 'picture')} {_MEANS[kind]}: {some(names)}."
        yield Concern("odd", False, what)


def of_normalisation(found: Found, policy: Policy) -> Iterator[Concern]:
    """Whether what the views subtract and divide by suits these pictures."""
    given = policy.normalize
    if given is None or len(given.mean) != found.channels:
        return
    values = zip(given.mean, given.std, found.mean, found.deviation, strict=True)
    far = [
        abs(mean - own) > _FAR * std or not 1 - _FAR < spread / std < 1 / (1 - _FAR)
        for mean, std, own, spread in values
    ]
    if any(far):
        mean, std = shown(found.mean), shown(found.deviation)
        yield Concern(
            "normalisation",
            False,
            f"The views are normalised for other pictures (mean {shown(given.mean)}, deviation "
            f"{shown(given.std)}) than those of {found.name} (mean {mean}, deviation {std}).",
            f"Add views.normalize='{{mean: [{mean}], std: [{std}]}}' to the command.",
        )


def shown(values: Iterable[float]) -> str:
    """Numbers for people: "0.485, 0.456, 0.406"."""
    return ", ".join(f"{value:.3f}" for value in values)
