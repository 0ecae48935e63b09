"""Money: costs by scenario, period and category, discounting, public outlay and budgets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from optimizer.instance.records import Option
from optimizer.verifier.activity import unit_cost
from optimizer.verifier.case import Case
from optimizer.verifier.futures import TRUNK
from optimizer.verifier.goals import goal_cost
from optimizer.verifier.moves import flow_cost, surplus_money
from optimizer.verifier.preference import weighed
from optimizer.verifier.residual import residual_money
from optimizer.verifier.service import shortage_price
from optimizer.verifier.stores import price_steps_paid, stock_money
from optimizer.verifier.verdict import At

INVESTMENT = "investment"
CostKey = tuple[str, int, str]
"""Scenario, period, category."""


@dataclass(slots=True)
class Money:
    """Costs as they follow from the quantities.

    Attributes:
        usd: undiscounted.
        discounted: in base-year dollars.
    """

    usd: dict[CostKey, float] = field(default_factory=dict)
    discounted: dict[CostKey, float] = field(default_factory=dict)
    _by_year: dict[str, dict[int, float]] = field(default_factory=dict)

    def add(self, scenario: str, period: int, category: str, usd: float, factor: float) -> None:
        """Add an amount."""
        key = (scenario, period, category)
        self.usd[key] = self.usd.get(key, 0.0) + usd
        self.discounted[key] = self.discounted.get(key, 0.0) + usd * factor
        years = self._by_year.setdefault(scenario, {})
        years[period] = years.get(period, 0.0) + usd * factor

    def total(self, scenario: str, periods: set[int] | None = None) -> float:
        """Discounted costs of a scenario, over all or some periods."""
        years = self._by_year.get(scenario, {})
        return sum(amount for period, amount in years.items() if periods is None or period in periods)


def spending(case: Case) -> Iterator[tuple[str, Option, int, float]]:
    """Facility, option, calendar year and USD of capex, as it is spent."""
    for (facility, option_id), funded in case.built.funded.items():
        option = case.built.option(facility, option_id)
        for later, share in enumerate(option.spend or (1.0,)):
            if share:
                yield facility, option, funded + later, share * option.capex


def costs_of(case: Case) -> Money:
    """All costs, computed from the quantities and the instance."""
    money = Money()
    _investment(case, money)
    _reactions(case, money)
    _fixed(case, money)
    _operations(case, money)
    return money


def _investment(case: Case, money: Money) -> None:
    for _, _, year, usd in spending(case):
        period = case.facts.period_of(year)
        # Within the horizon a flow counts from the first year of its period, after it from its own.
        start = period.year if period is not None else year
        money.add(INVESTMENT, start, "capex", usd, case.facts.discount(start))
    end = case.facts.end
    for facility, option_id in case.built.funded:
        option = case.built.option(facility, option_id)
        online = case.built.planned(facility, option_id)
        if option.life is not None and online < end:
            left = max(0, online + option.life - end)
            credit = option.capex * left / option.life
            money.add(INVESTMENT, end, "credit", -credit, case.facts.discount(end))


def _reactions(case: Case, money: Money) -> None:
    """What a branch funds is booked in its year of funding, so that whoever leaves the branch later bears it too."""
    end = case.facts.end
    for one in case.reacted.all:
        for year, usd in one.spending():
            period = case.facts.period_of(year)
            worth = case.facts.discount(period.year if period is not None else year)
            money.add(one.branch.name, one.funded, "capex", usd, worth)
        if one.option.life is not None and one.planned < end:
            left = max(0, one.planned + one.option.life - end)
            # The end is paid for what the plan would have paid: hurry is worth nothing then.
            credit = one.option.capex * left / one.option.life
            money.add(one.branch.name, one.funded, "credit", -credit, case.facts.discount(end))


def _fixed(case: Case, money: Money) -> None:
    for block, period in case.each_period():
        total = 0.0
        for name, facility in case.instance.facilities.items():
            total += case.facts.mean(facility.fixed_cost, period) * period.years
            for option, _ in case.built.options_of(name):
                years = sum(case.built.lives(block, name, option, year) for year in period.span)
                total += option.fixed_cost * years
        for one in case.reacted.had_by(block):
            total += one.option.fixed_cost * sum(case.reacted.age(block, one, y) is not None for y in period.span)
        money.add(block.name, period.year, "fixed", total, case.facts.discount(period.year))


def _operations(case: Case, money: Money) -> None:
    def add(scenario: str, period: int, category: str, usd: float) -> None:
        money.add(scenario, period, category, usd, case.facts.discount(period))

    for run in case.rows.runs:
        if run.recipe in case.instance.facilities[run.facility].recipes:
            each = unit_cost(case, case.blocks[run.scenario], case.facts.periods[run.period], run)
            add(run.scenario, run.period, "activity", run.run * each)
    for flow in case.rows.flows:
        add(flow.scenario, flow.period, "freight", flow_cost(case, flow))
    for row in case.rows.stock:
        holding, disposal, back = stock_money(case, row)
        add(row.scenario, row.period, "storage", holding)
        add(row.scenario, row.period, "disposal", disposal)
        add(row.scenario, row.period, "buy_back", back)
    for over in case.rows.surplus:
        sold, disposed = surplus_money(case, over)
        add(over.scenario, over.period, "disposal", disposed)
        add(over.scenario, over.period, "sales", -sold)
    for line in case.rows.demand:
        lines = case.instance.markets[line.market].demand
        if 0 <= line.line < len(lines):
            price = shortage_price(case, case.facts.periods[line.period], lines[line.line])
            add(line.scenario, line.period, "shortage", line.short * price)
        add(line.scenario, line.period, "preference", weighed(case, line))
    for course, year, usd in residual_money(case):
        money.add(course, year, "residual_stock", -usd, case.facts.discount(case.facts.end))
    for aim in case.rows.targets:
        targets = case.instance.stockpiles[aim.stockpile].targets
        if 0 <= aim.target < len(targets):
            period = case.facts.periods[aim.period]
            price = shortage_price(case, period, targets[aim.target]) * period.years
            add(TRUNK, aim.period, "target_shortage", aim.short * price)
    for goal in case.rows.goals:
        add(TRUNK, goal.period, "goal_shortage", goal_cost(case, goal))


def check_costs(case: Case, money: Money) -> None:
    """The costs table, row by row, both ways: nothing wrong in it and nothing missing."""
    usd: dict[CostKey, float] = {}
    discounted: dict[CostKey, float] = {}
    for row in case.rows.costs:
        if row.scenario != INVESTMENT:
            there = row.period in case.facts.periods
            if not case.ledger.holds("known_ids", At("costs", row.period), there, f"there is no period {row.period}"):
                continue
        key = (row.scenario, row.period, row.category)
        usd[key] = usd.get(key, 0.0) + row.usd
        discounted[key] = discounted.get(key, 0.0) + row.discounted
    for key in dict.fromkeys([*money.usd, *usd]):
        scenario, period, category = key
        at = At(category, period, scenario)
        case.ledger.equal("costs", at, usd.get(key, 0.0), money.usd.get(key, 0.0), category, "USD")
        expected = money.discounted.get(key, 0.0)
        what = f"discounted {category}"
        case.ledger.equal("discounting", at, discounted.get(key, 0.0), expected, what, "USD")


OutlayKey = tuple[int, str, str]
"""Calendar year of spending, or first year of the period for stockpiles; account; instrument."""


def outlay_of(case: Case) -> dict[OutlayKey, float]:
    """Public outlay as it follows from the portfolio and the trunk's stockpiles, undiscounted."""
    found: dict[OutlayKey, float] = {}

    def add(year: int, account: str, instrument: str, usd: float) -> None:
        key = (year, account, instrument)
        found[key] = found.get(key, 0.0) + usd

    for _, option, year, usd in spending(case):
        add(year, "capex", "grant", usd * option.public_share)
    for row in case.rows.stock:
        stockpile = case.instance.stockpiles[row.stockpile]
        if row.scenario != TRUNK or not stockpile.is_public:
            continue
        period = case.facts.periods[row.period]
        each = case.facts.paid_price(row.stockpile, row.material, row.channel, period)
        add(row.period, "stockpile", "purchase", row.in_ * each * stockpile.public_share)
        add(row.period, "stockpile", "holding", stock_money(case, row)[0] * stockpile.public_share)
    for name, _, year, usd in price_steps_paid(case):
        add(year, "stockpile", "price_step", usd * case.instance.stockpiles[name].public_share)
    return found


