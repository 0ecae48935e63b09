"""Adjustment: what a branch may not yet do otherwise than the trunk."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain, combinations

from optimizer.instance.fields import WHOLE
from optimizer.instance.instance import Period
from optimizer.verifier.case import Case
from optimizer.verifier.columns import Run
from optimizer.verifier.futures import Block
from optimizer.verifier.investment import capacity_use
from optimizer.verifier.verdict import At

_Runs = dict[tuple[str, int, str, str], list[Run]]


def check_adjustment(case: Case) -> None:
    """Every unit that runs in a branch, where its facility or its stage says how slowly it changes."""
    runs: _Runs = defaultdict(list)
    for run in case.rows.runs:
        if run.recipe in case.instance.facilities[run.facility].recipes:
            runs[run.scenario, run.period, run.facility, case.facts.unit_of(run.facility, run.recipe)].append(run)
    for (scenario, year, name, unit), mine in runs.items():
        block, period = case.blocks[scenario], case.facts.periods[year]
        if block.scenario is not None and block.covers(period):
            _unit(case, block, period, name, unit, mine, runs.get((case.trunk.name, year, name, unit), []))


def _first_blow(block: Block) -> int:
    """The first year in which the future of a branch was off the trunk."""
    assert block.scenario is not None
    left = block.leaves
    return block.scenario.onset if left is None or left.scenario is None else _first_blow(left)


def _unit(case: Case, block: Block, period: Period, name: str, unit: str, now: list[Run], then: list[Run]) -> None:
    onset = _first_blow(block)
    rise, contracted = _said(case, name)
    at = At(f"{name}:{unit}" if unit != WHOLE else name, period.year, block.name)
    stands = case.built.existing(name, unit, period) + case.built.added(block, name, unit, period)
    reached = sum(min(1.0, rise * (1 + year - onset)) for year in period.span)
    raised = stands * reached
    if reached < period.years:
        most = _use(case, then) + raised
        case.ledger.at_most("raised_activity", at, _use(case, now), most, "activity", "units")
    first = sum(1 for year in period.span if year == onset) / period.years
    held = contracted * first
    if held <= 0:
        return
    fresh = sum(case.reacted.added_in(block, name, unit, year, {}) for year in period.span)  # under no contract
    stood = case.built.existing(name, unit, period) + case.built.added(case.trunk, name, unit, period)
    stood = stood * period.years + fresh
    open_ = _available(case, block, period, name)
    for channel in list(case.instance.channels)[:-1]:
        strict = [run for run in now if case.facts.as_strict(run.channel, channel)]
        before = [run for run in then if case.facts.as_strict(run.channel, channel)]
        looser = _use(case, then) - _use(case, before)
        what = f"activity in {channel} and stricter"
        most = open_ * (stood - held * looser)
        case.ledger.at_most("contracted_capacity", at, _use(case, strict), most, what, "units")
        if reached < period.years:
            most = _use(case, before) + (1.0 - held) * looser + raised
            case.ledger.at_most("contracted_gain", at, _use(case, strict), most, what, "units")


def _said(case: Case, name: str) -> tuple[float, float]:
    """Share of capacity that can be raised a year, and share under contract: the facility's word, or its stage's."""
    facility = case.instance.facilities[name]
    rise, contracted = facility.raise_, facility.contracted
    stage = case.instance.frictions.get(facility.stage)
    if stage is not None:
        rise = stage.raise_ if rise is None else rise
        contracted = stage.contracted if contracted is None else contracted
    return 1.0 if rise is None else rise, contracted or 0.0


def _available(case: Case, block: Block, period: Period, name: str) -> float:
    """The highest factor on capacity of all states that a facility may be in."""
    sets = [option.id for option in case.instance.facilities[name].options if option.sets is not None]
    states = chain.from_iterable(combinations(sets, count) for count in range(len(sets) + 1))
    return max(case.trust.available(block, name, frozenset(state), period) for state in states)


def _use(case: Case, runs: list[Run]) -> float:
    return sum(run.run * capacity_use(case, run.facility, run.recipe) for run in runs)
