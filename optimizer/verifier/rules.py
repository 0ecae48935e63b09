"""Rules on operations: in the trunk, and in branches where a rule says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from optimizer.instance.amounts import FillRate
from optimizer.instance.instance import Period
from optimizer.instance.policy import (
    DeliveredContent,
    Diversify,
    DomesticContent,
    ExposureCap,
    HeavyContent,
    OutputRule,
)
from optimizer.verifier.case import Case
from optimizer.verifier.columns import Demand, Run
from optimizer.verifier.futures import Block
from optimizer.verifier.verdict import At

RARE_EARTHS = frozenset(
    ("La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y", "Sc")
)


@dataclass(slots=True)
class _Rows:
    """Rows by scenario and period."""

    runs: dict[tuple[str, int], list[Run]] = field(default_factory=dict)
    demand: dict[tuple[str, int], list[Demand]] = field(default_factory=dict)


def check_rules(case: Case) -> None:
    """Every rule on operations."""
    rows = _Rows()
    for run in case.rows.runs:
        rows.runs.setdefault((run.scenario, run.period), []).append(run)
    for delivery in case.rows.demand:
        rows.demand.setdefault((delivery.scenario, delivery.period), []).append(delivery)
    for number, rule in enumerate(case.instance.policy.rules):
        place = f"rule {number}"
        if isinstance(rule, DomesticContent | ExposureCap | HeavyContent | Diversify):
            for block, period in _binding(case, rule.in_disruption):
                runs = rows.runs.get((block.name, period.year), [])
                at = At(place, period.year, block.name)
                for channel in [rule.channel] if rule.channel is not None else case.facts.channels:
                    mine = [run for run in runs if run.channel == channel]
                    for materials in _groups(case, rule):
                        _output_rule(case, rule, at, period, materials, mine)
        elif isinstance(rule, DeliveredContent):
            for block, period in _binding(case, rule.in_disruption):
                deliveries = rows.demand.get((block.name, period.year), [])
                _delivered(case, rule, At(place, period.year, block.name), period, deliveries)
        elif isinstance(rule, FillRate):
            for block, period in _binding(case, rule.in_disruption):
                deliveries = rows.demand.get((block.name, period.year), [])
                _filled(case, rule, At(place, period.year, block.name), period, deliveries)


def _binding(case: Case, in_disruption: bool) -> Iterator[tuple[Block, Period]]:
    for block, period in case.each_period():
        if block is case.trunk or in_disruption:
            yield block, period


def _groups(case: Case, rule: OutputRule) -> list[set[str]]:
    """The materials a rule is about: together, or each apart."""
    if rule.materials is not None:
        materials = list(rule.materials)
    else:
        materials = [name for name, record in case.instance.materials.items() if record.stage == rule.stage]
    return [{material} for material in materials] if rule.each == "material" else [set(materials)]


def _made(case: Case, run: Run, materials: Iterable[str]) -> float:
    """Tonnes of materials that a run makes, before any downgrade."""
    outputs = case.instance.recipes[run.recipe].outputs
    return sum(outputs.get(material, 0.0) for material in materials) * run.run


def _output_rule(case: Case, rule: OutputRule, at: At, period: Period, materials: set[str], runs: list[Run]) -> None:
    made = [(run, _made(case, run, materials)) for run in runs]
    total = sum(tonnes for _, tonnes in made)
    about = ", ".join(sorted(materials))
    if isinstance(rule, DomesticContent):
        home = [
            tonnes for run, tonnes in made if case.instance.facilities[run.facility].country in case.instance.domestic
        ]
        share = case.facts.mean_given(rule.share, period, before=0.0)
        case.ledger.at_least("domestic_content", at, sum(home), share * total, f"made at home of {about}", "t", total)
    elif isinstance(rule, ExposureCap):
        exposed = sum(tonnes * _exposure(case, rule, run) for run, tonnes in made)
        share = case.facts.mean_given(rule.share, period, before=1.0)
        case.ledger.at_most("exposure_cap", at, exposed, share * total, f"{rule.kind} in {about}", "t", total)
    elif isinstance(rule, HeavyContent):
        heavy = sum(_mass(case, run, materials, set(rule.elements)) for run in runs)
        earths = sum(_mass(case, run, materials, RARE_EARTHS) for run in runs)
        share = case.facts.mean_given(rule.share, period, before=0.0)
        what = f"{', '.join(rule.elements)} in {about}"
        case.ledger.at_least("heavy_content", at, heavy, share * earths, what, "t", earths)
    else:
        by: dict[str, float] = {}
        for run, tonnes in made:
            for group in _members(case, rule, run.facility):
                by[group] = by.get(group, 0.0) + tonnes
        share = case.facts.mean_given(rule.share, period, before=1.0)
        for group, tonnes in by.items():
            case.ledger.at_most("diversify", at, tonnes, share * total, f"made by {group} of {about}", "t", total)


def _exposure(case: Case, rule: ExposureCap, run: Run) -> float:
    block, period = case.blocks[run.scenario], case.facts.periods[run.period]
    state, unknown = case.state_of(run.state), case.trust.unknown(run.channel)
    return case.trust.exposure(block, run.facility, state, rule.kind, period, unknown)


def _mass(case: Case, run: Run, materials: Iterable[str], elements: Iterable[str]) -> float:
    """Tonnes of elements in what a run makes of the materials."""
    records = case.instance.materials
    wanted = set(elements)
    return sum(
        _made(case, run, [material])
        * sum(share for element, share in records[material].content.items() if element in wanted)
        for material in materials
    )


def _members(case: Case, rule: Diversify, facility: str) -> list[str]:
    """The groups that a facility's output counts for."""
    record = case.instance.facilities[facility]
    if rule.by == "country":
        return [record.country]
    if rule.by == "owner" and record.owners:
        return list(record.owners)
    return [facility]


def _delivered(case: Case, rule: DeliveredContent, at: At, period: Period, rows: list[Demand]) -> None:
    """Each market and product apart, its lines together."""
    total: dict[tuple[str, str], float] = {}
    trusted: dict[tuple[str, str], float] = {}
    for row in rows:
        if row.market in rule.markets:
            key = (row.market, row.product)
            total[key] = total.get(key, 0.0) + row.delivered
            if case.facts.as_strict(row.channel, rule.channel):
                trusted[key] = trusted.get(key, 0.0) + row.delivered
    share = case.facts.mean_given(rule.share, period, before=0.0)
    for key, tonnes in total.items():
        what = f"{key[1]} delivered to {key[0]} from {rule.channel} or stricter"
        case.ledger.at_least("delivered_content", at, trusted.get(key, 0.0), share * tonnes, what, "t", tonnes)


def _filled(case: Case, rule: FillRate, at: At, period: Period, rows: list[Demand]) -> None:
    """Markets and products together."""
    mine = [row for row in rows if row.market in rule.markets and row.product in (rule.products or (row.product,))]
    asked, delivered = sum(row.demand for row in mine), sum(row.delivered for row in mine)
    share = case.facts.mean_given(rule.share, period, before=0.0)
    what = f"delivered to {', '.join(rule.markets)} of what they ask for"
    case.ledger.at_least("fill_rate", at, delivered, share * asked, what, "t", asked)
