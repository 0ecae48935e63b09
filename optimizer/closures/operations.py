"""What facilities run, make and sell on each course, read from a plan's own tables; and what stands there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from optimizer.network.derive_capacity import capacity_of
from optimizer.network.derive_finance import place_of
from optimizer.network.effects import Disruption
from optimizer.network.reactions import inherited
from optimizer.network.starts import Start
from optimizer.network.tables import TRUNK, Network
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

ZERO = 1e-9
"""As in the plan's own tables."""
At = tuple[str, int]
"""Course, period."""


@dataclass(frozen=True, slots=True)
class Sale:
    """What a facility makes and sells in a period: t of a material in a state and channel."""

    facility: str
    state: str
    material: str
    channel: str
    made: float
    sold: float


@dataclass(frozen=True, slots=True)
class Shared:
    """Surplus of several makers that was dealt out among them, since no table says whose it is: t."""

    course: str
    period: int
    place: str
    material: str
    tonnes: float
    makers: tuple[str, ...]


@dataclass(slots=True)
class Operations:
    """What a plan's tables say of its courses.

    Attributes:
        runs: rows of the table `runs`.
        sales: of every facility.
        fixed: (course, period, facility) -> USD.
        standing: facilities with capacity on a course, or something funded.
        shared: surplus that was dealt out.
        planned: what the plan funds.
        reacted: branch -> what it funds itself.
        dearer: (period, facility, material) -> what users of stricter channels pay above the reference price on the
            trunk, as a share of all that is sold.
    """

    runs: dict[At, list[Any]] = field(default_factory=lambda: defaultdict(list))
    sales: dict[At, list[Sale]] = field(default_factory=lambda: defaultdict(list))
    fixed: dict[tuple[str, int, str], float] = field(default_factory=dict)
    standing: set[str] = field(default_factory=set)
    shared: list[Shared] = field(default_factory=list)
    planned: list[Start] = field(default_factory=list)
    reacted: dict[str, list[Start]] = field(default_factory=lambda: defaultdict(list))
    dearer: dict[tuple[int, str, str], float] = field(default_factory=dict)

    def above(self, sale: Sale, period: int) -> float:
        """What a sale brings above the price, as a share of it: as on the trunk, since no table says it of branches."""
        return self.dearer.get((period, sale.facility, sale.material), 0.0)

    @property
    def funded(self) -> set[str]:
        """Facilities of which the plan funds something."""
        return {start.facility for start in self.planned}


def operations_of(network: Network, plan: Plan, courses: Iterable[str]) -> Operations:
    """What the tables say of some courses.

    Args:
        network: of the plan's instance.
        plan: with tables.
        courses: the trunk, and branches.
    """
    found, wanted = Operations(), set(courses)
    for row in rows_of(plan.runs):
        if row.scenario in wanted:
            found.runs[row.scenario, int(row.period)].append(row)
    found.planned = _planned(network, plan)
    for row in rows_of(plan.reactions):
        found.reacted[row.scenario].append(Start(row.facility, row.option, (int(row.funded),), row.scenario))
    found.standing = {row.facility for row in rows_of(plan.capacity) if row.scenario in wanted}
    found.standing |= found.funded | {start.facility for starts in found.reacted.values() for start in starts}
    _sell(network, plan, found)
    found.dearer = _dearer(plan)
    for course in sorted(wanted):
        _stand(network, found, course)
    return found


def _planned(network: Network, plan: Plan) -> list[Start]:
    """What the plan funds, with the years of what had to come before where a delay may reach that."""
    years = {(row.facility, row.option): int(row.funded) for row in rows_of(plan.portfolio)}
    starts = network.starts

    def path(facility: str, option: str) -> tuple[int, ...]:
        base = starts.base(facility, option)
        before = path(facility, base) if base is not None and (facility, option) in starts.sequenced else ()
        return (*before, years[facility, option])

    return [Start(facility, option, path(facility, option)) for facility, option in years]


def _sell(network: Network, plan: Plan, found: Operations) -> None:
    """What is made and sold: by the table of sales on the trunk, else all but what is surplus at the place."""
    instance = network.instance
    told: dict[tuple[int, str, str, str, str], float] = {}
    listed: set[tuple[str, str, int]] = set()
    for row in rows_of(plan.sales):
        told[int(row.period), row.facility, row.state, row.material, row.channel] = float(row.sold)
        listed.add((place_of(network, row.facility, row.material), row.material, int(row.period)))
    surplus: dict[tuple[str, int, str, str], float] = defaultdict(float)
    for row in rows_of(plan.surplus):
        if not instance.materials[row.material].sell:  # what is sold has a buyer
            surplus[row.scenario, int(row.period), row.place, row.material] += row.tonnes
    for (course, period), runs in found.runs.items():
        made: dict[tuple[str, str, str, str], float] = defaultdict(float)
        for run in runs:
            for material, each in instance.recipes[run.recipe].outputs.items():
                made[run.facility, run.state, material, run.channel] += each * run.run
        size: dict[tuple[str, str], float] = defaultdict(float)
        makers: dict[tuple[str, str], set[str]] = defaultdict(set)
        for (facility, _, material, _), tonnes in made.items():
            pool = (place_of(network, facility, material), material)
            size[pool] += tonnes
            makers[pool].add(facility)
        for (facility, state, material, channel), tonnes in sorted(made.items()):
            place = place_of(network, facility, material)
            if course == TRUNK and (place, material, period) in listed:
                sold = told.get((period, facility, state, material, channel), 0.0)
            else:
                left = surplus.get((course, period, place, material), 0.0)
                sold = tonnes * max(0.0, 1.0 - left / size[place, material]) if left else tonnes
            found.sales[course, period].append(Sale(facility, state, material, channel, tonnes, sold))
        for (place, material), of in makers.items():
            left = surplus.get((course, period, place, material), 0.0)
            asked = course == TRUNK and (place, material, period) in listed
            if left > ZERO and len(of) > 1 and not asked:
                found.shared.append(Shared(course, period, place, material, left, tuple(sorted(of))))


def _dearer(plan: Plan) -> dict[tuple[int, str, str], float]:
    """What premiums are of what all sales of a facility bring at reference prices."""
    worth: dict[tuple[int, str, str], float] = defaultdict(float)
    for row in rows_of(plan.sales):
        if pd.notna(row.price):
            worth[int(row.period), row.facility, row.material] += row.sold * row.price
    found: dict[tuple[int, str, str], float] = defaultdict(float)
    for row in rows_of(plan.premiums) if "premiums" in plan.tables else ():
        index = (int(row.period), row.facility, row.material)
        if worth[index] > 0:
            found[index] += row.usd / worth[index]
    return found


def _stand(network: Network, found: Operations, course: str) -> None:
    """Fixed cost of what stands and of what is funded on a course."""
    window = None if course == TRUNK else network.windows[course]
    periods = network.calendar.periods if window is None else window.periods
    disruption = None if window is None else Disruption(network.calendar, window.effects)
    reacted: list[Start] = []
    if window is not None:
        taken = {start for starts in found.reacted.values() for start in starts}
        own = (*network.reactions.get(course, ()), *inherited(network.reactions, network.windows, course))
        reacted = [start for start in own if start in taken]
    capacity = capacity_of(network, sorted(found.standing), periods, disruption, reacted)
    started = {*found.planned, *reacted}
    for facility in found.standing:
        for t in periods:
            found.fixed[course, t, facility] = capacity.fixed[facility, t]
    for t, terms in capacity.fixed_of.items():
        for start, usd in terms:
            if start in started:
                found.fixed[course, t, start.facility] += usd
