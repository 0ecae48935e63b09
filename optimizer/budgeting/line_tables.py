"""Fundings of a plan, and the tables of a decision calendar."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.budgeting.facts import NEVER, Facts, Found, Year
from optimizer.budgeting.milestones import dates_of, expansions, missed, window
from optimizer.budgeting.told import WORSE, demand_of
from optimizer.near_optimal.rows import Option
from optimizer.network.tables import Network
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

CAN_WAIT, NOT_NEEDED, NOW, OPEN = "can wait", "never needed", "now", "not proved"
"""Verdicts on a funding."""

LINES = (
    "facility", "option", "stage", "country", "funded", "online", "qualified", "capex", "public_outlay", "verdict",
    "last_year", "last_year_at_most", "too_late", "last_year_served", "wait_1", "wait_1_at_least", "wait_1_at_most",
    "never_at_least", "never_at_most", "dates", "instead", "then_short", "baseline_funded", "years_later",
)  # fmt: skip
WAITS = (
    "facility", "option", "funded", "not_before", "waits", "status", "costs_at_least", "costs_at_most", "as_good",
    "more_short", "served", "then_funded", "comes", "goes", "moves",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A funding of the plan.

    Attributes:
        network: of the instance.
        option: which.
        year: in which the plan funds it.
        later: later years in which it can be funded, and never.
    """

    network: Network
    option: Option
    year: int
    later: tuple[Year, ...]

    def last(self, facts: Facts) -> Year:
        """The last year in which funding it is known to be as good; never where it can be left out."""
        known: Year = self.year
        for year in self.later:
            if not facts.good(self.option, year):
                return known
            known = year
        return known

    def too_late(self, facts: Facts) -> Year | str:
        """The first year that is proved to be too late, never included; empty where none is."""
        return next((year for year in self.later if facts.too_late(self.option, year)), "")

    def settled(self, facts: Facts) -> bool:
        """Whether the last year is proved: the next one is too late, or there is none."""
        last = self.last(facts)
        if last is NEVER:
            return True
        return self.after(last) == self.too_late(facts)

    def after(self, year: Year) -> Year:
        """The next year after one of this funding, or never."""
        return self.later[0] if year == self.year else self.later[self.later.index(year) + 1]

    def more_short(self, facts: Facts, plan: Plan, year: Year) -> float | None:
        """T more short on the mean in the strictest channel than in the plan; None where no plan is known.

        Of the cheapest plan known that waits so long.
        """
        found = facts.waiting(self.option, year)
        if found is None:
            return None
        return _strict(plan, found.short) - _strict(plan, _planned(facts))

    def serves(self, facts: Facts, plan: Plan, year: Year) -> bool:
        """Whether that plan serves the strictest channel no worse than the plan does."""
        more = self.more_short(facts, plan, year)
        return more is not None and more <= _worse(plan)


def _planned(facts: Facts) -> dict[tuple[str, str, int], float]:
    """What the plan whose fundings wait leaves short: it is the first that was taken in."""
    return facts.found[0].short


def _strict(plan: Plan, cells: dict[tuple[str, str, int], float]) -> float:
    strict = plan.instance.served_channels[0]
    markets = plan.instance.markets
    return math.fsum(tonnes for (market, _, _), tonnes in cells.items() if markets[market].channel == strict)


def _worse(plan: Plan) -> float:
    """Tonnes over the horizon by which the strictest channel's service may differ and still be the same."""
    strict = plan.instance.served_channels[0]
    markets = plan.instance.markets
    asked = math.fsum(t for (market, _, _), t in demand_of(plan).items() if markets[market].channel == strict)
    return WORSE * asked / max(1, plan.instance.end_year - plan.instance.first_year)


def lines_table(lines: Sequence[Line], facts: Facts, plan: Plan | None, baseline: Plan | None) -> pd.DataFrame:
    """A row for each funding, the most urgent first; beside it the year in which the baseline funds the option."""
    rows = [] if plan is None else [_line(line, facts, plan) for line in lines]
    before = {} if baseline is None else years_of(baseline)
    for line, row in zip(lines, rows, strict=False):
        then = row["baseline_funded"] = before.get(line.option)
        row["years_later"] = None if then is None else line.year - then
    frame = pd.DataFrame(rows, columns=list(LINES))
    years = ("funded", "online", "qualified", "last_year", "last_year_at_most", "too_late", "last_year_served",
             "baseline_funded", "years_later")  # fmt: skip
    money = ("capex", "public_outlay", "wait_1_at_least", "wait_1_at_most", "never_at_least", "never_at_most")
    frame = frame.astype(dict.fromkeys(years, "Int64") | dict.fromkeys(money, "float64"))
    frame["order"] = frame["last_year"].fillna(9999) - frame["funded"]
    by = ["order", "never_at_least", "facility", "option"]
    frame = frame.sort_values(by, ascending=[True, False, True, True], kind="stable", na_position="first")
    return frame.drop(columns="order").reset_index(drop=True)


def years_of(plan: Plan) -> dict[Option, int]:
    """The year in which a plan funds each option."""
    return {(str(row.facility), str(row.option)): int(row.funded) for row in rows_of(plan.portfolio)}


