"""Re-planning from a year on: the portfolio that is worth its changes, beside none changed and all free to."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.model.declare import Key
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, Funding, Network
from optimizer.plan.plan import Plan
from optimizer.replanning.past import PLANNED, Option, Past, past_of
from optimizer.replanning.rows import Change, Price, changes_of, frozen_rows
from optimizer.replanning.why import why_not
from optimizer.run import checkpoint_of, plan_of
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.extensive import Solved
from optimizer.solver.highs import Progress, Report, Stop
from optimizer.solver.options import Options
from optimizer.solver.refusals import rows_refused
from optimizer.solver.solve import solve as solve_network
from optimizer.solver.start import Start, start_of

UNCHANGED, PRICED, UNPRICED = "no change", "re-planned", "free"
"""The three plans of a bracket."""
CHANGES = ("facility", "option", "change", "was", "now", "usd", "without", "without_status")
BRACKET = ("plan", "status", "why", "cost", "bound", "change", "together", "changes")


@dataclass(frozen=True, slots=True)
class Rolled:
    """What a re-planning found.

    Attributes:
        plan: the new plan; its `info["roll"]` says what is frozen, what changes and at what price (docs/roll.md).
        frozen: facility, option, year of what is frozen.
        changes: a row for each funding that is not as the last plan has it: what it was, what it is, its price, and
            what the plan costs without this change alone, USD, with the status of that solve (blank where not asked).
        bracket: cost, price of change and both together of the plan without change, of this one, and of the free one.
    """

    plan: Plan
    frozen: pd.DataFrame
    changes: pd.DataFrame
    bracket: pd.DataFrame

    __repr__ = shown

    @property
    def info(self) -> dict[str, Any]:
        """What was frozen, changed and compared."""
        found: dict[str, Any] = self.plan.info["roll"]
        return found

    def save(self, folder: Path | str) -> Path:
        """Write the plan as a result folder, whole or not at all.

        Raises:
            PlanError: something else is there.
        """
        return self.plan.save(folder)


def roll(
    plan: Plan | Path | str,
    instance: Instance,
    *,
    year: int,
    change_usd: float,
    move_usd: float | None = None,
    funded: Path | str | Sequence[Funding] | None = None,
    stock: str = PLANNED,
    bracket: bool = False,
    each: bool = False,
    options: Options | None = None,
    report: Report | None = None,
    stop: Stop | None = None,
) -> Rolled:
    """Freeze what has happened before a year and plan the rest again, near the last plan at a price of change.

    What is minimised is the instance's own measure plus the price of change. The plan without change is always made.

    Args:
        plan: the last plan, or its result folder.
        instance: as things are now.
        year: first year of a period; nothing before it is decided any more.
        change_usd: price of a funding dropped or added, USD, undiscounted.
        move_usd: price of a funding moved, per year, at most `change_usd` in all; default `change_usd`.
        funded: what was really funded before the year, where that is not the plan: a CSV of facility, option, year.
        stock: that the year begins with, on the trunk: `plan`, or `free` to be planned again.
        bracket: also plan with change free of charge.
        each: also what the plan costs without each change alone.
        options: how to solve each problem.
        report: called with progress.
        stop: asks it to stop with what it has; the first Ctrl-C does so.

    Raises:
        OptionsError: what is asked makes no sense.
        PlanError: the last plan, or what was funded, does not fit the instance.
        SolveError: the solver failed.

    Example:
        >>> import optimizer
        >>> instance = optimizer.load("docs/examples/two_plants.yaml")
        >>> last = optimizer.solve(instance, gap=0)
        >>> dearer = instance.replace({"facilities.home.options.build.capex": 9e7})
        >>> rolled = optimizer.roll(last, dearer, year=2027, change_usd=1e6)
        >>> rolled.changes[["facility", "change"]].values.tolist()
        [['abroad', 'added'], ['home', 'dropped']]
        >>> optimizer.roll(last, dearer, year=2027, change_usd=1e9).changes.empty
        True
    """
    price = _price(change_usd, move_usd, options)
    last = plan if isinstance(plan, Plan) else Plan.read(plan)
    source = "the last plan" if isinstance(plan, Plan) else str(plan)
    network = network_of(instance)
    past = past_of(network, last, source, year, funded, stock)
    stop = stop or Stop()
    desk = _Desk(instance, network, past, price, options or Options(), report, stop, checkpoint_of(instance))
    with stop.listening():
        return desk.rolled(last, source, bracket=bracket, each=each)


def _price(change_usd: float, move_usd: float | None, options: Options | None) -> Price:
    faults = [
        f"{name} is {usd:g}; it is 0 or more, USD"
        for name, usd in (("change_usd", change_usd), ("move_usd", move_usd))
        if usd is not None and not 0 <= usd < float("inf")
    ]
    faults += rows_refused(options.method) if options is not None else []
    if faults:
        raise OptionsError("; ".join(faults))
    return Price(change_usd, change_usd if move_usd is None else move_usd)


@dataclass(slots=True)
class _Desk:
    """Solves of one instance with its past frozen; Benders keeps its cuts from one to the next."""

    instance: Instance
    network: Network
    past: Past
    price: Price
    options: Options
    report: Report | None
    stop: Stop
    checkpoint: Checkpoint
    hindsight: dict[str, float] | None = None

    def rolled(self, last: Plan, source: str, *, bracket: bool, each: bool) -> Rolled:
        """The plan and what it is compared with."""
        unchanged = self._ask(UNCHANGED, self.price, start_of(last), self.past.expected)
        start = _start(self.network, unchanged) or start_of(last)
        solved = self._ask(PRICED, self.price, start)
        funded = _funded(self.past, solved)
        changes = changes_of(self.past, self.price, funded) if solved.values else []
        paid = sum(change.usd for change in changes)
        rows = [_row(UNCHANGED, unchanged, 0.0, 0), _row(PRICED, solved, paid, len(changes))]
        if bracket:
            free = self._ask(UNPRICED, Price(0.0, 0.0), _start(self.network, solved))
            differs = changes_of(self.past, self.price, _funded(self.past, free)) if free.values else []
            rows.append(_row(UNPRICED, free, 0.0, len(differs)))
        without = [self._without(change, funded) if each else (None, None) for change in changes]
        more = self._info(last, source, changes, without, rows, solved)
        _without_price(solved, paid)
        made = plan_of(self.instance, self.options, solved, {"roll": more})
        if solved.status == "infeasible" and not self.stop.asked.is_set():
            made.info["why"] = why_not(self.instance, self.network, self.past, self.options, self.report, self.stop)
        table = pd.DataFrame([dataclasses.asdict(change) for change in changes], columns=list(CHANGES))
        table["without"] = pd.Series([usd for usd, _ in without], dtype=float)
        table["without_status"] = pd.Series([status for _, status in without], dtype=object)
        return Rolled(
            made,
            pd.DataFrame(self.past.frozen, columns=["facility", "option", "year"]),
            table.astype({"was": "Int64", "now": "Int64"}),
            pd.DataFrame(rows, columns=list(BRACKET)),
        )

    def _ask(self, what: str, price: Price, start: Start | None, held: Mapping[Option, int] | None = None) -> Solved:
        if held is not None:
            impossible = [
                f"{f}:{o} can no longer be funded in {t}"
                for (f, o), t in sorted(held.items())
                if t not in self.network.starts.years[f, o]
            ]
            if impossible:
                return Solved(self.network, {}, "infeasible", "; ".join(impossible))
        began = time.monotonic()

        def named(progress: Progress) -> None:
            assert self.report is not None
            self.report(dataclasses.replace(progress, phase=f"{what}: {progress.phase}"))

        block = frozen_rows(self.network, self.past, price, held)
        solved = solve_network(
            self.network, self.options, named if self.report else None, self.stop, start, block, self.hindsight,
            self.checkpoint,
        )  # fmt: skip
        self.hindsight = solved.hindsight or self.hindsight
        solved.resumed = ""
        solved.start = ""
        solved.seconds["total"] = time.monotonic() - began
        return solved

    def _without(self, change: Change, funded: Mapping[Option, int]) -> tuple[float | None, str]:
        """What the plan costs with one change undone and all other fundings as they are, USD; its status."""
        held = dict(funded)
        held.pop((change.facility, change.option), None)
        if change.was is not None:
            held[change.facility, change.option] = change.was
        what = f"without {change.facility}:{change.option} {change.change}"
        solved = self._ask(what, self.price, None, held)
        return solved.objective if solved.values else None, solved.status

    def _info(
        self,
        last: Plan,
        source: str,
        changes: Sequence[Change],
        without: Sequence[tuple[float | None, str | None]],
        rows: Sequence[Mapping[str, Any]],
        solved: Solved,
    ) -> dict[str, Any]:
        past = self.past
        about = {key: last.info.get(key) for key in ("instance", "instance_sha256", "made")}
        return {
            "year": past.year,
            "change_usd": self.price.change,
            "move_usd": self.price.move,
            "last": {"source": source, **about},
            "frozen_by": past.source,
            "frozen": [list(item) for item in past.frozen],
            "slipped": [list(item) for item in past.slipped],
            "expected": [[*key, year] for key, year in sorted(past.expected.items())],
            "stock": [[*index, tonnes] for index, tonnes in (past.stock or {}).items()] if past.stock else None,
            "passed": list(past.passed),
            "changes": [
                {**dataclasses.asdict(change), "without": usd, "without_status": status}
                for change, (usd, status) in zip(changes, without, strict=True)
            ],
            "change": sum(change.usd for change in changes),
            "minimised": solved.objective,
            "minimised_bound": solved.bound,
            "bracket": [dict(row) for row in rows],
        }


def _without_price(solved: Solved, paid: float) -> None:
    """Take the price of change out of what was minimised: what is left is the plan's cost, and the bound beside it."""

    def less(usd: float | None) -> float | None:
        return None if usd is None else usd - paid

    solved.objective, solved.bound = less(solved.objective), less(solved.bound)
    if solved.levels and solved.values:
        last = solved.levels[-1]
        solved.levels[-1] = dataclasses.replace(
            last, best=less(last.best), bound=less(last.bound), value=less(last.value)
        )


