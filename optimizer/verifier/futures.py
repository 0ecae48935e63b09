"""Futures: the trunk, the branches, who is on which when, and the factors that effects put on things."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from optimizer.instance.fields import EXPOSURE_KINDS
from optimizer.instance.instance import Instance, Period
from optimizer.instance.policy import (
    DemandEffect,
    FacilityEffect,
    LaneEffect,
    OptionEffect,
    PriceEffect,
    RecipeEffect,
    Scenario,
)
from optimizer.verifier.facts import Facts

TRUNK = "trunk"
BASE = "base"

AnyEffect = FacilityEffect | LaneEffect | DemandEffect | PriceEffect | RecipeEffect | OptionEffect
Fields = Mapping[str, Collection[str]]

_COMPARISON = re.compile(r"^\s*(>=|<=|==|=|>|<)?\s*([0-9.eE+-]+)\s*$")
_SLACK = 1e-9
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda a, b: a >= b - _SLACK,
    "<=": lambda a, b: a <= b + _SLACK,
    ">": lambda a, b: a > b + _SLACK,
    "<": lambda a, b: a < b - _SLACK,
    "=": lambda a, b: abs(a - b) <= _SLACK,
    "==": lambda a, b: abs(a - b) <= _SLACK,
}


@dataclass(frozen=True, slots=True)
class Block:
    """One course of operations: the trunk, or the branch of a scenario.

    Attributes:
        name: `trunk` or the scenario's id.
        scenario: none for the trunk.
        periods: the periods it covers.
        restores: whether stocks must be at the trunk's level at its end.
        leaves: the block it leaves; none for the trunk.
        spans: what happens in it: each effect, its first year, and the first year after it.
    """

    name: str
    scenario: Scenario | None
    periods: tuple[Period, ...]
    restores: bool = False
    leaves: Block | None = None
    spans: tuple[tuple[AnyEffect, int, float], ...] = ()

    def covers(self, period: Period) -> bool:
        """Whether it has rows for a period; its own follow one another."""
        return bool(self.periods) and self.periods[0].year <= period.year <= self.periods[-1].year

    def active(self, year: int) -> Iterator[AnyEffect]:
        """The effects that are active in a year."""
        return (effect for effect, start, end in self.spans if start <= year < end)

    def disrupted(self, period: Period) -> bool:
        """Whether any effect is active in any year of a period."""
        return any(True for year in period.span for _ in self.active(year))


def unsound(instance: Instance) -> str:
    """Why the scenarios make no tree; empty if they do."""
    by_id = {scenario.id: scenario for scenario in instance.scenarios}
    for scenario in instance.scenarios:
        if scenario.parent is None:
            continue
        parent = by_id.get(scenario.parent)
        if parent is None or not parent.effects or not scenario.effects:
            return f"'{scenario.id}' cannot leave '{scenario.parent}'"
        if parent.onset >= scenario.onset:
            return f"'{scenario.id}' does not begin after '{scenario.parent}'"
    parents = {scenario.parent for scenario in instance.scenarios}
    for scenario in instance.scenarios:
        if scenario.beginning and (scenario.probability > 0 or scenario.id not in parents):
            return f"'{scenario.id}' cannot be only a beginning"
    return ""


def blocks(instance: Instance) -> dict[str, Block]:
    """The trunk, and the branch of each scenario that has effects."""
    by_id = {scenario.id: scenario for scenario in instance.scenarios}
    trunk = Block(TRUNK, None, instance.periods)
    found = {TRUNK: trunk}

    def branch(scenario: Scenario) -> Block:
        if scenario.id not in found:
            left = trunk
            if scenario.parent is not None:
                left = branch(by_id[scenario.parent])
                # Who is back on the trunk when the next blow falls leaves the trunk.
                left = left if any(period.year == scenario.onset for period in left.periods) else trunk
            found[scenario.id] = _branch(instance, scenario, left)
        return found[scenario.id]

    for scenario in instance.scenarios:
        if scenario.effects:
            branch(scenario)
    heirs: dict[str | None, list[Block]] = {}
    for block in found.values():
        if block.scenario is not None:
            heirs.setdefault(block.scenario.parent, []).append(block)
    names = (TRUNK, *(s.id for s in instance.scenarios if s.effects))
    return {name: _without_its_end(found[name], heirs.get(name, [])) for name in names}


def is_future(scenario: Scenario) -> bool:
    """Whether a future may end with it: what others only begin with is none."""
    return not scenario.beginning


def _without_its_end(block: Block, heirs: Collection[Block]) -> Block:
    """What is only a beginning lasts until the last that begin with it have left, if all leave it while it lasts."""
    if block.scenario is None or is_future(block.scenario):
        return block
    leave = [one for one in heirs if one.leaves is not None and one.leaves.name == block.name]
    if not leave or len(leave) < len(heirs):
        return block
    last = max(one.periods[0].year for one in leave)
    return replace(block, periods=tuple(p for p in block.periods if p.year < last), restores=False)


def _branch(instance: Instance, scenario: Scenario, left: Block) -> Block:
    # Whoever leaves a branch takes along what happens there, in the years that it would have lasted there.
    spans = list(left.spans)
    for effect in scenario.effects:
        start = effect.from_ if effect.from_ is not None else scenario.onset
        duration = effect.duration if effect.duration is not None else scenario.duration
        spans.append((effect, start, math.inf if duration is None else start + duration))
    ends = max(end for _, _, end in spans)
    # The branch covers year ends + recovery - 1 and the period it lies in.
    back = math.inf if ends == math.inf else math.ceil(ends + scenario.recovery)
    covered = tuple(
        period
        for period in instance.periods
        if period.year >= scenario.onset and (period.year < back or period.year == scenario.onset)
    )
    return Block(scenario.id, scenario, covered, ends < instance.end_year, left, tuple(spans))


def course(found: Mapping[str, Block], future: str, period: Period) -> Block:
    """The block that a future is in: its own from its onset on, before that its parent's; else the trunk."""
    block = found.get(future)
    while block is not None and block.scenario is not None:
        if block.covers(period):
            return block
        if period.year >= block.scenario.onset:
            break
        block = found.get(block.scenario.parent or TRUNK)
    return found[TRUNK]


