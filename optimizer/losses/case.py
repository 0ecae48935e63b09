"""What is tried: a plan, the markets to be served, what may be lost, for how long and from when."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.policy import DemandEffect, Scenario
from optimizer.losses.candidates import Loss
from optimizer.network.calendar import Calendar, calendar_of
from optimizer.network.derive_adjust import limits_of
from optimizer.network.derive_requalification import waits_of
from optimizer.network.effects import window
from optimizer.network.network import network_of
from optimizer.network.reactions import without_reactions
from optimizer.network.tables import TRUNK, Network
from optimizer.plan.columns import COLUMNS, rows_of
from optimizer.plan.plan import Plan
from optimizer.solver.given import known_makers, trunk_runs

COURSE = "loss"
"""Id of the one scenario of the instance that is tried."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that a process needs to answer losses.

    Attributes:
        plan: the plan, with the tables that say what it gives its branches.
        weights: market to be served -> weight of a tonne short there.
        losses: what may be lost, by name.
    """

    plan: Plan
    weights: Mapping[str, float]
    losses: Mapping[str, Loss]

    @property
    def instance(self) -> Instance:
        """The plan's instance."""
        return self.plan.instance

    @property
    def calendar(self) -> Calendar:
        """The calendar of the instance."""
        return calendar_of(self.instance)

    def network(self, onset: int, duration: int) -> Network:
        """The instance with a branch of this onset and duration in which nothing happens but that reserves release.

        Nothing is funded in it: who survives without funding anything survives with it.
        """
        alone = {"scenarios": (future(onset, duration),)}
        return network_of(without_reactions(self.instance).model_copy(update=alone))

    def demand(self, onset: int, duration: int) -> float:
        """Weighted tonnes that the markets ask for in a branch: no loss makes more than this short."""
        calendar = self.calendar
        found = window(future(onset, duration), calendar)
        assert found is not None
        return math.fsum(
            weight * calendar.mean(line.tonnes, t) * calendar.years[t]
            for market, weight in self.weights.items()
            for line in self.instance.markets[market].demand
            for t in found.periods
        )

    def may_fail(self) -> bool:
        """Whether a loss may leave something undone that must be done: demand met, stock restored without a price."""
        instance = self.instance
        hard = any(
            line.shortage_cost.raw(year, self.calendar.first_year) is None
            for market in instance.markets.values()
            for line in market.demand
            for t in self.calendar.periods
            for year in self.calendar.span[t]
        )
        kept = {material for stockpile in instance.stockpiles.values() for material in stockpile.materials}
        return hard or any(instance.materials[material].price is None for material in kept)

    def plan_hash(self) -> str:
        """A hash of what the plan gives: fundings, the trunk's stock, activity that ties branches, known makers."""
        fundings = sorted([str(r.facility), str(r.option), int(r.funded)] for r in rows_of(self.plan.portfolio))
        stock = sorted(
            [str(r.stockpile), str(r.material), str(r.channel), int(r.period), float(r.closing)]
            for r in rows_of(self.plan.stock)
            if r.scenario == TRUNK
        )
        given: list[Any] = [fundings, stock]
        if limits := limits_of(self.instance):
            given.append(sorted([*run, value] for run, value in trunk_runs(self.plan, limits).items()))
        if waits_of(self.instance):
            rows = rows_of(self.plan.makers)
            given.append(sorted([r.facility, r.material, r.channel, int(r.period), float(r.tonnes)] for r in rows))
        return hashlib.sha256(json.dumps(given, separators=(",", ":")).encode()).hexdigest()


def future(onset: int, duration: int) -> Scenario:
    """A scenario with an effect that changes nothing but is active: reserves release while it lasts."""
    nothing = DemandEffect(affects="demand", factor=1.0)
    return Scenario(id=COURSE, probability=0.0, onset=onset, duration=duration, effects=(nothing,))


def case_of(plan: Plan, weights: Mapping[str, float], losses: Mapping[str, Loss]) -> Case:
    """The case of a plan.

    Args:
        plan: with tables.
        weights: market to be served -> weight of a tonne short there.
        losses: what may be lost, by name.
    """
    tables = {name: plan.tables[name] for name in ("portfolio", "stock", "runs")}
    if waits_of(plan.instance):
        known = known_makers(network_of(plan.instance), plan)
        rows = [(y, f, material, k, 0.0, tonnes) for (f, material, k, y), tonnes in known.items()]
        tables["makers"] = pd.DataFrame(rows, columns=list(COLUMNS["makers"]))
    return Case(Plan(plan.instance, {}, tables), dict(weights), dict(losses))


def lost_periods(calendar: Calendar, onset: int, duration: int) -> tuple[int, ...] | None:
    """The periods of a loss; None where it would begin or end inside a period. It is cut at the horizon's end."""
    stop = min(onset + duration, calendar.end_year)
    if onset not in calendar.span or not any(calendar.span[t].stop == stop for t in calendar.periods):
        return None
    return tuple(t for t in calendar.periods if onset <= t < stop)
