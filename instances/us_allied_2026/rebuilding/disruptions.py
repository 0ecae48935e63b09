"""The scenario library: hazards from counted events, probabilities from hazards, scenarios from effects."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scipy.special import gammaincinv

from . import record
from .network import FIRST, LAST
from .tables import Out, Row, by, flow, joined, number, plain, read

PRIOR = 0.5  # Jeffreys' prior for a rate: half an event
YEARS = LAST - FIRST + 1
PLACES = 10_000  # probabilities are cut to four places, so that their sum stays below one


@dataclass(frozen=True)
class Hazard:
    """Events a year: the mean and the 80 percent interval of the posterior.

    Attributes:
        events: events counted.
        years: years watched; plant-years where several plants are watched.
    """

    mean: float
    low: float
    high: float
    events: int = 0
    years: float = 0.0


@dataclass
class Disruption:
    """A row of disruptions.csv with what follows from it."""

    row: Row
    hazard: Hazard | None
    probability: float = 0.0
    effects: list[Out] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its name."""
        return self.row["id"]

    @property
    def ever(self) -> float | None:
        """Chance that it happens at least once within the horizon."""
        return None if self.hazard is None else 1 - math.exp(-self.hazard.mean * YEARS)


def dates(cell: str) -> list[str]:
    """The events that a cell names."""
    return [date for date in cell.split(";") if date]


def counted_hazard(row: Row) -> Hazard:
    """Events over years, with Jeffreys' prior, times the share of the class that falls on this row."""
    events = len(dates(row["counted"]))
    years = sum(until - since for since, until in flow(row["watched"]).values())
    share = float(row["share"] or 1)
    low, mean, high = (
        float(gammaincinv(events + PRIOR, 0.1)),
        events + PRIOR,
        float(gammaincinv(events + PRIOR, 0.9)),
    )
    return Hazard(*(share * value / years for value in (mean, low, high)), events, years)


def library(facilities: list[Out], options: list[Out]) -> list[Disruption]:
    """Every disruption, with its hazard, its probability and its effects."""
    rows = by("disruptions", "id")
    _known_events(rows)
    found = {name: Disruption(row, counted_hazard(row) if row["watched"] else None) for name, row in rows.items()}
    slips = record.common_futures()
    for disruption in found.values():
        if disruption.row["of"]:
            disruption.hazard = _compound(disruption.row, found, slips)
        _as_written(disruption)
    total = sum(item.hazard.mean for item in found.values() if item.hazard)
    rest = (1 - sum(slips.values())) * (1 - math.exp(-total * YEARS))
    for name, item in found.items():
        chance = rest * item.hazard.mean / total if item.hazard else slips[name]
        item.probability = math.floor(chance * PLACES) / PLACES
    classes = record.option_classes(facilities, options)
    for row in read("disruption_effects"):
        item = found[row["disruption"]]
        item.effects.append(_effect(row, item.row, classes))
    for item in found.values():
        if not item.effects:
            raise ValueError(f"disruptions.csv {item.id}: no effect in disruption_effects.csv")
    return list(found.values())


def _known_events(rows: Mapping[str, Row]) -> None:
    events = by("disruption_events", "date")
    for name, row in rows.items():
        cited = {*dates(row["counted"]), *dates(row["rests_on"])}
        if unknown := sorted(cited - set(events)):
            raise ValueError(f"disruptions.csv {name}: no event of {unknown} in disruption_events.csv")


def _compound(row: Row, found: Mapping[str, Disruption], slips: Mapping[str, float]) -> Hazard:
    """Two at once by chance: one begins while the other lasts, or begins in a future in which plants slip."""
    first, second = dates(row["of"])
    one, other = found[first], found[second]
    assert one.hazard is not None
    if other.hazard is None:
        factor = slips[second]
        return Hazard(one.hazard.mean * factor, one.hazard.low * factor, one.hazard.high * factor)
    lasts = float(one.row["duration"]), float(other.row["duration"])

    def both(a: float, b: float) -> float:
        return a * (1 - math.exp(-b * lasts[0])) + b * (1 - math.exp(-a * lasts[1]))

    a, b = one.hazard, other.hazard
    return Hazard(both(a.mean, b.mean), both(a.low, b.low), both(a.high, b.high))


def _as_written(item: Disruption) -> None:
    """The hazard in the table is the one that follows from what it counts."""
    for column, attribute in (("hazard_per_year", "mean"), ("hazard_low", "low"), ("hazard_high", "high")):
        value = None if item.hazard is None else float(f"{getattr(item.hazard, attribute):.3g}")
        if (float(item.row[column]) if item.row[column] else None) != value:
            raise ValueError(f"disruptions.csv {item.id}: {column} is {item.row[column]!r} and should be {value}")