def check_outlay(case: Case, instruments: Mapping[OutlayKey, float]) -> None:
    """The outlay table and the budgets, with what instruments pay."""
    expected = outlay_of(case)
    for key, usd in instruments.items():
        expected[key] = expected.get(key, 0.0) + usd
    finance = case.instance.finance
    outside = set() if finance is None else {one.id for one in finance.instruments if not one.budget}
    kinds = {} if finance is None else {one.id: one.kind for one in finance.instruments}
    stated: dict[OutlayKey, float] = {}
    for row in case.rows.outlay:
        key = (row.year, row.account, row.instrument)
        stated[key] = stated.get(key, 0.0) + row.usd
    for key in dict.fromkeys([*expected, *stated]):
        year, account, instrument = key
        at = At(account, year)
        what = f"outlay {instrument}"
        case.ledger.equal("outlay", at, stated.get(key, 0.0), expected.get(key, 0.0), what, "USD")
    # What an instrument earns is no budget for others.
    counted = {
        key: usd if key[2] not in kinds or kinds[key[2]] != key[1] else max(0.0, usd)
        for key, usd in expected.items()
        if not (key[2] in outside and kinds[key[2]] == key[1])
    }
    budget = case.instance.policy.budget
    if budget.annual is not None:
        for period in case.instance.periods:
            spent = sum(usd for (year, _, _), usd in counted.items() if year in period.span)
            limit = case.facts.mean(budget.annual, period) * period.years
            case.ledger.at_most("budget_annual", At("", period.year), spent, limit, "public outlay", "USD")
    if budget.total is not None:
        spent = sum(counted.values())
        case.ledger.at_most("budget_total", At(), spent, budget.total, "public outlay", "USD")
