"""Plans of one portfolio that are above and below caps on service, mixed so that they meet them.

Operations are linear: what lies between two plans of a portfolio is a plan of it.
Source: Dantzig and Wolfe (1960); Ruszczynski (1995).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from optimizer.solver.compile import Block
from optimizer.solver.extensive import Values

SHARE = 1e-9
"""Share of a plan in a mix below which it is rounding."""
MARGIN = 1e-6
"""Share of a channel's demand that a mix is short of less than it may be: parts cannot do exactly what a mix does."""
ROUNDING, LEAST = 1e-7, 1e-5
"""Share of a channel's demand, and t, that a plan within a cap may be above it by a solver's tolerance."""

Whole = frozenset[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Tried:
    """A plan that was found.

    Attributes:
        whole: its portfolio: integer columns that are not 0, by block.
        cost: USD, without a price on shortage.
        over: channel -> expected t short above its cap; below it where negative.
        values: of its blocks.
        duals: of its problem, fundings fixed.
    """

    whole: Whole
    cost: float
    over: Mapping[str, float]
    values: Mapping[str, Values]
    duals: Mapping[tuple[str, str, object], float]

    def at(self, prices: Mapping[str, float]) -> float:
        """Its cost with what it is short of above the caps at some prices, USD."""
        return self.cost + math.fsum(price * self.over[k] for k, price in prices.items())


@dataclass(frozen=True, slots=True)
class Mix:
    """A mix of plans.

    Attributes:
        plan: the mix.
        worth: channel -> USD that a tonne more allowed saves in it.
    """

    plan: Tried
    worth: Mapping[str, float]


def mixed(plans: Sequence[Tried], demand: Mapping[str, float]) -> Mix | None:
    """The mix of one portfolio's plans that is cheapest within the caps; None where none is within them.

    Args:
        plans: of one portfolio, at least one.
        demand: channel -> expected t.
    """
    names = list(plans[0].over)
    scale = max(1.0, *(abs(tried.cost) for tried in plans))
    over = np.array([[tried.over[k] for tried in plans] for k in names])
    size = np.maximum(1.0, np.abs(over).max(axis=1))
    rounding = np.array([max(LEAST, ROUNDING * demand[k]) for k in names])
    room = np.array([MARGIN * demand[k] for k in names])
    # Best with room to begin the search under the caps in; what is within a cap by rounding alone is within it too.
    for slack in (-room, np.zeros(len(names)), rounding):
        answer = linprog(
            [tried.cost / scale for tried in plans],
            A_ub=over / size[:, None],
            b_ub=slack / size,
            A_eq=np.ones((1, len(plans))),
            b_eq=[1.0],
            method="highs",
        )
        if answer.x is not None:
            break
    else:
        return None
    shares = np.where(answer.x > SHARE, answer.x, 0.0)
    shares /= shares.sum()
    worth = -answer.ineqlin.marginals * scale / size
    plan = Tried(
        plans[0].whole,
        float(shares @ [tried.cost for tried in plans]),
        dict(zip(names, (over @ shares).tolist(), strict=True)),
        _sum((float(share), tried.values) for share, tried in zip(shares, plans, strict=True) if share),
        plans[int(np.argmax(shares))].duals,
    )
    return Mix(plan, dict(zip(names, worth.tolist(), strict=True)))


def whole_of(blocks: Mapping[str, Block], values: Mapping[str, Values]) -> Whole:
    """The integer columns that are not 0."""
    return frozenset(
        (name, key)
        for name, block in blocks.items()
        for key in (block.columns[i] for i in _own_integers(block))
        if values[name].get(key[0], {}).get(key[1], 0.0) > 0.5
    )


def _own_integers(block: Block) -> list[int]:
    return [i for i in np.flatnonzero(block.integer).tolist() if i not in block.owners]


def fixed(blocks: Mapping[str, Block], whole: Whole) -> dict[str, Block]:
    """The blocks with a portfolio as it is."""
    found = dict(blocks)
    for name, block in blocks.items():
        at = _own_integers(block)
        if at:
            lower, upper = block.lower.copy(), block.upper.copy()
            lower[at] = upper[at] = [float((name, block.columns[i]) in whole) for i in at]
            found[name] = dataclasses.replace(block, lower=lower, upper=upper)
    return found


def _sum(weighted: Iterable[tuple[float, Mapping[str, Values]]]) -> dict[str, Values]:
    """Values by their shares."""
    found: dict[str, Values] = {}
    for share, values in weighted:
        for name, components in values.items():
            mine = found.setdefault(name, {})
            for component, entries in components.items():
                into = mine.setdefault(component, {})
                for index, value in entries.items():
                    into[index] = into.get(index, 0.0) + share * value
    return found
