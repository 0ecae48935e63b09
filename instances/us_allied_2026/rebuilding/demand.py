"""Demand of programmes and of commercial markets, by grade and year."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .network import FIRST, LAST
from .tables import Out, Row, by, joined, number, read

YEARS = range(FIRST, LAST + 1)

# Rows of demand_mdap.csv by market. The partners' F-35 are outside DoD funding and left out.
PROGRAMMES = {
    "mdap_air_space": ("f35_us", "f15ex", "b21", "kc46", "rotary", "cca_uas", "space"),
    "mdap_sea_land": ("ddg51", "ssn774", "ssbn826", "ffx", "ground", "radar_ew"),
    "mdap_munitions": (
        "pac3",
        "thaad",
        "sm6_sm3",
        "tomahawk",
        "jassm_lrasm",
        "amraam",
        "aim9x",
        "gmlrs_prsm",
        "jdam_sdb",
        "small_msl",
    ),
    "mdap_drones": ("cuas_int", "drone_dom", "suas_other"),
    "mdap_sustainment": ("spares", "cots_gap"),
}
# Programmes grow by 2 percent a year after 2030, the last year of the dossier. Own estimate, C.
GROWTH = 0.02
# NdFeB of rows whose mix names SmCo only: actuators, so UH. Own estimate from magnet_grades.csv, C.
MIX_DEFAULT = {"UH": 1.0}

COMMERCIAL = {"usa": "USA", "europe": "EU", "japan": "JPN", "korea": "KOR"}
# India's own demand: note of row rest_total (about 4000 t in 2024-25, doubling by 2030), then
# growing like the rest; grades of the REST_EX_CHINA sectors. C.
INDIA = {2024: 4000.0, 2030: 8000.0, 2035: 11500.0}
ANCHORS = (2024, 2026, 2028, 2030, 2035)

# USD per tonne short. Programmes: far above any cost of supply, and higher once supply can exist.
# Commercial: about twice the price outside China, so that markets give way before programmes.
# Own estimates, C.
PROGRAMME_SHORTAGE = {2027: 3_000_000, 2029: 5_000_000}
COMMERCIAL_SHORTAGE = {
    "magnet_n": 170_000,
    "magnet_h": 185_000,
    "magnet_sh": 205_000,
    "magnet_uh": 230_000,
    "magnet_eh": 360_000,
    "smco": 320_000,
}
ACCEPTS = {
    "magnet_n": ["magnet_n", "magnet_h"],
    "magnet_h": ["magnet_h", "magnet_sh"],
    "magnet_sh": ["magnet_sh", "magnet_uh"],
    "magnet_uh": ["magnet_uh", "magnet_eh"],
}
PRODUCTS = ("magnet_n", "magnet_h", "magnet_sh", "magnet_uh", "magnet_eh", "smco")
WORDS = {
    "N": "magnet_n",
    "M": "magnet_n",
    "H": "magnet_h",
    "SH": "magnet_sh",
    "UH": "magnet_uh",
    "EH": "magnet_eh",
}

Series = dict[int, float]
Table = dict[tuple[str, str], Series]


def mix(text: str) -> dict[str, float]:
    """Shares of NdFeB grades in a mix such as `UH 60; EH 40 | SmCo 2:17`."""
    first = text.split("|", maxsplit=1)[0]
    found = {name: float(value or 100) for name, value in re.findall(r"\b(N|M|H|SH|UH|EH)\b(?:\s+(\d+))?", first)}
    if not found:
        return MIX_DEFAULT
    total = sum(found.values())
    return {name: value / total for name, value in found.items()}


def add(table: Table, market: str, product: str, series: Series) -> None:
    """Add tonnes to a market's line."""
    line = table.setdefault((market, product), dict.fromkeys(YEARS, 0.0))
    for year, value in series.items():
        line[year] += value


def programme_series(values: dict[int, float]) -> Series:
    """Fiscal years to 2030, then growth."""
    last = max(values)
    return {year: values[year] if year in values else values[last] * (1 + GROWTH) ** (year - last) for year in YEARS}


