"""What a plan leaves short by channel and what it costs, from the values of its blocks; and prices on the first."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp

from optimizer.instance.finance import MILLION
from optimizer.model.budget import OUTLAY
from optimizer.model.caps import SHORT
from optimizer.network.tables import INVESTMENT, TRUNK, Network
from optimizer.solver.benders.split import GIVEN
from optimizer.solver.compile import Block
from optimizer.solver.extensive import Values
from optimizer.solver.start import Start


def counting(network: Network, blocks: Mapping[str, Block], channel: str) -> dict[str, Block]:
    """The blocks with a cost of 1 for each tonne that a channel is short of, and none besides."""
    return {
        name: dataclasses.replace(block, cost=rows, cost_keys=keys, cost_constant=np.zeros(len(keys)))
        for name, block in blocks.items()
        for rows, keys in [_costs_of_short(network, block, {channel: 1.0})]
    }


def counting_outlay(network: Network, blocks: Mapping[str, Block]) -> dict[str, Block]:
    """The blocks with a cost of 1 for each USD that governments pay on the trunk, and none besides."""
    found: dict[str, Block] = {}
    for name, block in blocks.items():
        at = [i for i, key in enumerate(block.columns) if key[0] == OUTLAY] if name == TRUNK else []
        first = network.calendar.periods[0]
        # A course's costs count by the chance of being on it, which is no matter here.
        usd = [MILLION / network.weight[TRUNK, first] for _ in at]
        data = (usd, ([0] * len(at), at))
        rows = 1 if at else 0
        found[name] = dataclasses.replace(
            block,
            cost=sp.csr_array(data, shape=(rows, len(block.columns)), dtype=np.float64),
            cost_keys=[(OUTLAY, first)] * rows,
            cost_constant=np.zeros(rows),
        )
    return found


def priced(network: Network, blocks: Mapping[str, Block], prices: Mapping[str, float]) -> dict[str, Block]:
    """The blocks with a price on what channels are short of beside their own costs.

    Args:
        network: whose courses may be short.
        blocks: by name.
        prices: channel -> USD a t.
    """
    found = dict(blocks)
    for name, block in blocks.items():
        rows, keys = _costs_of_short(network, block, prices)
        if keys:
            found[name] = dataclasses.replace(
                block,
                cost=sp.csr_array(sp.vstack([block.cost, rows])),
                cost_keys=[*block.cost_keys, *keys],
                cost_constant=np.concatenate([block.cost_constant, np.zeros(len(keys))]),
            )
    return found


def _costs_of_short(
    network: Network, block: Block, prices: Mapping[str, float]
) -> tuple[sp.csr_array, list[tuple[str, int]]]:
    """What short tonnes cost at some prices, by period, and the periods' keys; none where nothing can be short."""
    at: list[tuple[int, int, float]] = []
    if block.name == TRUNK or block.name in network.windows:
        at = [
            (key[1][1], i, prices[key[1][0]])  # type: ignore[index]
            for i, key in enumerate(block.columns)
            if key[0] == SHORT and key[1][0] in prices  # type: ignore[index]
        ]
    periods = sorted({period for period, _, _ in at})
    rows = [periods.index(period) for period, _, _ in at]
    data = ([price for _, _, price in at], (rows, [i for _, i, _ in at]))
    shape = (len(periods), len(block.columns))
    return sp.csr_array(data, shape=shape, dtype=np.float64), [("short", period) for period in periods]


def short_of(network: Network, values: Mapping[str, Values], channel: str) -> float:
    """Expected t short of a channel."""
    markets = network.instance.markets
    return math.fsum(
        network.weight[course, index[2]] * tonnes  # type: ignore[index]
        for course in (TRUNK, *network.windows)
        for index, tonnes in values[course].get("short", {}).items()
        if markets[index[0]].channel == channel  # type: ignore[index]
    )


def expected_cost(network: Network, blocks: Mapping[str, Block], values: Mapping[str, Values]) -> float:
    """Expected cost of a plan, USD, from what its blocks cost by period."""
    total = 0.0
    for name in (INVESTMENT, TRUNK, *network.windows):
        block = blocks[name]
        known = np.array([values[name].get(key[0], {}).get(key[1], 0.0) for key in block.columns])
        by_row = block.cost @ known + block.cost_constant
        weights = [1.0 if name == INVESTMENT else network.weight[name, period] for _, period in block.cost_keys]
        total += float(np.array(weights) @ by_row) if weights else 0.0
    return total


def like(network: Network, values: Mapping[str, Values]) -> Start:
    """A plan, for a search to begin with."""
    fundings = frozenset(key for key, value in values[INVESTMENT].get("fund", {}).items() if value > 0.5)
    courses = frozenset({TRUNK, *network.windows})
    stock = {
        (course, (component, index)): value
        for course in courses
        for component in GIVEN
        for index, value in values[course].get(component, {}).items()
    }
    chosen = values[INVESTMENT].get("recipient", {})
    recipients = frozenset(key for key, value in chosen.items() if value > 0.5)
    return Start(fundings, courses, stock, recipients)  # type: ignore[arg-type]
