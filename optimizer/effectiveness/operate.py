"""Operates portfolios in every future of an instance, one after another, from courses that are compiled once."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from optimizer.evaluation.answer import Answer
from optimizer.evaluation.courses import ROUNDING, Home, by_component, given_to, read
from optimizer.instance.instance import Instance
from optimizer.model import assemble
from optimizer.model.reaction import SHARED
from optimizer.network.derive import tables_of
from optimizer.network.derive_adjust import limits_of
from optimizer.network.network import network_of
from optimizer.network.places import Cell
from optimizer.network.tables import INVESTMENT, TRUNK, Funding
from optimizer.plan.makers import makers_of
from optimizer.solver.branch import Branch, Response
from optimizer.solver.compile import Vector
from optimizer.solver.given import given_fundings, starts_taken
from optimizer.solver.written import build_block

UNPAID = frozenset({"shortage", "target_shortage", "goal_shortage", "preference"})
"""Categories of cost that nobody pays: prices on what is missing, and weights on bids."""
Line = tuple[str, str, str]
"""Future, channel of the market, material."""


@dataclass(slots=True)
class Operated:
    """What a portfolio does in every future.

    Attributes:
        usd: by future: discounted cost, shortage at its price; a future that cannot be operated is left out.
        paid: by future: the same without what nobody pays (`UNPAID`).
        short: t over the horizon, those that are not 0.
        stock_kept: share of the tonnes that the trunk was asked to hold, summed over periods, that it could hold.
        lacking: futures that cannot be operated.
        why: why none can; empty where the trunk can be operated.
    """

    usd: dict[str, float] = field(default_factory=dict)
    paid: dict[str, float] = field(default_factory=dict)
    short: dict[Line, float] = field(default_factory=dict)
    stock_kept: float = 1.0
    lacking: list[str] = field(default_factory=list)
    why: str = ""


class Operator:
    """Operates portfolios in the futures of one instance; each course goes on from its last basis.

    The trunk holds the stock that it is given, or as much of that as can be held (most tonnes, summed over places and
    periods) where something that made it is gone. Branches answer at least cost.
    """

    def __init__(self, instance: Instance) -> None:
        """Compile the investment block; courses are compiled when they are asked for first.

        Args:
            instance: with demand that may be short.
        """
        self.network = network_of(instance)
        self._limits = limits_of(instance)
        self._waits = tables_of(self.network).requalification.asked
        invested = build_block(assemble.investment, self.network)
        self._columns = invested.columns
        self._cost, self._constant = invested.cost_of(None)
        self._courses: dict[str, Branch] = {}
        self._unpaid: dict[str, tuple[Vector, float]] = {}

    def operate(self, fundings: Sequence[Funding], stock: Mapping[tuple[Cell, int], float]) -> Operated:
        """What a portfolio costs, and what it leaves short, in every future.

        Args:
            fundings: (facility, option, year).
            stock: (stockpile, material, channel), period -> t at its end on the trunk.
        """
        network, out = self.network, Operated()
        given = given_fundings(network.starts, fundings)
        chosen = np.array([given.get((INVESTMENT, key), 0.0) for key in self._columns])
        invested = float(self._cost @ chosen) + self._constant
        trunk = self._course(TRUNK)
        trunk.give(given)
        response, out.stock_kept = self._trunk(trunk, stock)
        if response.values is None:
            out.why = "even without a disruption it cannot be operated: a rule or the budget is broken"
            out.lacking = list(network.path)
            return out
        answers = {TRUNK: read(network, trunk, TRUNK, response, self._limits)}
        unpaid = {TRUNK: self._unpaid_in(TRUNK, response)}
        given |= {(TRUNK, ("stock", (*store, t))): tonnes for (store, t), tonnes in answers[TRUNK].stock.items()}
        given |= {(TRUNK, ("run", run)): value for run, value in answers[TRUNK].runs.items()}
        if self._waits:
            known = makers_of(tables_of(network), by_component(trunk, response.values))
            given |= {(TRUNK, ("known", index)): tonnes for index, tonnes in known.items()}
        home = Home(network, given, network.left, starts_taken(network.starts, fundings), {})
        for course in sorted(network.windows, key=lambda name: network.windows[name].onset):
            self._branch(home, course, answers, unpaid)
        self._sum(out, invested, answers, unpaid)
        return out

    def _course(self, course: str) -> Branch:
        if course not in self._courses:
            self._courses[course] = Branch(build_block(assemble.operations, tables_of(self.network, course)))
        return self._courses[course]

    def _trunk(self, trunk: Branch, stock: Mapping[tuple[Cell, int], float]) -> tuple[Response, float]:
        """The trunk with a stock, and the share of it that it can hold."""
        held = trunk.columns_of("stock")
        columns = np.array(list(held.values()), dtype=np.int64)
        asked = np.array([stock.get((key[:3], key[3]), 0.0) for key in held])
        trunk.fix(columns, asked)
        found = trunk.solve()
        if found.values is None:  # the stock of a large plan may be off by what a solver is
            trunk.hold(columns, np.maximum(0.0, asked - ROUNDING * (1.0 + asked)), asked + ROUNDING * (1.0 + asked))
            found = trunk.solve()
        if found.values is not None or not asked.sum():
            return found, 1.0
        trunk.hold(columns, np.zeros(len(asked)), asked)
        tonnes = np.zeros(len(trunk.block.columns))
        tonnes[columns] = -1.0
        trunk.charge(tonnes)
        most = trunk.solve()
        trunk.charge(None)
        if most.values is None:
            return most, 0.0
        level = np.clip(most.values[columns], 0.0, asked)
        trunk.hold(columns, np.maximum(0.0, level - ROUNDING * (1.0 + level)), asked)
        return trunk.solve(), float(level.sum() / asked.sum())

    def _branch(self, home: Home, course: str, answers: dict[str, Answer], unpaid: dict[str, dict[int, float]]) -> None:
        """A branch, after the one that it leaves."""
        window = self.network.windows[course]
        left = None if window.leaves is None else answers[window.leaves]
        if left is not None and not left.met:
            answers[course], unpaid[course] = Answer(course), {}
            return
        branch, before = self._course(course), {} if left is None else left.reacted
        values = given_to(home, branch, None if left is None else left.stock, before)
        branch.give_values(values)
        if self.network.reactions:  # rules on funding that the portfolio breaks are not enforced
            branch.excuse(SHARED, values)
        response = branch.solve()
        found = read(self.network, branch, course, response, stock=course in home.parents)
        found.reacted |= {index: value for index, value in before.items() if index[2] < window.onset}
        answers[course], unpaid[course] = found, self._unpaid_in(course, response)

    def _unpaid_in(self, course: str, response: Response) -> dict[int, float]:
        """Discounted USD by period that nobody pays."""
        found: dict[int, float] = defaultdict(float)
        if response.values is not None:
            block = self._courses[course].block
            by_key = block.cost @ response.values + block.cost_constant
            for (category, period), usd in zip(block.cost_keys, by_key, strict=True):
                if category in UNPAID:
                    found[period] += float(usd)
        return found

    def _sum(
        self, out: Operated, invested: float, answers: Mapping[str, Answer], unpaid: Mapping[str, Mapping[int, float]]
    ) -> None:
        """What courses answer, by future."""
        markets = self.network.instance.markets
        short: dict[Line, float] = defaultdict(float)
        for future, path in self.network.path.items():
            if not all(answers[course].met for course in path.values()):
                out.lacking.append(future)
                continue
            usd = invested + math.fsum(answers[course].cost.get(t, 0.0) for t, course in path.items())
            out.usd[future] = usd
            out.paid[future] = usd - math.fsum(unpaid[course].get(t, 0.0) for t, course in path.items())
            for t, course in path.items():
                for (market, product, period), tonnes in answers[course].short.items():
                    if period == t:
                        short[future, markets[market].channel, product] += tonnes
        out.short = dict(short)
