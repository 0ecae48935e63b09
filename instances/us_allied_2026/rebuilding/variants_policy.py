"""Policy cases whose rows follow the base: the memo's programme, and trade without China's export licences."""

from __future__ import annotations

from typing import Any

from . import demand
from .overlay import Overlay
from .tables import Out

STOCK = "programme_suppliers"
# The memo names no year for the companies' stock: half with the initial capability, all with the full one. C.
SHARE = {2029: 0.5, 2031: 1.0}


def targets(document: dict[str, Any], markets: dict[str, list[str]]) -> list[dict[str, Any]]:
    """A year of what programmes take of each magnet, as the reserve's five years are asked for."""
    found = []
    for target in document["stockpiles"]["nds"]["targets"]:
        if target.get("years_of_demand"):
            row = {"material": target["material"], "years_of_demand": 1, "of": markets[target["material"]]}
            row |= {"share": SHARE, "shortage_cost": target["shortage_cost"], "source": "sources/policy.csv pol100"}
            found.append(row | {"confidence": "C", "note": "years of build-up and shortage cost are own estimates"})
    return found


def asked(document: dict[str, Any]) -> dict[str, list[str]]:
    """The markets that the reserve counts, by material."""
    rows = document["stockpiles"]["nds"]["targets"]
    return {target["material"]: target["of"] for target in rows if target.get("years_of_demand")}


def overlays(document: dict[str, Any]) -> list[Overlay]:
    """The memo's programme."""
    by_market = asked(document)
    rules = {rule["rule"] for rule in document["policy"]["rules"]}
    own = [{"rule": name} for name in ("count", "diversify") if name in rules]
    stock = {
        "name": "Stock of the programmes' suppliers",
        "country": "USA",
        "channel": "mdap",
        "materials": list(by_market),
        "release": "always",
        "public": False,
        "source": "sources/policy.csv pol100",
        "confidence": "A",
        "note": "read as a year of what programmes take; a year of all American use would be tens of times it",
        "targets": targets(document, by_market),
    }
    memo = Overlay(
        "memo_programme",
        "The memo's programme, as written",
        "The programme of the project memo and nothing beside it (sources/policy.csv pol096 to pol104, scenario "
        "parameters and not law). In the base already: two years in which allied material may be delivered, rigid "
        "domestic content from 2029 on; five years of programme demand in magnets, initial capability in 2029 and "
        "full in 2031, alloys and oxides after; 7000 million USD a year. Added: a year of programme demand held by the "
        "companies, at their cost. Taken out: the base's own rules on the number of American plants and on single "
        "sources, which the memo does not ask for. Not in it: a preference for domestic material in the first two "
        "years (the memo gives no price for it), and that the reserve itself be domestic (add us_only.yaml). The "
        "budget is a ceiling here though the memo gives a least amount; the plan shows what is spent.",
        {"remove": {"policy": {"rules": own}}, "add": {"stockpiles": {STOCK: stock}}},
    )
    groups = {f"mdap_{name}": (name,) for group in demand.PROGRAMMES.values() for name in group}
    table = {key for key, series in demand.programmes(groups).items() if max(series.values()) > 1e-9}
    parts = {material: [market for market in groups if (market, material) in table] for material in by_market}
    finer = Overlay(
        "memo_by_programme",
        "The memo's programme with a market for each programme",
        "memo_programme.yaml and demand_by_programme.yaml together; the companies' stock follows the finer markets.",
        {"targets": [{"stockpile": STOCK, "material": name, "of": markets} for name, markets in parts.items()]},
        ("memo_programme.yaml", "demand_by_programme.yaml"),
    )
    return [memo, finer]


def free_trade(freight: list[Out]) -> list[Overlay]:
    """The optimistic scenario: what China licenses moves as its other exports do, at the freight alone.

    Args:
        freight: the rows of freight.csv. Where none is limited by licence there is nothing to lift.
    """
    open_cost = {(row["from"], row["to"]): row["cost"] for row in freight if "china_light" in row["tags"]}
    lifted = [
        {"from": row["from"], "to": row["to"], "material": row["material"], "cost": open_cost[row["from"], row["to"]]}
        | {"capacity": None, "source": "sources/routes.csv", "confidence": "C", "note": "freight alone, no licence"}
        for row in freight
        if "china_heavy" in row["tags"] and row.get("capacity") is not None
    ]
    if not lifted:
        return []
    trade = Overlay(
        "free_trade",
        "Free trade: no Chinese export licences",
        "The optimistic scenario. The licences on samarium, dysprosium, terbium and what contains them, in force since "
        "4 April 2025 (sources/policy.csv pol091, sources/disruption_events.csv 2025-04-04 and 2026-01-06), are lifted "
        f"for good from 2027 on: {len(lifted)} freight rows lose their limits and the premium of export prices, and "
        "cost what other Chinese exports cost. China stands at its export size as in the base. Programmes do not gain "
        "directly: American rules keep Chinese material out of them (with no_policy_free_trade.yaml they do). Futures "
        "in which China stops exports stay.",
        {"logistics": {"freight": lifted}},
    )
    nothing = Overlay(
        "no_policy_free_trade",
        "Free trade and no American policy",
        "no_policy.yaml and free_trade.yaml together, and programmes may buy from China, which sells to them: the "
        "cheapest world, against which every rule and every licence can be priced. An assumption and no forecast.",
        {
            "channels": {
                "mdap": {
                    "tiers": ["domestic", "ally", "exposed", "adversary"],
                    "source": "own estimate",
                    "confidence": "C",
                    "note": "nobody is shut out",
                }
            }
        },
        ("no_policy.yaml", "free_trade.yaml"),
    )
    return [trade, nothing]
