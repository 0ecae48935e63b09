"""Who owns the plants that trusted supply rests on, and through whom an adversary has a part in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

import pandas as pd

from optimizer.briefs.brief import Grid, headed
from optimizer.instance.fields import Holding
from optimizer.network.calendar import calendar_of
from optimizer.network.trust import ADVERSARY, Trust
from optimizer.pages.network.charts import resting_on
from optimizer.pages.network.courses import name_of
from optimizer.pages.page import counted, listed
from optimizer.pages.pictures import Graph, Link, Mark
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

EXPOSED = "exposed"
PLANT, HOLDER, LESS, AGAINST = range(4)
KINDS = (
    "plant that makes something in a trusted channel",
    "holder in a domestic or allied country",
    "holder in an exposed country",
    "holder in an adversary's country",
)
LEADS = "leads to an adversary"
LEAST = 1e-6
"""Share that counts."""


@dataclass(frozen=True, slots=True)
class Owned:
    """Who holds what.

    Attributes:
        plants: exposure by ownership of each, NaN where unknown; the most exposed first.
        years: that exposure is of.
        shares: (what is held, holder) -> share of it; plants have keys of their own.
        column: of each person the most steps that it is from a plant; 0 of a plant's key.
        exposed: of each person, what part of it is an adversary's.
        tiers: of each person's country.
    """

    plants: dict[str, float]
    years: dict[str, int]
    shares: dict[tuple[str, str], float] = field(default_factory=dict)
    column: dict[str, int] = field(default_factory=dict)
    exposed: dict[str, float] = field(default_factory=dict)
    tiers: dict[str, str] = field(default_factory=dict)

    def of(self, plant: str) -> dict[str, float]:
        """Share of a plant that each person has, through whomever."""
        had = {_key(plant): 1.0}
        for (thing, owner), share in sorted(self.shares.items(), key=lambda one: self.column[one[0][0]]):
            if thing in had:
                had[owner] = had.get(owner, 0.0) + had[thing] * share
        del had[_key(plant)]
        return had


def owned_of(plan: Plan) -> Owned:
    """Holders of the plants that trusted supply rests on, each where and when ownership exposes it most."""
    worst = resting_on(plan).sort_values(["ownership", "period"], ascending=[False, True], kind="stable")
    worst = worst.drop_duplicates("facility")
    trust = Trust(plan.instance, calendar_of(plan.instance))
    found = Owned(
        {row.facility: float(row.ownership) for row in rows_of(worst)},
        {row.facility: int(row.period) for row in rows_of(worst)},
    )
    waiting: list[tuple[str, Mapping[str, Holding], int]] = []
    for row in rows_of(worst):
        state = next(state for state in trust.states[row.facility] if state.id == row.state)
        held = trust.holders(plan.instance.facilities[row.facility], state)
        waiting.append((_key(row.facility), held, int(row.period)))
    seen = set()
    while waiting:
        thing, held, year = waiting.pop(0)
        for owner, holding in held.items():
            if holding.share <= LEAST:
                continue
            found.shares[thing, owner] = holding.share
            record = plan.instance.owners[owner]
            tier = trust.tier(record.country, year)
            found.exposed[owner] = max(found.exposed.get(owner, 0.0), trust.person(owner, year, 0.0))
            if tier == ADVERSARY or owner not in found.tiers:
                found.tiers[owner] = tier
            if tier != ADVERSARY and (owner, year) not in seen:  # an adversary counts in full, whoever is above it
                seen.add((owner, year))
                waiting.append((owner, record.owners, year))
    found.column.update(_columns(found.shares))
    return found


def _key(facility: str) -> str:
    """A plant among persons, whose ids may be like its own."""
    return f"plant {facility}"


def _columns(shares: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The most steps that each is from a plant; an instance has no holdings in a circle."""
    below: dict[str, list[str]] = defaultdict(list)
    for thing, owner in shares:
        below[owner].append(thing)
    column: dict[str, int] = {}
    for name in TopologicalSorter(below).static_order():
        column[name] = max((column[thing] + 1 for thing in below.get(name, ())), default=0)
    return column