def _line(line: Line, facts: Facts, plan: Plan) -> dict[str, Any]:
    facility, option = line.option
    record, known = plan.instance.facilities[facility], line.network.starts.options[line.option]
    dates = dates_of(line.network, line.option, line.year)
    last, late = line.last(facts), line.too_late(facts)
    settled = line.settled(facts)
    after = line.later[0]
    low, high = facts.costs(line.option, after)
    never_low, never_high = facts.costs(line.option, NEVER)
    row: dict[str, Any] = {
        "dates": "", "instead": "", "then_short": "",
        "facility": facility, "option": option, "stage": record.stage, "country": record.country, "funded": line.year,
        "online": dates.online, "qualified": dates.qualified, "capex": known.capex,
        "public_outlay": known.capex * known.public_share,
        "verdict": NOT_NEEDED if last is NEVER else OPEN if not settled else NOW if last == line.year else CAN_WAIT,
        "last_year": last, "last_year_at_most": _before(line, late),
        "too_late": late if isinstance(late, int) else None,
        "last_year_served": _served_until(line, facts, plan), "wait_1": _word(after), "wait_1_at_least": low,
        "wait_1_at_most": high, "never_at_least": never_low, "never_at_most": never_high,
    }  # fmt: skip
    if last is not NEVER:
        row["dates"] = "; ".join(_reasons(line, last, facts, plan))
    beyond = facts.waiting(line.option, NEVER if last is NEVER else line.after(last))
    if beyond is not None:
        comes, goes, moves = _changes(beyond, facts, line.option)
        then = beyond.years.get(line.option)
        own = "left out" if then is None else f"in {then}"
        row["instead"] = "; ".join(filter(None, (own, comes and f"with {comes}", goes and f"without {goes}",
                                                 moves and f"moved {moves}")))  # fmt: skip
        row["then_short"] = _then_short(beyond, facts, plan)
    return row


def _before(line: Line, late: Year | str) -> Year:
    """The last year that is not proved to be too late; blank where it can be never."""
    if isinstance(late, str):
        return NEVER
    earlier = [line.year, *(year for year in line.later if year is not NEVER)]
    return max(year for year in earlier if late is NEVER or year < late)


def _served_until(line: Line, facts: Facts, plan: Plan) -> Year:
    """The last year up to which the strictest channel is known to be served as in the plan; blank for never."""
    known: Year = line.year
    for year in line.later:
        if not line.serves(facts, plan, year):
            return known
        known = year
    return known


def _word(year: Year) -> str:
    return "never" if year is NEVER else str(year)


def _reasons(line: Line, last: int, facts: Facts, plan: Plan) -> list[str]:
    """Lead time, and what lies between the dates of the last year and of the next."""
    record = line.network.starts.options[line.option]
    after = line.after(last)
    dates = dates_of(line.network, line.option, last)
    words = [f"lead {record.lead}: funded {last} it is on line in {dates.online}"]
    if dates.qualified is not None:
        words[0] += f", may serve {plan.instance.served_channels[0]} from {dates.qualified}"
    if after is NEVER:
        words.append(window(line.network, line.option))
    else:
        there = missed(line.network, line.option, last, after)
        words += [f"in time for {'; '.join(there)}"] if there else []
    if waiting := expansions(line.network, line.option, facts.found[0].funded):
        words.append(f"before {', '.join(waiting)}")
    if facts.least(line.option, after) == math.inf:
        words.append("no plan waits longer")
    return words


def _changes(found: Found, facts: Facts, option: Option) -> tuple[str, str, str]:
    """What a plan funds that the first does not, what it leaves out beside the option, and what moves."""
    now, before = found.years, facts.found[0].years
    comes = [f"{':'.join(item)} {now[item]}" for item in sorted(now.keys() - before.keys())]
    goes = [":".join(item) for item in sorted(before.keys() - now.keys()) if item != option]
    moves = [
        f"{':'.join(item)} {before[item]}>{now[item]}" for item in sorted(now.keys() & before.keys())
        if now[item] != before[item] and item != option
    ]  # fmt: skip
    return ", ".join(comes), ", ".join(goes), ", ".join(moves)


def _tonnes(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.3g}"


def _then_short(found: Found, facts: Facts, plan: Plan) -> str:
    """Where service is worse than in the plan on the mean: the strictest channel first, then the most tonnes."""
    planned = _planned(facts)
    order = {name: number for number, name in enumerate(plan.instance.channels)}
    more = [
        (order[plan.instance.markets[market].channel], planned.get((market, product, period), 0.0) - tonnes, market,
         product, period)
        for (market, product, period), tonnes in found.short.items()
        if tonnes - planned.get((market, product, period), 0.0) > _worse(plan)
    ]  # fmt: skip
    words = [f"{market} {product} {period} {_tonnes(-less)} t" for _, less, market, product, period in sorted(more)[:3]]
    return ", ".join(words) + (f" and {len(more) - 3} more" if len(more) > 3 else "")


def waits_table(lines: Sequence[Line], facts: Facts, plan: Plan | None) -> pd.DataFrame:
    """A row for each funding and year to which something is known of its waiting."""
    rows: list[tuple[Any, ...]] = []
    for line in lines if plan is not None else ():
        assert plan is not None
        for year in line.later:
            found, proved = facts.waiting(line.option, year), (line.option, year) in facts.proofs
            least = facts.least(line.option, year)
            if found is None and not proved and least == facts.bound:
                continue
            low, high = facts.costs(line.option, year)
            status = "no plan" if least == math.inf else "asked" if proved else "implied"
            good = "yes" if facts.good(line.option, year) else "not proved"
            good = "no" if facts.too_late(line.option, year) else good
            changes = ("", "", "") if found is None else _changes(found, facts, line.option)
            more = line.more_short(facts, plan, year)
            served = "" if more is None else "yes" if more <= _worse(plan) else "no"
            waits = None if year is NEVER else year - line.year
            then = None if found is None else found.years.get(line.option)
            rows.append((*line.option, line.year, year, waits, status, low, high, good, more, served, then, *changes))
    frame = pd.DataFrame(rows, columns=list(WAITS))
    frame = frame.astype(dict.fromkeys(("costs_at_least", "costs_at_most", "more_short"), "float64"))
    return frame.astype(dict.fromkeys(("funded", "not_before", "waits", "then_funded"), "Int64"))
