"""Reactions: what branches fund, when they may, what it excludes, and how much of it a year and the budget allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from optimizer.instance.policy import Exclusive, Forbid, Reactions, Starts
from optimizer.verifier.case import Case
from optimizer.verifier.columns import ReactionRow
from optimizer.verifier.facts import Facts
from optimizer.verifier.futures import TRUNK, Block
from optimizer.verifier.money import spending
from optimizer.verifier.reacted import Reaction
from optimizer.verifier.tables import Rows
from optimizer.verifier.verdict import At, Ledger


def reactions_in(facts: Facts, blocks: dict[str, Block], rows: Rows, ledger: Ledger) -> list[Reaction]:
    """What the table says; rows for what does not exist are violations and left out."""
    found: list[Reaction] = []
    for row in rows.reactions:
        at = At(f"{row.facility}:{row.option}", row.funded, row.scenario)
        options = {option.id: option for option in facts.instance.facilities[row.facility].options}
        if not ledger.holds("known_ids", at, row.option in options, f"{row.facility} has no option {row.option!r}"):
            continue
        block = blocks.get(row.scenario)
        there = block is not None and row.scenario != TRUNK
        if ledger.holds("reaction_window", at, there, "a funding in a scenario that has no branch") and block:
            found.append(Reaction(block, row.facility, options[row.option], row.funded))
    return found


def check_reactions(case: Case) -> None:
    """Every funding of a branch by itself, then what each branch has."""
    for row in case.rows.reactions:
        block = case.blocks.get(row.scenario)
        if block is None or row.scenario == TRUNK or not _known(case, row.facility, row.option):
            continue
        option = case.built.option(row.facility, row.option)
        one = Reaction(block, row.facility, option, row.funded)
        _allowed(case, one)
        _cells(case, row, one)
    for block in case.blocks.values():
        had = case.reacted.had_by(block)
        if had:
            _once(case, block, had)
            _after(case, block, had)
            _rules(case, block, had)
            _budget(case, block, had)


def _known(case: Case, facility: str, option: str) -> bool:
    return any(one.id == option for one in case.instance.facilities[facility].options)


def _at(one: Reaction, block: Block | None = None) -> At:
    return At(f"{one.facility}:{one.option.id}", one.funded, (block or one.branch).name)


def _allowed(case: Case, one: Reaction) -> None:
    """It reacts, no rule forbids it, and the year is in its window and in the branch."""
    option, ledger, at = one.option, case.ledger, _at(one)
    ledger.holds("reaction_allowed", at, option.react is not None, f"{option.id} is not said to react")
    ledger.holds("reaction_allowed", at, option.sets is None, f"{option.id} sets exposures or holders")
    barred = [
        rule
        for rule in case.instance.policy.rules
        if isinstance(rule, Forbid) and rule.facility == one.facility and rule.option in (None, option.id)
    ]
    ledger.holds("reaction_allowed", at, not barred, "a rule forbids it")
    early = option.earliest is not None and one.funded < option.earliest
    late = option.latest is not None and one.funded > option.latest
    inside = any(period.year == one.funded for period in one.branch.periods)
    window = f"a period's first year of the branch in {option.earliest or ''}..{option.latest or ''}"
    text = f"funded in {one.funded}, should be {window}"
    ledger.holds("reaction_window", at, inside and not early and not late, text, unit="years")


def _cells(case: Case, row: ReactionRow, one: Reaction) -> None:
    ledger, at = case.ledger, _at(one)
    online = case.reacted.online(one.branch, one)
    ledger.equal("reaction_online", at, row.online, online, "first year on line", "years", scale=0.0)
    facility = case.instance.facilities[one.facility]
    confidences = {str(word) for word in (one.option.confidence, facility.confidence) if word} or {""}
    wrong = [
        f"{what} is {got!r}, should be {' or '.join(sorted(expected)) or 'blank'}"
        for what, got, expected in (
            ("stage", row.stage, {facility.stage}),
            ("country", row.country, {facility.country}),
            ("confidence", row.confidence, confidences),
        )
        if got not in expected
    ]
    ledger.holds("reaction_facts", at, not wrong, "; ".join(wrong))
    ledger.equal("reaction_facts", at, row.capacity, sum(one.option.capacity.values()), "capacity", "units")
    ledger.equal("reaction_facts", at, row.capex, one.capex, "capex", "USD")
    outlay = one.capex * one.option.public_share
    ledger.equal("reaction_facts", at, row.public_outlay, outlay, "public outlay", "USD")


def _planned(case: Case, block: Block) -> dict[tuple[str, str], int]:
    """What the plan has funded by the last period of a branch."""
    return {key: year for key, year in case.built.funded.items() if year <= block.periods[-1].year}


def _once(case: Case, block: Block, had: list[Reaction]) -> None:
    """An option is funded once, and of alternatives one, by the plan until the branch ends and in branches together."""
    planned = _planned(case, block)
    count = Counter([*planned, *((one.facility, one.option.id) for one in had)])
    for one in had:
        times = count[one.facility, one.option.id]
        text = f"funded {times} times by the plan and in branches, should be once"
        case.ledger.holds("reaction_once", _at(one, block), times <= 1, text, times - 1.0)
    for name in dict.fromkeys(one.facility for one in had if one.option.after is None):
        roots = sum(times for (other, option), times in count.items() if other == name and _root(case, name, option))
        text = f"{roots} alternatives are funded by the plan and in branches"
        case.ledger.holds("reaction_alternatives", At(name, None, block.name), roots <= 1, text, roots - 1.0)


def _root(case: Case, facility: str, option: str) -> bool:
    return case.built.option(facility, option).after is None


def _after(case: Case, block: Block, had: list[Reaction]) -> None:
    """What an expansion follows is on line in this branch by the end of the period in which the branch funds it."""
    for one in had:
        base = one.option.after
        if base is None or one.branch.name != block.name:
            continue
        lines = [case.reacted.online(block, other) for other in had if _is(other, one.facility, base)]
        if (one.facility, base) in _planned(case, block):
            lines.append(case.built.online(block, one.facility, base))
        period = case.facts.period_of(one.funded)
        last = period.end - 1 if period is not None else one.funded
        ready = min(lines, default=None)
        text = f"{base} is {'not funded' if ready is None else f'on line in {ready}'}, should be by {last}"
        case.ledger.holds("reaction_after", _at(one), ready is not None and ready <= last, text, unit="years")


def _is(one: Reaction, facility: str, option: str) -> bool:
    return (one.facility, one.option.id) == (facility, option)


def _rules(case: Case, block: Block, had: list[Reaction]) -> None:
    """Rules on how many a year, and on which exclude each other."""
    mine = [one for one in had if one.branch.name == block.name]
    for number, rule in enumerate(case.instance.policy.rules):
        at = At(f"rule {number}", None, block.name)
        if isinstance(rule, Exclusive):
            planned = {name for name, option in _planned(case, block) if _root(case, name, option)}
            reacted = {one.facility for one in had if one.option.after is None}
            both = sorted(set(rule.facilities) & (planned | reacted))
            text = f"{', '.join(both)} are funded by the plan and in branches"
            case.ledger.holds("reaction_exclusive", at, not reacted & set(both) or len(both) <= 1, text)
        elif isinstance(rule, Starts | Reactions):
            among = {
                name
                for name, facility in case.instance.facilities.items()
                if (rule.stage is None or facility.stage == rule.stage)
                and (rule.countries is None or facility.country in rule.countries)
            }
            _per_year(case, block, mine, number, rule, among)


def _per_year(
    case: Case, block: Block, mine: list[Reaction], number: int, rule: Starts | Reactions, among: Collection[str]
) -> None:
    for period in block.periods:
        reacted = sum(one.facility in among and one.funded in period.span for one in mine)
        if not reacted:
            continue
        limit = case.facts.mean(rule.max, period) * period.years
        at = At(f"rule {number}", period.year, block.name)
        if isinstance(rule, Reactions):
            case.ledger.at_most("reaction_surge", at, reacted, limit, "options funded in the branch", "rows")
            continue
        planned = sum(name in among and year in period.span for (name, _), year in case.built.funded.items())
        what = "options funded by the plan and in the branch"
        case.ledger.at_most("reaction_starts", at, reacted + planned, limit, what, "rows")


def _budget(case: Case, block: Block, had: list[Reaction]) -> None:
    """Public capex of the plan and of a future's branches within the budget."""
    budget = case.instance.policy.budget
    due = [(year, usd * one.option.public_share) for one in had for year, usd in one.spending()]
    plan = [(year, usd * option.public_share) for _, option, year, usd in spending(case)]
    if budget.annual is not None:
        for period in case.instance.periods:
            if not any(year in period.span and usd for year, usd in due):
                continue
            spent = sum(usd for year, usd in [*plan, *due] if year in period.span)
            limit = case.facts.mean(budget.annual, period) * period.years
            at = At("", period.year, block.name)
            case.ledger.at_most("reaction_budget_annual", at, spent, limit, "public capex", "USD")
    if budget.total is not None:
        spent = sum(usd for _, usd in [*plan, *due])
        at = At("", None, block.name)
        case.ledger.at_most("reaction_budget_total", at, spent, budget.total, "public capex", "USD")
