"""The least that governments pay so that programmes are served, by menu of instruments, on the trunk of an instance.

python benchmarks/least_outlay.py instances/us_allied_2026/variants/least_outlay.yaml FILE.json [--seconds 150]

Menus are those instruments of the instance that are of a kind, and some that are made here: floors, recipients chosen,
at so much above the reference price where most trusted plants stand; loans; and a stake. Each is solved as the instance
is, public outlay first; and some again under a crash of all prices for two years.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optimizer
from optimizer.errors import OptimizerError
from optimizer.instance.fields import WHOLE
from optimizer.run import versions

LOAN = {"id": "loan", "kind": "loan", "max_share": 0.5, "rate": 0.02, "term": 10, "expected_loss": 0.1}
STAKE = {"id": "stake", "kind": "stake", "share": 0.15, "pays": 0.3}
CRASH, FROM, UNTIL = 0.5, 2029, 2031
"""Prices are halved from the first of these years until the other."""
HOME = "north_america"
"""Region whose reference prices floors are set by."""
STAGES = ("separation", "metal", "alloy", "magnet")
"""Stages whose products get a floor."""

Data = dict[str, Any]


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


def menus(instance: optimizer.Instance) -> dict[str, tuple[list[Data], bool]]:
    """Name -> instruments, and whether prices crash."""
    stated: list[Data] = list(instance.plain()["finance"]["instruments"])
    grants = [one for one in stated if one["kind"] == "grant"]
    credits_ = [one for one in stated if one["kind"] in ("cost_credit", "production_credit", "depletion")]
    return {
        "as it stands": (stated, False),
        "grants only": (grants, False),
        "credits only": (credits_, False),
        "floors only, 1.3 times the price": (floors(instance, 1.3), False),
        "loans only": ([LOAN], False),
        "grants and loans": ([*grants, LOAN], False),
        "grants, loans and floors": ([*grants, LOAN, *floors(instance, 1.3)], False),
        "stake only": ([STAKE], False),
        "grants and a stake": ([*grants, STAKE], False),
        "grants only, prices crash": (grants, True),
        "floors at the price only, prices crash": (floors(instance, 1.0), True),
        "grants and floors at the price, prices crash": ([*grants, *floors(instance, 1.0)], True),
    }


def solved(instance: optimizer.Instance, seconds: float) -> Data:
    """What the least outlay is, by instrument, and what is proved of it."""
    began = time.monotonic()
    try:
        plan = optimizer.solve(instance, gap=5e-3, time_limit=seconds, threads=1)
    except OptimizerError as error:
        return {"status": "refused", "why": str(error)}
    found: Data = {"status": plan.status, "why": plan.info["why"], "seconds": round(time.monotonic() - began, 1)}
    if not plan.tables:
        return found | {"shortfall": [item["text"] for item in plan.info.get("shortfall", [])][:3]}
    level = next(one for one in plan.info["levels"] if one["level"] == "outlay")
    paid: dict[Any, float] = plan.outlay.groupby(["account", "instrument"])["usd"].sum().to_dict()
    return found | {
        "level": level,
        "undiscounted_usd": {": ".join(key): round(float(usd)) for key, usd in paid.items()},
        "expected_cost_usd": plan.objective,
        "funded": len(plan.portfolio),
        "capex_usd": float(plan.portfolio["capex"].sum()),
        "verified": plan.info["verdict"]["ok"],
    }


def main() -> None:
    """Each menu, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instance", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seconds", type=float, default=150.0)
    parser.add_argument("--only", nargs="*", help="menus whose names have one of these words")
    given = parser.parse_args()
    base = optimizer.load(given.instance)
    data = base.plain()
    out: Data = {
        "instance": base.name,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, shared",
        "versions": versions(),
        "seconds_each": given.seconds,
        "menus": {},
    }
    for name, (instruments, crash) in menus(base).items():
        if given.only and not any(word in name for word in given.only):
            continue
        changes: Data = {"scenarios": [], "finance": data["finance"] | {"instruments": instruments}}
        if crash:
            changes["materials"] = crashed(base)
        out["menus"][name] = solved(base.replace(**changes), given.seconds)
        given.file.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
        found = out["menus"][name]
        told = found.get("level", {}).get("value"), found.get("level", {}).get("bound")
        print(name, found["status"], *told, found.get("undiscounted_usd"), found["seconds"], flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
