"""The least that governments pay so that programmes are served, by menu of instruments, on the trunk of an instance.

python benchmarks/least_outlay.py instances/us_allied_2026/variants/least_outlay.yaml FILE.json [--seconds 150]

Menus are those instruments of the instance that are of a kind, and some that are made here: floors, recipients chosen,
at so much above the reference price where most trusted plants stand; loans. Each is solved as the instance is, public
outlay first; and some again under a crash of all prices for two years.
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
from optimizer.run import versions

LOAN = {"id": "loan", "kind": "loan", "max_share": 0.5, "rate": 0.02, "term": 10, "expected_loss": 0.1}
CRASH, FROM, UNTIL = 0.5, 2029, 2031
"""Prices are halved from the first of these years until the other."""
HOME = "north_america"
"""Region whose reference prices floors are set by."""
STAGES = ("separation", "metal", "alloy", "magnet")
"""Stages whose products get a floor."""

Data = dict[str, Any]


def price_at_home(price: Any) -> float | None:
    """The reference price of a material where floors are set, in the first year."""
    if isinstance(price, dict):
        price = price.get(HOME, next((value for name, value in price.items() if not str(name).isdigit()), None))
    return float(price) if isinstance(price, int | float) else None


def floors(data: Data, above: float) -> list[Data]:
    """A floor for each product of the trusted chain, recipients chosen, so much above its reference price."""
    found = []
    for name, material in data["materials"].items():
        price = price_at_home(material.get("price"))
        if price and material["stage"] in STAGES:
            found.append({"id": f"floor_{name}", "kind": "price_floor", "material": name, "decided": True,
                          "floor": round(above * price)})  # fmt: skip
    return found


def crashed(price: Any) -> Any:
    """A price, or a price by region, that is halved for two years."""
    if isinstance(price, dict) and not any(str(key).isdigit() for key in price):
        return {region: crashed(value) for region, value in price.items()}
    if isinstance(price, int | float):
        return {FROM - 1: price, **dict.fromkeys(range(FROM, UNTIL), CRASH * price), UNTIL: price}
    return price


def menus(data: Data) -> dict[str, tuple[list[Data], bool]]:
    """Name -> instruments, and whether prices crash."""
    stated: list[Data] = data["finance"]["instruments"]
    grants = [one for one in stated if one["kind"] == "grant"]
    credits_ = [one for one in stated if one["kind"] in ("cost_credit", "production_credit", "depletion")]
    return {
        "as it stands": (stated, False),
        "grants only": (grants, False),
        "credits only": (credits_, False),
        "floors only, 1.3 times the price": (floors(data, 1.3), False),
        "loans only": ([LOAN], False),
        "grants and loans": ([*grants, LOAN], False),
        "grants, loans and floors": ([*grants, LOAN, *floors(data, 1.3)], False),
        "grants only, prices crash": (grants, True),
        "floors at the price only, prices crash": (floors(data, 1.0), True),
        "grants and floors at the price, prices crash": ([*grants, *floors(data, 1.0)], True),
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
    outlay = plan.outlay.groupby(["account", "instrument"])["usd"].sum()
    return found | {
        "level": level,
        "undiscounted_usd": {f"{account}: {name}": round(float(usd)) for (account, name), usd in outlay.items()},
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
    for name, (instruments, crash) in menus(data).items():
        changes: Data = {"scenarios": [], "finance": data["finance"] | {"instruments": instruments}}
        if crash:
            changes["materials"] = {
                key: material | ({"price": crashed(material["price"])} if material.get("price") is not None else {})
                for key, material in data["materials"].items()
            }
        out["menus"][name] = solved(base.replace(**changes), given.seconds)
        given.file.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
        found = out["menus"][name]
        told = found.get("level", {}).get("value"), found.get("level", {}).get("bound")
        print(name, found["status"], *told, found.get("undiscounted_usd"), found["seconds"], flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
