"""How to solve."""

from __future__ import annotations

import os
from dataclasses import dataclass

from optimizer.errors import OptionsError

METHODS = ("auto", "extensive", "benders", "hedging")


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a solve.

    Attributes:
        method: `auto`, `extensive`, `benders` or `hedging`.
        gap: stop when (objective - bound) / |objective| is at most this.
        gap_usd: stop when objective - bound is at most this, USD; None for off.
        time_limit: seconds; None for none.
        threads: cores used; default all.
        seed: random seed of the solver.
        target: stop as soon as it is known whether a plan costs at most this, USD; None for off.
    """

    method: str = "auto"
    gap: float = 1e-4
    gap_usd: float | None = None
    time_limit: float | None = None
    threads: int | None = None
    seed: int = 0
    target: float | None = None

    def __post_init__(self) -> None:
        faults = []
        if self.method not in METHODS:
            faults.append(f"method is '{self.method}'; there is {', '.join(METHODS)}")
        if not 0 <= self.gap < 1:
            faults.append(f"gap is {self.gap:g}; a relative gap lies in [0, 1)")
        if self.gap_usd is not None and not self.gap_usd >= 0:
            faults.append(f"gap_usd is {self.gap_usd:g}; it is 0 or more")
        if self.time_limit is not None and not self.time_limit > 0:
            faults.append(f"time_limit is {self.time_limit:g}; it is more than 0 seconds")
        if self.threads is not None and self.threads < 1:
            faults.append(f"threads is {self.threads}; it is 1 or more")
        if not 0 <= self.seed < 2**31:
            faults.append(f"seed is {self.seed}; it lies in [0, 2147483647]")
        if faults:
            raise OptionsError("; ".join(faults))

    @property
    def cores(self) -> int:
        """Threads to use."""
        return self.threads if self.threads is not None else (os.cpu_count() or 1)

    def settled(self, objective: float | None, bound: float | None) -> bool:
        """Whether it is known if a plan costs at most the target: one does, or none can.

        Args:
            objective: of the best plan, USD; None without one.
            bound: on all plans, USD; None where nothing is proved.
        """
        if self.target is None:
            return False
        return (objective is not None and objective <= self.target) or (bound is not None and bound > self.target)
