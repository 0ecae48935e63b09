"""The least that governments pay so that programmes are served, by menu of instruments, on the trunk of an instance.

python benchmarks/least_outlay.py instances/us_allied_2026/variants/least_outlay.yaml FILE.json [--seconds 150]

Menus are those instruments of the instance that are of a kind, and some that are made here: floors, recipients chosen,
at so much above the reference price where most trusted plants stand; offtakes for the public reserve, at half as much
again; loans; guarantees of private loans; preferred shares; the magnet credit that was introduced in 2025; and a
stake. Each is solved as the instance is, public outlay first; some again under a crash of all prices for two years, and
some with less in the purse. A longer menu begins with the plan of a shorter one.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import optimizer
from optimizer.errors import OptimizerError
from optimizer.instance.fields import WHOLE
from optimizer.run import versions

LOAN = {"id": "loan", "kind": "loan", "max_share": 0.5, "rate": 0.02, "term": 10, "expected_loss": 0.1}
GUARANTEE = {"id": "guarantee", "kind": "loan", "lender": "private", "guarantee": 0.8, "max_share": 0.6, "rate": 0.05,
             "term": 12, "expected_loss": 0.1}  # fmt: skip
EQUITY = {"id": "shares", "kind": "equity", "max_share": 0.3, "dividend": 0.07, "redeemed": 10, "expected_loss": 0.1}
"""The dividend is that of MP's preferred shares (pol024); the rest is estimated here, as all of the loans is."""
STAKE = {"id": "stake", "kind": "stake", "share": 0.15, "pays": 0.3}
CRASH, FROM, UNTIL = 0.5, 2029, 2031
"""Prices are halved from the first of these years until the other."""
HOME = "north_america"
"""Region whose reference prices floors are set by."""
STAGES = ("separation", "metal", "alloy", "magnet")
"""Stages whose products get a floor."""

OFFTAKE = 1.5
"""Price of an offtake, in reference prices."""
REPEALED = 2029
"""First year without the cost credit, where it is repealed."""
RESUMED = (2028, 2029)
"""First year of new grants after continuing resolutions of one year and of two, under which nothing new begins."""

Data = dict[str, Any]


class Menu(NamedTuple):
    """What governments may choose from.

    Attributes:
        instruments: as an instance has them.
        crash: whether prices crash.
        after: the menu with whose plan the search begins; empty for none.
        filled: whether targets of public reserves must be met, as demand must.
    """

    instruments: list[Data]
    crash: bool = False
    after: str = ""
    filled: bool = False


def prices_of(instance: optimizer.Instance, material: str) -> dict[str, dict[int, float]]:
    """The reference price of a material by region (or for all, as `""`) and year; empty without one."""
    price, years = instance.materials[material].price, range(instance.first_year, instance.end_year)
    return {
        "" if region == WHOLE else str(region): {year: series.at(year, instance.first_year) for year in years}
        for region, series in (price or {}).items()
    }


def floors(instance: optimizer.Instance, above: float) -> list[Data]:
    """A floor for each product of the trusted chain, recipients chosen, so much above its reference price by year."""
    found = []
    for name, material in instance.materials.items():
        prices = prices_of(instance, name)
        at_home = prices.get(HOME, prices.get(""))
        if at_home and material.stage in STAGES:
            found.append({"id": f"floor_{name}", "kind": "price_floor", "material": name, "decided": True,
                          "floor": {year: round(above * price) for year, price in at_home.items()}})  # fmt: skip
    return found


def offtakes(instance: optimizer.Instance) -> list[Data]:
    """An offtake for each material that a public reserve holds and that has a price where most plants stand."""
    found = []
    for name, stockpile in instance.stockpiles.items():
        for material in stockpile.materials if stockpile.is_public_reserve else ():
            prices = prices_of(instance, material)
            at_home = prices.get(HOME, prices.get(""))
            if at_home:
                price = {year: round(OFFTAKE * usd) for year, usd in at_home.items()}
                found.append({"id": f"offtake_{material}", "kind": "purchase", "stockpile": name,
                              "material": material, "price": price})  # fmt: skip
    return found


def magnet_credit(instance: optimizer.Instance) -> Data:
    """The magnet credit as introduced in 2025 and not enacted (pol003 to pol005), as long as it is whole."""
    magnets = [name for name, material in instance.materials.items() if material.stage == "magnet"]
    bonus = {"channel": "domestic_chain", "amount": 30000}
    return {"id": "magnet_credit", "kind": "production_credit", "material": magnets, "amount": 20000, "bonus": bonus,
            "where": {"tiers": ["domestic"]}, "until": 2034, "budget": False}  # fmt: skip


def repealed(instrument: Data) -> Data:
    """A cost credit that ends early; any other instrument as it is."""
    if instrument["kind"] != "cost_credit":
        return instrument
    return instrument | {"share": {y: s for y, s in instrument["share"].items() if y < REPEALED} | {REPEALED: 0.0}}


def crashed(instance: optimizer.Instance) -> Data:
    """The materials, every price halved for two years."""
    found = instance.plain()["materials"]
    for name in found:
        prices = {
            region: {year: price * (CRASH if FROM <= year < UNTIL else 1.0) for year, price in by_year.items()}
            for region, by_year in prices_of(instance, name).items()
        }
        if prices:
            found[name] = found[name] | {"price": prices.get("", prices)}
    return dict(found)


def filled(instance: optimizer.Instance) -> Data:
    """The stockpiles, every target of a public reserve to be met."""
    found = dict(instance.plain()["stockpiles"])
    for name, stockpile in instance.stockpiles.items():
        if stockpile.is_public_reserve:
            targets = [target | {"shortage_cost": None} for target in found[name].get("targets", [])]
            found[name] = found[name] | {"targets": targets}
    return found


