"""What each disruption of a library does to cost and service, with the portfolio held.

The trunk is solved alone for a portfolio. Then, for every scenario of the overlay, operations are planned anew with that
portfolio and with that scenario as the only one; its future is compared with the base future of the same plan.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

import optimizer
from optimizer.instance.instance import Instance
from optimizer.instance.policy import OptionEffect, Require, Scenario


def held(instance: Instance, portfolio: pd.DataFrame) -> Instance:
    """The instance with exactly this portfolio: what is funded is required in its year, the rest cannot be."""
    year = {(row.facility, row.option): int(row.funded) for row in portfolio.itertuples()}
    facilities = {}
    for name, facility in instance.facilities.items():
        kept = tuple(
            option.model_copy(update={"earliest": year[name, option.id], "latest": year[name, option.id]})
            for option in facility.options
            if (name, option.id) in year
        )
        facilities[name] = facility.model_copy(update={"options": kept})
    funding = ("count", "require", "forbid", "exclusive", "implies", "starts")
    rules = tuple(rule for rule in instance.policy.rules if rule.rule not in funding)
    rules += tuple(Require(rule="require", facility=name, option=option) for name, option in year)
    policy = instance.policy.model_copy(update={"rules": rules})
    return instance.model_copy(update={"facilities": facilities, "policy": policy})


def fitted(scenario: Scenario, instance: Instance) -> Scenario:
    """The scenario without words for options that are not funded, which would match nothing."""
    have = {name for name, facility in instance.facilities.items() if facility.options}
    effects = []
    for effect in scenario.effects:
        if isinstance(effect, OptionEffect) and isinstance(effect.where.get("facility"), list):
            names = [name for name in effect.where["facility"] if name in have]
            if names:
                effects.append(effect.model_copy(update={"where": {**effect.where, "facility": names}}))
        else:
            effects.append(effect)
    return scenario.model_copy(update={"effects": tuple(effects)})


def short(plan: optimizer.Plan, name: str, channel: dict[str, str], years: range | None) -> dict[str, float]:
    """Tonnes short by channel in a future of a plan, in the years of the branch."""
    table = plan.demand[plan.demand["scenario"] == name]
    if years is not None:
        table = table[table["period"].isin(list(years))]
    found = table.groupby(table["market"].map(channel))["short"].sum()
    return {str(key): round(float(value), 1) for key, value in found.items()}


def compare(instance: Instance, scenario: Scenario) -> dict[str, Any]:
    """One scenario against the base future of the same plan."""
    began = time.monotonic()
    plan = optimizer.solve(instance.model_copy(update={"scenarios": (scenario,)}), gap=1e-6)
    if not plan.tables:
        return {"scenario": scenario.id, "status": plan.info["status"]}
    futures = {row.scenario: row for row in plan.scenarios.itertuples()}
    base, hit = futures["base"], futures.get(scenario.id)
    out: dict[str, Any] = {"scenario": scenario.id, "status": plan.info["status"], "probability": scenario.probability}
    if hit is None:
        return {**out, "cost_musd": 0.0, "note": "no branch: nothing that is funded is affected"}
    last = int(hit.until) if pd.notna(hit.until) else instance.end_year
    channel = {name: market.channel for name, market in instance.markets.items()}
    branch = short(plan, scenario.id, channel, None)
    trunk = short(plan, "trunk", channel, range(scenario.onset, last))
    out["until"] = last
    out["cost_musd"] = round((hit.cost - base.cost) / 1e6, 1)
    out["short_t"] = {key: round(branch.get(key, 0.0) - trunk.get(key, 0.0), 1) for key in sorted({*branch, *trunk})}
    for key in ("service_mdap", "service_commercial"):
        out[key] = [round(getattr(base, key), 5), round(getattr(hit, key), 5)]
    out["seconds"] = round(time.monotonic() - began, 1)
    return out


def main() -> None:
    """Run every scenario and print a JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instance", type=Path)
    parser.add_argument("--overlay", type=Path, help="default variants/library.yaml of the instance")
    parser.add_argument("--portfolio", type=Path, help="portfolio.csv of a plan; default: the trunk is solved first")
    parser.add_argument("--only", nargs="*", help="scenario ids; default all")
    parser.add_argument("--weight", type=float, default=0.01, help="probability given to the scenario; 0 keeps its own")
    arguments = parser.parse_args()
    instance = optimizer.load(arguments.instance, ["scenarios=[]"])
    if arguments.portfolio:
        portfolio = pd.read_csv(arguments.portfolio)
    else:
        portfolio = optimizer.solve(instance, gap=2e-3).portfolio
    instance = held(instance, portfolio)
    overlay = arguments.overlay or arguments.instance / "variants" / "library.yaml"
    rows = yaml.safe_load(overlay.read_text(encoding="utf-8"))["add"]["scenarios"]
    results = []
    for row in rows:
        if arguments.only and row["id"] not in arguments.only:
            continue
        weight = {"probability": arguments.weight} if arguments.weight else {}
        scenario = fitted(Scenario.model_validate(row).model_copy(update=weight), instance)
        results.append(compare(instance, scenario))
        sys.stderr.write(json.dumps(results[-1]) + "\n")
    funded = [f"{row.facility}:{row.option}:{row.funded}" for row in portfolio.itertuples()]
    document = {
        "instance": instance.name,
        "portfolio": funded,
        "results": results,
        "machine": {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2)},
    }
    json.dump(document, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
