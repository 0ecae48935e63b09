"""Demand against what trusted facilities could make, before any solve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.findings.finding import CANNOT, SMALL, WARNING, Finding, Severity, amount, some, years
from optimizer.findings.supply import Line, Pool, draws_of, earliest_of, pool_of, rates
from optimizer.findings.survey import Survey

Missing = dict[int, float]
"""t/yr missing, by period."""


@dataclass(frozen=True, slots=True)
class Short:
    """A period in which more is asked than could be had.

    Attributes:
        period: its first year.
        asked: t/yr.
        existing: t/yr that what stands could make.
        possible: t/yr with every option on line by then.
        stock: t that working stocks could hold at its start, at most.
        missing: t/yr.
    """

    period: int
    asked: float
    existing: float
    possible: float
    stock: float
    missing: float

    def to_dict(self) -> dict[str, float]:
        """As plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


def shorts(survey: Survey, pool: Pool, asked: Mapping[int, float]) -> list[Short]:
    """The periods in which a pool cannot give what is asked.

    What earlier periods could make over what is asked then may lie in working stocks, as far as they have room: without
    losses, so that the sum is an upper bound.

    Args:
        survey: of the network.
        pool: who makes it.
        asked: t/yr by period.
    """
    found = []
    carried = pool.stock
    for t in survey.periods:
        length = survey.calendar.years[t]
        existing, possible = rates(survey, pool, t)
        left = possible * length + carried - asked[t] * length
        if left < -SMALL * max(1.0, asked[t] * length):
            found.append(Short(t, asked[t], existing, possible, carried, -left / length))
        carried = min(max(left, 0.0), max(pool.room, 0.0))
    return found


def asked_by(survey: Survey, lines: Sequence[Line], *, hard: bool) -> dict[int, float]:
    """t/yr that demand lines ask for, by period; with `hard` only what must be met."""
    found = {}
    for t in survey.periods:
        total = 0.0
        for name, index in lines:
            record = survey.instance.markets[name].demand[index]
            if not hard or survey.hard(record.shortage_cost, t):
                total += survey.calendar.mean(record.tonnes, t)
        found[t] = total
    return found


def all_lines(survey: Survey) -> list[Line]:
    """All demand lines that ask for something."""
    return [
        (name, index)
        for name, market in survey.instance.markets.items()
        for index, line in enumerate(market.demand)
        if any(survey.calendar.mean(line.tonnes, t) > 0 for t in survey.periods)
    ]


def unreached(survey: Survey, line: Line) -> bool:
    """Whether nothing a demand line accepts can ever get to it."""
    return not any(cell in survey.places.reached for cell in draws_of(survey, line))


def earliest_text(earliest: Sequence[tuple[str, str, int]], after: int) -> str:
    """The options that come later, in words."""
    later = [item for item in earliest if item[2] > after]
    if not later:
        return "No option adds to it later" if earliest else "No option could add to it"
    return "Earliest after that: " + some([f"{f} (option {o}), on line {year}" for f, o, year in later], 3)


def stock_text(first: Short) -> str:
    """What working stocks add, as a sentence; nothing where they hold nothing."""
    return f" Working stocks add at most {amount(first.stock)} t." if first.stock > SMALL else ""


def also_short(periods: Sequence[int]) -> str:
    """The periods after the first, as a sentence; nothing where there is only one."""
    return f" Also short in {years(periods[1:])}." if len(periods) > 1 else ""


def outlook(told: Sequence[Short], earliest: Sequence[tuple[str, str, int]]) -> str:
    """What comes after the first period: options that add to it, and further periods that are short."""
    return f"{earliest_text(earliest, told[0].period)}.{also_short([item.period for item in told])}"


def numbers_of(told: Sequence[Short], earliest: Sequence[tuple[str, str, int]]) -> dict[str, Any]:
    """The periods told of and the options that come to help, as plain data."""
    return {
        "periods": [item.to_dict() for item in told],
        "earliest": [{"facility": f, "option": o, "year": year} for f, o, year in earliest],
    }


