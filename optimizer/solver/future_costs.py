"""What each future costs at a point: a row of numbers a future, made once for many points."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp

from optimizer.model import risk
from optimizer.network.tables import Network
from optimizer.solver.compile import Block, Problem, Vector


class FutureCosts:
    """Costs of all futures that count, by column of a problem."""

    def __init__(self, network: Network, blocks: Mapping[str, Block], problem: Problem) -> None:
        """Add up what futures have in common once.

        Args:
            network: whose futures they are.
            blocks: by name; those that a future's cost has parts in.
            problem: the blocks joined.
        """
        self.futures = risk.futures(network)
        place: dict[tuple[str, int | None], int] = {}
        on = [[place.setdefault(part, len(place)) for part in risk.parts_of(network, f)] for f in self.futures]
        rows, columns, data, constants = [], [], [], []
        for number, (name, period) in enumerate(place):
            cost, constant = blocks[name].cost_of(period)
            some = np.flatnonzero(cost)
            rows.append(np.full(len(some), number))
            columns.append(problem.place[name][some])
            data.append(cost[some])
            constants.append(constant)
        shape = len(place), problem.columns
        parts = sp.csr_array((np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))), shape=shape)
        counts = np.cumsum([0, *map(len, on)])
        which = np.array([part for mine in on for part in mine], dtype=np.int64)
        self._on = sp.csr_array((np.ones(len(which)), which, counts), shape=(len(on), len(place)))
        self._parts, self._constants = parts, np.array(constants)

    def at(self, values: Vector) -> dict[str, float]:
        """What each future costs, USD.

        Args:
            values: by column of the problem.
        """
        costs = self._on @ (self._parts @ values + self._constants)
        return dict(zip(self.futures, costs.tolist(), strict=True))
