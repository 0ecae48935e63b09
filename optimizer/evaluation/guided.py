"""A part of a set of futures, drawn where guesses at all of them say that it matters.

A first draw is operated for its prices, and counts for nothing else; by them every future of the set is guessed at. A
second draw, independent of it, is laid in strata by these guesses, and the answer is made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from optimizer.errors import SolveError
from optimizer.evaluation.along import branches_of, effects_of
from optimizer.evaluation.answer import Answer
from optimizer.evaluation.bounds import Bounds
from optimizer.evaluation.futures import tail_mean
from optimizer.evaluation.horizon import Horizon
from optimizer.evaluation.portfolio import Funding, Portfolio
from optimizer.evaluation.strata import Strata, Vector, drawn_by, explained, mean_of, tail_of
from optimizer.futures import FutureSet
from optimizer.instance.instance import Instance
from optimizer.network.tables import TRUNK, Network

FROM = 80
"""Futures from which a part is worth two draws."""
FIRST = 0.25
"""Share of the first draw."""


@dataclass(slots=True)
class Guide:
    """What guides the second draw.

    Attributes:
        futures: the set.
        horizon: the operations of every period.
        first: futures of the first draw.
        second: futures of the second draw.
        strata: the second draw, once it is made.
        bound: of every future; minus infinity where none is known.
    """

    futures: FutureSet
    horizon: Horizon
    first: int
    second: int
    strata: Strata | None = field(default=None)
    bound: Vector = field(default_factory=lambda: np.zeros(0))

    def draw(
        self, network: Network, held: Portfolio, answers: Mapping[str, Answer], invested: float, alpha: float, seed: int
    ) -> Strata:
        """Guess at every future by the prices of the first draw, and draw the second.

        Args:
            network: with the branches of the first draw.
            held: the portfolio.
            answers: of these branches, and the trunk's.
            invested: USD.
            alpha: the tail is the worst 1 - alpha.
            seed: of the draw.
        """
        trunk = answers[TRUNK].cost
        bounds = Bounds(self.horizon, held.stock or {}, network.calendar.periods)
        for course, window in network.windows.items():
            prices = answers[course].prices
            if prices is not None:
                bounds.learn(window, prices)
        episodes = self.futures.episodes
        paths = {name: branches_of(self.futures, episode) for name, episode in episodes.items()}
        usd = bounds.of(paths)
        instead = {name: sum(trunk[t] for _, periods in along for t in periods) for name, along in paths.items()}
        undisturbed = invested + sum(trunk.values())
        names = list(self.futures.paths)
        both = np.array(
            [
                [undisturbed + sum(usd[e][at] - instead[e] for e in self.futures.by_future[name]) for name in names]
                for at in (0, 1)
            ]
        )
        self.bound = both[0]
        every = np.array([self.futures.probability[name] for name in names])
        number = self.futures.info.get("number")
        whole = isinstance(number, int) and not {"reduced", "merged"} & self.futures.info.keys()
        self.strata = drawn_by(both[1], every, self.second, alpha, seed + 1, number if whole else None)
        return self.strata

    def improve(self, about: dict[str, Any], table: pd.DataFrame, alpha: float) -> None:
        """Put what the draw says of all futures in the place of what it says of itself.

        Nothing changes where one of its futures has no operations.

        Args:
            about: statistics of the second draw; changed.
            table: its futures.
            alpha: the tail is the worst 1 - alpha.
        """
        assert self.strata is not None
        if (table["status"] != "met").any():
            return
        row = {name: i for i, name in enumerate(self.futures.paths)}
        places = [row[name] for name in table["future"]]
        for name, found in about.items():
            if isinstance(found, dict) and "mean" in found:
                values = np.zeros(len(row))
                values[places] = table[name].to_numpy(dtype=float)
                found["mean"] = mean_of(self.strata, values)
                found["tail"] = tail_of(self.strata, values, alpha)
                found["explained"] = explained(self.strata, values)

    def said(self, table: pd.DataFrame, alpha: float) -> dict[str, Any]:
        """What bounds alone say of all futures, and how far off they are where the cost is known.

        Args:
            table: futures of the second draw.
            alpha: the tail is the worst 1 - alpha.
        """
        assert self.strata is not None
        bound = self.bound
        row = {name: i for i, name in enumerate(self.futures.paths)}
        whole = bool(np.isfinite(bound).all())
        met = table[table["status"] == "met"]
        cost = met["cost"].to_numpy(dtype=float)
        below = bound[[row[name] for name in met["future"]]]
        over = (below - cost)[np.isfinite(below)]
        return {
            "first_draw": self.first,
            "second_draw": int(self.strata.drawn.sum()),
            "bounded": int(np.isfinite(bound).sum()),
            "mean_at_least_usd": float(self.strata.every @ bound) if whole else None,
            "tail_at_least_usd": tail_mean(bound, self.strata.every, alpha) if whole else None,
            "cost_over_bound_usd": float(np.mean(cost - below)) if whole and len(cost) else None,
            "bound_over_cost_usd": float(np.max(over)) if len(over) else None,
        }


def guide_of(
    instance: Instance, futures: FutureSet, fundings: Sequence[Funding], exact: int | None
) -> tuple[Guide | None, str]:
    """What guides the draw of a part; without, why there is none.

    Args:
        instance: its scenarios play no part.
        futures: the set.
        fundings: the portfolio's.
        exact: how many futures are operated.
    """
    if exact is None:
        return None, "all futures are operated"
    if exact < FROM:
        return None, f"a part of fewer than {FROM} futures is drawn at once"
    try:
        horizon = Horizon(instance, effects_of(futures), fundings)
    except SolveError as error:
        return None, str(error)
    first = round(FIRST * exact)
    return Guide(futures, horizon, first, exact - first), ""
