"""Every rule, target and budget of the instance: binding, slack by how much, or inactive and why."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from optimizer.instance.amounts import FillRate, Preference, Recycling, ReleaseCap, ReleaseCharge, ScaleGoal
from optimizer.instance.policy import (
    Count,
    DeliveredContent,
    Diversify,
    DomesticContent,
    Exclusive,
    ExposureCap,
    Forbid,
    HeavyContent,
    Implies,
    Reactions,
    Require,
    Rule,
    Starts,
)
from optimizer.network.appropriations import appropriations_of, available, periods_together
from optimizer.network.derive_rules import RARE_EARTHS
from optimizer.network.starts import Start
from optimizer.network.tables import INVESTMENT, TRUNK, Network, OutputRow, Tables
from optimizer.plan.amounts import amounts_of
from optimizer.plan.appropriations import spent_of
from optimizer.plan.books import counted_outlay
from optimizer.plan.public_stock import stock_outlay

Values = Mapping[str, Mapping[Any, float]]
Duals = Mapping[tuple[str, str, Any], float]
"""(course, constraint, index) -> USD that the objective moves by per unit of right-hand side, fundings fixed."""

TIGHT = 1e-6
TAKEN = 0.5
"""What is funded is 1 but for rounding."""


@dataclass(slots=True)
class Row:
    """One row of a rule, reckoned from the plan.

    Attributes:
        where: course, period and what else names the row.
        slack: how far it is from binding, in `unit`.
        scale: size of what it compares.
        loosened: USD saved if the rule asked 1 % less here, fundings fixed; None where it is not known.
    """

    where: str
    slack: float
    scale: float
    loosened: float | None = None


@dataclass(slots=True)
class Report:
    """A rule and its rows."""

    kind: str
    label: str
    unit: str
    number: int | None = None
    rows: list[Row] = field(default_factory=list)
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Status, the tightest row, and how many bind."""
        found: dict[str, Any] = {"kind": self.kind, "rule": self.number, "label": self.label}
        live = [row for row in self.rows if row.scale > TIGHT]
        if not live:
            return {**found, "status": "inactive", "reason": self.reason or "nothing that it compares is there"}
        tight = [row for row in live if row.slack <= TIGHT * max(1.0, row.scale)]
        worst = min(live, key=lambda row: (row.slack / row.scale, row.where))
        saved = [row.loosened for row in live if row.loosened]
        found |= {
            "status": "binding" if tight else "slack",
            "slack": max(0.0, worst.slack),
            "unit": self.unit,
            "where": worst.where,
            "rows": len(live),
            "binding_rows": len(tight),
        }
        if saved:
            found["saved_by_1_percent_usd"] = math.fsum(saved)
        return found


def rule_report(
    network: Network, tables: Mapping[str, Tables], values: Mapping[str, Values], duals: Duals | None = None
) -> list[dict[str, Any]]:
    """All rules, targets and budgets.

    Args:
        network: what was solved.
        tables: tables by course.
        values: course and `investment` -> component -> index -> value.
        duals: of the rows of rules, from the linear program left once fundings are fixed.
    """
    duals = duals or {}
    reports: list[Report] = []
    fund = values[INVESTMENT].get("fund", {})
    for number, rule in enumerate(network.instance.policy.rules):
        report = Report(rule.rule, label_of(rule), "t", number)
        if isinstance(rule, DomesticContent | ExposureCap | HeavyContent | Diversify):
            report.reason = _why_no_rows(network, rule)
            for course in tables if rule.in_disruption else (TRUNK,):
                t = tables[course]
                rows = ((i, row) for i, row in enumerate(t.rules.output) if row.rule == number)
                report.rows += _output_rows(t, values[course], rows, duals)
        elif isinstance(rule, DeliveredContent):
            report.reason = _why_no_rows(network, rule)
            for course in tables if rule.in_disruption else (TRUNK,):
                report.rows += _delivered_rows(tables[course], values[course], number, duals)
        elif isinstance(rule, ReleaseCap | ScaleGoal | FillRate | Recycling):
            report.unit = f"of {rule.release}" if isinstance(rule, ReleaseCap) else "t"
            report.reason = "nothing that it counts can be run or is asked for, or its share or goal is 0"
            if isinstance(rule, Recycling) and any(index[0] == number for index in tables[TRUNK].rules.recycled):
                report.reason = "nobody whom it binds is funded; optimizer waivers says whether that is its doing"
            for course in tables if isinstance(rule, ReleaseCap | FillRate) and rule.in_disruption else (TRUNK,):
                report.rows += _amount_rows(tables[course], values[course], fund, number, duals)
        elif isinstance(rule, ReleaseCharge | Preference):
            of = "part of the cost of activity" if isinstance(rule, ReleaseCharge) else "its own category, and no money"
            report.reason = f"it limits nothing; what it adds is {of}"
        elif isinstance(rule, Starts | Reactions):
            report.unit, report.reason = "options", "no branch may fund what it counts"
            report.rows = _starts_rows(network, rule, tables, values)
        else:
            report.unit = "facilities"
            report.rows, report.reason = _funding_rows(network, rule, fund)
        reports.append(report)
    reports += _target_reports(tables[TRUNK], values[TRUNK], duals)
    reports += _budget_reports(network, tables, values, duals)
    return [report.to_dict() for report in reports]