def matches(where: Mapping[str, Any], fields: Fields, exposures: Mapping[str, float] | None = None) -> bool:
    """Whether all conditions of a `where` match a thing.

    Args:
        where: field and value, or list of values.
        fields: the thing's fields, each with all words it answers to.
        exposures: exposures by kind, for comparisons such as `>=0.25`.
    """
    for key, wanted in where.items():
        values = wanted if isinstance(wanted, list | tuple | set) else [wanted]
        if key in EXPOSURE_KINDS:
            if exposures is None or not any(_compares(value, exposures[key]) for value in values):
                return False
        elif not any(str(value) in fields.get(key, ()) for value in values):
            return False
    return True


def _compares(wanted: Any, value: float) -> bool:
    parsed = _COMPARISON.match(str(wanted))
    if parsed is None:
        return False
    return _OPERATORS[parsed.group(1) or "="](value, float(parsed.group(2)))


def mean_factor(period: Period, yearly: Callable[[int], float]) -> float:
    """The mean over a period's years of a yearly factor."""
    return sum(yearly(year) for year in period.span) / period.years


def product(values: Iterable[float]) -> float:
    """The product of factors."""
    total = 1.0
    for value in values:
        total = operator.mul(total, value)
    return total


def _words(*values: str | None) -> set[str]:
    return {value for value in values if value}