def _funded(past: Past, solved: Solved) -> dict[Option, int]:
    """What a solution funds besides what is frozen."""
    if not solved.values:
        return {}
    done = {item[:2] for item in past.frozen}
    return {(facility, option): year for facility, option, year in _taken(solved) if (facility, option) not in done}


def _taken(solved: Solved) -> list[Funding]:
    """All that a solution funds."""
    fund: Mapping[Any, float] = solved.values[INVESTMENT].get("fund", {})
    return [key for key, value in fund.items() if value > 0.5]


def _start(network: Network, solved: Solved) -> Start | None:
    """A solution, for the next to begin with."""
    if not solved.values:
        return None
    courses = frozenset({*solved.tables} & {"trunk", *network.windows})
    stock: dict[tuple[str, Key], float] = {
        (course, (component, index)): value
        for course in courses
        for component in ("stock", "missing")
        for index, value in solved.values[course].get(component, {}).items()
    }
    return Start(frozenset(_taken(solved)), courses, stock)


def _row(name: str, solved: Solved, paid: float, changes: int) -> dict[str, Any]:
    """A row of the bracket."""
    known = solved.objective if solved.values else None
    return {
        "plan": name,
        "status": solved.status,
        "why": solved.why,
        "cost": None if known is None else known - paid,
        "bound": solved.bound if solved.values else None,
        "change": None if known is None else paid,
        "together": known,
        "changes": changes if known is not None else None,
    }