def label_of(rule: Rule) -> str:
    """A rule in one line, as the instance writes it."""
    plain = rule.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)
    aside = ("rule", "source", "confidence", "note", "marking")
    words = [f"{key}: {_short(value)}" for key, value in plain.items() if key not in aside]
    return f"{rule.rule} ({', '.join(words)})"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {item}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(str(item) for item in value) + "]"
    return str(value)


def _why_no_rows(network: Network, rule: Rule) -> str:
    share = getattr(rule, "share", None)
    if share is not None and share.first_year is not None and share.first_year >= network.calendar.end_year:
        return f"its share begins in {share.first_year}, after the horizon"
    return "nothing that it counts is made or delivered in the plan"


def _where(t: Tables, period: int, *parts: str) -> str:
    return " ".join(part for part in (t.course if not t.is_trunk else "", str(period), *parts) if part)


def _output_rows(t: Tables, values: Values, rows: Iterable[tuple[int, OutputRow]], duals: Duals) -> list[Row]:
    runs: dict[tuple[str, int], list[tuple[Any, float]]] = defaultdict(list)
    for run, amount in values.get("run", {}).items():
        runs[run[3], run[4]].append((run, amount))
    found = []
    for i, row in rows:
        total = part = 0.0
        for run, amount in runs[row.channel, row.period]:
            made, counted = _counts(t, row, run)
            total += made * amount
            part += counted * amount
        least = isinstance(row.record, DomesticContent | HeavyContent)
        slack = part - row.share * total if least else row.share * total - part
        dual = duals.get((t.course, row.record.rule, i))
        saved = None if dual is None else abs(dual) * total * row.share * 0.01
        found.append(Row(_where(t, row.period, row.channel, row.group), slack, total, saved))
    return found


def _counts(t: Tables, row: OutputRow, run: tuple[str, str, str, str, int]) -> tuple[float, float]:
    """(what counts in total, what counts as the part) per unit of activity."""
    facility, state, recipe, channel, period = run
    outputs = t.instance.recipes[recipe].outputs
    if isinstance(row.record, HeavyContent):
        wanted = set(row.record.elements)
        total = part = 0.0
        for material, amount in outputs.items():
            if material in row.total:
                for element, content in t.instance.materials[material].content.items():
                    total += amount * content * (element in RARE_EARTHS)
                    part += amount * content * (element in RARE_EARTHS and element in wanted)
        return total, part
    made = sum(amount for material, amount in outputs.items() if material in row.total)
    if isinstance(row.record, ExposureCap):
        exposure = t.capacity.exposure.get((facility, state, row.record.kind, channel, period), 0.0)
        return made, made * exposure
    return made, made * (facility in row.part)