def _effect(row: Row, of: Row, classes: Mapping[str, list[str]]) -> Out:
    """An effect as the instance writes it."""
    where = flow(row["where"])
    named = where.get("facility", [])
    if isinstance(named, str) and named.startswith("@"):
        where["facility"] = named = classes[named[1:]]
    if row["affects"] == "options":
        have = {name for names in classes.values() for name in names}
        if gone := {*([named] if isinstance(named, str) else named)} - have:
            raise ValueError(f"disruption_effects.csv {row['disruption']}: {sorted(gone)} have no option")
    span = int(row["duration"] or of["duration"])
    value: Any
    if row["lost"]:
        value = number(1 - float(row["lost"]) * min(float(row["months"]), 12 * span) / (12 * span), 3)
    elif row["value"].startswith("@"):
        value = record.delay(*row["value"][1:].split())
    else:
        value = flow(row["value"])
    out = {"affects": row["affects"], "where": where, row["sets"]: value}
    for key in ("from", "duration"):
        if row[key]:
            out[key] = int(row[key])
    return out


def base_set(disruptions: list[Disruption]) -> list[tuple[Disruption, float, list[str]]]:
    """The futures of the base instance: what each does, its probability, the rows that it stands for."""
    names = list(dict.fromkeys(item.row["base"] for item in disruptions if item.row["base"]))
    found = {item.id: item for item in disruptions}
    chosen = []
    for name in names:
        if found[name].row["base"] != name:
            raise ValueError(f"disruptions.csv {name}: stands for others in the base set, so its own base is {name}")
        members = [item for item in disruptions if item.row["base"] == name]
        chance = sum(round(item.probability * PLACES) for item in members) / PLACES
        chosen.append((found[name], chance, [item.id for item in members]))
    return chosen


def how(item: Disruption) -> str:
    """In words, where a hazard comes from."""
    hazard = item.hazard
    if hazard is None:
        seen = record.counts("first_of_kind_plant")
        kinds = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in seen.items())
        return f"from project_record.csv: {kinds} of {sum(seen.values())} first-of-kind plants; half taken as common"
    span = f"hazard {hazard.mean:.3g} a year, 80 percent {hazard.low:.2g} to {hazard.high:.2g}"
    if item.row["of"]:
        return f"{span}: {' and '.join(dates(item.row['of']))} at once by chance"
    share = f", times {item.row['share']}" if item.row["share"] else ""
    return f"{span}: events counted: {hazard.events}, in {hazard.years:.1f} years watched{share}"


def scenario_lines(item: Disruption, probability: float, stands_for: list[str]) -> list[str]:
    """A scenario as lines of YAML."""
    row = item.row
    others = [name for name in stands_for if name != item.id]
    note = joined(
        how(item),
        f"observed: {row['severity_observed']}",
        f"assumed: {row['severity_assumed']}",
        f"stands for {', '.join(others)} too" if others else "",
        row["note"],
    )
    lines = [
        f"- id: {item.id}",
        f"  name: {json.dumps(row['name'])}",
        f"  probability: {plain(probability)}",
        f"  onset: {row['onset']}",
        f"  duration: {row['duration']}",
        f"  source: {json.dumps(joined('sources/disruptions.csv ' + item.id, row['source']))}",
        f"  confidence: {row['confidence']}",
        f"  note: {json.dumps(note)}",
        "  effects:",
    ]
    return lines + [f"    - {in_flow(effect)}" for effect in item.effects]


def in_flow(value: Any) -> str:
    """YAML flow form; words that hold more than letters in quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {in_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(in_flow(inner) for inner in value) + "]"
    if isinstance(value, str):
        return value if value.replace("_", "").isalnum() else json.dumps(value)
    return plain(value)


def base_text(disruptions: list[Disruption]) -> list[str]:
    """The scenarios of the base instance, as lines of its frame."""
    found = [scenario_lines(item, chance, names) for item, chance, names in base_set(disruptions)]
    return [f"  {line}" for lines in found for line in lines]


def overlay_text(disruptions: list[Disruption]) -> str:
    """The overlay with the whole library in place of the base set."""
    lines = [
        "# The whole scenario library in place of the base set. Written by rebuild.py from sources/disruptions.csv,",
        "# sources/disruption_effects.csv and sources/project_record.csv; do not edit. See docs/scenarios.md.",
        "extends: ..",
        "name: us_allied_2026_library",
        "title: Reference instance with the whole scenario library",
        "remove: {scenarios: all}",
        "add:",
        "  scenarios:",
    ]
    for item in disruptions:
        lines.extend(f"    {line}" for line in scenario_lines(item, item.probability, []))
    return "\n".join(lines) + "\n"
