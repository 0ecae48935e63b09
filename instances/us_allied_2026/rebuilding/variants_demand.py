"""Overlays on demand: cases of the programmes' and of the commercial markets', and finer markets with equal totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import demand
from .network import FIRST
from .overlay import Overlay
from .tables import Out, Row, by, number, read

# Spares and depots as a share of new build: 0.35 in demand_mdap.csv, to be swept from 0.15 to 0.6.
HIGH_SPARES = 0.6
GAP = "cots_gap"
LAST_FISCAL = 2030
PLUG = (
    "Three quarters of the planning row is an unattributed plug (demand_mdap.csv cots_gap: 224.5 of 300 t NdFeB in "
    "2027): the difference between a top-down figure and the programmes that can be named."
)
ESSENTIAL = ("medical", "wind")
"""Sectors that are essential to civilians, by own estimate: health and electricity."""
REGIONS = {"usa": "American", "europe": "European", "japan": "Japanese", "korea": "Korean"}


def tonnes(series: demand.Series) -> dict[int, int | float]:
    """A series, rounded as the base's."""
    return {year: number(value, 4) for year, value in series.items()}


def sorted_products(table: demand.Table, market: str) -> list[str]:
    """The products of a market that it asks for at all, in the order of grades."""
    return [name for name in demand.PRODUCTS if max(table.get((market, name), {0: 0.0}).values()) > 1e-9]


def changed(old: demand.Table, new: demand.Table, says: Mapping[str, Any]) -> dict[str, Any]:
    """What an overlay says of the lines that differ; a line that is gone stands at 0, so that targets keep it."""
    markets: dict[str, Any] = {}
    for market in dict.fromkeys(name for name, _ in old):
        lines = []
        for product in sorted_products(old, market):
            now = tonnes(new.get((market, product), {}))
            if now != tonnes(old[market, product]):
                lines.append({"product": product, "tonnes": now or 0, **says})
        if lines:
            markets[market] = {"demand": lines}
    return markets


def high_rows() -> dict[str, Row]:
    """demand_mdap.csv with the high mass of magnets per unit, and more spares."""
    rows = {name: dict(row) for name, row in by("demand_mdap", "row_id").items()}
    members = {name for group in demand.PROGRAMMES.values() for name in group} - {"spares", GAP}
    years = [f"fy{year}" for year in range(FIRST, LAST_FISCAL + 1)]
    for kind in ("ndfeb", "smco"):
        for year in years:
            for name in members:
                units, mass = float(rows[name][f"qty_{year}"]), float(rows[name][f"{kind}_kg_per_unit_high"])
                rows[name][f"{kind}_t_{year}"] = str(units * mass / 1000)
            built = sum(float(rows[name][f"{kind}_t_{year}"]) for name in members)
            rows["spares"][f"{kind}_t_{year}"] = str(HIGH_SPARES * built)
    return rows


def programme_cases() -> Iterable[Overlay]:
    """The bottom-up estimate and the high case; the planning row is the base."""
    base = demand.programmes()
    named = {market: tuple(name for name in group if name != GAP) for market, group in demand.PROGRAMMES.items()}
    yield Overlay(
        "demand_bottom_up",
        "Programme demand that can be attributed",
        "Programme demand is what named programmes and their spares take, row by row from sources/demand_mdap.csv "
        f"(sum_bottom_up). {PLUG} Here the plug is 0. Masses per unit are own estimates from component counts (C).",
        {
            "markets": changed(
                base,
                demand.programmes(named),
                {
                    "source": "sources/demand_mdap.csv spares",
                    "confidence": "C",
                    "note": "without cots_gap; after 2030 own growth of 2 pct a year",
                },
            )
        },
    )
    yield Overlay(
        "demand_high",
        "High programme demand",
        "Programmes at the high mass of magnets per unit (which takes the stated rare-earth mass of a destroyer or "
        "submarine for magnet alloy), spares at 0.6 of new build, the top of the range to be swept, and the plug of "
        f"the planning row on top. {PLUG} It comes to 430 t NdFeB and 107 t SmCo in 2027 and to 535 and 132 t in "
        "2030, against a stated planning range of 100 to 600 and 25 to 120 t a year (sum_top_down). An estimate (C).",
        {
            "markets": changed(
                base,
                demand.programmes(rows=high_rows()),
                {
                    "source": "sources/demand_mdap.csv kg_per_unit_high",
                    "confidence": "C",
                    "note": "units x high kg per unit; spares at 0.6; after 2030 own growth of 2 pct a year",
                },
            )
        },
    )


def line(market: str, product: str, series: demand.Series, shortage: Any, source: str) -> Out:
    """A demand line of a new market."""
    return {
        "market": market,
        "product": product,
        "tonnes": tonnes(series),
        "accepts": demand.ACCEPTS.get(product),
        "shortage_cost": shortage,
        "source": source,
        "confidence": "C",
    }


