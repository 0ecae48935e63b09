"""Where rows of an instance name other rows, and what becomes of who names one that is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.instance.yaml12 import Path

EACH = "*"
"""A part of a pattern that stands for every name of a mapping, or every row of a list."""
PLACES = ("facilities", "markets", "stockpiles")


@dataclass(frozen=True, slots=True)
class Reference:
    """Names of rows, somewhere in an instance: one, a list of them, or the keys of a mapping.

    Attributes:
        pattern: where.
        sections: that the names are of.
        whole: whether who names one that is left out goes too; else the name alone does.
        needed: whether who names nothing more, once names have gone, goes too; else it says nothing there.
    """

    pattern: tuple[str, ...]
    sections: tuple[str, ...]
    whole: bool = False
    needed: bool = False

    @property
    def row(self) -> int:
        """How many parts of a path are the row that names."""
        return max(number for number, part in enumerate(self.pattern, 1) if part == EACH)


def _ref(pattern: str, *sections: str, whole: bool = False, needed: bool = False) -> Reference:
    return Reference(tuple(pattern.split(".")), sections, whole, needed)


REFERENCES: tuple[Reference, ...] = (
    _ref("materials.*.channel_factor", "channels"),
    _ref("materials.*.requalification", "channels"),
    _ref("recipes.*.inputs", "materials", whole=True),
    _ref("recipes.*.outputs", "materials", whole=True),
    _ref("recipes.*.channels", "channels", needed=True),
    _ref("facilities.*.recipes", "recipes", needed=True),
    _ref("facilities.*.owners", "owners"),
    _ref("facilities.*.known_for", "channels"),
    _ref("facilities.*.known_for.*", "materials", needed=True),
    _ref("facilities.*.claims.*.materials", "materials", needed=True),
    _ref("facilities.*.options.*.sets.owners", "owners"),
    _ref("facilities.*.options.*.qualification", "channels"),
    _ref("owners.*.owners", "owners"),
    _ref("markets.*.channel", "channels", whole=True),
    _ref("markets.*.demand.*.product", "materials", whole=True),
    _ref("markets.*.demand.*.accepts", "materials"),
    _ref("lanes.*.from", *PLACES, whole=True),
    _ref("lanes.*.to", *PLACES, whole=True),
    _ref("lanes.*.material", "materials", whole=True),
    _ref("lanes.*.channel", "channels", whole=True),
    _ref("logistics.freight.*.material", "materials", whole=True),
    _ref("stockpiles.*.channel", "channels", whole=True),
    _ref("stockpiles.*.channels", "channels", needed=True),
    _ref("stockpiles.*.materials", "materials", needed=True),
    _ref("stockpiles.*.initial", "materials"),
    _ref("stockpiles.*.initial.*", "channels", needed=True),
    _ref("stockpiles.*.capacity", "materials"),
    _ref("stockpiles.*.holding_cost", "materials"),
    _ref("stockpiles.*.price_steps", "materials"),
    _ref("stockpiles.*.residual_tonnes", "materials"),
    _ref("stockpiles.*.targets.*.material", "materials", whole=True),
    _ref("stockpiles.*.targets.*.channel", "channels", whole=True),
    _ref("stockpiles.*.targets.*.of", "markets", needed=True),
    _ref("policy.rules.*.materials", "materials", needed=True),
    _ref("policy.rules.*.markets", "markets", needed=True),
    _ref("policy.rules.*.facilities", "facilities", needed=True),
    _ref("policy.rules.*.channel", "channels", whole=True),
    _ref("policy.rules.*.facility", "facilities", whole=True),
    _ref("policy.rules.*.if", "facilities", whole=True),
    _ref("policy.rules.*.then", "facilities", whole=True),
    _ref("policy.budget.appropriations.*.instruments", "instruments"),
    _ref("policy.budget.appropriations.*.purchases", "stockpiles"),
    _ref("policy.budget.appropriations.*.holding", "stockpiles"),
    _ref("planning_case.tier_of", "markets"),
    _ref("scenarios.*.parent", "scenarios", whole=True),
    _ref("finance.instruments.*.stockpile", "stockpiles", whole=True),
    _ref("finance.instruments.*.material", "materials", needed=True),
    _ref("finance.instruments.*.bonus.channel", "channels", whole=True),
    _ref("finance.instruments.*.not_with", "instruments"),
    *(
        _ref(f"{place}.{key}", *sections, needed=True)
        for place in ("policy.rules.*.where", "scenarios.*.effects.*.where", "finance.instruments.*.where",
                      "policy.budget.appropriations.*.capex")
        for key, sections in {
            "id": ("facilities", "recipes"), "facility": ("facilities",), "owner": ("owners",),
            "material": ("materials",), "product": ("materials",), "channel": ("channels",), "market": ("markets",),
            "from": PLACES, "to": PLACES,
        }.items()
    ),
)  # fmt: skip
"""All that names a row by its id, but for options, which are of one facility."""

CHANGES: Mapping[str, str] = {
    "channels.*": "a class of custody is not there",
    "facilities.*.claims.*": "what was owed is free",
    "facilities.*.owners.*": "exposure by ownership is worked out without it",
    "facilities.*.options.*.sets.owners.*": "exposure by ownership is worked out without it",
    "owners.*": "exposure by ownership is worked out without it",
    "owners.*.owners.*": "exposure by ownership is worked out without it",
    "materials.*.channel_factor.*": "the price of the channel does not hold",
    "materials.*.requalification.*": "users are not bound to their makers",
    "frictions.*": "the stage may change what it does at once",
    "markets.*": "its demand is not asked for",
    "markets.*.demand.*": "its demand is not asked for",
    "markets.*.demand.*.accepts.*": "a substitute is not accepted",
    "stockpiles.*": "its stock and its targets are not there",
    "stockpiles.*.targets.*": "the level is not asked for",
    "stockpiles.*.targets.*.of.*": "the target is a lower one",
    "stockpiles.*.price_steps.*": "purchases move no price",
    "stockpiles.*.price_steps.*.*": "purchases move the price less",
    "policy.rules.*": "the rule does not hold",
    "policy.rules.*.*.*": "the rule holds for fewer",
    "policy.budget.appropriations.*": "its money is not there, and what it pays for it does not limit",
    "policy.budget.appropriations.*.*.*": "what it pays for it does not limit",
    "scenarios.*": "its probability goes to the future without a disruption",
    "scenarios.*.effects.*": "the disruption comes without it",
    "finance.instruments.*": "it pays nothing",
    "finance.instruments.*.not_with.*": "it excludes fewer",
    "finance.instruments.*.*.*": "it pays for less",
}
"""What the absence of something changes of the problem, beside that it offers nothing: somebody must decide on that."""

LOOSE: tuple[str, ...] = (
    "facilities.*.claims.*", "frictions.*", "stockpiles.*.targets.*", "policy.rules.*",
    "policy.budget.appropriations.*", "scenarios.*.effects.*", "finance.instruments.*",
)  # fmt: skip
"""What may go where it would not be sound any more without what it was about."""


def matches(data: Any, pattern: tuple[str, ...], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """What stands at a pattern, each with its path."""
    if not pattern:
        yield path, data
        return
    part, rest = pattern[0], pattern[1:]
    if part != EACH:
        if isinstance(data, Mapping) and part in data:
            yield from matches(data[part], rest, (*path, part))
        return
    inside = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, value in list(inside):
        yield from matches(value, rest, (*path, key))


def fits(path: Path, pattern: str) -> bool:
    """Whether a path is one that a pattern stands for."""
    parts = pattern.split(".")
    return len(parts) == len(path) and all(part in (EACH, str(one)) for part, one in zip(parts, path, strict=True))


def change_of(path: Path) -> str:
    """What the absence of what stands at a path changes of the problem; empty where it changes nothing else."""
    return next((words for pattern, words in CHANGES.items() if fits(path, pattern)), "")


def loose_part(path: Path) -> Path | None:
    """The row at or around a path that may go by itself; None where there is none."""
    for length in range(len(path), 0, -1):
        if any(fits(path[:length], pattern) for pattern in LOOSE):
            return path[:length]
    return None
