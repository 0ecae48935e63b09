"""Plants a conflict of known requirements in an instance that has a plan, by kind and seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Data = dict[str, Any]

INTEGER = frozenset(["whole_or_not_at_all", "one_of_two_lines"])
"""Kinds that the linear relaxation does not see."""

SMALL: Data = {
    "schema": 1,
    "name": "small",
    "base_year": 2027,
    "discount_rate": 0.0,
    "periods": [2027, 2028, 2029, 2030],
    "domestic": ["USA"],
    "countries": {"USA": "domestic", "AUS": "ally", "CHN": "adversary"},
    "materials": {"magnet": {"stage": "magnet", "storage": {"cost": 1}}},
    "recipes": {"make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10}},
    "facilities": {
        "plant": {"stage": "magnet", "country": "AUS", "recipes": ["make"], "capacity": 10},
        "works": {
            "stage": "magnet",
            "country": "USA",
            "recipes": ["make"],
            "capacity": 0,
            "options": [{"id": "build", "capacity": 4, "capex": 100, "lead": 1, "earliest": 2028}],
        },
    },
    "channels": {
        "domestic_chain": {"tiers": ["domestic"]},
        "mdap": {"tiers": ["domestic", "ally"], "max_exposure": {"ownership": 0.2}},
        "commercial": {},
    },
    "markets": {
        "army": {
            "channel": "mdap",
            "country": "USA",
            "demand": [{"product": "magnet", "tonnes": 8, "shortage_cost": 100}],
        }
    },
    "policy": {"rules": [{"rule": "starts", "countries": ["USA"], "max": 9}]},
}
"""A chain of two plants in which nothing conflicts."""


@dataclass(frozen=True, slots=True)
class Planted:
    """An instance without a plan.

    Attributes:
        data: as it would be written.
        names: the requirements that were planted to conflict, by `Requirement.name`.
    """

    data: Data
    names: frozenset[str]


def plant(base: Data, kind: str, seed: int) -> Planted:
    """Plant a conflict.

    Args:
        base: an instance that has a plan; countries USA and CHN; channels domestic_chain, mdap, commercial.
        kind: one of `PLANTERS`.
        seed: of the numbers.
    """
    data = _lists(base)
    data.setdefault("policy", {}).setdefault("rules", [])
    data["materials"] |= {
        "planted_a": {"stage": "planted", "storage": {"cost": 1}, "price": 1},
        "planted_b": {"stage": "planted", "storage": {"cost": 1}, "price": 1},
    }
    data["recipes"] |= {
        "make_planted_a": {"stage": "planted", "outputs": {"planted_a": 1}, "cost": 1},
        "make_planted_b": {"stage": "planted", "outputs": {"planted_b": 1}, "cost": 1},
    }
    names = PLANTERS[kind](data, random.Random(f"{kind} {seed}"))
    return Planted(data, frozenset(names))


def _lists(value: Any) -> Any:
    """A copy in which sequences are lists, so that rows can be added."""
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, list | tuple) else value


def _first_year(data: Data) -> int:
    first = data["periods"][0]
    return int(first["year"] if isinstance(first, dict) else first)


def _site(data: Data, name: str, product: str = "a", country: str = "USA", **option: Any) -> str:
    facility = {"stage": "planted", "country": country, "recipes": [f"make_planted_{product}"], "capacity": 0}
    given = {"id": "build", "capacity": 100, "capex": 1e3, "lead": 0, **option}
    data["facilities"][name] = {**facility, "options": [given]}
    return name


def _rule(data: Data, **rule: Any) -> str:
    data["policy"]["rules"].append(rule)
    return f"rule:{len(data['policy']['rules']) - 1}"


def _asks(data: Data, market: str, product: str, tonnes: Any, country: str = "USA") -> str:
    line = {"product": f"planted_{product}", "tonnes": tonnes}
    data["markets"][market] = {"channel": "mdap", "country": country, "demand": [line]}
    return f"demand:{market}:0"


def _required_over_budget(data: Data, draw: random.Random) -> list[str]:
    number = draw.randint(2, 4)
    capex = 1e10
    sites = [_site(data, f"planted_{i}", capex=capex * draw.uniform(1.0, 1.05)) for i in range(number)]
    data["policy"]["budget"] = {"total": capex * (number - 0.5)}
    return ["budget:total", *(_rule(data, rule="require", facility=site) for site in sites)]


def _required_and_forbidden(data: Data, draw: random.Random) -> list[str]:
    sites = [_site(data, f"planted_{i}") for i in range(3)]
    site = draw.choice(sites)
    return [_rule(data, rule="forbid", facility=site), _rule(data, rule="require", facility=site)]


def _exclusive_and_required(data: Data, draw: random.Random) -> list[str]:
    sites = [_site(data, f"planted_{i}") for i in range(4)]
    both = draw.sample(sites, 2)
    return [
        _rule(data, rule="exclusive", facilities=sites),
        *(_rule(data, rule="require", facility=site) for site in both),
    ]


def _too_many_starts(data: Data, draw: random.Random) -> list[str]:
    most = draw.randint(1, 2)
    sites = [_site(data, f"planted_{i}", country="AUS") for i in range(2 * most + 1)]
    by = _first_year(data) + 1
    required = [_rule(data, rule="require", facility=site, by=by) for site in sites]
    return [_rule(data, rule="starts", stage="planted", max=most), *required]


def _late_windows(data: Data, draw: random.Random) -> list[str]:
    number, late = draw.randint(1, 2), _first_year(data) + 2
    sites = [_site(data, f"planted_{i}", earliest=late) for i in range(number)]
    count = _rule(data, rule="count", stage="planted", min=1, by=late - 1)
    return [count, *(f"window:{site}:build" for site in sites)]


def _untrusted(data: Data, draw: random.Random) -> list[str]:
    _site(data, "planted_there", country="CHN", capacity=1000)
    # Asked for where it is made: whether it could be shipped is not the question.
    return [_asks(data, "planted_users", "a", draw.randint(10, 90), "CHN"), "trust:mdap:tier"]


def _room(data: Data, draw: random.Random) -> list[str]:
    _site(data, "planted_maker", capacity=1000)
    room = draw.randint(10, 90)
    data.setdefault("stockpiles", {})["planted_store"] = {
        "country": "USA",
        "channel": "mdap",
        "materials": ["planted_a"],
        "release": "always",
        "capacity": {"planted_a": room},
        "targets": [{"material": "planted_a", "tonnes": {_first_year(data) + 1: room + draw.randint(1, 9)}}],
    }
    return ["target:planted_store:0", "room:planted_store:planted_a"]


def _rigid_too_early(data: Data, draw: random.Random) -> list[str]:
    year, lead = _first_year(data), draw.randint(1, 2)
    _site(data, "planted_home", capacity=1000, lead=lead)
    _site(data, "planted_ally", country="AUS", capacity=1000)
    demand = _asks(data, "planted_users", "a", draw.randint(10, 90))
    share = {year: draw.choice([0.3, 0.6, 1.0])}
    rule = _rule(data, rule="delivered_content", markets=["planted_users"], channel="domestic_chain", share=share)
    return [demand, rule, "trust:domestic_chain:tier"]


def _whole_or_not_at_all(data: Data, draw: random.Random) -> list[str]:
    capex, part = 1e10, draw.uniform(0.3, 0.6)
    _site(data, "planted_home", capacity=100, capex=capex)
    data["policy"]["budget"] = {"total": capex * (part + 0.3)}
    return [
        _asks(data, "planted_users", "a", {_first_year(data): 0, _first_year(data) + 1: 100 * part}),
        "budget:total",
    ]


def _one_of_two_lines(data: Data, draw: random.Random) -> list[str]:
    sites = [_site(data, "planted_home_a", "a"), _site(data, "planted_home_b", "b")]
    asked = [
        _asks(data, f"planted_users_{p}", p, {_first_year(data): 0, _first_year(data) + 1: draw.randint(10, 49)})
        for p in ("a", "b")
    ]
    return [*asked, _rule(data, rule="exclusive", facilities=sites)]


PLANTERS: dict[str, Callable[[Data, random.Random], list[str]]] = {
    "required_over_budget": _required_over_budget,
    "required_and_forbidden": _required_and_forbidden,
    "exclusive_and_required": _exclusive_and_required,
    "too_many_starts": _too_many_starts,
    "late_windows": _late_windows,
    "untrusted": _untrusted,
    "no_room": _room,
    "rigid_too_early": _rigid_too_early,
    "whole_or_not_at_all": _whole_or_not_at_all,
    "one_of_two_lines": _one_of_two_lines,
}
