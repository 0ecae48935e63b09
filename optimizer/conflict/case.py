"""An instance as rows and bounds that can be switched off, requirement by requirement."""

from __future__ import annotations

import dataclasses
import time
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from optimizer.conflict.loosest import blocked_funding, blocked_runs, loosest
from optimizer.conflict.requirement import Requirement, requirements_of
from optimizer.instance.instance import Instance
from optimizer.model import assemble
from optimizer.network.derive import tables_of
from optimizer.network.derive_markets import demand_tables
from optimizer.network.effects import Disruption
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, TRUNK, Network, Tables
from optimizer.network.trust import Trust
from optimizer.solver.compile import Block, Indices, Problem, join
from optimizer.solver.highs import Progress, Report
from optimizer.solver.written import build_block

DEMAND = "demand_is_met_or_short"
FUNDING_RULES = frozenset(["count_at_least", "count_at_most", "required", "at_most_one_of", "implied"])
OUTPUT_RULES = frozenset(["domestic_content", "exposure_cap", "heavy_content", "diversify"])
WITH_RULE = frozenset(
    [
        "starts_within_capacity",
        "reactions_within_starts",
        "delivered_content",
        "fill_rate",
        "released_within_cap",
        "feed_is_recycled",
    ]
)
FRICTIONS = frozenset(["activity_rises_slowly", "contracts_hold_capacity", "stricter_channels_gain_slowly"])

OPERATED = frozenset(["run", "flow", "deliver"])

Atom = tuple[str, str, int | None]
"""(name of a requirement, course, first year of a period): a part of a requirement."""


@dataclass(slots=True)
class Unit:
    """Rows and columns that are switched together.

    Attributes:
        rows: rows that are free while it is off.
        columns: columns that are at 0 while it is on.
    """

    rows: Indices
    columns: Indices


