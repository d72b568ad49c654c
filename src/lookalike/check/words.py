"""The findings as lines of text, the most important first."""

from collections.abc import Iterator

from lookalike.check.concerns import shown
from lookalike.check.findings import Findings, Found

_SERIOUS, _LIGHT, _CLASSES = 6, 9, 12  # how many are told; a page and JSON tell all


def lines(findings: Findings) -> Iterator[str]:
    """At most forty lines for an ordinary folder with a train and a test set."""
    serious = findings.serious
    light = [concern for concern in findings.concerns if not concern.serious]
    yield f"{findings.place}: {verdict(findings)}"
    if serious:
        yield "To be mended before training"
        for concern in serious[:_SERIOUS]:
            yield f"  ✗ {concern.what}"
            yield f"    {concern.do}"
        yield from _more(len(serious) - _SERIOUS)
    if light:
        yield "Worth a look"
        yield from (f"  · {concern.what} {concern.do}".rstrip() for concern in light[:_LIGHT])
        yield from _more(len(light) - _LIGHT)
    yield "What is there"
    for found in findings.sets:
        yield from (f"  {line}" for line in described(found))
    if not findings.near:
        yield "  Only equal pictures were looked for: there are too many to compare all for likeness."
    if findings.outlook:
        yield f"What a run takes here ({findings.recipe})"
        yield from (f"  {sentence}" for sentence in findings.outlook)


def verdict(findings: Findings) -> str:
    """One sentence."""
    serious = list(dict.fromkeys(concern.topic for concern in findings.serious))
    if serious:
        return f"not ready to train on ({', '.join(serious)})."
    if findings.concerns:
        return "ready to train on; some things are worth a look."
    return "ready to train on; nothing stands out."


def described(found: Found) -> list[str]:
    """A set in two to five lines."""
    said = [f"{found.name}: {found.what}; {sides(found)}"]
    if counts := {name: count for name, count in found.classes.items() if count}:
        some = [f"{name} {count:,}" for name, count in list(counts.items())[:_CLASSES]]
        more = len(counts) - len(some)
        said.append(" · ".join([*some, *([f"{more:,} more classes"] if more else [])]))
    return [*said, *facts(found)]


def facts(found: Found) -> list[str]:
    """Colours, remarks and what was left out."""
    colour = {1: "grey", 3: "RGB"}.get(found.channels, f"{found.channels} channels")
    said = [f"{colour}, mean {shown(found.mean)}, deviation {shown(found.deviation)}"]
    if remarks := found.ledger["remarks"]:
        said.append(", ".join(f"{number:,} {remark}" for remark, number in remarks.items()))
    if excluded := found.ledger["excluded"]:
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in excluded.items())
        said.append(f"left out unopened: {kinds}")
    return said


def sides(found: Found) -> str:
    """Width and height of a typical picture, and the extremes where they differ."""
    small, middle, large = (
        "{1} x {0}".format(*found.sides[kind]) for kind in ("smallest", "median", "largest")
    )
    if small == large:
        return f"all {middle} px"
    return f"about {middle} px, from {small} to {large}"


def _more(count: int) -> Iterator[str]:
    if count > 0:
        yield f"  and {count:,} more, all of them in --json and on the page (--out)"
