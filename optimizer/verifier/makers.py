"""Requalification: from whom users of a channel may take a product, and who is new to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from optimizer.instance.instance import Period
from optimizer.instance.records import Requalification
from optimizer.verifier.adjust import first_blow
from optimizer.verifier.case import Case
from optimizer.verifier.columns import Run
from optimizer.verifier.futures import Block
from optimizer.verifier.investment import capacity_use
from optimizer.verifier.verdict import At


def check_makers(case: Case) -> None:
    """The table of makers against the trunk, then every maker in every branch."""
    for material, record in case.instance.materials.items():
        for channel, row in record.requalification.items():
            if row.years > 0:
                _product(case, material, channel, row)
    for maker in case.rows.makers:
        name, material, channel = maker.facility, maker.material, maker.channel
        asked = case.instance.materials[material].requalification.get(channel)
        new = material in case.facts.makes[name] and not _known(case, name, material, channel)
        text = f"{material} is not to be requalified for {channel}, or is no product that {name} is new for"
        case.ledger.holds("maker_row", At(name, maker.period), asked is not None and asked.years > 0 and new, text)


def _known(case: Case, facility: str, material: str, channel: str) -> bool:
    return material in case.instance.facilities[facility].known_for.get(channel, ())


def _product(case: Case, material: str, channel: str, row: Requalification) -> None:
    """One product in one channel and stricter ones."""
    made: dict[tuple[str, int, str], float] = defaultdict(float)
    for run in _strict(case, case.rows.runs, channel):
        made[run.scenario, run.period, run.facility] += run.run * _output(case, run.recipe, material)
    had: dict[tuple[int, str], float] = {}
    for maker in case.rows.makers:
        if (maker.material, maker.channel) == (material, channel):
            at = At(f"{maker.facility}:{material}:{channel}", maker.period)
            makes = made.get((case.trunk.name, maker.period, maker.facility), 0.0)
            case.ledger.equal("maker_made", at, maker.made, makes, "what it makes")
            case.ledger.at_most("maker_made", at, maker.tonnes, makes, "counted as had from it")
            had[maker.period, maker.facility] = maker.tonnes
    for period in case.facts.periods.values():
        total = sum(tonnes for (year, _), tonnes in had.items() if year == period.year)
        new = [name for name in case.instance.facilities if not _known(case, name, material, channel)]
        can = sum(made.get((case.trunk.name, period.year, name), 0.0) for name in new)
        taken = min(can, _taken(case, material, channel, period))
        at = At(f"{material}:{channel}", period.year)
        case.ledger.equal("maker_taken", at, total, taken, "counted as had from all makers")
    for (scenario, year, name), makes in made.items():
        block, period = case.blocks[scenario], case.facts.periods[year]
        if block.scenario is not None and block.covers(period) and not _known(case, name, material, channel):
            _maker(case, block, period, name, material, channel, row, makes, had.get((year, name), 0.0))


def _maker(
    case: Case,
    block: Block,
    period: Period,
    name: str,
    material: str,
    channel: str,
    row: Requalification,
    makes: float,
    had: float,
) -> None:
    onset = first_blow(block)
    waiting = sum(min(1.0, max(0.0, row.years - (year - onset))) for year in period.span)
    if waiting <= 0 or makes <= 0:
        return
    most = waiting / period.years * row.multiple * had + waiting * row.lots
    free = period.years - waiting
    if free > 0:
        for unit in case.facts.units(name):
            stands = case.built.existing(name, unit, period) + case.built.added(block, name, unit, period)
            most += free * stands * _best(case, name, unit, material, channel)
    at = At(f"{name}:{material}:{channel}", period.year, block.name)
    case.ledger.at_most("new_maker", at, makes, most, "made")


def _best(case: Case, name: str, unit: str, material: str, channel: str) -> float:
    """The most of a material that a unit makes per unit of capacity, in a channel or a stricter one."""
    found = 0.0
    for recipe in case.instance.facilities[name].recipes:
        record = case.instance.recipes[recipe]
        open_to = record.channels or case.facts.channels
        serves = any(case.facts.as_strict(one, channel) for one in open_to)
        if serves and case.facts.unit_of(name, recipe) == unit:
            found = max(found, record.outputs.get(material, 0.0) / capacity_use(case, name, recipe))
    return found


def _taken(case: Case, material: str, channel: str, period: Period) -> float:
    """What users of a channel and stricter ones take on the trunk: markets, processes, reserves."""
    markets, stockpiles = case.instance.markets, case.instance.stockpiles
    delivered = sum(
        row.delivered
        for row in case.rows.demand
        if (row.scenario, row.period, row.material) == (case.trunk.name, period.year, material)
        and case.facts.as_strict(markets[row.market].channel, channel)
    )
    used = sum(
        run.run * case.instance.recipes[run.recipe].inputs.get(material, 0.0)
        for run in _strict(case, case.rows.runs, channel)
        if (run.scenario, run.period) == (case.trunk.name, period.year)
    )
    reserved = sum(
        row.in_
        for row in case.rows.stock
        if (row.scenario, row.period, row.material) == (case.trunk.name, period.year, material)
        and stockpiles[row.stockpile].release == "disruption"
        and case.facts.as_strict(row.channel, channel)
    )
    return delivered + used + reserved


def _strict(case: Case, runs: Iterable[Run], channel: str) -> list[Run]:
    """Activity in a channel and stricter ones, of recipes that the facility has."""
    return [
        run
        for run in runs
        if run.recipe in case.instance.facilities[run.facility].recipes and case.facts.as_strict(run.channel, channel)
    ]


def _output(case: Case, recipe: str, material: str) -> float:
    return case.instance.recipes[recipe].outputs.get(material, 0.0)
