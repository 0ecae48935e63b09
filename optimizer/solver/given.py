"""What courses of operations are given by a portfolio, or by a plan: fundings, stock, known makers, activity."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from optimizer.errors import SolveError
from optimizer.model.declare import Key
from optimizer.network.derive import tables_of
from optimizer.network.derive_adjust import limits_of
from optimizer.network.derive_requalification import waits_of
from optimizer.network.starts import Start, Starts
from optimizer.network.tables import INVESTMENT, TRUNK, Network, RunIndex
from optimizer.plan.columns import rows_of
from optimizer.plan.makers import Known, makers_of
from optimizer.plan.plan import Plan

Given = Mapping[tuple[str, Key], float]
"""(block, (component, index)) -> value; what is not there is 0."""
NOTHING = 1e-6
"""Activity of a plan that is rounding: what is decided elsewhere may break a row of a part by half as much."""


def given_fundings(starts: Starts, funded: Collection[tuple[str, str, int]]) -> dict[tuple[str, Key], float]:
    """What a portfolio gives the courses of operations.

    Args:
        starts: when options can be funded.
        funded: (facility, option, year) of each funding.

    Raises:
        SolveError: the instance does not know a funding.
    """
    found: dict[tuple[str, Key], float] = {}
    for facility, option, year in set(funded):
        found[INVESTMENT, ("fund", (facility, option, year))] = 1.0
    for start in starts_taken(starts, funded):
        if len(start.path) > 1:
            found[INVESTMENT, ("sequence", (start.facility, start.option, start.label))] = 1.0
    return found


def starts_taken(starts: Starts, funded: Collection[tuple[str, str, int]]) -> frozenset[Start]:
    """The starts that a portfolio takes, each by the years in which it funds the options before.

    Raises:
        SolveError: the instance does not know a funding.
    """
    by_option = {(facility, option): year for facility, option, year in funded}
    found: set[Start] = set()
    for facility, option, year in funded:
        if year not in starts.years.get((facility, option), ()):
            raise SolveError(f"'{facility}' has no option '{option}' that can be funded in {year}")
        for start in starts.paths[facility, option]:
            before, years = option, [year]
            while len(years) < len(start.path) and (base := starts.base(facility, before)) is not None:
                before = base
                years.insert(0, by_option.get((facility, before), -1))
            if tuple(years) == start.path:
                found.add(start)
    return frozenset(found)


def given_by(network: Network, plan: Plan) -> dict[tuple[str, Key], float]:
    """What a plan gives its branches: fundings, the trunk's stock, what is tied to its activity, and its known makers.

    Args:
        network: of the plan's instance, or of one with other scenarios.
        plan: with tables.

    Raises:
        SolveError: the instance does not know a funding.
    """
    funded = [(str(row.facility), str(row.option), int(row.funded)) for row in rows_of(plan.portfolio)]
    given = given_fundings(network.starts, funded)
    for row in rows_of(plan.stock):
        if row.scenario == TRUNK:
            index = (str(row.stockpile), str(row.material), str(row.channel), int(row.period))
            given[TRUNK, ("stock", index)] = float(row.closing)
    if limits := limits_of(network.instance):
        given |= {(TRUNK, ("run", run)): value for run, value in trunk_runs(plan, limits).items()}
    given |= {(TRUNK, ("known", index)): tonnes for index, tonnes in known_makers(network, plan).items()}
    return given


def known_makers(network: Network, plan: Plan) -> Known:
    """Whom users count as makers on the trunk of a plan, where new ones would wait.

    A plan whose instance does not ask says nothing of it; then it follows from what its trunk makes.
    """
    if not waits_of(network.instance):
        return {}
    found: Known = {
        (str(row.facility), str(row.material), str(row.channel), int(row.period)): float(row.tonnes)
        for row in rows_of(plan.makers)
    }
    return found or makers_of(tables_of(network), _trunk_values(plan))


def _trunk_values(plan: Plan) -> dict[str, dict[Any, float]]:
    """Values of the trunk of a plan with tables: activity, deliveries, what stockpiles take in."""
    found: dict[str, dict[Any, float]] = {"run": {}, "deliver": {}, "stock_in": {}}
    for row in rows_of(plan.runs):
        if row.scenario == TRUNK:
            index: Any = (str(row.facility), str(row.state), str(row.recipe), str(row.channel), int(row.period))
            found["run"][index] = float(row.run)
    for row in rows_of(plan.demand):
        if row.scenario == TRUNK and row.delivered:
            index = (str(row.market), int(row.line), str(row.material), str(row.channel), int(row.period))
            found["deliver"][index] = float(row.delivered)
    taken = plan.stock[plan.stock["scenario"] == TRUNK]
    names = zip(taken["stockpile"], taken["material"], taken["channel"], taken["period"], taken["in"], strict=True)
    for store, material, channel, period, tonnes in names:
        found["stock_in"][str(store), str(material), str(channel), int(period)] = float(tonnes)
    return found


def trunk_runs(plan: Plan, facilities: Collection[str]) -> dict[RunIndex, float]:
    """What some facilities run on the trunk of a plan with tables, but for what is within the tolerance of its solve.

    A branch could not run that: it may be of a facility that has no capacity.
    """
    return {
        (str(row.facility), str(row.state), str(row.recipe), str(row.channel), int(row.period)): float(row.run)
        for row in rows_of(plan.runs)
        if row.scenario == TRUNK and row.facility in facilities and row.run > NOTHING
    }
