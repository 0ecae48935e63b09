"""events.yaml: what the disruptions of the library are as events, to be sampled into futures."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

from . import record
from .disruptions import PRIOR, Disruption, dates, how, in_flow
from .network import FIRST
from .tables import joined, number, plain, read

SLIPS = "projects_slip"
LICENCES = "export_controls"

HEAD = """\
# Events for `optimizer sample`: what may happen in any year, again and again, alone or together. Written by rebuild.py
# from sources/disruptions.csv, disruption_effects.csv, disruption_severity.csv and project_record.csv; do not edit.
# How the numbers come about: docs/futures.md. Two disruptions at once are not listed: they arise by themselves.
schema: 1
title: Events of the reference instance
"""


def chance(rate: float) -> float:
    """Probability of at least one event in a year at a rate of events a year."""
    return 1 - math.exp(-rate)


def duration(item: Disruption) -> tuple[Any, str]:
    """How long it lasts, and how that comes about.

    Each event counted lasts as long as those seen (the column duration_observed, to the nearest year, at least one),
    and the half event of the prior as long as is assumed. Of a delay the column holds the delay itself.
    """
    row = item.row
    assumed, counted = int(row["duration"]), len(dates(row["counted"]))
    if not row["duration_observed"] or not counted or row["class"] == "delay":
        return assumed, f"duration as assumed: {assumed}"
    seen = max(1, int(float(row["duration_observed"]) + 0.5))
    if seen == assumed:
        return assumed, f"duration seen and assumed: {assumed}"
    shares = {seen: counted, assumed: PRIOR}
    words = f"duration {seen} as seen in {counted} counted, {assumed} as assumed with the weight of half an event"
    return {"values": dict(sorted(shares.items()))}, words


def severity(item: Disruption) -> tuple[Any, str]:
    """How hard it strikes, and how that comes about.

    Each event counted strikes as hard as disruption_severity.csv reads it, against what is assumed; one without a
    reading and the half event of the prior as hard as assumed.
    """
    readings = {row["date"]: row for row in read("disruption_severity") if row["disruption"] == item.id}
    counted = dates(item.row["counted"])
    if gone := sorted(set(readings) - set(counted)):
        raise ValueError(f"disruption_severity.csv {item.id}: {gone} are not counted in disruptions.csv")
    if not readings:
        return None, "severity as assumed"
    shares: dict[float, float] = {1.0: PRIOR}
    for date in counted:
        seen = float(readings[date]["seen"]) if date in readings else 1.0
        if not 0 < seen <= 1:
            raise ValueError(f"disruption_severity.csv {item.id} {date}: seen is {seen}; it lies in (0, 1]")
        shares[seen] = shares.get(seen, 0.0) + 1
    words = ", ".join(f"{date}: {row['reading']}" for date, row in readings.items())
    said = f"severity as read in disruption_severity.csv ({words})"
    return (None if len(shares) == 1 else {"values": dict(sorted(shares.items()))}), said


def causes(items: Mapping[str, Disruption]) -> dict[str, dict[str, Any]]:
    """What makes events strike together: events that the table counts in several rows, and the common part of slips."""
    shared: dict[str, list[str]] = {}
    watched = {name: item for name, item in items.items() if item.row["class"] == "embargo"}
    for one, other in combinations(watched.values(), 2):
        if one.row["watched"] == other.row["watched"]:
            for date in set(dates(one.row["counted"])) & set(dates(other.row["counted"])):
                shared[date] = list(dict.fromkeys([*shared.get(date, []), one.id, other.id]))
    names = [name for name in items if any(name in struck for struck in shared.values())]
    years = {hazard.years for name in names if (hazard := items[name].hazard) is not None}
    if len(years) != 1:
        raise ValueError(f"disruptions.csv: {names} share events and are watched for different years")
    rate = (len(shared) + PRIOR) / years.pop()
    hits = {
        name: number((sum(name in struck for struck in shared.values()) + PRIOR) / (len(shared) + 2 * PRIOR), 3)
        for name in names
    }
    common = record.chances("first_of_kind_plant")
    slips = {"slip_moderate": "moderate", "slip_severe": "severe", "failures": "failed"}
    return {
        LICENCES: {
            "name": "China puts export controls on several things at once",
            "hazard": number(chance(rate), 3),
            "hits": hits,
            "source": "sources/disruptions.csv; sources/disruption_events.csv " + " ".join(sorted(shared)),
            "confidence": "C",
            "note": f"events that disruptions.csv counts in more than one row: {len(shared)}, and half an event more; "
            "each row follows by its share of them (Jeffreys); its own hazard is what is left of its whole",
        },
        SLIPS: {
            "name": "Projects slip together",
            "hazard": {FIRST: record.COMMON, FIRST + 1: 0},
            "exclusive": True,
            "hits": {name: number(common[kind], 4) for name, kind in slips.items()},
            "source": "sources/project_record.csv",
            "confidence": "C",
            "note": "the common part of slips is an own estimate (range 0.3 to 0.7); one draw for all first-of-kind "
            "plants; what is left of 1 is on time",
        },
    }


def own_hazard(item: Disruption, of: Mapping[str, dict[str, Any]]) -> float:
    """The hazard that is not a cause's: whole = 1 - (1 - own) x (1 - cause x follows)."""
    if item.hazard is None:
        return 0.0
    cause = of[LICENCES]
    left = (1 - chance(item.hazard.mean)) / (1 - cause["hazard"] * cause["hits"].get(item.id, 0.0))
    if left > 1:
        raise ValueError(f"disruptions.csv {item.id}: strikes more often with its cause than in all")
    return 1 - left


def text(disruptions: list[Disruption]) -> str:
    """The file."""
    items = {item.id: item for item in disruptions if not item.row["of"]}
    found = causes(items)
    unknown = {row["disruption"] for row in read("disruption_severity")} - set(items)
    if unknown:
        raise ValueError(f"disruption_severity.csv: no event {sorted(unknown)} in disruptions.csv")
    lines = [HEAD + "events:"]
    for item in items.values():
        lines += _event(item, found)
    lines.append("causes:")
    for name, cause in found.items():
        lines.append(f"  {name}:")
        lines += [f"    {key}: {_cell(value)}" for key, value in cause.items()]
    return "\n".join(lines) + "\n"


def _event(item: Disruption, of: Mapping[str, dict[str, Any]]) -> list[str]:
    row = item.row
    (lasts, why_long), (hard, why_hard) = duration(item), severity(item)
    hit = [name for name, cause in of.items() if item.id in cause["hits"]]
    note = joined(
        how(item),
        *(f"also struck through {name}" for name in hit),
        why_long,
        why_hard,
        f"observed: {row['severity_observed']}",
        f"assumed: {row['severity_assumed']}",
        row["note"],
    )
    lines = [f"  {item.id}:", f"    name: {json.dumps(row['name'])}"]
    lines.append(f"    hazard: {plain(number(own_hazard(item, of), 3))}")
    lines.append(f"    duration: {_cell(lasts)}")
    if hard is not None:
        lines.append(f"    severity: {_cell(hard)}")
    lines.append(f"    source: {json.dumps(joined('sources/disruptions.csv ' + item.id, row['source']))}")
    lines.append(f"    confidence: {row['confidence']}")
    lines.append(f"    note: {json.dumps(note)}")
    lines.append("    effects:")
    return lines + [f"      - {in_flow(effect)}" for effect in item.effects]


def _cell(value: Any) -> str:
    return json.dumps(value) if isinstance(value, str) else plain(value)
