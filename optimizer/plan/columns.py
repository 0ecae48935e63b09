"""The result tables and their columns, said once."""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Iterator
from typing import Any

import pandas as pd

COLUMNS: dict[str, tuple[str, ...]] = {
    "portfolio": (
        "facility", "option", "stage", "country", "funded", "online", "capacity", "capex", "public_outlay",
        "confidence",
    ),
    "reactions": (
        "scenario", "facility", "option", "stage", "country", "funded", "online", "capacity", "capex", "public_outlay",
        "confidence",
    ),
    "capacity": ("scenario", "period", "facility", "unit", "existing", "funded", "available", "capacity", "used"),
    "runs": ("scenario", "period", "facility", "state", "recipe", "channel", "run", "cost"),
    "flows": ("scenario", "period", "link", "from", "to", "material", "channel", "tonnes", "cost"),
    "stock": (
        "scenario", "period", "stockpile", "material", "channel", "opening", "lost", "in", "out", "downgraded_in",
        "downgraded_out", "discarded", "bought_back", "closing", "cost",
    ),
    "demand": (
        "scenario", "period", "market", "line", "product", "material", "channel", "demand", "delivered", "short",
        "cost",
    ),
    "downgrades": ("scenario", "period", "place", "material", "from_channel", "to_channel", "tonnes"),
    "surplus": ("scenario", "period", "place", "material", "channel", "tonnes", "cost"),
    "releases": ("scenario", "period", "facility", "release", "released", "charge"),
    "makers": ("period", "facility", "material", "channel", "made", "tonnes"),
    "targets": ("period", "stockpile", "target", "material", "channel", "level", "stock", "short", "cost"),
    "residual": ("scenario", "period", "stockpile", "material", "most", "counted", "price", "usd"),
    "goals": ("period", "rule", "level", "made", "short", "cost"),
    "exposure": (
        "period", "facility", "state", "location", "ownership", "equipment", "finance", "technology", "feed",
        "channels",
    ),
    "costs": ("scenario", "period", "category", "usd", "discounted"),
    "scenarios": ("scenario", "probability", "onset", "until", "cost"),
    "outlay": ("year", "account", "instrument", "usd"),
    "stock_payers": (
        "period", "stockpile", "material", "payer", "purchase", "price_step", "holding", "given_out",
    ),
    "appropriations": ("year", "appropriation", "given", "spent", "expired", "left"),
    "grants": ("instrument", "facility", "option", "funded", "usd"),
    "financing": ("instrument", "facility", "option", "funded", "usd", "cost"),
    "owed": ("year", "instrument", "facility", "option", "usd", "public"),
    "recipients": ("instrument", "facility"),
    "purchases": ("instrument", "period", "facility", "state", "material", "channel", "tonnes", "usd"),
    "stakes": ("instrument", "facility", "year", "paid_in", "result", "earned", "borne"),
    "sales": ("period", "facility", "state", "material", "channel", "made", "sold", "price"),
    "premiums": ("period", "facility", "state", "material", "channel", "users", "tonnes", "usd"),
    "strict_runs": ("period", "recipe", "material", "users", "run"),
    "books": ("facility", "year", "item", "instrument", "usd", "discounted"),
}  # fmt: skip
"""Columns of each table; `scenarios` has one more, `service_CHANNEL`, for each channel with a market."""

TEXT = frozenset(
    [
        "facility",
        "option",
        "stage",
        "country",
        "confidence",
        "scenario",
        "unit",
        "state",
        "recipe",
        "channel",
        "link",
        "from",
        "to",
        "material",
        "stockpile",
        "market",
        "product",
        "place",
        "from_channel",
        "to_channel",
        "channels",
        "category",
        "account",
        "appropriation",
        "instrument",
        "item",
        "release",
        "users",
        "payer",
        "marking",
    ]
)
"""Columns that hold words; ids are words even where they look like numbers."""

LATER = frozenset(
    [
        "stock_payers",
        "appropriations",
        "makers",
        "reactions",
        "releases",
        "goals",
        "residual",
        "grants",
        "financing",
        "owed",
        "recipients",
        "purchases",
        "stakes",
        "sales",
        "premiums",
        "strict_runs",
        "books",
    ]
)
"""Tables that folders of earlier versions lack; they are read as empty."""

YEARS_OR_BLANK = ("onset", "until")
"""Columns that hold a year, or nothing where it does not apply."""


_USD = (
    "capex", "public_outlay", "cost", "usd", "discounted", "public", "charge", "given", "spent", "expired", "left",
    "paid_in", "result", "earned", "borne", "purchase", "price_step", "holding", "given_out",
)  # fmt: skip
_TONNES = (
    "tonnes", "opening", "lost", "in", "out", "downgraded_in", "downgraded_out", "discarded", "bought_back", "closing",
    "demand", "delivered", "short", "made", "sold", "level", "stock", "used",
    "most", "counted",
)  # fmt: skip
_YEARS = ("funded", "online", "period", "year", "onset", "until")
_SHARES = ("probability", "location", "ownership", "equipment", "finance", "technology", "feed")
UNITS: dict[str, str] = (
    dict.fromkeys(_USD, "USD") | dict.fromkeys(_TONNES, "t") | dict.fromkeys(_YEARS, "year")
    | dict.fromkeys(_SHARES, "share")
    | {"run": "units of activity", "price": "USD/t", "available": "factor", "capacity": "t"}
)  # fmt: skip
"""Unit of a column by its name; t are of the period."""
RATES = {"portfolio": ("capacity",), "reactions": ("capacity",), "capacity": ("existing", "funded")}
"""Columns that count t per year instead."""


def with_units(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A result table whose `attrs["units"]` has the unit of every column that has one."""
    units = {str(column): UNITS[column] for column in frame.columns if column in UNITS}
    units |= {str(column): "share" for column in frame.columns if str(column).startswith("service_")}
    frame.attrs["units"] = units | dict.fromkeys(RATES.get(name, ()), "t/yr")
    return frame


@functools.cache
def _row_type(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns, rename=True)


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table, with a column each as attribute.

    As `DataFrame.itertuples`, which makes a class for every table and is slow where rows are few, as mostly here.
    """
    if frame.empty:
        return iter(())
    row = _row_type(tuple(map(str, frame.columns)))
    return map(row._make, frame.to_numpy(dtype=object).tolist())