def programmes(groups: Mapping[str, tuple[str, ...]] = PROGRAMMES, rows: dict[str, Row] | None = None) -> Table:
    """Tonnes of each programme market: rows of demand_mdap.csv, or of a case of it, put together in groups."""
    table: Table = {}
    rows = rows or by("demand_mdap", "row_id")
    fleet: dict[str, float] = {}
    for market, members in groups.items():
        for name in members:
            if name == "spares":
                continue
            shares = mix(rows[name]["grade_mix"])
            tonnes = {year: float(rows[name][f"ndfeb_t_fy{year}"]) for year in range(FIRST, 2031)}
            for word, share in shares.items():
                series = {year: value * share for year, value in programme_series(tonnes).items()}
                add(table, market, WORDS[word], series)
                if name != "cots_gap":
                    fleet[word] = fleet.get(word, 0.0) + series[FIRST]
            samarium = {year: float(rows[name][f"smco_t_fy{year}"]) for year in range(FIRST, 2031)}
            add(table, market, "smco", programme_series(samarium))
    total = sum(fleet.values())
    spares = rows["spares"]
    sustained = next(market for market, members in groups.items() if "spares" in members)
    tonnes = {year: float(spares[f"ndfeb_t_fy{year}"]) for year in range(FIRST, 2031)}
    for word, amount in fleet.items():
        add(
            table,
            sustained,
            WORDS[word],
            {year: value * amount / total for year, value in programme_series(tonnes).items()},
        )
    samarium = {year: float(spares[f"smco_t_fy{year}"]) for year in range(FIRST, 2031)}
    add(table, sustained, "smco", programme_series(samarium))
    return table


def between(points: dict[int, float]) -> Series:
    """Yearly values from anchors, straight lines between them and on after the last."""
    years = sorted(points)
    found = {}
    for year in YEARS:
        low = max((item for item in years if item <= year), default=years[0])
        if low == years[-1]:
            low = years[-2]
        high = years[years.index(low) + 1]
        slope = (points[high] - points[low]) / (high - low)
        found[year] = points[low] + slope * (year - low)
    return found


def commercial(rows: list[Row] | None = None, india: dict[int, float] = INDIA) -> Table:
    """Tonnes of each commercial market: demand_commercial.csv, or a case of it."""
    table: Table = {}
    rows = rows or read("demand_commercial")
    regions = {code: market for market, code in COMMERCIAL.items()}
    hot: dict[str, Series] = {}
    rest: dict[str, float] = {}
    for row in rows:
        if not row["row_id"].lower().startswith(("usa_", "eu_", "jpn_", "kor_", "rest_ex_china_")):
            continue
        if "total" in row["sector"]:
            continue
        series = between({year: float(row[f"t_{year}"]) for year in ANCHORS})
        shares = mix(row["grade_mix"])
        market = regions.get(row["region"])
        if market is None:
            for word, share in shares.items():
                rest[word] = rest.get(word, 0.0) + share * float(row["t_2028"])
            continue
        for word, share in shares.items():
            add(table, market, WORDS[word], {year: value * share for year, value in series.items()})
        if "SmCo" in row["grade_mix"]:
            before = hot.setdefault(market, dict.fromkeys(YEARS, 0.0))
            hot[market] = {year: before[year] + value for year, value in series.items()}
    samarium(table, rows, hot)
    total = sum(rest.values())
    for word, amount in rest.items():
        add(
            table,
            "india",
            WORDS[word],
            {year: value * amount / total for year, value in between(india).items()},
        )
    return table


