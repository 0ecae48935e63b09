"""A portfolio that is held: rows over fundings and the trunk's stock that leave the search no other."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from optimizer.digits import digits
from optimizer.errors import PlanError
from optimizer.evaluation import Portfolio
from optimizer.instance.instance import Instance
from optimizer.model.declare import Key
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, TRUNK, Network
from optimizer.solver.compile import Block

HELD = "held"
"""Name of the block of rows."""
ROUNDING = 1e-6
"""Relative, and in tonnes: how far stock may be from what a plan's table says."""


def held_rows(instance: Instance, held: Portfolio) -> Block:
    """Rows that hold a portfolio: every funding is as it says, and the trunk's stock where it states that.

    Args:
        instance: what is solved.
        held: the portfolio.

    Raises:
        PlanError: the instance does not know a funding, or has no place for stock that is held.
    """
    network = network_of(instance)
    held.check(network.starts)
    keys: list[tuple[str, Key]] = []
    wanted: list[float] = []
    funded = set(held.fundings)
    for (facility, option), years in network.starts.years.items():
        for year in years:
            keys.append((INVESTMENT, ("fund", (facility, option, year))))
            wanted.append(float((facility, option, year) in funded))
    slack = [0.0] * len(keys)
    for index, tonnes in _stock(network, held).items():
        keys.append((TRUNK, ("stock", index)))
        wanted.append(tonnes)
        slack.append(ROUNDING * (1.0 + tonnes))
    count, values, off = len(keys), np.array(wanted), np.array(slack)
    return Block(
        name=HELD,
        columns=[key for _, key in keys],
        lower=np.full(count, -np.inf),
        upper=np.full(count, np.inf),
        integer=np.zeros(count, dtype=bool),
        matrix=sp.csr_array(sp.identity(count, format="csr")),
        row_lower=np.where(off > 0, np.maximum(0.0, values - off), values),
        row_upper=values + off,
        rows=[("held", (i, owner, *key[1])) for i, (owner, key) in enumerate(keys)],  # type: ignore[misc]
        cost=sp.csr_array((0, count)),
        cost_keys=[],
        cost_constant=np.zeros(0),
        owners=dict(enumerate(keys)),
        objective=np.zeros(count),
    )


def _stock(network: Network, held: Portfolio) -> dict[tuple[str, str, str, int], float]:
    """Stock by store and period; that which a plan's table does not list is nothing."""
    if held.stock is None:
        return {}
    tables = tables_of(network)
    found = {(*store, period): 0.0 for store in tables.stock.stores for period in tables.periods}
    nowhere = []
    for (store, period), tonnes in held.stock.items():
        if (*store, period) in found:
            found[*store, period] = tonnes
        elif tonnes > ROUNDING:
            nowhere.append(f"{digits(tonnes, 3)} t of {store[1]} at {store[0]} in {period}")
    if nowhere:
        more = f" and {len(nowhere) - 3} more" if len(nowhere) > 3 else ""
        raise PlanError(
            f"the stock of {held.source} does not fit the instance: it has no place for {'; '.join(nowhere[:3])}"
            f"{more}; 'stock: chosen' holds the fundings alone"
        )
    return found
