"""The kinds of field that records are made of, and the root of all records."""

from __future__ import annotations

import re
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from optimizer.instance.series import Range, Series, json_schema

ID_PATTERN = r"^[a-z0-9_]+$"
TIERS = ("domestic", "ally", "exposed", "adversary")
EXPOSURE_KINDS = ("location", "ownership", "equipment", "finance", "technology", "feed")
WHOLE = ""
"""The name under which a plain value of a `ByName` field is kept."""

Id = Annotated[str, Field(strict=True, pattern=ID_PATTERN, max_length=80)]
Iso3 = Annotated[str, Field(strict=True, pattern=r"^[A-Z]{3}$")]
Text = Annotated[str, Field(max_length=20_000, coerce_numbers_to_str=True)]
Amount = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
PositiveShare = Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)]
Whole = Annotated[int, Field(strict=True, ge=0, le=1000)]
Year = Annotated[int, Field(strict=True, ge=1900, le=2200)]
Truth = Annotated[bool, Field(strict=True)]
Confidence = Literal["A", "B", "C"]
Kind = Literal["location", "ownership", "equipment", "finance", "technology", "feed"]
GivenKind = Literal["equipment", "finance", "technology", "feed"]

AmountSeries = Annotated[Series, Range()]
ShareSeries = Annotated[Series, Range(0.0, 1.0)]
FactorSeries = Annotated[Series, Range(1.0)]
ShortageSeries = Annotated[Series, Range(null=True)]
ExposureSeries = Annotated[Series, Range(0.0, 1.0, words=("unknown",))]

_TIER = re.compile(ID_PATTERN)


def flatten(kind: Any) -> list[Any]:
    """The alternatives of an annotation."""
    origin = get_origin(kind)
    if origin is Annotated:
        return flatten(get_args(kind)[0])
    if origin in (Union, types.UnionType):
        return [option for arg in get_args(kind) for option in flatten(arg)]
    return [kind]


class Record(BaseModel):
    """Root of all records: frozen, and no key but those it knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, populate_by_name=True)


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _plain_names(value: tuple[str, ...]) -> Any:
    return value[0] if len(value) == 1 else list(value)


NAMES_JSON: dict[str, Any] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
    "description": "a name, or a list of names",
}

Names = Annotated[
    tuple[Id, ...],
    Field(min_length=1),
    BeforeValidator(_names),
    PlainSerializer(_plain_names),
    WithJsonSchema(NAMES_JSON),
]


class Row(Record):
    """A record that says where it comes from."""

    source: Text | None = None
    """Where the numbers come from."""
    confidence: Confidence | None = None
    """A: filed or official; B: press or public study; C: estimate."""
    note: Text | None = None
    """What a reader should know: conversions, allocations, doubts."""
    marking: Names | None = None
    """Labels of `markings` that it has: who may see it, or whose it is; one, or a list."""


def _tier(value: Any) -> Series:
    def word(item: Any, of: str) -> str:
        if not isinstance(item, str) or not _TIER.match(item):
            right = f"a tier such as {', '.join(TIERS)}, or a mapping of years such as {{2027: ally, 2030: exposed}}"
            raise PydanticCustomError(
                "series", "{wrong}|{right}", {"wrong": f"{of}{item!r} is no tier", "right": right}
            )
        return item

    if isinstance(value, Series):
        return value
    if isinstance(value, dict) and value:
        steps = []
        for year, item in value.items():
            if isinstance(year, bool) or not isinstance(year, int) or not 1900 <= year <= 2200:
                wrong = {"wrong": f"{year!r} is not a year", "right": "years as keys, such as {2027: ally}"}
                raise PydanticCustomError("series", "{wrong}|{right}", wrong)
            steps.append((year, word(item, f"in {year} ")))
        return Series(steps=tuple(sorted(steps)))
    return Series(constant=word(value, ""))


_TIER_JSON: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "pattern": ID_PATTERN},
        {
            "type": "object",
            "patternProperties": {"^[0-9]{4}$": {"type": "string", "pattern": ID_PATTERN}},
            "additionalProperties": False,
        },
    ],
    "description": f"trust tier ({', '.join(TIERS)} or your own), or tier by year",
}

Tier = Annotated[
    Series,
    BeforeValidator(_tier),
    PlainSerializer(lambda series: series.plain()),
    WithJsonSchema(_TIER_JSON),
]


def _by_name(value: Any) -> Any:
    """Tell `{light: 40, heavy: 5}` from `{2027: 40}`: a plain value goes under `WHOLE`."""
    if isinstance(value, dict) and value and not ({"start", "growth"} & set(value)):
        if all(isinstance(key, str) and re.match(ID_PATTERN, key) for key in value):
            return value
        if WHOLE in value and len(value) == 1:
            return value
    return {WHOLE: value}


def _plain_by_name(value: dict[str, Any]) -> Any:
    def plain(item: Any) -> Any:
        return item.plain() if isinstance(item, Series) else item

    if set(value) == {WHOLE}:
        return plain(value[WHOLE])
    return {name: plain(item) for name, item in value.items()}


def _by_name_json(of: dict[str, Any], what: str) -> dict[str, Any]:
    named = {"type": "object", "patternProperties": {"^[a-z0-9_]*[a-z_][a-z0-9_]*$": of}}
    return {"anyOf": [of, named], "description": what}


CapacitySeries = Annotated[
    dict[str, AmountSeries],
    BeforeValidator(_by_name),
    PlainSerializer(_plain_by_name),
    WithJsonSchema(_by_name_json(json_schema(), "capacity per year, or by unit")),
]
CapacitySize = Annotated[
    dict[str, Amount],
    BeforeValidator(_by_name),
    PlainSerializer(_plain_by_name),
    WithJsonSchema(_by_name_json({"type": "number", "minimum": 0}, "size per year, or by unit")),
]
PriceSeries = Annotated[
    dict[str, AmountSeries],
    BeforeValidator(_by_name),
    PlainSerializer(_plain_by_name),
    WithJsonSchema(_by_name_json(json_schema(), "USD per t, or by region")),
]


class Holding(Row):
    """A share that one legal person holds of another, or of a facility."""

    share: Share
    """Share held, in [0, 1]."""


def _holdings(value: Any) -> Any:
    if isinstance(value, dict):
        return {owner: item if isinstance(item, dict | Holding) else {"share": item} for owner, item in value.items()}
    return value


def _plain_holdings(value: dict[str, Holding]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for owner, holding in value.items():
        row = holding.model_dump(exclude_none=True)
        plain[owner] = row if len(row) > 1 else holding.share
    return plain


Holdings = Annotated[
    dict[Id, Holding],
    BeforeValidator(_holdings),
    PlainSerializer(_plain_holdings),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    {"type": "number", "minimum": 0, "maximum": 1},
                    {
                        "type": "object",
                        "properties": {
                            "share": {"type": "number", "minimum": 0, "maximum": 1},
                            "source": {"type": "string"},
                            "confidence": {"enum": ["A", "B", "C"]},
                            "note": {"type": "string"},
                            "marking": NAMES_JSON,
                        },
                        "required": ["share"],
                        "additionalProperties": False,
                    },
                ]
            },
            "description": "share held by each direct holder",
        }
    ),
]