def samarium(table: Table, rows: list[dict[str, str]], hot: dict[str, Series]) -> None:
    """SmCo outside defence: the world row, by where aerospace and medical demand is."""
    lines = {
        row["row_id"]: between({year: float(row[f"t_{year}"]) for year in ANCHORS})
        for row in rows
        if row["row_id"] in ("smco_usa", "smco_world_ex_china")
    }
    defence = {
        year: sum(series[year] for (_, product), series in programmes().items() if product == "smco") for year in YEARS
    }
    usa = {year: max(0.0, lines["smco_usa"][year] - defence[year]) for year in YEARS}
    add(table, "usa", "smco", usa)
    # The rest of the world holds about 15 percent of aerospace and medical demand outside the USA.
    for market in ("europe", "japan", "korea"):
        add(
            table,
            market,
            "smco",
            {
                year: 0.85
                * (lines["smco_world_ex_china"][year] - lines["smco_usa"][year])
                * hot[market][year]
                / sum(hot[name][year] for name in ("europe", "japan", "korea"))
                for year in YEARS
            },
        )


def level_2024() -> dict[tuple[str, str], float]:
    """Commercial use in 2024 by market and product: the year before licences. SmCo follows aerospace and medical."""
    regions = {code: market for market, code in COMMERCIAL.items()}
    found: dict[tuple[str, str], float] = {}
    hot: dict[str, float] = {}
    for row in read("demand_commercial"):
        if "total" in row["sector"] or not row["basis"].startswith("direct use"):
            continue
        market = regions.get(row["region"], "india" if row["region"] == "REST_EX_CHINA" else "")
        tonnes = float(row["t_2024"])
        for word, share in mix(row["grade_mix"]).items():
            key = market, WORDS[word]
            found[key] = found.get(key, 0.0) + tonnes * share
        if "SmCo" in row["grade_mix"]:
            hot[market] = hot.get(market, 0.0) + tonnes
    rest = sum(tonnes for (market, _), tonnes in found.items() if market == "india")
    found = {key: value * (INDIA[2024] / rest if key[0] == "india" else 1.0) for key, value in found.items()}
    rows = {row["row_id"]: row for row in read("demand_commercial")}
    defence = float(next(row for row in read("demand_mdap") if row["row_id"] == "sum_top_down")["smco_t_fy2024"])
    usa = float(rows["smco_usa"]["t_2024"])
    found["usa", "smco"] = usa - defence
    others = [market for market in hot if market not in ("usa", "india")]
    for market in others:
        world = float(rows["smco_world_ex_china"]["t_2024"]) - usa
        found[market, "smco"] = 0.85 * world * hot[market] / sum(hot[name] for name in others)
    return found


def sectors(market: str) -> str:
    """The rows of demand_commercial.csv behind a commercial market."""
    region = COMMERCIAL.get(market, "REST_EX_CHINA")
    rows = [row for row in read("demand_commercial") if row["region"] == region]
    return ", ".join(
        row["row_id"] for row in rows if row["basis"].startswith("direct use") and "total" not in row["sector"]
    )


def demand_rows() -> list[Out]:
    """The table of demand."""
    rows = []
    for name, table in (("demand_mdap", programmes()), ("demand_commercial", commercial())):
        ours = name == "demand_mdap"
        for (market, product), series in sorted(
            table.items(), key=lambda item: (item[0][0], PRODUCTS.index(item[0][1]))
        ):
            if max(series.values()) < 1e-9:
                continue
            members = ", ".join(PROGRAMMES[market]) if ours else sectors(market)
            if market == "india":
                members = f"rest_total (note), grades of {sectors(market)}"
            elif product == "smco" and not ours:
                members = "smco_usa, less programmes" if market == "usa" else "smco_world_ex_china, smco_usa"
            rows.append(
                {
                    "market": market,
                    "product": product,
                    "tonnes": {year: number(value, 4) for year, value in series.items()},
                    "accepts": ACCEPTS.get(product),
                    "shortage_cost": PROGRAMME_SHORTAGE if ours else COMMERCIAL_SHORTAGE[product],
                    "source": f"sources/{name}.csv {members}",
                    "confidence": "C",
                    "note": joined(
                        "after 2030 own growth of 2 pct a year"
                        if ours
                        else "straight lines between the dossier's years",
                        "shortage cost is an own estimate",
                    ),
                }
            )
    return rows
