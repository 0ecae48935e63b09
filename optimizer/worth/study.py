"""The value of knowing, of planning for all futures, and of being safe."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.instance.policy import Cvar
from optimizer.model import risk
from optimizer.plan.plan import Plan
from optimizer.run import versions
from optimizer.solver.highs import Report, Stop
from optimizer.solver.options import Options
from optimizer.workers import Cluster, on_cluster
from optimizer.worth.figures import (
    Figure,
    between,
    measured,
    over,
    perfect_information,
    table_of_fundings,
    table_of_measures,
    table_of_regret,
    unknown,
)
from optimizer.worth.kept import FORMAT, Kept
from optimizer.worth.response import response
from optimizer.worth.solves import Solves, measured_by
from optimizer.worth.steps import Steps

MEASURES = ("expected", "cvar", "worst_case", "regret")
"""What a plan may be made for."""
ALPHA = 0.95
STOPPED_WHY = "the study was stopped before it was done"


@dataclass(slots=True)
class Value:
    """What a study of value found (docs/value.md).

    Attributes:
        info: figures with bounds, statuses, settings.
        measures: plan, and its value by each measure, USD.
        regret: plan, future, probability, cost, hindsight, hindsight_bound, regret, regret_at_most.
        funded: facility, option, the year in each plan, and the futures that fund it with hindsight.
        plans: by the measure they are made for; `base` is made for the base future alone.
    """

    info: dict[str, Any]
    measures: pd.DataFrame = field(default_factory=pd.DataFrame)
    regret: pd.DataFrame = field(default_factory=pd.DataFrame)
    funded: pd.DataFrame = field(default_factory=pd.DataFrame)
    plans: dict[str, Plan] = field(default_factory=dict)

    __repr__ = shown


@on_cluster
def value(
    instance: Instance,
    *,
    measures: Sequence[str] = MEASURES,
    alpha: float | None = None,
    gap: float = 1e-4,
    gap_usd: float | None = None,
    time_limit: float | None = None,
    threads: int | None = None,
    seed: int = 0,
    folder: Path | str | None = None,
    workers: int = 2,
    cluster: Cluster = None,
    report: Report | None = None,
) -> Value:
    """What perfect information, the stochastic plan and robustness are worth in an instance.

    Args:
        instance: with scenarios; its own risk measure is set aside.
        measures: what plans are made for; `expected` is always among them.
        alpha: CVaR is the mean over the worst 1 - alpha; default the instance's own, else 0.95.
        gap: relative gap of each solve.
        gap_usd: gap of each solve, USD.
        time_limit: seconds of each solve.
        threads: cores of each solve.
        seed: of the solver.
        folder: where plans and answers are kept as they come, and gone on from.
        workers: processes of this machine that operate a plan in its futures.
        cluster: whose workers do that instead: the address of a dask scheduler, its scheduler file, or a client.
        report: called with progress.

    Raises:
        OptionsError: an option makes no sense, or there is no future but the base.
        PlanError: the folder holds something else.
    """
    instance.priced("value")
    if instance.finance is not None and instance.finance.viability:
        raise OptionsError(
            f"in {instance.name} what is funded must pay its way, and plans are operated without books: what they "
            "cost in the futures is no measure of plans that were held to them; --set finance.viability=false asks so"
        )
    began = time.monotonic()
    if alpha is None:
        alpha = instance.risk.alpha if isinstance(instance.risk, Cvar) else ALPHA
    options = Options("auto", gap, gap_usd, time_limit, threads, seed)
    _check(measures, alpha, workers)
    chosen = tuple(name for name in MEASURES if name == "expected" or name in measures)
    whole = measured_by(instance, "expected", alpha)
    kept = Kept(folder, whole, options)
    solves = Solves(whole, alpha, options, kept, Stop(), report, 0)
    counted = risk.futures(solves.network)
    if not solves.network.windows:
        raise OptionsError(
            "the instance has no scenario with effects: there is nothing to know, and nothing to be safe of"
        )
    solves.steps = len(solves.network.windows) + 1 + len(chosen) + bool(solves.network.reactions)
    steps = Steps(solves, chosen, {name: solves.network.probability[name] for name in counted}, workers, cluster)
    try:
        steps.run()
    except KeyboardInterrupt:
        steps.stopped = True
    found = _found(steps)
    found.info["seconds"] = round(time.monotonic() - began, 1)
    tables = {"measures": found.measures, "regret": found.regret, "funded": found.funded}
    kept.close(found.info, tables)
    return found


def _check(measures: Sequence[str], alpha: float, workers: int) -> None:
    faults = [f"measure '{name}' is none of {', '.join(MEASURES)}" for name in measures if name not in MEASURES]
    if not 0 <= alpha < 1:
        faults.append(f"alpha is {alpha:g}; it lies in [0, 1)")
    if workers < 1:
        faults.append(f"workers is {workers}; it is 1 or more")
    if faults:
        raise OptionsError("; ".join(faults))


def _found(steps: Steps) -> Value:
    """Figures from what there is."""
    solves = steps.solves
    best = steps.best
    info: dict[str, Any] = {
        "format": FORMAT,
        "status": _status(steps),
        "why": _why(steps),
        **about(solves.instance),
        "alpha": solves.alpha,
        "measures": list(steps.measures),
        "options": {
            "gap": solves.options.gap, "gap_usd": solves.options.gap_usd, "time_limit": solves.options.time_limit,
            "threads": solves.options.cores, "seed": solves.options.seed,
        },
        "plans": {name: _about(plan) for name, plan in steps.plans.items()},
        "hindsight": [
            {"future": one.future, "probability": steps.probability[one.future], "status": one.status,
             "why": one.why, "objective": one.objective, "bound": one.bound, "seconds": one.seconds}
            for one in steps.hindsight.values()
        ],
    }  # fmt: skip
    table = table_of_measures(steps.measures, steps.costs, steps.probability, solves.alpha, best)
    info["best"] = {name: _best(steps, name, table) for name in steps.measures}
    here = info["best"]["expected"]
    info["wait_and_see"], info["evpi"] = _information(steps, here)
    info |= _stochastic(steps, here)
    if solves.network.reactions:
        info |= response(steps, here)
    info["robustness"] = _robustness(steps, table, info["best"])
    info["unmet"] = steps.unmet
    info["notes"] = _notes(steps)
    info["versions"], info["made"] = versions(), datetime.now(UTC).isoformat(timespec="seconds")
    regret = table_of_regret(steps.costs, steps.probability, steps.hindsight)
    return Value(info, table, regret, table_of_fundings(steps.plans, steps.hindsight), steps.plans)


def _notes(steps: Steps) -> list[str]:
    """What a reader should know of these figures."""
    tail = 1.0 - steps.solves.alpha
    notes = []
    if "cvar" in steps.measures and all(p >= tail - 1e-12 for p in steps.probability.values()):
        notes.append(f"every future has a probability of {tail:.3g} or more, so CVaR is the worst case here")
    if steps.solves.network.left:
        notes.append("scenarios have a parent: plans are taken as they are operated, not operated anew")
    return notes


def _status(steps: Steps) -> str:
    first = steps.first
    if first is None or not first.tables:
        return "no_plan" if first is None else first.status
    if steps.stopped:
        return "stopped"
    missing = [name for name in steps.measures if name not in steps.plans]
    statuses = {plan.status for plan in steps.plans.values()} | {one.status for one in steps.hindsight.values()}
    return "optimal" if statuses == {"optimal"} and not missing else "feasible"


def _why(steps: Steps) -> str:
    status = _status(steps)
    if status == "stopped":
        return STOPPED_WHY
    if status == "optimal":
        return "the gap asked for is reached in every solve"
    if status != "feasible":
        return STOPPED_WHY if steps.first is None else str(steps.first.info["why"])
    early = [f"plan {name}: {plan.info['why']}" for name, plan in steps.plans.items() if plan.status != "optimal"]
    early += [f"hindsight of {o.future}: {o.why}" for o in steps.hindsight.values() if o.status != "optimal"]
    early += [f"there is no plan for {name}" for name in steps.measures if name not in steps.plans]
    return "; ".join(early)


def _best(steps: Steps, name: str, table: pd.DataFrame) -> Figure:
    """The least value of a measure that is known, and what no plan can be below."""
    plan = steps.plans.get(name)
    known = [] if plan is None or plan.objective is None else [plan.objective]
    known += table[name].dropna().tolist()
    if name == "expected" and steps.refunded is not None:
        again = measured(name, steps.refunded, steps.probability, steps.solves.alpha, {})
        known += [] if again is None else [again]
    if not known:
        return unknown(STOPPED_WHY if steps.stopped else "there is no plan for it")
    bounds = [] if plan is None or plan.bound is None else [plan.bound]
    bounds += [steps.relaxed] if name == "expected" and steps.relaxed is not None else []
    low = min(max(bounds), *known) if bounds else None
    return {"value": min(known), "low": low, "high": min(known)}


def _information(steps: Steps, here: Figure) -> tuple[Figure, Figure]:
    if here["value"] is None:
        return unknown(here["why"]), unknown(here["why"])
    return perfect_information(here, steps.hindsight, steps.probability)


def _stochastic(steps: Steps, here: Figure) -> dict[str, Figure]:
    """What the plan made for the base future alone costs more than the one made for all (VSS)."""
    names = ("vss", "vss_fundings", "vss_stock")
    if here["value"] is None or "base" not in steps.plans or "base" not in steps.costs:
        return dict.fromkeys(names, unknown(STOPPED_WHY if steps.stopped else "there is no plan for the base future"))
    mine = steps.costs["base"]
    whole = None if mine is None else measured("expected", mine, steps.probability, steps.solves.alpha, {})
    again = steps.refunded
    part = None if again is None else measured("expected", again, steps.probability, steps.solves.alpha, {})
    found: dict[str, Figure] = {}
    found["vss"] = unknown(steps.unmet.get("base", "")) if whole is None else over(whole, here)
    if part is None:
        lost = "its fundings hold no plan in some future" if steps.refunded_done else STOPPED_WHY
        found["vss_fundings"] = unknown(lost)
    else:
        found["vss_fundings"] = over(part, here)
    if whole is None or part is None:
        found["vss_stock"] = unknown((found["vss"] if whole is None else found["vss_fundings"])["why"])
    else:
        found["vss_stock"] = between(whole - part, whole - part, max(0.0, whole - part))
    return found


def _robustness(steps: Steps, table: pd.DataFrame, best: Mapping[str, Figure]) -> list[dict[str, Any]]:
    """What a measure's plan costs more on average, and what it takes off the measure (Bertsimas and Sim 2004)."""
    rows = []
    cells = {(row["plan"], name): row[name] for row in table.to_dict("records") for name in steps.measures}
    for name in steps.measures[1:]:
        mean, mine, plain = (cells.get(key) for key in ((name, "expected"), (name, name), ("expected", name)))
        if mean is None or mine is None or plain is None or pd.isna([mean, mine, plain]).any():
            continue
        low = best[name]["low"]
        takes = between(plain - mine, plain - mine, None if low is None else max(0.0, plain - low))
        rows.append({"measure": name, "price": over(mean, best["expected"]), "takes_off": takes})
    return rows


def _about(plan: Plan) -> dict[str, Any]:
    """What there is to say of a plan."""
    names = ("status", "why", "objective", "bound", "gap", "gap_usd")
    return {name: plan.info.get(name) for name in names} | {
        "fundings": len(plan.portfolio),
        "capex": float(plan.portfolio["capex"].sum()),
        "seconds": plan.info["seconds"].get("total"),
        "verified": bool(plan.info["verdict"]["ok"]),
    }
