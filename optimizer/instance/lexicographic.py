"""Service before cost: what comes first where shortage is given no price."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from optimizer.instance.fields import Record, Share


class Lexicographic(Record):
    """Service first, without a price: cost decides only among plans that serve as well."""

    levels: tuple[Literal["service", "cost"], ...]
    """What comes first, second: `[service, cost]`. Service is by channel, the strictest first."""
    tolerance: Share = 1e-4
    """How far a channel's service may stay behind the best there is, as a share of its expected demand."""


def _levels(value: Any) -> Any:
    return {"levels": value} if isinstance(value, list | tuple | str) else value


def _plain_levels(value: Lexicographic) -> Any:
    plain = value.model_dump(exclude_defaults=True)
    plain["levels"] = list(value.levels)
    return plain if len(plain) > 1 else plain["levels"]


_LEVELS_JSON: dict[str, Any] = {
    "anyOf": [
        {"type": "array", "items": {"enum": ["service", "cost"]}},
        {
            "type": "object",
            "properties": {
                "levels": {"type": "array", "items": {"enum": ["service", "cost"]}},
                "tolerance": {"type": "number", "minimum": 0, "maximum": 1},
            },
            "required": ["levels"],
            "additionalProperties": False,
        },
    ],
    "description": "service first, without a price: cost decides only among plans that serve as well",
}

Levels = Annotated[
    Lexicographic, BeforeValidator(_levels), PlainSerializer(_plain_levels), WithJsonSchema(_LEVELS_JSON)
]
