"""The map of a network by year, as a page draws it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimizer.briefs.brief import Grid, headed
from optimizer.briefs.words import rough_tonnes
from optimizer.network.tables import TRUNK
from optimizer.pages.network.geography import HEIGHT, WIDTH, Point
from optimizer.pages.network.lines import Places, lines_of, places_of, used_of
from optimizer.pages.network.standing import WORDS, Standing, changes, standing_of, told
from optimizer.pages.page import counted, listed
from optimizer.pages.pictures import View
from optimizer.plan.plan import Plan

ROOM = 0.18
"""Of the size of what a view shows, around it."""
NARROWEST = 130.0
"""Of a view, in units of the map."""
NAMED = 12
"""Facilities without a place that are named."""


def map_of(plan: Plan) -> View | None:
    """The map; None where no facility has a place."""
    places = places_of(plan)
    if not places.of:
        return None
    standing = standing_of(plan)
    lines, lost = lines_of(plan, places)
    first, last = standing.periods[0], standing.periods[-1]
    words = (
        f"Map of {counted(len(plan.instance.facilities) - len(places.without), 'facility', 'facilities')}. Without a "
        f"disruption, {first}: {told(standing.counts(0, 0))}. {last}: {told(standing.counts(0, -1))}."
    )
    return View(
        "map",
        "The network by year and future",
        words,
        _data(plan, places, standing, lines),
        _grid(standing, lines),
        tuple(_notes(plan, places, lost)),
    )


def _notes(plan: Plan, places: Places, lost: float) -> Iterator[str]:
    if plan.instance.logistics.regions:
        yield (
            "Within a region what is pooled has no line: a hollow mark in the middle of a region's plants stands for "
            "its trade, and lines run from region to region, or along lanes from plant to plant."
        )
    if places.without:
        count = counted(len(places.without), "facility has", "facilities have")
        named = listed((plan.instance.facilities[name].name or name for name in places.without), NAMED)
        yield f"{count} no place (location) in the instance and no mark on the map: {named}."
    if lost > 1.0:
        yield (
            f"{rough_tonnes(lost)} of flows, over all years and futures, have no line: an end of theirs has no place."
        )
    yield (
        "Not trusted: exposure by location or ownership is 1. Outlines of countries: Natural Earth, 1:110 million, "
        "public domain; they take no side on any border."
    )


def _grid(standing: Standing, lines: dict[tuple[str, int], list[Any]]) -> Grid:
    heads = ("year", *(words for words in list(WORDS.values())[:4]), "t moved on lines")
    table = headed("The network by year, without a disruption", *heads, right=heads)
    for year, counts in changes(standing, standing.periods):
        moved = sum(tonnes for *_, tonnes in lines.get((TRUNK, year), []))
        table.add_row(str(year), *(str(number) for number in list(counts.values())[:4]), f"{moved:,.0f}")
    return table


def _data(plan: Plan, places: Places, standing: Standing, lines: dict[tuple[str, int], list[Any]]) -> dict[str, Any]:
    """What the script of the page draws from: names once, numbers to three digits, each course once."""
    instance = plan.instance
    shown = [name for here in places.facilities for name in here]
    number = {name: n for n, name in enumerate(shown)}
    used = used_of(plan)
    materials = list(dict.fromkeys(material for many in lines.values() for _, _, material, _ in many))
    material = {m: n for n, m in enumerate(materials)}
    stages = list(dict.fromkeys(instance.materials[m].stage for m in instance.materials if m in set(materials)))
    units = list(dict.fromkeys(unit for many in used.values() for _, unit, _, _ in many))
    unit_at = {unit: n for n, unit in enumerate(units)}
    places_by_number = {places.of[name]: name for name in instance.logistics.regions or {} if name in places.of}
    period = {year: n for n, year in enumerate(standing.periods)}
    courses = {}
    for course in standing.courses:
        courses[course] = {
            "is": {
                number[name]: letters[course]
                for name, letters in standing.of.items() if name in number and course in letters
            },
            "kept": [
                [period[year], number[name], round(kept, 3)]
                for (of, year, name), kept in standing.kept.items() if of == course and name in number
            ],
            "lines": [
                [x for begin, end, m, t in lines.get((course, year), []) for x in (begin, end, material[m], three(t))]
                for year in standing.periods
            ],
            "used": [
                [
                    x for name, unit, run, most in used.get((course, year), []) if name in number
                    for x in (number[name], unit_at[unit], three(run), three(most))
                ]
                for year in standing.periods
            ],
            "orders": [
                [number[name], option, funded, online]
                for (of, name), many in standing.orders.items() if of == course and name in number
                for option, funded, online in many
            ],
        }  # fmt: skip
    return {
        "size": [WIDTH, HEIGHT],
        "years": list(standing.periods),
        "futures": [
            {"id": one.id, "name": one.name, "when": one.when, "path": [standing.courses.index(c) for c in one.path]}
            for one in standing.futures
        ],
        "words": list(WORDS.values()),
        "facilities": [
            [instance.facilities[name].name or name, instance.facilities[name].country, instance.facilities[name].stage]
            for name in shown
        ],
        "places": [
            {
                "at": [round(x, 1), round(y, 1)],
                "name": places.names[n],
                "facilities": [number[name] for name in places.facilities[n]],
                "region": n in places_by_number,
            }
            for n, (x, y) in enumerate(places.points)
        ],
        "views": [[name, [round(edge, 1) for edge in box]] for name, box in _views(plan, places)],
        "materials": [[instance.materials[m].name or m, stages.index(instance.materials[m].stage)] for m in materials],
        "stages": stages,
        "units": units,
        "courses": [courses[course] for course in standing.courses],
    }


def _views(plan: Plan, places: Places) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Parts of the map that a reader may choose: the world, and each region that has two places at least."""
    yield "the world", (0.0, 0.0, WIDTH, HEIGHT)
    facilities = plan.instance.facilities
    for name, countries in (plan.instance.logistics.regions or {}).items():
        inside = {places.of[f] for f, one in facilities.items() if f in places.of and one.country in countries}
        if len(inside) > 1:
            yield name.replace("_", " ").title(), _box([places.points[n] for n in inside])


def _box(points: list[Point]) -> tuple[float, float, float, float]:
    xs, ys = zip(*points, strict=True)
    ratio = HEIGHT / WIDTH
    wide = max(max(xs) - min(xs), (max(ys) - min(ys)) / ratio, NARROWEST) * (1.0 + 2.0 * ROOM)
    high = wide * ratio
    return (max(xs) + min(xs) - wide) / 2.0, (max(ys) + min(ys) - high) / 2.0, wide, high


def three(value: float) -> float | int:
    """A number to three digits, as short as JSON has it."""
    made = float(f"{value:.3g}")
    return int(made) if made == int(made) else made
