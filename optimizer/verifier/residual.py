"""Stock at the horizon's end: how much of it counts, and what that is worth."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.verifier.case import Case
from optimizer.verifier.columns import ResidualRow, Stock
from optimizer.verifier.futures import Block
from optimizer.verifier.service import counting_channel, target_level
from optimizer.verifier.verdict import At


def check_residual(case: Case) -> None:
    """Every material of every stockpile with a residual in every block that is there at the horizon's end."""
    last = case.instance.periods[-1]
    table = {(row.scenario, row.period, row.stockpile, row.material): row for row in case.rows.residual}
    for block in case.blocks.values():
        for name, record in case.instance.stockpiles.items():
            if record.residual <= 0 or not block.covers(last):
                continue
            for material in record.materials:
                most, counted = _counts(case, block, name, material)
                found = table.pop((block.name, last.year, name, material), None)
                if found is not None:
                    _row(case, found, most, counted)
                    continue
                at = At(name, last.year, block.name)
                case.ledger.equal("residual_counted", at, 0.0, counted, f"{material} that counts, without a row")
    for row in table.values():
        case.ledger.holds("residual_counted", _at(row), False, f"no {row.material} counts there, or not then")


def _row(case: Case, row: ResidualRow, most: float, counted: float) -> None:
    ledger, at = case.ledger, _at(row)
    ledger.equal("residual_counted", at, row.most, most, f"most of {row.material} that counts")
    ledger.equal("residual_counted", at, row.counted, counted, f"{row.material} that counts", scale=most)
    price = _price(case, row.stockpile, row.material)
    ledger.equal("residual_value", at, row.price, price, f"price of {row.material} after the horizon", "USD/t")
    ledger.equal("residual_value", at, row.usd, _usd(case, row), f"what {row.material} is worth", "USD")


def residual_money(case: Case) -> Iterator[tuple[str, int, float]]:
    """Block, period, and USD of the year after the horizon by which what counts lessens costs."""
    for row in case.rows.residual:
        yield row.scenario, row.period, _usd(case, row)


def price_at_the_end(case: Case, row: Stock) -> float | None:
    """USD per t bought back at the horizon's end of what counts then, whatever scenarios do; None of anything else."""
    record, last = case.instance.stockpiles[row.stockpile], case.instance.periods[-1]
    worth = record.residual * _price(case, row.stockpile, row.material)
    asked = max(_asked(case, row.stockpile, row.material).values(), default=0.0)
    if row.period != last.year or worth <= 0 or asked <= 0:
        return None
    series = case.facts.price_series(row.material, case.facts.region(record.country))
    price = 0.0 if series is None else case.facts.mean(series, last) * record.buy_back
    return max(price, worth * case.facts.discount(case.facts.end) / case.facts.discount(last.year))


def _usd(case: Case, row: ResidualRow) -> float:
    share = case.instance.stockpiles[row.stockpile].residual
    return row.counted * share * _price(case, row.stockpile, row.material)


def _price(case: Case, stockpile: str, material: str) -> float:
    """Reference price where the stockpile stands, whatever scenarios do to prices."""
    region = case.facts.region(case.instance.stockpiles[stockpile].country)
    series = case.facts.price_series(material, region)
    return 0.0 if series is None else series.at(case.facts.end, case.facts.first)


def _counts(case: Case, block: Block, name: str, material: str) -> tuple[float, float]:
    """Most that counts, and what counts of the stock at the horizon's end."""
    if _price(case, name, material) <= 0:
        return 0.0, 0.0
    asked = _asked(case, name, material)
    # A branch that has to be back at the trunk's level ends with what the trunk has.
    whose = case.trunk if block.restores else block
    year = case.instance.periods[-1].year
    holds = sorted(case.instance.stockpiles[name].holds, key=lambda held: case.facts.rank[held])
    most = max(asked.values(), default=0.0)
    # From the loosest channel on: what it and looser ones may fill is what is not asked in stricter ones.
    counted = 0.0
    for place in range(len(holds) - 1, -1, -1):
        stock = case.stock_row(whose.name, year, name, material, holds[place]).closing
        rank = case.facts.rank[holds[place]]
        stricter = max((level for channel, level in asked.items() if case.facts.rank[channel] < rank), default=0.0)
        counted = min(counted + stock, most - stricter)
    # What is asked in channels stricter than all that are held cannot be filled.
    return most, max(counted, 0.0) if holds else 0.0


def _asked(case: Case, name: str, material: str) -> dict[str, float]:
    """Tonnes asked for at the horizon's end, by the loosest channel that counts for them."""
    record, period = case.instance.stockpiles[name], case.instance.periods[-1]
    loosest = case.facts.channels[-1]
    if material in record.residual_tonnes:
        return {loosest: record.residual_tonnes[material]}
    aims = [target for target in record.targets if target.material == material]
    found: dict[str, float] = {}
    if aims:
        for target in aims:
            channel = counting_channel(case, target) or loosest
            found[channel] = max(found.get(channel, 0.0), target_level(case, period, target))
        return found
    total = 0.0
    for channel in case.facts.channels:
        if channel in record.holds and (given := case.facts.initial(name, material, channel)) > 0:
            total += given
            found[channel] = total
    return found


def _at(row: ResidualRow) -> At:
    return At(row.stockpile, row.period, row.scenario)
