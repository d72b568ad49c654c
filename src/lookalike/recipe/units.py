"""Durations and rates carry units: `100 epochs`, `20000 steps`, `{per_256: 0.3}`."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

Unit = Literal["epochs", "steps"]
Scaling = Literal["constant", "per_256", "root"]

LONGEST = 1_000_000_000  # epochs or steps
HIGHEST = 1_000_000  # of a rate


@dataclass(frozen=True)
class Duration:
    """A length of training.

    Args:
        amount: how many; at least 0. Steps are whole.
        unit: epochs (once over all images) or steps (updates of the weights).
    """

    amount: float
    unit: Unit

    @classmethod
    def parse(cls, value: Any) -> "Duration":
        """Reads "100 epochs" or "20000 steps".

        Raises:
            ValueError: it is no duration.
        """
        found = re.fullmatch(r"([0-9][0-9_]*(?:\.[0-9]+)?) *(epoch|step)s?", str(value).strip())
        if not found or ("." in found[1] and found[2] == "step"):
            raise ValueError('It should be a number with its unit, "100 epochs" or "20000 steps".')
        amount, unit = float(found[1]), cast(Unit, f"{found[2]}s")
        if amount > LONGEST:
            raise ValueError(f"It should be at most {LONGEST:,}.")
        return cls(amount, unit)

    def steps(self, updates_per_epoch: int) -> int:
        """This duration in updates of the weights; 0 only if the amount is 0."""
        if self.unit == "steps":
            return int(self.amount)
        return math.ceil(round(self.amount * updates_per_epoch, 6))

    def __str__(self) -> str:
        amount = int(self.amount) if self.amount == int(self.amount) else self.amount
        return f"{amount} {self.unit if amount != 1 else self.unit[:-1]}"


@dataclass(frozen=True)
class Rate:
    """The highest learning rate of a run, and how it follows from the batch.

    Args:
        scaling: "constant" takes `value` as it is, "per_256" multiplies it by batch / 256 (SimCLR's
            linear rule), "root" by √batch (SimCLR's square-root rule, appendix B.1).
        value: above 0.
    """

    scaling: Scaling
    value: float

    @classmethod
    def parse(cls, value: Any) -> "Rate":
        """Reads {constant: x}, {per_256: x} or {root: x}.

        Raises:
            ValueError: it is no rate.
        """
        pairs = list(value.items()) if isinstance(value, Mapping) else []
        match pairs:
            case [(scaling, int() | float() as x)] if scaling in get_args(Scaling):
                if not isinstance(x, bool) and 0 < x <= HIGHEST:
                    return cls(scaling, float(x))
        raise ValueError(
            "It should be one number above 0 with its rule: {constant: 0.1}, {per_256: 0.3} "
            "(times batch / 256) or {root: 0.075} (times the square root of the batch)."
        )

    def peak(self, batch: int) -> float:
        """The rate for a batch of this many images."""
        factors = {"constant": 1.0, "per_256": batch / 256, "root": math.sqrt(batch)}
        return self.value * factors[self.scaling]

    def dump(self) -> dict[str, float]:
        """The form it has in a recipe."""
        return {self.scaling: self.value}