class Factors:
    """Factors that a block's effects put on lanes, demand, prices and recipes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._cache: dict[tuple[Any, ...], float] = {}
        self._facilities: dict[tuple[str, int], dict[str, set[str]]] = {}

    def _factor(self, block: Block, kind: type[AnyEffect], key: str, period: Period, fields: Fields) -> float:
        def yearly(year: int) -> float:
            return product(
                value
                for effect in block.active(year)
                if isinstance(effect, kind)
                and matches(effect.where, fields)
                and (value := getattr(effect, key)) is not None
            )

        return mean_factor(period, yearly)

    def facility_fields(self, name: str, year: int) -> dict[str, set[str]]:
        """What a facility answers to in a `where`."""
        if (name, year) not in self._facilities:
            self._facilities[name, year] = self._facility_fields(name, year)
        return self._facilities[name, year]

    def _facility_fields(self, name: str, year: int) -> dict[str, set[str]]:
        facility = self.facts.instance.facilities[name]
        tier = _words(self.facts.tier(facility.country, year))
        region = _words(self.facts.region(facility.country))
        owners, recipes, tags = set(facility.owners), set(facility.recipes), set(facility.tags)
        return {
            "id": {name}, "facility": {name}, "facilities": {name}, "name": _words(facility.name),
            "stage": {facility.stage}, "country": {facility.country}, "countries": {facility.country},
            "tier": tier, "tiers": tier, "region": region, "owner": owners, "owners": owners,
            "recipe": recipes, "recipes": recipes, "tags": tags, "tag": tags,
            "material": self.facts.makes[name], "materials": self.facts.makes[name],
            "confidence": _words(facility.confidence),
        }  # fmt: skip

    def _link_fields(self, link: str) -> dict[str, set[str]]:
        kind, _, number = link.partition(":")
        instance = self.facts.instance
        row = instance.lanes[int(number)] if kind == "lane" else instance.logistics.freight[int(number)]
        channel = instance.lanes[int(number)].channel if kind == "lane" else None
        return {
            "id": {link}, "from": {row.from_}, "to": {row.to}, "material": _words(row.material),
            "channel": _words(channel), "tags": set(row.tags), "tag": set(row.tags),
            "confidence": _words(row.confidence),
        }  # fmt: skip

    def _link(self, block: Block, period: Period, link: str, key: str) -> float:
        known = (block.name, period.year, link, key)
        if known not in self._cache:
            self._cache[known] = self._factor(block, LaneEffect, key, period, self._link_fields(link))
        return self._cache[known]

    def link_available(self, block: Block, period: Period, link: str) -> float:
        """Factor on the capacity of a lane or freight row."""
        return self._link(block, period, link, "available")

    def link_cost(self, block: Block, period: Period, link: str) -> float:
        """Factor on the cost of a lane or freight row."""
        return self._link(block, period, link, "cost")

    def demand(self, block: Block, period: Period, market: str, line: int) -> float:
        """Factor on a demand line."""
        record = self.facts.instance.markets[market]
        row = record.demand[line]
        accepts = set(row.accepts or (row.product,))
        fields = {
            "market": {market}, "id": {market}, "channel": {record.channel}, "country": {record.country},
            "product": {row.product}, "material": {row.product}, "accepts": accepts, "line": {str(line)},
            "region": _words(self.facts.region(record.country)), "name": _words(record.name),
            "stage": {self.facts.instance.materials[row.product].stage}, "confidence": _words(row.confidence),
        }  # fmt: skip
        return self._factor(block, DemandEffect, "factor", period, fields)

    def price(self, block: Block, period: Period, material: str, region: str) -> float | None:
        """The reference price of a material in a region, with effects; None where it has none."""
        series = self.facts.price_series(material, region)
        if series is None:
            return None
        record = self.facts.instance.materials[material]
        fields = {
            "material": {material}, "id": {material}, "stage": {record.stage}, "region": {region},
            "name": _words(record.name), "confidence": _words(record.confidence),
        }  # fmt: skip
        return self.facts.mean(series, period) * self._factor(block, PriceEffect, "factor", period, fields)

    def recipe_cost(self, block: Block, period: Period, facility: str, recipe: str) -> float:
        """Factor on the cost of a recipe at a facility."""
        known = (block.name, period.year, "recipe", facility, recipe)
        if known not in self._cache:
            record = self.facts.instance.recipes[recipe]
            materials = set(record.outputs)
            place = self.facility_fields(facility, period.year)
            fields = {
                "id": {recipe}, "recipe": {recipe}, "recipes": {recipe}, "stage": {record.stage},
                "unit": _words(record.unit), "channel": set(record.channels or ()),
                "channels": set(record.channels or ()), "inputs": set(record.inputs), "outputs": set(record.outputs),
                "material": materials, "materials": materials, "name": _words(record.name),
                "confidence": _words(record.confidence),
            } | {key: place[key] for key in ("facility", "country", "region", "owner", "owners", "tags")}  # fmt: skip
            self._cache[known] = self._factor(block, RecipeEffect, "cost", period, fields)
        return self._cache[known]

    def delay(self, block: Block, facility: str, option: str, funded: int, online: int) -> int:
        """Years by which effects delay an option that would be on line in a year; several add up.

        What a branch adds itself is judged by when the option would be on line after all that it inherits.
        """
        if block.leaves is None:
            return 0
        late = self.delay(block.leaves, facility, option, funded, online)
        fields = self.facility_fields(facility, funded) | {"id": {option}, "option": {option}}
        return late + sum(
            effect.delay
            for effect, start, end in block.spans[len(block.leaves.spans) :]
            if isinstance(effect, OptionEffect)
            and matches(effect.where, fields)
            and online + late >= start
            and funded < end
        )
