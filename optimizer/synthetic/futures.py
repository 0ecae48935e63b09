"""Scenarios: what happens, when, for how long, how likely. A larger set begins with the smaller one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from optimizer.synthetic.draw import Draw, rounded
from optimizer.synthetic.movement import ROUTES
from optimizer.synthetic.places import TIERS, Places
from optimizer.synthetic.sizes import Sizes, probabilities

Row = dict[str, Any]

EVENTS = {"embargo": 5, "outage": 5, "country": 3, "waters": 3, "surge": 2, "costs": 1, "takeover": 1}
"""Kinds of events, by weight."""


def scenarios(sizes: Sizes, made: Places, spared: Collection[str] = ()) -> tuple[list[Row], list[Row]]:
    """Scenarios, and their effects; facilities that are spared, and their countries, are not struck."""
    number = sizes.futures - 1
    found: list[Row] = []
    effects: list[Row] = []
    weights: list[float] = []
    facts = _Facts(made, spared)
    for i in range(number):
        draw = Draw(sizes.seed, f"scenario/{i}")
        name = f"s{i + 1:05d}"
        onset = draw.one_of(sizes.years)
        found.append({
            "id": name,
            "onset": onset,
            "duration": draw.weighted({1: 3, 2: 3, 3: 2, None: 2}),
            "recovery": draw.whole(1, 3),
        })  # fmt: skip
        _leave(found, sizes)
        weights.append(draw.within(0.5, 1.5))
        first = draw.weighted(EVENTS)
        kinds = [first]
        if draw.chance(0.3):
            kinds.append(draw.weighted({kind: weight for kind, weight in EVENTS.items() if kind != first}))
        for kind in kinds:
            effects += [{"scenario": name} | effect for effect in facts.effects(kind, draw)]
    for row, (text, _) in zip(found, probabilities(weights, sizes.disrupted), strict=True):
        row["probability"] = text
    return found, effects


def _leave(found: list[Row], sizes: Sizes) -> None:
    """At times have the last scenario leave the branch of an earlier one, in a year in which that lasts."""
    draw = Draw(sizes.seed, f"scenario/{len(found) - 1}/parent")
    if not draw.chance(sizes.children):
        return
    years = {row["id"]: _while(row, sizes) for row in found[:-1]}
    left = [name for name, later in years.items() if later]
    if left:
        parent = draw.one_of(left)
        found[-1] |= {"parent": parent, "onset": draw.one_of(years[parent])}


def _while(row: Row, sizes: Sizes) -> range:
    """The years after a scenario's first in which its branch has not rejoined."""
    end = sizes.years.stop
    if row["duration"] is not None:
        end = min(end, row["onset"] + row["duration"] + row["recovery"])
    return range(row["onset"] + 1, end)


class _Facts:
    """What events can strike."""

    def __init__(self, made: Places, spared: Collection[str]) -> None:
        self.facilities = made.facilities
        safe = {made.facilities[f]["country"] for f in spared}
        friendly = [f for f, row in made.facilities.items() if TIERS[row["country"]] != "adversary" and f not in spared]
        self.friendly = friendly
        self.countries = sorted({made.facilities[f]["country"] for f in friendly} - safe)
        self.hostile = sorted({row["country"] for row in made.facilities.values()} & {"CHN", "RUS"})
        self.waters = sorted({tag for *_, tags in ROUTES for tag in tags})
        self.stages = sorted({row["stage"] for row in made.facilities.values()})

    def effects(self, kind: str, draw: Draw) -> list[Row]:
        """The effects of an event of a kind."""
        if kind == "embargo" and self.hostile:
            return [_facilities({"country": self.hostile}, draw.within(0.0, 0.35))]
        if kind == "country":
            return [_facilities({"country": draw.one_of(self.countries)}, draw.within(0.1, 0.6))]
        if kind == "waters":
            tag = draw.one_of(self.waters)
            closed = draw.chance(0.5)
            change = {"available": 0.0} if closed else {"cost": draw.within(2, 6)}
            return [{"affects": "lanes", "where": {"tags": tag}} | change]
        if kind == "surge":
            markets = draw.one_of((["programmes"], ["programmes", "allied_programmes"]))
            return [{"affects": "demand", "where": {"market": markets}, "factor": draw.within(1.2, 1.8)}]
        if kind == "costs":
            where = {"stage": draw.one_of(self.stages)}
            return [{"affects": "recipes", "where": where, "cost": draw.within(1.2, 2.0)}]
        if kind == "takeover":
            bought = draw.one_of(self.friendly)
            return [{"affects": "facilities", "where": {"id": bought}, "exposure": {"ownership": 1.0}}]
        struck = draw.some_of(self.friendly, draw.whole(1, max(1, len(self.friendly) // 15)))
        return [_facilities({"id": struck}, draw.within(0.0, 0.5))]


def _facilities(where: Row, available: float) -> Row:
    return {"affects": "facilities", "where": where, "available": rounded(available)}
