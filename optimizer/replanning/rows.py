"""What is frozen as rows, and the price of change as a cost, over fundings and the trunk's stock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from optimizer.model.declare import Key
from optimizer.network.tables import INVESTMENT, TRUNK, Funding, Network
from optimizer.replanning.past import Option, Past
from optimizer.solver.compile import Block

FROZEN = "frozen"
"""Name of the block."""
CHANGE = "change"
"""Category of the price of change among the costs of the block."""
ROUNDING = 1e-6
"""Relative, and in tonnes: how far stock may be from what a plan's table says."""
DROPPED, ADDED, MOVED = "dropped", "added", "moved"
"""Kinds of change."""


@dataclass(frozen=True, slots=True)
class Price:
    """The price of change, USD.

    Attributes:
        change: of a funding dropped or added.
        move: of a funding moved, per year; no funding moved costs more than one dropped.
    """

    change: float
    move: float

    def moved(self, years: int) -> float:
        """Of a funding that is moved by some years."""
        return min(self.change, self.move * abs(years))


@dataclass(frozen=True, slots=True)
class Change:
    """A funding that is not as the last plan has it.

    Attributes:
        facility: facility.
        option: option.
        change: `dropped`, `added` or `moved`.
        was: year in which it is expected; None where it is not.
        now: year in which it is funded; None where it is not.
        usd: the price of it.
    """

    facility: str
    option: str
    change: str
    was: int | None
    now: int | None
    usd: float


def changes_of(past: Past, price: Price, funded: Mapping[Option, int]) -> list[Change]:
    """How a portfolio differs from the last plan, but for what is frozen.

    Args:
        past: what is frozen, and expected.
        price: of change.
        funded: option -> year of the portfolio.
    """
    done = {item[:2] for item in past.frozen}
    found = []
    for key in sorted((past.expected.keys() | funded.keys()) - done):
        was, now = past.expected.get(key), funded.get(key)
        if was == now:
            continue
        if now is None:
            found.append(Change(*key, DROPPED, was, None, price.change))
        elif was is None:
            found.append(Change(*key, ADDED, None, now, price.change))
        else:
            found.append(Change(*key, MOVED, was, now, price.moved(now - was)))
    return found


def frozen_rows(network: Network, past: Past, price: Price, held: Mapping[Option, int] | None = None) -> Block:
    """The block that keeps what is frozen and charges change.

    Args:
        network: of the instance.
        past: what is frozen, and expected.
        price: of change: a funding in its expected year is free, dropped it costs `change`; the cost of the block is
            that of all expected dropped, less what funding each of them saves of it.
        held: option -> year of all that is funded besides; by default it is free.
    """
    frozen = set(past.frozen)
    keys: list[tuple[str, Key]] = []
    lower: list[float] = []
    upper: list[float] = []
    costs: list[float] = []
    done = {item[:2] for item in frozen}
    for (facility, option), years in network.starts.years.items():
        key = (facility, option)
        for year in years:
            keys.append((INVESTMENT, ("fund", (facility, option, year))))
            fixed: bool | None = None
            if year < past.year or key in done:
                fixed = (facility, option, year) in frozen
            elif held is not None:
                fixed = held.get(key) == year
            lower.append(0.0 if fixed is None else float(fixed))
            upper.append(1.0 if fixed is None else float(fixed))
            costs.append(0.0 if fixed is not None else _cost(past, price, (facility, option, year)))
    for index, tonnes in (past.stock or {}).items():
        off = ROUNDING * (1.0 + tonnes)
        keys.append((TRUNK, ("stock", index)))
        lower.append(max(0.0, tonnes - off))
        upper.append(tonnes + off)
        costs.append(0.0)
    count = len(keys)
    least, most = np.array(lower), np.array(upper)
    which = np.array([i for i in range(count) if keys[i][0] == TRUNK or least[i] == most[i]], dtype=np.int64)
    ones = (np.ones(len(which)), (np.arange(len(which)), which))
    charged = held is None and price.change > 0
    return Block(
        name=FROZEN,
        columns=[key for _, key in keys],
        lower=np.full(count, -np.inf),
        upper=np.full(count, np.inf),
        integer=np.zeros(count, dtype=bool),
        matrix=sp.csr_array(ones, shape=(len(which), count)),
        row_lower=least[which],
        row_upper=most[which],
        rows=[("frozen", (int(i), keys[i][0], *keys[i][1][1])) for i in which],
        cost=sp.csr_array(np.array([costs] if charged else np.zeros((0, count)))),
        cost_keys=[(CHANGE, network.calendar.first_year)] if charged else [],
        cost_constant=np.array([price.change * len(past.expected)]) if charged else np.zeros(0),
        owners=dict(enumerate(keys)),
        objective=np.zeros(count),
    )


def _cost(past: Past, price: Price, funding: Funding) -> float:
    """What a funding costs beside what dropping it would."""
    was = past.expected.get(funding[:2])
    return price.change if was is None else price.moved(funding[2] - was) - price.change