def _delivered_rows(t: Tables, values: Values, number: int, duals: Duals) -> list[Row]:
    found = []
    for key, (share, channels, lines) in t.rules.delivered.items():
        rule, market, product, period = key
        if rule != number:
            continue
        total = part = 0.0
        for (d, i, _, k, y), tonnes in values.get("deliver", {}).items():
            if d == market and i in lines and y == period:
                total += tonnes
                part += tonnes * (k in channels)
        dual = duals.get((t.course, "delivered_content", key))
        saved = None if dual is None else abs(dual) * total * share * 0.01
        found.append(Row(_where(t, period, market, product), part - share * total, total, saved))
    return found


def _amount_rows(t: Tables, values: Values, fund: Mapping[Any, float], number: int, duals: Duals) -> list[Row]:
    found = []
    for row in amounts_of(t, values, fund, number):
        dual = duals.get((t.course, row.component, row.key))
        saved = None if dual is None else abs(dual) * row.asked * 0.01
        found.append(Row(_where(t, row.period, row.group), row.slack, row.scale, saved))
    return found


def _funding_rows(network: Network, rule: Rule, fund: Mapping[Any, float]) -> tuple[list[Row], str]:
    starts = network.starts
    roots = {key for key, option in starts.options.items() if option.after is None}
    online = {(f, o): starts.online(Start(f, o, (t,))) for f, o, t in fund}

    def on_line(facility: str, by: int | None, option: str | None = None) -> bool:
        return any(
            f == facility and (o == option if option else (f, o) in roots) and (by is None or when <= by)
            for (f, o), when in online.items()
        )

    if isinstance(rule, Count):
        names = _counted(network, rule)
        number = sum(on_line(name, rule.by) for name in names)
        rows = [] if rule.min is None else [Row("min", number - rule.min, max(1.0, rule.min))]
        rows += [] if rule.max is None else [Row("max", rule.max - number, max(1.0, rule.max))]
        return rows, ""
    if isinstance(rule, Require):
        return [Row(rule.facility, 0.0, 1.0)], ""
    if isinstance(rule, Forbid):
        return [Row(rule.facility, 0.0, 1.0)], ""
    if isinstance(rule, Exclusive):
        number = sum(on_line(name, None) for name in rule.facilities)
        return [Row(", ".join(rule.facilities), 1.0 - number, 1.0)], ""
    assert isinstance(rule, Implies)
    if not on_line(rule.if_, None):
        return [], f"{rule.if_} is not funded"
    return [Row(rule.then, 0.0, 1.0)], ""


def _starts_rows(
    network: Network, rule: Starts | Reactions, tables: Mapping[str, Tables], values: Mapping[str, Values]
) -> list[Row]:
    """Fundings a year: of the plan, and in each branch that may fund what the rule counts."""
    names = _counted(network, rule)
    planned = [t for f, _, t in values[INVESTMENT].get("fund", {}) if f in names]
    rows = []
    for course in _with_reactions(network, tables):
        t = tables[course]
        own = {y for f, _, y in t.reaction.own if f in names}
        reacted = [y for (f, _, y), value in values[course].get("react", {}).items() if f in names and value > TAKEN]
        if t.is_trunk:
            own = set(t.periods) if isinstance(rule, Starts) else set()
        for y in sorted(own):
            most = network.calendar.mean(rule.max, y) * network.calendar.years[y]
            number = reacted.count(y) + (planned.count(y) if isinstance(rule, Starts) else 0)
            rows.append(Row(_where(t, y), most - number, max(1.0, most)))
    return rows


def _with_reactions(network: Network, tables: Mapping[str, Tables]) -> Iterable[str]:
    """Courses that may have something which branches fund: to derive the tables of very many takes minutes."""
    return tables if network.reactions else (TRUNK,)


def _counted(network: Network, rule: Count | Starts | Reactions) -> set[str]:
    found = set()
    for name, facility in network.instance.facilities.items():
        if rule.countries is not None and facility.country not in rule.countries:
            continue
        materials = rule.materials if isinstance(rule, Count) else None
        made = {m for recipe in facility.recipes for m in network.instance.recipes[recipe].outputs}
        if (made & set(materials)) if materials is not None else rule.stage in (None, facility.stage):
            found.add(name)
    return found


