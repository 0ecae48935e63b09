"""The tables of a cut list."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.budgeting.chain import Part
from optimizer.budgeting.money import spent
from optimizer.budgeting.order import Ranked
from optimizer.budgeting.told import EXPECTED, WORSE, demand_of, differences, missed_of, outlay_of, short_of
from optimizer.budgeting.work import Reply
from optimizer.near_optimal.ask import named
from optimizer.near_optimal.rows import Chosen
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

NESTED, NO_PLAN, NOT_FOUND, OTHERS = "nested", "no plan", "not found", "only with other options"
"""Status of a level."""

LEVELS = (
    "cut", "most", "status", "spends", "grants", "stock", "capex", "options", "gives_up", "moves", "cost", "bound",
    "costs_more", "costs_more_at_least", "costs_more_at_most", "loses_service", "nesting_at_least", "nesting_at_most",
    "best_cost", "best_bound", "best_funds_instead", "best_leaves_out", "cut_cost", "cut_bound", "missing", "plan",
)  # fmt: skip
"""Columns of `levels`; after them `short_CHANNEL`, t short on the mean, and `more_CHANNEL`, what that is more."""
WORDS = ("status", "gives_up", "moves", "loses_service", "best_funds_instead", "best_leaves_out", "missing", "plan")
"""Those of them that hold words."""
ORDER = (
    "rank", "facility", "option", "stage", "country", "goes", "funded", "saves", "costs_at_least", "costs_at_most",
    "costs", "per_usd", "note",
)  # fmt: skip
OUTLAY = ("cut", "year", "account", "usd", "before", "saved")
SHORT = ("cut", "future", "market", "channel", "product", "period", "short", "before", "more")
TARGETS = ("cut", "stockpile", "material", "channel", "period", "short", "before", "more")


@dataclass(slots=True)
class Level:
    """A cut, and what is known of it.

    Attributes:
        percent: of what the plan spends that is taken away.
        weight: in the choice of the chain.
        most: what is left, USD.
        best: the best portfolio of any options.
        cut: the best portfolio within the plan's options, nested or not.
        part: its options and stockpiles in the chain.
        nested: the plan of these.
        plan: the same whole.
        place: its folder, beside the note.
        missing: what is missing at least where the plan's options leave no plan.
    """

    percent: float
    weight: float
    most: float = math.inf
    best: Reply | None = None
    cut: Reply | None = None
    part: Part | None = None
    nested: Reply | None = None
    plan: Plan | None = None
    place: str = ""
    missing: tuple[str, ...] = ()

    @property
    def chosen(self) -> Chosen | None:
        """Its options in the chain."""
        return None if self.part is None else self.part.chosen

    @property
    def name(self) -> str:
        """-10 %."""
        return f"-{self.percent:g} %"

    @property
    def status(self) -> str:
        """Whether there is a nested portfolio; blank where it was not asked yet."""
        if self.plan is not None:
            return NESTED
        if self.cut is None or self.cut.objective is not None:
            return ""
        if self.cut.status != "infeasible":
            return NOT_FOUND
        other = self.best is not None and self.best.objective is not None
        return OTHERS if other else NO_PLAN if self.best is not None and self.best.status == "infeasible" else NOT_FOUND


def tables_of(plan: Plan, baseline: Plan, levels: Sequence[Level], ranks: Sequence[Ranked]) -> dict[str, pd.DataFrame]:
    """All tables of a cut list.

    Args:
        plan: that is cut.
        baseline: to which cost, service and outlay are differences.
        levels: the smallest cut first.
        ranks: options in the order in which they are given up.
    """
    return {
        "levels": _levels(plan, baseline, levels),
        "order": _order(plan, ranks),
        "funded": _funded(plan, levels),
        "outlay": _outlay(baseline, levels),
        "short": _short(baseline, levels),
        "targets": _targets(baseline, levels),
    }


def _levels(plan: Plan, baseline: Plan, levels: Sequence[Level]) -> pd.DataFrame:
    channels = plan.instance.served_channels
    shorts = [f"short_{channel}" for channel in channels] + [f"more_{channel}" for channel in channels]
    columns = [*LEVELS, *shorts]
    before = frozenset((str(row.facility), str(row.option)) for row in rows_of(plan.portfolio))
    last = {(str(row.facility), str(row.option)): int(row.funded) for row in rows_of(plan.portfolio)}
    rows: list[dict[str, Any]] = []
    for level in levels:
        row: dict[str, Any] = dict.fromkeys(WORDS, "")
        row |= {"cut": level.percent, "most": level.most, "status": level.status}
        row |= {"missing": "; ".join(level.missing), "plan": level.place}
        if level.best is not None:
            row |= {"best_cost": level.best.objective, "best_bound": level.best.bound}
        if level.cut is not None:
            row |= {"cut_cost": level.cut.objective, "cut_bound": level.cut.bound}
        if level.plan is not None and level.nested is not None and level.chosen is not None:
            row |= _nested(level, baseline, before, last) | _by_channel(level.plan, baseline, channels)
            before = level.chosen
            last = {(f, o): year for f, o, year in level.nested.funded}
        rows.append(row)
    frame = pd.DataFrame(rows, columns=columns)
    frame = frame.astype({name: float for name in columns if name not in WORDS})
    return frame.astype({"options": "Int64"})


def _nested(level: Level, baseline: Plan, before: Chosen, last: dict[Any, int]) -> dict[str, Any]:
    """Figures of a level that has its nested portfolio."""
    assert level.plan is not None
    assert level.nested is not None
    assert level.chosen is not None
    nested, money = level.nested, spent(level.plan)
    years = {(f, o): year for f, o, year in nested.funded}
    moved = [
        f"{':'.join(option)} {last[option]}>{year}"
        for option, year in sorted(years.items())
        if option in last and last[option] != year
    ]
    row: dict[str, Any] = {
        "grants": money.grants,
        "stock": money.stock,
        "capex": money.capex,
        "spends": money.grants + money.stock + money.steps,
        "options": len(level.chosen),
        "gives_up": ";".join(named(before - level.chosen)),
        "moves": ";".join(moved),
        "cost": nested.objective,
        "bound": nested.bound,
        "loses_service": ";".join(_losing(level.plan, baseline)),
    }
    if baseline.objective is not None and nested.objective is not None:
        row["costs_more"] = nested.objective - baseline.objective
        row["costs_more_at_least"] = _finite(nested.least - baseline.objective)
        row["costs_more_at_most"] = None if baseline.bound is None else nested.objective - baseline.bound
    low, high = nesting(level)
    row |= {"nesting_at_least": low, "nesting_at_most": high}
    if level.best is not None and level.best.objective is not None:
        row["best_funds_instead"] = ";".join(named(level.best.chosen - level.chosen))
        row["best_leaves_out"] = ";".join(named(level.chosen - level.best.chosen))
    return row


def nesting(level: Level) -> tuple[float | None, float | None]:
    """What the nested portfolio costs more than the best at its level: at least, and at most, USD.

    The one lies between the bound and the plan of just its options, the other between its bound and the cheapest plan
    known that spends no more; the nested one is such a plan too.
    """
    nested, best = level.nested, level.best
    if nested is None or nested.objective is None or best is None:
        return None, None
    plans = (best, level.cut, nested)
    known = [reply.objective for reply in plans if reply is not None and reply.objective is not None]
    low = max(0.0, nested.least - min(known)) if math.isfinite(nested.least) else 0.0
    bounds = [best.least] if math.isfinite(best.least) else []
    return low, max(low, nested.objective - max(bounds)) if bounds else None


def _by_channel(plan: Plan, baseline: Plan, channels: Sequence[str]) -> dict[str, float]:
    now, before = short_of(plan), short_of(baseline)
    found: dict[str, float] = {}
    for channel in channels:
        mine, theirs = (
            sum(tonnes for key, tonnes in cells.items() if key[0] == EXPECTED and key[2] == channel)
            for cells in (now, before)
        )
        found |= {f"short_{channel}": mine, f"more_{channel}": mine - theirs}
    return found


def _losing(plan: Plan, baseline: Plan) -> list[str]:
    """Markets that are served less of some product in some future and period, the strictest channel first."""
    order = {name: number for number, name in enumerate(plan.instance.channels)}
    demand = demand_of(plan)
    losing = {
        market: channel
        for (_, market, channel, product, period), now, before in differences(short_of(plan), short_of(baseline))
        if now - before > WORSE * demand.get((market, product, period), 0.0)
    }
    return sorted(losing, key=lambda market: (order.get(losing[market], 0), market))


def _order(plan: Plan, ranks: Sequence[Ranked]) -> pd.DataFrame:
    years = {(str(row.facility), str(row.option)): int(row.funded) for row in rows_of(plan.portfolio)}
    rows = []
    for number, item in enumerate(ranks, 1):
        facility, option = item.option
        record = plan.instance.facilities[facility]
        rows.append(
            (
                number, facility, option, record.stage, record.country, item.goes, years.get(item.option), item.saves,
                _finite(item.least), item.most, item.cost, item.price, item.note,
            )
        )  # fmt: skip
    numbers = ("saves", "costs_at_least", "costs_at_most", "costs", "per_usd")
    frame = pd.DataFrame(rows, columns=list(ORDER)).astype(dict.fromkeys(numbers, float))
    return frame.astype(dict.fromkeys(("rank", "funded"), "Int64"))


def _funded(plan: Plan, levels: Sequence[Level]) -> pd.DataFrame:
    """The year in which the plan and each level fund an option; blank where they do not."""
    done = [level for level in levels if level.nested is not None and level.plan is not None]
    years = [{(f, o): year for f, o, year in level.nested.funded} for level in done if level.nested is not None]
    rows = []
    for row in rows_of(plan.portfolio):
        option = (str(row.facility), str(row.option))
        rows.append((*option, row.capex, row.public_outlay, int(row.funded), *(mine.get(option) for mine in years)))
    names = ["plan", *(f"{level.percent:g}" for level in done)]
    frame = pd.DataFrame(rows, columns=["facility", "option", "capex", "public_outlay", *names])
    return frame.astype(dict.fromkeys(names, "Int64"))


def _outlay(baseline: Plan, levels: Sequence[Level]) -> pd.DataFrame:
    before = outlay_of(baseline)
    rows = []
    for level in levels:
        now = {} if level.plan is None else outlay_of(level.plan)
        for key in sorted(before.keys() | now.keys()) if level.plan is not None else ():
            usd, then = now.get(key, 0.0), before.get(key, 0.0)
            rows.append((level.percent, *key, usd, then, then - usd))
    frame = pd.DataFrame(rows, columns=list(OUTLAY)).astype(dict.fromkeys(("cut", "usd", "before", "saved"), float))
    return frame.astype({"year": "Int64"})


def _short(baseline: Plan, levels: Sequence[Level]) -> pd.DataFrame:
    before = short_of(baseline)
    rows = []
    for level in levels:
        for key, now, then in differences(short_of(level.plan), before) if level.plan is not None else ():
            rows.append((level.percent, *key, now, then, now - then))
    return _typed(rows, SHORT)


def _targets(baseline: Plan, levels: Sequence[Level]) -> pd.DataFrame:
    before = missed_of(baseline)
    rows = []
    for level in levels:
        for key, now, then in differences(missed_of(level.plan), before) if level.plan is not None else ():
            rows.append((level.percent, *key, now, then, now - then))
    return _typed(rows, TARGETS)


def _typed(rows: Sequence[tuple[Any, ...]], columns: Sequence[str]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(columns))
    frame = frame.astype(dict.fromkeys(("cut", "short", "before", "more"), float))
    return frame.astype({"period": "Int64"})


def _finite(usd: float | None) -> float | None:
    return None if usd is None or not math.isfinite(usd) else usd
