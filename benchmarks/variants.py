"""Each variant of an instance solved on its trunk: cost, what is funded, what programmes and the reserve lack."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

import optimizer

YEARS = (2027, 2028, 2029, 2031, 2036)


def overlay_of(instance: Path, names: list[str], folder: Path) -> Path:
    """An overlay that takes the instance and the variants named, without its scenarios."""
    variants = [instance / "variants" / f"{name}.yaml" for name in names]
    bases = [os.path.relpath(path, folder) for path in (instance, *variants)]
    file = folder / ("_".join(names or ["base"]) + ".yaml")
    text = f"extends: {json.dumps(bases)}\nname: {file.stem}\nremove: {{scenarios: all}}\n"
    file.write_text(text, encoding="utf-8")
    return file


def figures(instance: optimizer.Instance, plan: optimizer.Plan) -> dict[str, Any]:
    """What a reader compares."""
    info = plan.info
    found: dict[str, Any] = {"status": info["status"], "objective_usd": info["objective"], "gap": info["gap"]}
    found |= {"seconds": info["seconds"], "instance_sha256": info["instance_sha256"]}
    if not plan.tables:
        return found | {"shortfall": [item["text"] for item in info.get("shortfall", [])]}
    commercial = list(instance.channels)[-1]
    strict = {name for name, market in instance.markets.items() if market.channel != commercial}
    required = {(rule.facility, rule.option) for rule in instance.policy.rules if rule.rule == "require"}
    demand, portfolio = plan.demand, plan.portfolio
    lacking = demand[demand["market"].isin(strict)]
    short = lacking.groupby("period")["short"].sum()
    by_product = lacking.groupby("product")["short"].sum()
    others = demand[~demand["market"].isin(strict)]
    stock = plan.stock[plan.stock["stockpile"] == "nds"]
    magnets = [name for name, material in instance.materials.items() if material.stage == "magnet"]
    held = stock[stock["material"].isin(magnets)].groupby("period")["closing"].sum()
    committed = [pair in required for pair in zip(portfolio["facility"], portfolio["option"], strict=True)]
    missing = plan.targets[plan.targets["stockpile"] == "nds"]["short"].sum()
    return found | {
        "funded": len(portfolio),
        "required": sum(committed),
        "capex_usd": float(portfolio["capex"].sum()),
        "capex_of_required_usd": float(portfolio["capex"][committed].sum()),
        "public_outlay_usd": float(plan.outlay["usd"].sum()),
        "programme_short_t": {int(year): round(float(short.get(year, 0.0)), 2) for year in YEARS},
        "programme_short_t_all_years": round(float(short.sum()), 1),
        "programme_short_by_product_t": {
            str(name): round(float(tonnes), 1) for name, tonnes in by_product.items() if tonnes > 0.05
        },
        "programme_demand_t_all_years": round(float(lacking["demand"].sum()), 0),
        "commercial_short_t_all_years": round(float(others["short"].sum()), 0),
        "reserve_magnets_t": {int(year): round(float(held.get(year, 0.0)), 1) for year in YEARS},
        "reserve_target_years_short_t": round(float(missing), 1),
        "options": [":".join(map(str, row)) for row in portfolio[["facility", "option", "funded"]].to_numpy().tolist()],
    }


def main() -> None:
    """Solve the variants named, or all of them, and write one JSON document as they come.

    The portfolio of the first case is tried first in every other, so that plans differ where the cases do. Cases that
    stand in the output already and are not asked for stay.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--only", nargs="*", help="variants, joined by + where they are combined; base for the base")
    parser.add_argument("--also", nargs="*", default=[], help="combinations solved besides all variants")
    parser.add_argument("--gap", type=float, default=2e-3)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--machine", default="")
    arguments = parser.parse_args()
    found = (arguments.instance / "variants").glob("*.yaml")
    every = sorted(path.stem for path in found if path.stem != "library")  # scenarios only
    cases = arguments.only or ["base", *every, *arguments.also]
    document: dict[str, Any] = {"instance": str(arguments.instance), "scenarios": "none", "cases": {}}
    if arguments.output.is_file():
        document = json.loads(arguments.output.read_text(encoding="utf-8"))
    first: optimizer.Plan | None = None
    document |= {"machine": arguments.machine or f"{os.cpu_count()} cores, {platform.system()}"}
    limits = {"gap_asked": arguments.gap, "seconds_allowed": arguments.seconds, "start": cases[0]}
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            names = [] if case == "base" else case.split("+")
            instance = optimizer.load(overlay_of(arguments.instance, names, Path(folder)))
            began = time.monotonic()
            plan = optimizer.solve(instance, gap=arguments.gap, time_limit=arguments.seconds, start=first)
            first = first or (plan if plan.tables else None)
            wall = {"wall": round(time.monotonic() - began, 1)}
            document["cases"][case] = figures(instance, plan) | limits | wall
            document |= {"versions": plan.info["versions"], "date": plan.info["made"][:10]}
            arguments.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
