"""What an overlay may merge: which parts of an instance are taken whole, by field, by id or row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Whole:
    """A value that another takes the place of as a whole: a number, a series, a list of words, a condition."""


@dataclass(frozen=True, slots=True)
class Fields:
    """A record: its fields are merged one by one; those not named here are whole.

    Attributes:
        inside: fields that are merged further.
    """

    inside: Mapping[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ids:
    """A mapping by id.

    Attributes:
        of: what stands under an id.
    """

    of: Shape


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of rows.

    Attributes:
        keys: fields by which a row is known; empty where it has none.
        unique: no two rows have equal keys.
        of: what a row is.
    """

    keys: tuple[str, ...] = ()
    unique: bool = False
    of: Fields = Fields()


Shape: TypeAlias = Whole | Fields | Ids | Rows

_BY_NAME = Fields()
"""Exposures, tonnes or costs by material: merged name by name."""

_FACILITY = Fields(
    {
        "recipes": Ids(Fields()),
        "owners": Ids(Whole()),
        "exposure": _BY_NAME,
        "known_for": _BY_NAME,
        "claims": Rows(("to",)),
        "options": Rows(("id",), unique=True),
    }
)
_BUDGET = Fields({"appropriations": Rows(("id",), unique=True)})
_STOCKPILE = Fields(
    {
        "targets": Rows(("material", "channel")),
        "capacity": _BY_NAME,
        "initial": _BY_NAME,
        "holding_cost": _BY_NAME,
        "residual_tonnes": _BY_NAME,
    }
)

INSTANCE = Fields(
    {
        "markings": Ids(Fields()),
        "countries": Ids(Whole()),
        "materials": Ids(Fields({"storage": _BY_NAME, "channel_factor": _BY_NAME, "requalification": _BY_NAME})),
        "recipes": Ids(Fields()),
        "facilities": Ids(_FACILITY),
        "owners": Ids(Fields({"owners": Ids(Whole())})),
        "channels": Ids(Fields({"max_exposure": _BY_NAME})),
        "markets": Ids(Fields({"demand": Rows(("product",), unique=True)})),
        "logistics": Fields({"regions": Ids(Whole()), "freight": Rows(("from", "to", "material"))}),
        "lanes": Rows(("from", "to", "material", "channel")),
        "stockpiles": Ids(_STOCKPILE),
        "frictions": Ids(Fields()),
        "policy": Fields({"budget": _BUDGET, "rules": Rows()}),
        "finance": Fields({"instruments": Rows(("id",), unique=True)}),
        "scenarios": Rows(("id",), unique=True, of=Fields({"effects": Rows()})),
    }
)
"""An instance, as overlays see it."""