@dataclass(slots=True)
class Case:
    """Some courses of an instance, with what each requirement holds in them.

    Attributes:
        instance: as written.
        network: of the loosest instance.
        courses: `trunk`, and the branches that are looked at.
        tables: by course, of the loosest instance.
        problem: the loosest problem, without objective.
        requirements: those that hold something, by name.
        rows: atom -> rows.
        columns: name of a requirement -> columns that it keeps at 0.
        exposure: (name of a trust condition, column) -> exposure of the facility.
        built: all blocks built so far, with the tables of courses, for cases of more courses.
    """

    instance: Instance
    network: Network
    courses: tuple[str, ...]
    tables: dict[str, Tables]
    problem: Problem
    requirements: dict[str, Requirement]
    rows: dict[Atom, Indices]
    columns: dict[str, Indices]
    exposure: dict[tuple[str, int], float] = field(default_factory=dict)
    built: dict[str, tuple[Block, Tables | None]] = field(default_factory=dict)
    _keys: dict[str, dict[Any, int]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of the requirements, what a planner wants first."""
        return list(self.requirements)

    def activity(self) -> Indices:
        """Columns of what is run, moved and delivered: all 0 where nothing is operated."""
        found = [
            int(self.problem.place[course][i])
            for course in self.courses
            for i, (component, _) in enumerate(self.problem.blocks[course].columns)
            if component in OPERATED
        ]
        return np.array(found, dtype=np.int64)

    def units(self) -> dict[Hashable, Unit]:
        """A unit for each requirement."""
        rows: dict[str, list[Indices]] = defaultdict(list)
        for (name, _, _), found in self.rows.items():
            rows[name].append(found)
        none = np.zeros(0, dtype=np.int64)
        return {
            name: Unit(np.concatenate(rows.get(name) or [none]), self.columns.get(name, none))
            for name in self.requirements
        }

    def atoms(self, names: Collection[str]) -> dict[Hashable, Unit]:
        """A unit for each part of some requirements: a course and a period; a requirement on columns has one part."""
        none = np.zeros(0, dtype=np.int64)
        found: dict[Hashable, Unit] = {}
        for name in names:
            # A branch before the trunk, a late year before an early one: the first to be given up comes last.
            mine = [atom for atom in self.rows if atom[0] == name]
            for atom in sorted(
                mine, key=lambda a: (self.courses.index(a[1]) if a[1] in self.courses else -1, a[2] or 0)
            ):
                found[atom] = Unit(self.rows[atom], none)
            if name in self.columns:
                found[name, "", None] = Unit(none, self.columns[name])
        return found

    def column(self, block: str, component: str, index: Any) -> int | None:
        """The column of a variable; None where there is none."""
        if block not in self._keys:
            place, columns = self.problem.place[block], self.problem.blocks[block].columns
            self._keys[block] = {key: int(place[i]) for i, key in enumerate(columns)}
        return self._keys[block].get((component, index))


def held(problem: Problem, units: Mapping[Hashable, Unit], active: Collection[Hashable]) -> Problem:
    """The problem in which the units that are not active are switched off."""
    lower, upper = problem.row_lower.copy(), problem.row_upper.copy()
    most = problem.upper.copy()
    on = set(active)
    for name, unit in units.items():
        if name not in on:
            lower[unit.rows] = -np.inf
            upper[unit.rows] = np.inf
    for name in on:
        most[units[name].columns] = 0.0
    return dataclasses.replace(problem, row_lower=lower, row_upper=upper, upper=most)


def case_of(
    instance: Instance, branches: Iterable[str] = (), report: Report | None = None, known: Case | None = None
) -> Case:
    """Some courses of an instance as rows and bounds that can be switched off.

    Args:
        instance: as written.
        branches: scenarios whose branches are looked at beside the trunk, with all that they leave.
        report: called with progress.
        known: a case of the same instance, whose blocks are used again.
    """
    network = network_of(loosest(instance)) if known is None else known.network
    courses = (TRUNK, *with_what_they_leave(network, branches))
    began = time.monotonic()
    built: dict[str, tuple[Block, Tables | None]] = {} if known is None else dict(known.built)
    if not built:
        built[INVESTMENT] = build_block(assemble.investment, network), None
    tables: dict[str, Tables] = {}
    for course in courses:
        if course not in built:
            if report is not None:
                report(Progress(f"building {course}", time.monotonic() - began, None, None, 0))
            made = tables_of(network, course)
            built[course] = build_block(assemble.operations, made), made
        tables[course] = built[course][1] or tables_of(network, course)
    problem = _split(join(built[name][0] for name in (INVESTMENT, *courses)))
    requirements = {item.name: item for item in requirements_of(instance, network.calendar)}
    case = Case(instance, network, courses, tables, problem, {}, {}, {}, built=built)
    _take_rows(case)
    _take_columns(case)
    live = {name for name, _, _ in case.rows} | set(case.columns)
    case.requirements = {name: item for name, item in requirements.items() if name in live}
    return case


def with_what_they_leave(network: Network, branches: Iterable[str]) -> list[str]:
    """Branches with those that they leave, and those these leave, in the order of the instance."""
    wanted: set[str] = set()
    for name in branches:
        at: str | None = name
        while at is not None and at not in wanted:
            wanted.add(at)
            at = network.windows[at].leaves
    return [name for name in network.windows if name in wanted]


def loud_branches(network: Network) -> list[str]:
    """Branches that a plan of the trunk may not be able to answer: they must deliver, or restore without buying back.

    Every other branch can do nothing at all: what it does not deliver is short at a cost, its stock stays or is bought
    back, and rules on operations hold where nothing is made.
    """
    instance, calendar = network.instance, network.calendar
    found = []
    for name, window in network.windows.items():
        tables = demand_tables(network, window.periods, Disruption(calendar, window.effects))
        hard = any(tables.tonnes[key] > 0 and key not in tables.shortage_cost for key in tables.lines)
        stores = network.places.stocked if window.restores else ()
        bare = any(instance.materials[m].price is None for _, m, _ in stores)
        if hard or bare:
            found.append(name)
    return found


def _split(problem: Problem) -> Problem:
    """Demand as two rows: what is delivered (or short) is no more than it, which is no requirement, and no less."""
    rows = [
        start + i
        for name, start in problem.row_start.items()
        for i, (component, _) in enumerate(problem.blocks[name].rows)
        if component == DEMAND
    ]
    more = problem.matrix[rows] if rows else sp.csr_array((0, problem.columns))
    lower = problem.row_lower.copy()
    upper = problem.row_upper.copy()
    most = upper[rows]
    upper[rows] = np.inf
    return dataclasses.replace(
        problem,
        matrix=sp.csr_array(sp.vstack([problem.matrix, more], format="csr")),
        row_lower=np.concatenate([lower, np.full(len(rows), -np.inf)]),
        row_upper=np.concatenate([upper, most]),
    )


def _take_rows(case: Case) -> None:
    found: dict[Atom, list[int]] = defaultdict(list)
    for course, block in case.problem.blocks.items():
        start = case.problem.row_start[course]
        for i, (component, index) in enumerate(block.rows):
            atom = _atom(case, course, component, index)
            if atom is not None:
                found[atom].append(start + i)
    case.rows = {atom: np.array(rows, dtype=np.int64) for atom, rows in found.items()}


def _atom(case: Case, course: str, component: str, index: Any) -> Atom | None:
    """The part of a requirement that a row is; None where it is a fact."""
    if component == DEMAND:
        demand = case.tables[course].demand
        d, i, t = index
        hard = index not in demand.shortage_cost and demand.tonnes[index] > 0
        return (f"demand:{d}:{i}", course, t) if hard else None
    if component == "target_is_reached":
        p, i, t = index
        return None if index in case.tables[course].stock.target_cost else (f"target:{p}:{i}", course, t)
    if component == "goal_is_reached":
        return None if index in case.tables[course].rules.goal_cost else (f"rule:{index[0]}", course, index[1])
    if component in ("annual_budget", "annual_budget_with_reactions"):
        return "budget:annual", course, index
    if component in ("total_budget", "total_budget_with_reactions"):
        return "budget:total", course, None
    if component == "appropriation_is_kept":
        a, _, last = index
        return f"budget:appropriation:{a}", course, last
    if component in FUNDING_RULES:
        return f"rule:{index}", INVESTMENT, None
    if component == "reaction_at_most_one_of":
        return f"rule:{index}", course, None
    if component in OUTPUT_RULES:
        row = case.tables[course].rules.output[index]
        return f"rule:{row.rule}", course, row.period
    if component in WITH_RULE:
        return f"rule:{index[0]}", course, index[-1]
    if component == "claim_is_served":
        return f"claim:{index[0]}:{index[1]}", course, index[3]
    if component == "stock_rejoins_the_trunk":
        p, m, _ = index
        tables = case.tables[course]
        return None if (p, m, tables.periods[-1]) in tables.stock.buy_back else (f"rejoin:{p}:{m}", course, None)
    if component == "stock_within_capacity":
        return f"room:{index[0]}:{index[1]}", course, index[2]
    if component == "link_within_capacity":
        return (f"link:{index[0]}", course, index[1]) if _limited(case.instance, index[0]) else None
    if component == "new_makers_wait":
        return f"requalification:{index[1]}:{index[2]}", course, index[3]
    if component in FRICTIONS:
        return f"friction:{index[0]}", course, index[-1]
    if component == "activity_is_qualified":
        return f"qualification:{index[0]}", course, index[-1]
    return None


def _limited(instance: Instance, link: str) -> bool:
    """Whether a link has a capacity of its own; one that a scenario closes may have none."""
    kind, _, number = link.partition(":")
    rows: Any = instance.lanes if kind == "lane" else instance.logistics.freight
    return rows[int(number)].capacity is not None


def _take_columns(case: Case) -> None:
    found: dict[str, list[int]] = defaultdict(list)
    trust = Trust(case.instance, case.network.calendar)
    for course in case.courses:
        for run, name, exposure in blocked_runs(trust, case.tables[course]):
            column = case.column(course, "run", run)
            if column is not None:
                found[name].append(column)
                case.exposure[name, column] = exposure
        for f, o, t in case.tables[course].reaction.own:
            for name in blocked_funding(case.instance, f, o, t):
                column = case.column(course, "react", (f, o, t))
                found[name] += [] if column is None else [column]
    for (f, o), years in case.network.starts.years.items():
        for t in years:
            for name in blocked_funding(case.instance, f, o, t):
                column = case.column(INVESTMENT, "fund", (f, o, t))
                found[name] += [] if column is None else [column]
    case.columns = {name: np.array(columns, dtype=np.int64) for name, columns in found.items()}