def demand_over_capacity(survey: Survey) -> Iterator[Finding]:
    """What is asked for is at most what trusted facilities could make, by line, product and stage of a channel."""
    missing: dict[Line, Missing] = {}
    lines = all_lines(survey)
    for line in lines:
        findings, missing[line] = _compare(survey, [line], "line", {})
        if not unreached(survey, line):
            yield from findings
    nested: dict[str, Missing] = {}
    for channel in survey.places.channels:
        within = set(survey.places.stricter_or_equal(channel))
        here = [line for line in lines if survey.instance.markets[line[0]].channel in within]
        by_product: dict[str, list[Line]] = {}
        for line in here:
            by_product.setdefault(survey.instance.markets[line[0]].demand[line[1]].product, []).append(line)
        by_stage: dict[str, list[str]] = {}
        for product, group in by_product.items():
            known = _larger(_sum(missing[line] for line in group), nested.get(product, {}))
            nested[product] = known
            if len(group) > 1:
                findings, own = _compare(survey, group, "product", known, channel)
                yield from findings
                nested[product] = _larger(known, own)
            by_stage.setdefault(survey.instance.materials[product].stage, []).append(product)
        for stage, products in by_stage.items():
            key = f"{stage} "
            known = _larger(_sum(nested[product] for product in products), nested.get(key, {}))
            nested[key] = known
            if len(products) > 1:
                group = [line for product in products for line in by_product[product]]
                findings, own = _compare(survey, group, "stage", known, channel)
                yield from findings
                nested[key] = _larger(known, own)


def _sum(parts: Any) -> Missing:
    total: Missing = {}
    for part in parts:
        for t, tonnes in part.items():
            total[t] = total.get(t, 0.0) + tonnes
    return total


def _larger(one: Missing, other: Missing) -> Missing:
    return {t: max(one.get(t, 0.0), other.get(t, 0.0)) for t in {*one, *other}}


def _compare(
    survey: Survey, lines: Sequence[Line], scope: str, known: Missing, channel: str = ""
) -> tuple[list[Finding], Missing]:
    """Compare what lines ask for with what they could get; `known` is missing anyway and is not told again."""
    pool = pool_of(survey, lines)
    found = shorts(survey, pool, asked_by(survey, lines, hard=False))
    if not found:
        return [], {}
    must = shorts(survey, pool, asked_by(survey, lines, hard=True))
    never = {short.period for short in must}
    missing = {short.period: short.missing for short in (*found, *must)}
    new = {t for t, tonnes in missing.items() if tonnes > known.get(t, 0.0) + SMALL * max(1.0, tonnes)}
    earliest = earliest_of(survey, pool)
    findings = []
    for severity, group in ((CANNOT, must), (WARNING, [short for short in found if short.period not in never])):
        told = [short for short in group if short.period in new]
        if told:
            findings.append(_tell(survey, lines, scope, channel, told, earliest, severity))
    return findings, missing


def _tell(
    survey: Survey,
    lines: Sequence[Line],
    scope: str,
    channel: str,
    told: Sequence[Short],
    earliest: Sequence[tuple[str, str, int]],
    severity: Severity,
) -> Finding:
    market, index = lines[0]
    record = survey.instance.markets[market].demand[index]
    channel = channel or survey.instance.markets[market].channel
    stage = survey.instance.materials[record.product].stage
    subject: tuple[Any, ...] = ("markets", market, "demand", index)
    who, what = f"{market} needs", record.product
    if scope != "line":
        names = list(dict.fromkeys(name for name, _ in lines))
        who = f"{some(names)} together need{'s' if len(names) == 1 else ''}"
        subject = ("channels", channel)
    if scope == "stage":
        products = dict.fromkeys(survey.instance.markets[name].demand[i].product for name, i in lines)
        what = f"{stage} products ({some(list(products))})"
    first = told[0]
    text = (
        f"{who} {amount(first.asked)} t/yr of {what} in {first.period}; trusted capacity on line by then (channel "
        f"{channel}): {amount(first.existing)} t/yr existing, {amount(first.possible)} t/yr with every option."
        f"{stock_text(first)} {outlook(told, earliest)}"
    )
    data = {
        "scope": scope,
        "channel": channel,
        "lines": [{"market": name, "line": i} for name, i in lines],
        "product": record.product if scope != "stage" else None,
        "stage": stage,
        **numbers_of(told, earliest),
    }
    return Finding("demand_over_capacity", subject, text, data, severity)
