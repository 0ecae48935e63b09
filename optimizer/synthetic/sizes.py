"""What is asked of a synthetic instance."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.errors import OptionsError

FEWEST, MOST = 20, 10_000
"""Facilities: fewer would leave a stage without a choice; more than the most was not tried."""
BASE_YEAR = 2026
DISCOUNT_RATE = 0.07
UNITS = 10**9
"""Probabilities are whole billionths, so that they add up exactly."""
MOST_PERIODS = 40
MOST_FUTURES = 100_000
MOST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large an instance is, and of which seed.

    Attributes:
        facilities: standing and candidate ones together.
        periods: of a year each.
        futures: the undisrupted one and the scenarios.
        seed: the same seed and sizes give the same bytes.
        candidates: share of the facilities where nothing stands and an option may be funded.
        channels: 1 (commercial), 2 (with mdap) or 3 (with domestic_chain).
        disrupted: probability that any scenario happens.
        name: of the instance.
        known: whether its optimum is to be known.
        must_meet: whether some demand must be met, in every future.
        children: share of the scenarios that leave another's branch, where there is one to leave.

    Raises:
        OptionsError: with all that makes no sense.
    """

    facilities: int = 60
    periods: int = 5
    futures: int = 10
    seed: int = 0
    candidates: float = 0.25
    channels: int = 2
    disrupted: float = 0.5
    name: str = "synthetic"
    known: bool = False
    must_meet: bool = False
    children: float = 0.0

    def __post_init__(self) -> None:
        faults = [
            f"{option} is {value}; it lies in [{low}, {high}]"
            for option, value, low, high in (
                ("facilities", self.facilities, FEWEST, MOST),
                ("periods", self.periods, 1, MOST_PERIODS),
                ("futures", self.futures, 1, MOST_FUTURES),
                ("seed", self.seed, 0, MOST_SEED),
                ("candidates", self.candidates, 0, 0.5),
                ("channels", self.channels, 1, 3),
                ("children", self.children, 0, 1),
            )
            if not low <= value <= high
        ]
        if not 0 < self.disrupted <= 1:
            faults.append(f"disrupted is {self.disrupted}; it is more than 0 and at most 1")
        if self.known and self.must_meet:
            faults.append("known and must_meet do not go together: where the optimum is known all demand may be short")
        if self.known and self.children:
            faults.append("known and children do not go together: the arithmetic has each scenario leave the trunk")
        if not re.fullmatch(r"[a-z0-9_]+", self.name):
            faults.append(f"name is {self.name!r}; a name is made of a-z, 0-9 and _")
        if faults:
            raise OptionsError("; ".join(faults))

    @property
    def years(self) -> range:
        """The periods."""
        return range(BASE_YEAR + 1, BASE_YEAR + 1 + self.periods)


def probabilities(weights: Sequence[float], total: float) -> list[tuple[str, float]]:
    """Probabilities in proportion to weights, as they are written and as numbers; each at least a billionth."""
    whole = sum(weights)
    counts = [max(1, int(int(total * UNITS) * weight / whole)) for weight in weights]
    return [(f"{count / UNITS:.9f}", count / UNITS) for count in counts]