def menus(instance: optimizer.Instance) -> dict[str, Menu]:
    """Every menu by its name."""
    stated: list[Data] = list(instance.plain()["finance"]["instruments"])
    grants = [one for one in stated if one["kind"] == "grant"]
    credits_ = [one for one in stated if one["kind"] in ("cost_credit", "production_credit", "depletion")]
    at_price = floors(instance, 1.0)
    return {
        "as it stands": Menu(stated),
        "grants only": Menu(grants),
        "credits only": Menu(credits_),
        "floors only, 1.3 times the price": Menu(floors(instance, 1.3)),
        "loans only": Menu([LOAN]),
        "guarantees only": Menu([GUARANTEE]),
        "shares only": Menu([EQUITY]),
        "magnet credit only": Menu([magnet_credit(instance)]),
        "offtakes only": Menu(offtakes(instance)),
        "grants and loans": Menu([*grants, LOAN], after="grants only"),
        "grants and guarantees": Menu([*grants, GUARANTEE], after="grants only"),
        "grants and shares": Menu([*grants, EQUITY], after="grants only"),
        "grants and a magnet credit": Menu([*grants, magnet_credit(instance)], after="grants only"),
        "grants and a magnet credit for who is chosen": Menu(
            [*grants, magnet_credit(instance) | {"decided": True}], after="grants only"
        ),
        "loans, guarantees and shares": Menu([LOAN, GUARANTEE, EQUITY]),
        "grants, loans and floors": Menu([*grants, LOAN, *floors(instance, 1.3)], after="grants and loans"),
        "grants and offtakes": Menu([*grants, *offtakes(instance)], after="grants only"),
        "grants only, the reserve filled": Menu(grants, filled=True),
        "grants and offtakes, the reserve filled": Menu(
            [*grants, *offtakes(instance)], after="grants only, the reserve filled", filled=True
        ),
        "stake only": Menu([STAKE]),
        "grants and a stake": Menu([*grants, STAKE], after="grants only"),
        "grants only, prices crash": Menu(grants, crash=True, after="grants only"),
        "floors at the price only, prices crash": Menu(at_price, crash=True),
        "grants and floors at the price, prices crash": Menu([*grants, *at_price], True, "grants only, prices crash"),
        "credit repealed": Menu([repealed(one) for one in stated]),
        "grants only, at most a quarter": Menu([one | {"max_share": 0.25} for one in grants]),
    } | {f"grants only, none before {year}": Menu([one | {"from": year} for one in grants]) for year in RESUMED}


def solved(
    instance: optimizer.Instance, seconds: float, start: optimizer.Plan | None, alone: bool
) -> tuple[Data, optimizer.Plan | None]:
    """What the least outlay is, by instrument, and what is proved of it; and its plan.

    Args:
        instance: with a menu.
        seconds: limit of the whole solve.
        start: a plan to begin with.
        alone: stop once outlay is at its least, without a search for the least cost.
    """
    began, stop = time.monotonic(), optimizer.Stop()

    def report(progress: optimizer.Progress) -> None:
        if alone and progress.phase.startswith("cost:"):
            stop.asked.set()

    try:
        plan = optimizer.solve(instance, gap=5e-3, time_limit=seconds, threads=1, start=start, report=report, stop=stop)
    except OptimizerError as error:
        return {"status": "refused", "why": str(error), "seconds": round(time.monotonic() - began, 1)}, None
    found: Data = {"status": plan.status, "why": plan.info["why"], "seconds": round(time.monotonic() - began, 1)}
    if start is not None:
        found["start"] = plan.info.get("start")
    if not plan.tables:
        return found | {"shortfall": [item["text"] for item in plan.info.get("shortfall", [])][:3]}, None
    level = next(one for one in plan.info["levels"] if one["level"] == "outlay")
    paid: dict[Any, float] = plan.outlay.groupby(["account", "instrument"])["usd"].sum().to_dict()
    found |= {
        "level": level,
        "undiscounted_usd": {": ".join(key): round(float(usd)) for key, usd in paid.items()},
        "verified": plan.info["verdict"]["ok"],
    }
    if not alone:  # else it is whatever the search for outlay left
        capex = float(plan.portfolio["capex"].sum())
        found |= {"expected_cost_usd": plan.objective, "funded": len(plan.portfolio), "capex_usd": capex}
    return found, plan


def main() -> None:
    """Each menu, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instance", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seconds", type=float, default=150.0)
    parser.add_argument("--only", nargs="*", help="menus whose names have one of these words")
    parser.add_argument("--alone", action="store_true", help="stop once outlay is at its least, cost as it comes")
    given = parser.parse_args()
    base = optimizer.load(given.instance)
    data = base.plain()
    out: Data = {
        "instance": base.name,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, shared",
        "versions": versions(),
        "seconds_each": given.seconds,
        "outlay_alone": given.alone,
        "menus": {},
    }
    plans: dict[str, optimizer.Plan | None] = {}
    for name, menu in menus(base).items():
        if given.only and not any(word in name for word in given.only):
            continue
        changes: Data = {"scenarios": [], "finance": data["finance"] | {"instruments": menu.instruments}}
        if menu.crash:
            changes["materials"] = crashed(base)
        if menu.filled:
            changes["stockpiles"] = filled(base)
        start = plans.get(menu.after)
        out["menus"][name], plans[name] = solved(base.replace(**changes), given.seconds, start, given.alone)
        given.file.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
        found = out["menus"][name]
        told = found.get("level", {}).get("value"), found.get("level", {}).get("bound")
        print(name, found["status"], *told, found.get("undiscounted_usd"), found["seconds"], flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
