"""What it is worth to be able to respond in an instance none of whose options says so: they are made to, all alike.

Every option of the given stages that sets no exposures may be funded in a branch, so many years sooner than planned,
at a higher price; a rule limits how many a year. The study of value is then asked, for some of its scenarios. Last, the
plan of who cannot respond is operated in all its scenarios, without reactions and with them: what branches alone save.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optimizer
from optimizer.evaluation import evaluate
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Reactions
from optimizer.instance.records import Option, React
from optimizer.instance.series import Series
from optimizer.network.reactions import without_reactions
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.run import versions
from optimizer.solver.highs import Progress

FIGURES = ("response", "response_alone", "response_planning", "evpi", "vss")
ASKED = ("stages", "sooner", "capex_factor", "most", "gap", "time_limit", "threads")


def responding(instance: Instance, stages: list[str], sooner: int, factor: float, most: float | None) -> Instance:
    """The instance with options that react.

    Args:
        instance: as it is.
        stages: of the facilities whose options react.
        sooner: years by which hurry shortens a lead; what takes a year or more still takes one.
        factor: what hurry makes of capex.
        most: highest number of options that a branch funds a year.
    """

    def hurried(option: Option) -> Option:
        lead = max(min(1, option.lead), option.lead - sooner)
        return option.model_copy(update={"react": React(lead=lead, capex_factor=factor)})

    facilities = {}
    for name, record in instance.facilities.items():
        may = record.stage in stages
        options = tuple(hurried(option) if may and option.sets is None else option for option in record.options)
        facilities[name] = record.model_copy(update={"options": options})
    rules = instance.policy.rules
    if most is not None:
        rules += (Reactions(rule="reactions", max=Series(constant=most)),)
    policy = instance.policy.model_copy(update={"rules": rules})
    return instance.model_copy(update={"facilities": facilities, "policy": policy})


def answered(instance: Instance, plan: Plan) -> list[dict[str, Any]]:
    """What a plan costs over its trunk in each scenario of an instance, without reactions and with them."""
    without = evaluate(without_reactions(instance), plan, workers=1)
    able = evaluate(instance, plan, workers=1)
    rows = zip(rows_of(without.futures), rows_of(able.futures), strict=True)
    funded: dict[str, list[str]] = {}
    for row in rows_of(able.reactions):
        funded.setdefault(row.branch, []).append(f"{row.facility}:{row.option}:{row.funded}")
    found = []
    for plain, more in rows:
        saved, funds = plain.cost - more.cost, funded.get(plain.future, [])
        found.append({"scenario": plain.future, "over_trunk": plain.over_trunk, "saved": saved, "funds": funds})
    return found


def follow(progress: Progress) -> None:
    """Say how far it is."""
    sys.stderr.write(f"{progress.phase} {progress.incumbent} {progress.bound}\n")


def studied(instance: Instance, arguments: argparse.Namespace) -> tuple[dict[str, Any], Plan]:
    """What the study of value says of an instance, and the plan of who cannot respond."""
    found = optimizer.value(
        instance, measures=["expected"], gap=arguments.gap, time_limit=arguments.time_limit, threads=arguments.threads,
        folder=arguments.folder, workers=1, report=follow,
    )  # fmt: skip
    info, first = found.info, found.plans["expected"]
    document = {name: info[name] for name in ("status", "why", "best", "plans", "seconds")} | {
        "figures": {name: info.get(name) for name in FIGURES},
        "by_measure": found.measures.to_dict("records"),
        "reactions": [f"{r.scenario}:{r.facility}:{r.option}:{r.funded}" for r in rows_of(first.reactions)],
        "funded": json.loads(found.funded.to_json(orient="records")),
        "sizes": {name: plan.info["sizes"] for name, plan in found.plans.items()},
    }
    return document, found.plans["no_reaction"]


def main() -> None:
    """Ask, and write a JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance")
    parser.add_argument("file", type=Path)
    parser.add_argument("--plan", help="operate this result folder, and leave out the study of value")
    parser.add_argument("--scenarios", nargs="+", default=[], help="that the study looks at; default all")
    parser.add_argument("--stages", nargs="+", default=["separation", "metal", "alloy", "magnet", "recycling"])
    parser.add_argument("--sooner", type=int, default=1)
    parser.add_argument("--capex-factor", type=float, default=1.5)
    parser.add_argument("--most", type=float, default=4)
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--time-limit", type=float)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", help="where plans are kept, and gone on from")
    arguments = parser.parse_args()
    instance = optimizer.load(arguments.instance)
    able = responding(instance, arguments.stages, arguments.sooner, arguments.capex_factor, arguments.most)
    document: dict[str, Any] = {"instance": instance.name, "asked": {name: getattr(arguments, name) for name in ASKED}}
    if arguments.plan:
        plan = Plan.read(arguments.plan)
    else:
        chosen = tuple(s for s in instance.scenarios if not arguments.scenarios or s.id in arguments.scenarios)
        document["scenarios"] = [(s.id, s.probability, s.onset, s.duration) for s in chosen]
        study, plan = studied(able.model_copy(update={"scenarios": chosen}), arguments)
        document |= study
    began = time.monotonic()
    document["answered"] = answered(able, plan)
    document["answered_seconds"] = round(time.monotonic() - began, 1)
    document["versions"] = versions()
    document["machine"] = {"cores": os.cpu_count(), "system": platform.system(), "load": round(os.getloadavg()[0], 2)}
    document["date"] = datetime.now(UTC).date().isoformat()
    arguments.file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