def _target_reports(t: Tables, values: Values, duals: Duals) -> list[Report]:
    reports = []
    for name, stockpile in t.instance.stockpiles.items():
        for i, target in enumerate(stockpile.targets):
            report = Report("target", f"target {i} of {name} ({target.material})", "t")
            report.reason = "its level is 0 over the whole horizon"
            for (p, j, y), level in t.stock.targets.items():
                if (p, j) != (name, i):
                    continue
                held = math.fsum(values.get("stock", {}).get((*store, y), 0.0) for store in t.stock.counts[p, i])
                missing = values.get("missing", {}).get((p, i, y), 0.0)
                dual = duals.get((t.course, "target_is_reached", (p, i, y)))
                saved = None if dual is None else abs(dual) * level * 0.01
                report.rows.append(Row(str(y), held + missing - level, level, saved))
            reports.append(report)
    return reports


def _budget_reports(
    network: Network, tables: Mapping[str, Tables], values: Mapping[str, Values], duals: Duals
) -> list[Report]:
    t, budget = tables[TRUNK], network.instance.policy.budget
    paid = counted_outlay(t, values[INVESTMENT], values[TRUNK])
    planned = _spent(network, (Start(f, o, (y,)) for f, o, y in values[INVESTMENT].get("fund", {})))
    courses = _with_reactions(network, tables)
    reacted = {course: _spent(network, had) for course in courses if (had := reactions_of(tables[course], values))}
    stock: dict[int, float] = defaultdict(float)
    trunk = values[TRUNK]
    for (_, _, y, _), usd in stock_outlay(t, trunk).items():
        stock[y] += usd
    reports = []
    if budget.annual is not None:
        report = Report("budget", "annual budget", "USD")
        for y in t.periods:
            span = t.calendar.span[y]
            most = t.calendar.mean(budget.annual, y) * t.calendar.years[y]
            used = stock[y] + math.fsum(usd for year, usd in (*planned, *paid) if year in span)
            dual = duals.get((t.course, "annual_budget", y))
            saved = None if dual is None else abs(dual) * most * 0.01
            report.rows.append(Row(str(y), most - used, max(most, 1.0), saved))
            for course, more in reacted.items():
                if any(year in span for year, _ in more):
                    used = math.fsum(usd for year, usd in (*planned, *more) if year in span)
                    report.rows.append(Row(f"{course} {y}", most - used, max(most, 1.0)))
        reports.append(report)
    if budget.total is not None:
        report = Report("budget", "total budget", "USD")
        used = math.fsum(stock.values()) + math.fsum(usd for _, usd in (*planned, *paid))
        dual = duals.get((t.course, "total_budget", 0))
        saved = None if dual is None else abs(dual) * budget.total * 0.01
        report.rows.append(Row("horizon", budget.total - used, max(budget.total, 1.0), saved))
        for course, more in reacted.items():
            used = math.fsum(usd for _, usd in (*planned, *more))
            report.rows.append(Row(f"{course} horizon", budget.total - used, max(budget.total, 1.0)))
        reports.append(report)
    spent = spent_of(t, values[INVESTMENT], trunk)
    for name, one in appropriations_of(network).items():
        report = Report("budget", f"appropriation {name}", "USD")
        for a, first, last in periods_together(network):
            if a == name:
                most = available(t.calendar, one, first, last)
                used = math.fsum(spent.get((a, y), 0.0) for y in t.periods if first <= y <= last)
                dual = duals.get((t.course, "appropriation_is_kept", (a, first, last)))
                saved = None if dual is None else abs(dual) * most * 0.01
                years = str(first) if first == last else f"{first} to {last}"
                report.rows.append(Row(years, most - used, max(most, 1.0), saved))
        reports.append(report)
    return reports


def _spent(network: Network, starts: Iterable[Start]) -> list[tuple[int, float]]:
    """(calendar year, USD) of public capex."""
    return [
        (year, usd * network.starts.options[start.facility, start.option].public_share)
        for start in starts
        for year, usd in network.starts.spend(start)
    ]


def reactions_of(t: Tables, values: Mapping[str, Values]) -> list[Start]:
    """What a course has of what branches fund."""
    return [
        start
        for found in t.reaction.starts.values()
        for start in found
        if values[start.course].get("react", {}).get((start.facility, start.option, start.year), 0.0) > TAKEN
    ]
