"""What a planner wrote that can stand in the way of a plan: demand, targets, rules, budgets, trust, windows.

Everything else of an instance is taken as fact: what stands, what options give and how long they take, recipes, places,
what happens in a scenario.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.digits import digits
from optimizer.instance.instance import Instance
from optimizer.instance.movement import Target
from optimizer.instance.policy import Reactions
from optimizer.network.calendar import Calendar
from optimizer.network.derive_adjust import limits_of
from optimizer.network.derive_requalification import waits_of
from optimizer.plan.rules import label_of

KINDS = (
    "demand", "target", "budget", "rule", "claim", "trust", "rejoin", "link", "room", "requalification", "friction",
    "qualification", "window",
)  # fmt: skip
"""Kinds of requirement, from what a planner wants to what a planner knows: where a choice is left, a conflict is said
in the former."""

Parts = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that an instance asks for.

    Attributes:
        kind: one of `KINDS`.
        parts: what names it within its kind.
        path: where it stands in the instance, as `--set` would name it.
        text: it in a line.
    """

    kind: str
    parts: Parts
    path: str
    text: str

    @property
    def name(self) -> str:
        """Its name, unique in an instance."""
        return ":".join(str(part) for part in (self.kind, *self.parts))


def requirements_of(instance: Instance, calendar: Calendar) -> list[Requirement]:
    """All requirements of an instance, what a planner wants first."""
    return [item for found in (_wanted(instance), _known(instance, calendar)) for item in found]


def _wanted(instance: Instance) -> Iterator[Requirement]:
    for name, market in instance.markets.items():
        products = [line.product for line in market.demand]
        for i, line in enumerate(market.demand):
            # `--set` finds the first line of a product; another one goes by its number.
            at = line.product if products.index(line.product) == i else i
            text = f"{name} must have its {line.product} ({market.channel})"
            yield Requirement("demand", (name, i), f"markets.{name}.demand.{at}", text)
    for name, stockpile in instance.stockpiles.items():
        for i, target in enumerate(stockpile.targets):
            text = f"{name} must reach its target {i}: {_target(target)}"
            yield Requirement("target", (name, i), f"stockpiles.{name}.targets.{i}", text)
    budget = instance.policy.budget
    if budget.annual is not None:
        yield Requirement("budget", ("annual",), "policy.budget.annual", "public outlay stays within the annual budget")
    if budget.total is not None:
        text = f"public outlay stays within the total budget of {budget.total:,.0f} USD"
        yield Requirement("budget", ("total",), "policy.budget.total", text)
    for one in budget.appropriations:
        text = f"no more is spent out of {one.id} than is appropriated"
        yield Requirement("budget", ("appropriation", one.id), f"policy.budget.appropriations.{one.id}", text)
    for i, rule in enumerate(instance.policy.rules):
        if not isinstance(rule, Reactions):  # a branch may always fund nothing
            yield Requirement("rule", (i,), f"policy.rules.{i}", f"rule {i}, {label_of(rule)}")
    for name, facility in instance.facilities.items():
        for region in dict.fromkeys(claim.to for claim in facility.claims):
            text = f"{name} owes a share of its output to {region}"
            yield Requirement("claim", (name, region), f"facilities.{name}.claims", text)


def _target(target: Target) -> str:
    if target.tonnes is not None:
        return f"tonnes of {target.material}"
    return f"{target.years_of_demand:g} years of {', '.join(target.of or ())}' demand for {target.material}"


def _known(instance: Instance, calendar: Calendar) -> Iterator[Requirement]:
    for k, channel in instance.channels.items():
        if channel.tiers is not None:
            text = f"{k} is made in {', '.join(channel.tiers) or 'no'} countries only"
            yield Requirement("trust", (k, "tier"), f"channels.{k}.tiers", text)
        for kind, cap in channel.max_exposure.items():
            text = f"{k} is made where exposure by {kind} is {cap:g} at most"
            yield Requirement("trust", (k, str(kind)), f"channels.{k}.max_exposure.{kind}", text)
    for name, stockpile in instance.stockpiles.items():
        for m in stockpile.materials:
            if instance.scenarios and instance.materials[m].price is None:
                text = f"{name} has its {m} back at the trunk's level when a disruption is over ({m} has no price)"
                yield Requirement("rejoin", (name, m), f"materials.{m}.price", text)
            if m in stockpile.capacity:
                text = f"{name} holds {digits(stockpile.capacity[m])} t of {m} at most"
                yield Requirement("room", (name, m), f"stockpiles.{name}.capacity.{m}", text)
    for i, lane in enumerate(instance.lanes):
        if lane.capacity is not None:
            text = f"the lane {lane.from_} > {lane.to} carries {digits(lane.capacity)} t/yr of {lane.material} at most"
            yield Requirement("link", (f"lane:{i}",), f"lanes.{i}.capacity", text)
    for i, row in enumerate(instance.logistics.freight):
        if row.capacity is not None:
            text = f"freight {row.from_} > {row.to} carries {digits(row.capacity)} t/yr at most"
            yield Requirement("link", (f"freight:{i}",), f"logistics.freight.{i}.capacity", text)
    yield from _of_facilities(instance, calendar)


def _of_facilities(instance: Instance, calendar: Calendar) -> Iterator[Requirement]:
    for m, k in waits_of(instance):
        text = f"users of {k} qualify a new maker of {m} first"
        yield Requirement("requalification", (m, k), f"materials.{m}.requalification.{k}", text)
    for f in limits_of(instance) if instance.scenarios else ():
        text = f"{f} cannot change at once what it runs when a disruption strikes"
        yield Requirement("friction", (f,), f"facilities.{f}", text)
    for f, facility in instance.facilities.items():
        if any(option.qualification for option in facility.options):
            waits = sorted({years for option in facility.options for years in option.qualification.values()})
            text = f"new capacity of {f} is qualified {' or '.join(map(str, waits))} years after it is on line"
            yield Requirement("qualification", (f,), f"facilities.{f}.options", text)
        for option in facility.options:
            early = option.earliest is not None and option.earliest > calendar.first_year
            late = option.latest is not None and option.latest < calendar.periods[-1]
            if early or late:
                when = [f"not before {option.earliest}"] if early else []
                when += [f"not after {option.latest}"] if late else []
                text = f"{f}'s {option.id} is funded {' and '.join(when)}"
                yield Requirement("window", (f, option.id), f"facilities.{f}.options.{option.id}", text)
