"""What each disruption of a library does to cost and service, with portfolio and trunk held.

The trunk is solved alone, for its portfolio and its operations. Then the branch of every scenario of the overlay is
planned from that trunk. A branch is free of the targets and of the rules that hold in the trunk only, which alone saves
money; so each is compared with a branch of the same years in which nothing happens.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

import optimizer
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Effect, FacilityEffect, OptionEffect, Require, Scenario
from optimizer.instance.write import sha256
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, TRUNK
from optimizer.plan.columns import rows_of
from optimizer.solver.compile import Problem, Vector
from optimizer.solver.extensive import compile_all, problem_of, values_of
from optimizer.solver.highs import run
from optimizer.solver.options import Options


def held(instance: Instance, portfolio: pd.DataFrame) -> Instance:
    """The instance with exactly this portfolio: what is funded is required in its year, the rest cannot be."""
    year = {(row.facility, row.option): int(row.funded) for row in rows_of(portfolio)}
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
    effects: list[Effect] = []
    for effect in scenario.effects:
        if isinstance(effect, OptionEffect) and isinstance(effect.where.get("facility"), list):
            names = [name for name in effect.where["facility"] if name in have]
            if names:
                effects.append(effect.model_copy(update={"where": {**effect.where, "facility": names}}))
        else:
            effects.append(effect)
    return scenario.model_copy(update={"effects": tuple(effects)})


def quiet(scenario: Scenario, instance: Instance) -> Scenario:
    """A scenario of the same years in which nothing happens."""
    where = {"id": next(iter(instance.facilities))}
    effect = FacilityEffect(affects="facilities", where=where, available=1.0)
    return scenario.model_copy(update={"id": "quiet", "effects": (effect,)})


def _by_key(problem: Problem, block: str, values: Vector) -> dict[Any, float]:
    """Values of a block's columns; fundings are whole."""
    found = dict(zip(problem.blocks[block].columns, problem.local(block, values).tolist(), strict=True))
    return {key: round(value) if key[0] == "fund" else value for key, value in found.items()}


class Course:
    """The undisrupted course of an instance whose portfolio is held, and branches that leave it."""

    def __init__(self, instance: Instance) -> None:
        """Solve the trunk."""
        self.instance = instance
        network = network_of(instance)
        blocks, tables = compile_all(network)
        self.demand = tables[TRUNK].demand.tonnes
        problem = problem_of(network, blocks, {})
        raw = run(problem, Options(gap=1e-6))
        if raw.values is None:
            raise SystemExit(f"the trunk has no plan: {raw.ended}")
        self.values = {name: _by_key(problem, name, raw.values) for name in (INVESTMENT, TRUNK)}

    def branch(self, scenario: Scenario) -> dict[str, Any]:
        """Cost of the scenario's future, USD, and tonnes short in its branch by channel."""
        network = network_of(self.instance.model_copy(update={"scenarios": (scenario,)}))
        problem = problem_of(network, compile_all(network)[0], {})
        raw = run(self._held(problem), Options(gap=1e-6))
        window = network.windows[scenario.id]
        if raw.values is None:
            return {"status": raw.ended, "until": window.until}
        missing = values_of(problem, raw.values)[scenario.id].get("short", {})
        return {
            "status": raw.ended,
            "until": window.until,
            "usd": raw.objective,
            "short": self._by_channel(missing),
            "asked": self._asked(window.periods),
        }

    def _held(self, problem: Problem) -> Problem:
        """The problem with investment and trunk as they are, and without the trunk's rows, which hold already."""
        lower, upper = problem.lower.copy(), problem.upper.copy()
        row_lower, row_upper = problem.row_lower.copy(), problem.row_upper.copy()
        for name, values in self.values.items():
            # A delay may add columns that say which funding waits for which: they follow from the fundings.
            for key, column in zip(problem.blocks[name].columns, problem.place[name], strict=True):
                if key in values:
                    lower[column] = upper[column] = values[key]
        start, count = problem.row_start[TRUNK], len(problem.blocks[TRUNK].rows)
        row_lower[start : start + count], row_upper[start : start + count] = -np.inf, np.inf
        return dataclasses.replace(
            problem,
            lower=lower,
            upper=upper,
            row_lower=row_lower,
            row_upper=row_upper,
            integer=np.zeros_like(problem.integer),
        )

    def _by_channel(self, missing: dict[Any, float]) -> dict[str, float]:
        found = dict.fromkeys(("mdap", "commercial"), 0.0)
        for (market, _, _), tonnes in missing.items():
            found[self.instance.markets[market].channel] += tonnes
        return found

    def _asked(self, periods: tuple[int, ...]) -> dict[str, float]:
        """Tonnes asked for in the years of a branch, by channel, without the disruption."""
        found = dict.fromkeys(("mdap", "commercial"), 0.0)
        for (market, _, period), tonnes in self.demand.items():
            if period in periods:
                found[self.instance.markets[market].channel] += tonnes
        return found


def compare(course: Course, scenario: Scenario, calm: dict[tuple[int, int | None], dict[str, Any]]) -> dict[str, Any]:
    """One scenario against a branch of the same years in which nothing happens."""
    began = time.monotonic()
    out: dict[str, Any] = {"scenario": scenario.id, "onset": scenario.onset, "duration": scenario.duration}
    if not scenario.effects:
        return {**out, "note": "no branch: it touches nothing that is funded"}
    window = (scenario.onset, scenario.duration)
    if window not in calm:
        calm[window] = course.branch(quiet(scenario, course.instance))
    found, still = course.branch(scenario), calm[window]
    out |= {"status": found["status"], "until": found["until"]}
    if "usd" in found and "usd" in still:
        out["cost_musd"] = round((found["usd"] - still["usd"]) / 1e6, 1)
        out["short_t"] = {key: round(found["short"][key] - still["short"][key], 1) for key in found["short"]}
        asked = found["asked"]
        out["share_short_of_demand"] = {key: round(out["short_t"][key] / asked[key], 4) for key in asked}
    out["seconds"] = round(time.monotonic() - began, 1)
    return out


def main() -> None:
    """Run every scenario and print a JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instance", type=Path)
    parser.add_argument("--overlay", type=Path, help="default variants/library.yaml of the instance")
    parser.add_argument("--portfolio", type=Path, help="portfolio.csv of a plan; default: the trunk is solved first")
    parser.add_argument("--only", nargs="*", help="scenario ids; default all")
    arguments = parser.parse_args()
    instance = optimizer.load(arguments.instance, ["scenarios=[]"])
    if arguments.portfolio:
        portfolio = pd.read_csv(arguments.portfolio)
    else:
        portfolio = optimizer.solve(instance, gap=2e-3).portfolio
    course = Course(held(instance, portfolio))
    overlay = arguments.overlay or arguments.instance / "variants" / "library.yaml"
    rows = yaml.safe_load(overlay.read_text(encoding="utf-8"))["add"]["scenarios"]
    results: list[dict[str, Any]] = []
    calm: dict[tuple[int, int | None], dict[str, Any]] = {}
    for row in rows:
        if arguments.only and row["id"] not in arguments.only:
            continue
        scenario = Scenario.model_validate(row).model_copy(update={"probability": 1.0})
        results.append(compare(course, fitted(scenario, course.instance), calm))
        sys.stderr.write(json.dumps(results[-1]) + "\n")
    funded = [f"{row.facility}:{row.option}:{row.funded}" for row in portfolio.itertuples()]
    document = {
        "instance": instance.name,
        "instance_sha256": sha256(optimizer.load(arguments.instance)),
        "portfolio": funded,
        "results": results,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2)},
    }
    json.dump(document, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
