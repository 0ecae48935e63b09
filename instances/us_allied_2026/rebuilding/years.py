"""The year of every source: of the collected row that a row cites, else of the collection or the estimate."""

from __future__ import annotations

import re
from functools import cache

from .tables import Out, read

MADE = "2026"
"""Year in which the facts were collected, and the estimates and decisions of `sources` were made."""

DATED = {
    "upstream_facilities": ("id", "source_year"),
    "downstream_facilities": ("id", "source_year"),
    "ore_baskets": ("basket_id", "source_year"),
    "ownership_upstream": ("owner", "as_of"),
    "ownership_downstream": ("row_id", "as_of"),
    "prices": ("row_id", "date"),
    "disruption_events": ("date", "date"),
}
"""Collected tables whose rows say how old they are: key, and the column that says it."""

UNDATED = ("country_trust", "demand_commercial", "demand_mdap", "magnet_grades", "policy", "recipes")
"""Collected tables whose rows do not; the wording of their source may."""

STATED = re.compile(r"\((?:19|20)\d\d\)")
CITED = re.compile(r"sources/(\w+)\.csv ?([^;]*)")


@cache
def _years(table: str) -> dict[str, str]:
    """The latest year of the rows of a table by key."""
    key, column = DATED[table]
    found: dict[str, str] = {}
    for row in read(table):
        year = row[column][:4]
        if year.isdigit():
            found[row[key]] = max(year, found.get(row[key], ""))
    return found


def dated(source: str) -> str:
    """A source with its year in brackets, at the end where none stands in it.

    The year is the latest of the collected rows that it cites by key. A row cited of a table without years gives
    `(collected 2026)`; what cites no collected row is an estimate or a decision of that year.
    """
    if STATED.search(source):
        return source
    years, collected = [], False
    for table, rest in CITED.findall(source):
        collected = collected or table in DATED or table in UNDATED
        if table in DATED:
            cited = f" {re.split(r'[:>]', rest)[0].strip().replace(',', ' ')} "
            years += [year for key, year in _years(table).items() if f" {key} " in cited]
    return f"{source} ({max(years)})" if years else f"{source} ({'collected ' if collected else ''}{MADE})"


def date(rows: list[Out]) -> list[Out]:
    """The rows of a table, each with the year of its source."""
    return [row | {"source": dated(row["source"])} for row in rows]