def unit_note(row: Row) -> str:
    """How a shortage reads in units."""
    heavy = float(row["ndfeb_kg_per_unit"] or 0) + float(row["smco_kg_per_unit"] or 0)
    if not heavy:
        return row["notes"]
    return (
        f"{number(heavy, 3)} kg of magnets per unit ({row['qty_fy2027']} units in 2027), so a tonne short is "
        f"{number(1000 / heavy, 3)} units"
    )


def renamed(names: Iterable[str], split: Mapping[str, Iterable[str]]) -> list[str]:
    """Markets with each one that is split given as its parts."""
    return [part for name in names for part in split.get(name, [name])]


def following(
    document: dict[str, Any], split: Mapping[str, list[str]], table: demand.Table, essential: Iterable[str] = ()
) -> dict[str, Any]:
    """Rules, targets, effects and tiers of the base that name markets which are split, with the parts instead.

    Args:
        document: instance.yaml.
        split: market -> its parts.
        table: demand of the parts.
        essential: parts whose demand is essential to civilians; the others are of the tier of the whole.
    """
    case = document["planning_case"]
    tiers = {part: tier for market, tier in case["tier_of"].items() for part in split.get(market, [market])}
    tiers |= dict.fromkeys(essential, "essential_civilian")
    found: dict[str, Any] = {
        "planning_case": {key: value for key, value in case.items() if key != "note"} | {"tier_of": tiers},
        "remove": {"markets": list(split)},
        "add": {},
    }
    old = [rule for rule in document["policy"]["rules"] if set(rule.get("markets", ())) & set(split)]
    if old:
        found["remove"]["policy"] = {"rules": [{"rule": rule["rule"], "markets": rule["markets"]} for rule in old]}
        found["add"]["policy"] = {"rules": [{**rule, "markets": renamed(rule["markets"], split)} for rule in old]}
    stocks: dict[str, Any] = {}
    for name, stock in document["stockpiles"].items():
        rows = []
        for target in stock.get("targets", ()):
            if set(target.get("of", ())) & set(split):
                parts = [part for part in renamed(target["of"], split) if (part, target["material"]) in table]
                rows.append({"material": target["material"], "of": parts})
        if rows:
            stocks[name] = {"targets": rows}
    if stocks:
        found["stockpiles"] = stocks
    hit = []
    for scenario in document.get("scenarios", ()):
        effects = []
        for effect in scenario["effects"]:
            where, new = effect.get("where", {}), dict(effect)
            names = where.get("market", [])
            names = [names] if isinstance(names, str) else names
            if set(names) & set(split):
                new["where"] = {**where, "market": renamed(names, split)}
            effects.append(new)
        if effects != scenario["effects"]:
            hit.append({**scenario, "effects": effects})
    if hit:
        found["replace"] = {"scenarios": hit}
    return found


def merged(follow: dict[str, Any], markets: dict[str, Any], name: str) -> dict[str, Any]:
    """The body of an overlay with new markets, whose demand stands in a table."""
    body = {key: value for key, value in follow.items() if key != "add"}
    return {**body, "add": {"markets": markets, "demand": f"{name}.csv", **follow["add"]}}


def by_programme(document: dict[str, Any]) -> tuple[Overlay, list[Out]]:
    """A market for each programme instead of five for all, and its demand."""
    groups = {f"mdap_{name}": (name,) for group in demand.PROGRAMMES.values() for name in group}
    split = {market: [f"mdap_{name}" for name in group] for market, group in demand.PROGRAMMES.items()}
    table = {key: series for key, series in demand.programmes(groups).items() if max(series.values()) > 1e-9}
    dossier = by("demand_mdap", "row_id")
    markets, lines = {}, []
    for market, (name,) in groups.items():
        source = f"sources/demand_mdap.csv {name}"
        markets[market] = {
            "name": dossier[name]["program"],
            "channel": "mdap",
            "country": "USA",
            "source": source,
            "confidence": "C",
        }
        if note := unit_note(dossier[name]):
            markets[market]["note"] = note
        lines += [
            line(market, product, table[market, product], demand.PROGRAMME_SHORTAGE, source)
            for product in sorted_products(table, market)
        ]
    overlay = Overlay(
        "demand_by_programme",
        "A market for each programme",
        "The five programme markets of the base taken apart: one market for each row of sources/demand_mdap.csv, with "
        "the same tonnes by grade and year. Rules and targets that name the five follow. The shortage costs are the "
        "base's, the same for all: which of several like programmes goes short is then a tie and no finding, unless a "
        f"planner gives costs of their own. {PLUG} It is a market of its own here, mdap_cots_gap.",
        merged(following(document, split, table), markets, "demand_by_programme"),
    )
    return overlay, lines