def ownership(plan: Plan) -> Graph | None:
    """The graph of ownership of what trusted supply rests on; None where no holder is listed."""
    found = owned_of(plan)
    if not found.shares:
        return None
    shown = [name for name in found.plants if any(thing == _key(name) for thing, _ in found.shares)]
    columns: list[list[str]] = [[] for _ in range(1 + max(found.column.values()))]
    columns[0] = [_key(name) for name in _beside(found, shown)]
    for name, column in found.column.items():
        if column:
            columns[column].append(name)
    at = {name: (column, row) for column, names in enumerate(columns) for row, name in enumerate(names)}
    links = tuple(
        Link(at[thing], at[owner], share, found.exposed[owner] > LEAST)
        for (thing, owner), share in found.shares.items()
    )
    marks = tuple(tuple(_mark(plan, found, name) for name in names) for names in columns)
    heads = ("plants", "held by", *("held in turn by" if n == 0 else "and that by" for n in range(len(columns) - 2)))
    notes = []
    if unlisted := [name_of(plan, name) for name in found.plants if name not in shown]:
        notes.append(f"No holder is listed of {listed(unlisted)}.")
    notes.append(
        "Shares that are not listed have no line. A plant that changes hands stands with its most exposed holders, in "
        "its first year with them. The wider a line, the larger the share."
    )
    return Graph("Who owns what trusted supply rests on", _words(plan, found, shown), heads, marks, links, KINDS,
                 LEADS, _grid(plan, found, shown), tuple(notes))  # fmt: skip


def _beside(found: Owned, shown: Sequence[str]) -> list[str]:
    """The most exposed first, then those together that have the same largest holder, and he the same in turn."""
    largest: dict[str, tuple[float, str]] = {}
    for (thing, owner), share in found.shares.items():
        largest[thing] = max(largest.get(thing, (0.0, "")), (share, owner))

    def up(name: str) -> list[str]:
        way = []
        while name in largest:
            name = largest[name][1]
            way.append(name)
        return way[::-1]

    return sorted(shown, key=lambda name: (-_sure(found.plants[name]), up(_key(name)), name))


def _sure(share: float) -> float:
    return 0.0 if pd.isna(share) else share


def _person(plan: Plan, owner: str) -> str:
    record = plan.instance.owners[owner]
    return f"{record.name or owner} ({record.country})"


def _mark(plan: Plan, found: Owned, name: str) -> Mark:
    if found.column[name] == 0:
        facility = name.removeprefix(_key(""))
        share = found.plants[facility]
        exposed = "exposure by ownership unknown" if pd.isna(share) else f"exposure by ownership {share:.1%}"
        told = f"{exposed}, {found.years[facility]}"
        return Mark(name_of(plan, facility), PLANT, told, f" {share:.1%}" if share > LEAST else "")
    tier = found.tiers[name]
    told = f"{tier} country" + (f", {found.exposed[name]:.1%} an adversary's" if found.exposed[name] > LEAST else "")
    record = plan.instance.owners[name]
    kind = AGAINST if tier == ADVERSARY else LESS if tier == EXPOSED else HOLDER
    return Mark(record.name or name, kind, told, f" ({record.country})")


def _words(plan: Plan, found: Owned, shown: Sequence[str]) -> str:
    begin = f"{counted(len(shown), 'plant')} and {counted(len(found.tiers), 'holder')}."
    exposed = [name for name in _beside(found, shown) if found.plants[name] > LEAST]
    if not exposed:
        return f"{begin} No listed holder leads to an adversary."
    ends = dict.fromkeys(
        owner for name in exposed for owner in found.of(name) if found.tiers[owner] == ADVERSARY
    )  # fmt: skip
    through = listed(_person(plan, owner) for owner in ends)
    most = listed(f"{name_of(plan, name)} {found.plants[name]:.1%}" for name in exposed)
    return f"{begin} An adversary has a part in {counted(len(exposed), 'plant')}: {most}" + (
        f"; through {through}." if ends else ", as given without a holder."
    )


def _grid(plan: Plan, found: Owned, shown: Sequence[str]) -> Grid:
    heads = ("plant", "holder", "share of the plant", "through", "tier")
    table = headed("Holders of the plants that trusted supply rests on", *heads, right=heads[2:3])
    below: dict[str, list[str]] = defaultdict(list)
    for thing, owner in found.shares:
        below[owner].append(thing)
    for name in _beside(found, shown):
        had = found.of(name)
        for owner, share in had.items():
            through = [_person(plan, one) for one in below[owner] if one in had]
            through += ["directly"] if _key(name) in below[owner] else []
            tier = found.tiers[owner]
            cells = (name_of(plan, name), _person(plan, owner), f"{share:.1%}", " and ".join(through), tier)
            table.add_row(*cells, style="red" if tier == ADVERSARY else None)
    return table
