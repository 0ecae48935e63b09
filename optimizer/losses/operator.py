"""The operator: answers a loss by least weighted tonnes short, whatever it costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from optimizer.errors import SolveError
from optimizer.losses.case import COURSE, Case, lost_periods
from optimizer.model import assemble
from optimizer.model.declare import Key
from optimizer.network.derive import tables_of
from optimizer.network.tables import Tables
from optimizer.solver.branch import Branch, Response
from optimizer.solver.compile import Indices, Vector
from optimizer.solver.given import Given, given_by
from optimizer.solver.widen import widened
from optimizer.solver.written import build_block

USED = 1e-7
"""Activity, in units of it or tonnes, from which something counts as used."""
SLACK = 1e-9
"""Tonnes by which a line may be shorter than in the answer that an answer of less activity replaces."""
ROUNDS = 3
"""How often less activity is sought by weights that favour what is used little (Candès, Wakin and Boyd 2008)."""

Line = tuple[str, int, int]
"""(market, number of its demand line, period)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the operator makes of a set of losses.

    Attributes:
        short: weighted tonnes short over the branch; None where demand that must be met cannot be.
        used: what may be lost and is used in the lost years by this answer.
        lean: whether little use was sought.
        lines: tonnes short by line of the named markets, those that are not zero.
        lps: linear programs solved.
    """

    short: float | None
    used: frozenset[str]
    lean: bool
    lines: Mapping[Line, float] = field(default_factory=dict)
    lps: int = 1


class Operator:
    """Answers losses of one onset and duration, from one compiled branch.

    Attributes:
        tables: tables of the branch.
        branch: the branch, charged with weighted tonnes short.
        given: what was given to it last.
        columns: activity and movement in the lost years that each loss stops, by name of the loss.
        stock: column of opening stock had beside the plan's, by store (stockpile, material, channel); 0 unless opened.
        unmet: column of demand that must be met and is not, by line; 0 unless opened.
        unrestored: column of stock that must be restored and is not, by store; 0 unless opened.
    """

    def __init__(self, case: Case, onset: int, duration: int) -> None:
        """Compile the branch and give it the plan; one without tables gives nothing.

        Args:
            case: what is tried.
            onset: first year of a period.
            duration: years of the loss; it ends with a period or with the horizon.

        Raises:
            SolveError: the loss would begin or end inside a period.
        """
        periods = lost_periods(case.calendar, onset, duration)
        if periods is None:
            raise SolveError(f"a loss of {duration} years from {onset} begins or ends inside a period")
        self.case = case
        self.network = case.network(onset, duration)
        self.tables = tables_of(self.network, COURSE)
        block = build_block(assemble.operations, self.tables)
        extra = _extra(self.tables, {key: row for row, key in enumerate(block.rows)})
        first = len(block.columns)
        self.branch = Branch(widened(block, extra))
        self.given: Given = {}
        if case.plan.tables:
            self.give(given_by(self.network, case.plan))
        self.stock = _of(extra, first, "extra_stock")
        self.unmet = _of(extra, first, "unmet")
        self.unrestored = _of(extra, first, "unrestored")
        self.short: dict[Line, int] = {
            line: i for line, i in self.branch.columns_of("short").items() if line[0] in case.weights
        }
        self._must = np.array([*self.unmet.values(), *self.unrestored.values()], dtype=np.int64)
        self._short = np.array(list(self.short.values()), dtype=np.int64)
        self.tonnes_short: Vector = np.zeros(len(self.branch.block.columns))
        for line, column in self.short.items():
            self.tonnes_short[column] = case.weights[line[0]]
        self.branch.charge(self.tonnes_short)
        self.columns = self._columns(set(periods))

    def give(self, given: Given) -> None:
        """Say what is decided elsewhere."""
        self.given = given
        self.branch.give(given)

    def answer(self, lost: Collection[str], *, lean: bool = False) -> Answer:
        """The least weighted tonnes short after some losses.

        Args:
            lost: names of what is lost.
            lean: seek an answer of the same tonnes short that uses little of what may be lost.
        """
        with Lost(self, lost):
            found = self.branch.solve()
            if found.value is None or found.values is None:
                return Answer(None, frozenset(), lean)
            lines = self.lines(found.values)
            used = self._used(found.values)
            lps = 1
            if lean and used:
                used, more = self._lean(found, used)
                lps += more
        return Answer(max(0.0, found.value), used, lean, lines, lps)

    def shortfall(self, lost: Collection[str]) -> tuple[float, Response]:
        """Weighted tonnes short after some losses, or left undone of what must be done, with the slopes of that."""
        with Lost(self, lost):
            found = self.branch.solve()
            if found.value is None:
                self.open_what_must()
                found = self.branch.solve()
                self.close_what_must()
        if found.value is None:
            raise SolveError(f"after the loss of {', '.join(lost)} nothing that is opened makes the branch hold")
        return found.value, found

    def open_what_must(self) -> None:
        """Let what must be done be left undone, a tonne of it as bad as a tonne short."""
        self.branch.limit(self._must, np.inf)
        cost = self.tonnes_short.copy()
        cost[self._must] = 1.0
        self.branch.charge(cost)

    def close_what_must(self) -> None:
        """What must be done must be done again."""
        self.branch.release(self._must)
        self.branch.charge(self.tonnes_short)

    def lines(self, values: Vector) -> dict[Line, float]:
        """Tonnes short by line of the named markets."""
        return {line: float(values[i]) for line, i in self.short.items() if values[i] > USED}

    def _used(self, values: Vector) -> frozenset[str]:
        return frozenset(name for name, columns in self.columns.items() if values[columns].max(initial=0.0) > USED)

    def _lean(self, found: Response, used: frozenset[str]) -> tuple[frozenset[str], int]:
        """What an answer of little activity uses, each line no shorter than it is; and how many programs that took."""
        assert found.values is not None
        self.branch.limit(self._short, np.maximum(found.values[self._short], 0.0) + SLACK)
        weights = dict.fromkeys(self.columns, 1.0)
        lps = 0
        for _ in range(1 + ROUNDS):
            activity = np.zeros(len(self.tonnes_short))
            for name, columns in self.columns.items():
                activity[columns] += weights[name]
            self.branch.charge(activity)
            values = self.branch.solve().values
            lps += 1
            if values is None:  # rounding: the answer at hand stands
                break
            now = self._used(values)
            better = len(now) < len(used)
            used = now if better else used
            if not now or not better:
                break
            weights = {name: 1.0 / (1.0 + float(values[columns].sum())) for name, columns in self.columns.items()}
        self.branch.release(self._short)
        self.branch.charge(self.tonnes_short)
        return used, lps

    def _columns(self, periods: Collection[int]) -> dict[str, Indices]:
        """Columns of the lost years by loss."""
        by_thing: dict[str, list[int]] = defaultdict(list)
        for (facility, *_, t), column in self.branch.columns_of("run").items():
            if t in periods:
                by_thing[facility].append(column)
        arcs = self.network.places.arcs
        for (arc, *_, t), column in self.branch.columns_of("flow").items():
            if t in periods:
                by_thing[arcs[arc].link].append(column)
        return {
            name: np.array(sorted(i for thing in loss.facilities | loss.links for i in by_thing[thing]), dtype=np.int64)
            for name, loss in self.case.losses.items()
        }


class Lost:
    """While it lasts, what is lost runs and carries nothing."""

    def __init__(self, operator: Operator, lost: Iterable[str]) -> None:
        parts = [operator.columns[name] for name in lost]
        self._columns = np.unique(np.concatenate(parts)) if parts else np.array([], dtype=np.int64)
        self._branch = operator.branch

    def __enter__(self) -> None:
        if len(self._columns):
            self._branch.limit(self._columns, 0.0)

    def __exit__(self, *_: object) -> None:
        if len(self._columns):
            self._branch.release(self._columns)


def _extra(t: Tables, rows: Mapping[Key, int]) -> list[tuple[Key, int, float]]:
    """What may be opened to see what is missing: opening stock, demand unmet, stock not restored."""
    first = t.periods[0]
    found: list[tuple[Key, int, float]] = []
    for store in t.stock.stores:
        keep = t.stock.keep[store[0], store[1], first]
        found.append((("extra_stock", store), rows["stock_carries_over", (*store, first)], -keep))
        row = rows.get(("stock_rejoins_the_trunk", store))
        if row is not None and (store[0], store[1], t.periods[-1]) not in t.stock.price:
            found.append((("unrestored", store), row, 1.0))
    must = [line for line in t.demand.lines if line not in t.demand.shortage_cost and t.demand.tonnes[line] > 0]
    found.extend((("unmet", line), rows["demand_is_met_or_short", line], 1.0) for line in must)
    return found


def _of(extra: list[tuple[Key, int, float]], first: int, component: str) -> dict[tuple[str, ...], int]:
    return {index: first + i for i, ((name, index), _, _) in enumerate(extra) if name == component}  # type: ignore[misc]