def case_rows(case: str) -> list[Row]:
    """demand_commercial.csv at its low or high: today's to 2026, then straight to the case's of 2030 and 2035.

    Rows of the rest of the world stay: only their mix of grades is used, for India.
    """
    rows = []
    for given in read("demand_commercial"):
        row = dict(given)
        if row[f"{case}_2030"] and row["t_2026"] and row["region"] != "REST_EX_CHINA":
            row["t_2030"], row["t_2035"] = row[f"{case}_2030"], row[f"{case}_2035"]
            row["t_2028"] = str((float(row["t_2026"]) + float(row["t_2030"])) / 2)
        rows.append(row)
    return rows


def commercial_cases() -> Iterable[Overlay]:
    """Low and high commercial demand."""
    base = demand.commercial()
    rest = by("demand_commercial", "row_id")["rest_total"]
    for case, word in (("low", "Low"), ("high", "High")):
        share = {year: float(rest[f"{case}_{year}"]) / float(rest[f"t_{year}"]) for year in (2030, 2035)}
        india = {year: value * share.get(year, 1.0) for year, value in demand.INDIA.items()}
        yield Overlay(
            f"demand_commercial_{case}",
            f"{word} commercial demand",
            f"Commercial demand of every region and sector at the {case} end of sources/demand_commercial.csv: as "
            f"in the base to 2026, then on straight lines to {case}_2030 and {case}_2035 and on. India, which has no "
            "range of its own, moves as rest_total does; SmCo outside defence is the range's world total less "
            "programmes. All ranges are own estimates (C).",
            {
                "markets": changed(
                    base,
                    demand.commercial(case_rows(case), india),
                    {
                        "source": f"sources/demand_commercial.csv {case}_2030 {case}_2035",
                        "confidence": "C",
                        "note": "straight lines between 2026, 2030 and 2035",
                    },
                )
            },
        )


def sector_table() -> tuple[demand.Table, dict[str, list[str]]]:
    """Commercial tonnes by region and sector, and the markets that each region is split into."""
    regions = {code: market for market, code in demand.COMMERCIAL.items()}
    whole = demand.commercial()
    table: demand.Table = {}
    split: dict[str, list[str]] = {}
    hot: dict[str, dict[str, demand.Series]] = {}
    for row in read("demand_commercial"):
        region = regions.get(row["region"])
        if region is None or "total" in row["sector"].lower() or "embedded" in row["row_id"]:
            continue
        market = f"{region}_{row['sector']}"
        split.setdefault(region, []).append(market)
        series = demand.between({year: float(row[f"t_{year}"]) for year in demand.ANCHORS})
        for word, share in demand.mix(row["grade_mix"]).items():
            demand.add(table, market, demand.WORDS[word], {year: value * share for year, value in series.items()})
        if "SmCo" in row["grade_mix"]:
            hot.setdefault(region, {})[market] = series
    for region, parts in hot.items():
        for market, series in parts.items():
            total = {year: sum(other[year] for other in parts.values()) for year in series}
            cobalt = {year: whole[region, "smco"][year] * series[year] / total[year] for year in series}
            demand.add(table, market, "smco", cobalt)
    return table, split


def by_sector(document: dict[str, Any]) -> tuple[Overlay, list[Out]]:
    """A market for each region and sector, and its demand."""
    table, split = sector_table()
    markets, lines = {}, []
    for region, parts in split.items():
        old = document["markets"][region]
        for market in parts:
            sector = market.removeprefix(f"{region}_")
            source = f"sources/demand_commercial.csv {demand.COMMERCIAL[region].lower()}_{sector}"
            markets[market] = {
                "name": f"{REGIONS[region]} {sector.replace('_', ' ')}",
                "channel": old["channel"],
                "country": old["country"],
                "source": source,
                "confidence": "C",
            }
            lines += [
                line(market, product, table[market, product], demand.COMMERCIAL_SHORTAGE[product], source)
                for product in sorted_products(table, market)
            ]
    essential = [f"{region}_{sector}" for region in split for sector in ESSENTIAL]
    overlay = Overlay(
        "demand_by_sector",
        "A market for each commercial sector",
        "The commercial markets of the United States, Europe, Japan and Korea taken apart by sector, with the same "
        "tonnes by grade and year; SmCo goes to the sectors whose mix names it, by their size. India has no sectors "
        "and stays whole. Shortage costs are the base's, the same for all sectors: a tie between them is no finding. "
        "Medical use and wind power are taken for demand that is essential to civilians (an own estimate, C).",
        merged(following(document, split, table, essential), markets, "demand_by_sector"),
    )
    return overlay, lines


def overlays() -> list[Overlay]:
    """Cases that change tonnes only."""
    return [*programme_cases(), *commercial_cases()]
