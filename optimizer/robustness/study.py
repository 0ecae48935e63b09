"""Verdicts that survive the data: which options to fund whatever the numbers turn out to be."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.network.network import network_of
from optimizer.network.tables import Network
from optimizer.plan.plan import Plan
from optimizer.robustness.asked import asked_of
from optimizer.robustness.case import Case, Given, case_of
from optimizer.robustness.keys import keyed
from optimizer.robustness.ledger import Ledger
from optimizer.robustness.samples import Samples, Tell
from optimizer.robustness.tally import (
    MUST,
    NEVER,
    TOSS_UP,
    UNDECIDED,
    table_by_variant,
    table_of_fundings,
    table_of_options,
    table_of_samples,
)
from optimizer.robustness.work import (
    FAILED,
    INFEASIBLE,
    LIMITED,
    REFUSED,
    SOLVED,
    Home,
    Record,
)
from optimizer.run import solve_with, versions
from optimizer.solver.options import Options
from optimizer.solver.refusals import regret_refused, rows_refused
from optimizer.sweep import RANGES
from optimizer.workers import Cluster, on_cluster

OF_CAPEX = 0.05
"""Share of the capex of the plan of the data as they stand that a near-optimal plan may cost more than the best."""
GAP_SHARE = 0.1
"""Share of the tolerance to which samples are solved, unless a gap is asked for."""
FIRST_GAP = 1e-3
"""Relative gap of the plan that tells the tolerance."""
ANSWERS = ("trusted-supply-optimizer", "highspy", "scipy", "numpy")
"""What an answer depends on besides the instance and the options."""
NOTE, LINES = "verdicts.json", "samples.jsonl"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What survives the data.

    Attributes:
        info: what verdicts.json holds (docs/verdicts.md).
        options: a row for each option: verdict, counts of samples, intervals, regret.
        by_variant: the counts by overlay.
        samples: a row for each sample; 0 is the data as they stand.
        draws: a row for each sample: what was drawn.
        funded: a row for each funding of each sample's best plan.
    """

    info: dict[str, Any]
    options: pd.DataFrame
    by_variant: pd.DataFrame
    samples: pd.DataFrame
    draws: pd.DataFrame
    funded: pd.DataFrame

    __repr__ = shown


@on_cluster
def verdicts(
    instance: Instance,
    folder: Path | str | None = None,
    *,
    samples: int = 20,
    within_usd: float | None = None,
    within: float | None = None,
    option: Sequence[str] = (),
    confidence: Sequence[str] = ("C", "none"),
    ranges: Mapping[str, float] | None = None,
    only: Sequence[str] = (),
    together: Sequence[str] = (),
    vary: Sequence[str] | Mapping[str, Any] = (),
    overlays: Sequence[str | Path] | Mapping[str, Sequence[str | Path]] = (),
    share: float = 0.8,
    level: float = 0.95,
    price: bool = False,
    method: str = "auto",
    gap: float | None = None,
    gap_usd: float | None = None,
    time_limit: float | None = None,
    threads: int = 1,
    seed: int = 0,
    workers: int = 2,
    cluster: Cluster = None,
    tell: Tell | None = None,
) -> Verdicts:
    """Say of each option whether it is funded whatever the data turn out to be.

    Numbers, keys and overlays are drawn together; of each sample the best plan is sought, and of each option whether
    all, some or none of the near-optimal plans fund it, with proof. See docs/verdicts.md.

    Args:
        instance: from `load`.
        folder: where samples are kept as they come; the same call goes on there, and more samples are added.
        samples: how many.
        within_usd: what a near-optimal plan may cost more than the best, USD.
        within: the same as a share of the cost of the best plan of the data as they stand; by default 5 % of its capex.
        option: `FACILITY` or `FACILITY:OPTION` that verdicts are wanted of; default all.
        confidence: grades whose numbers move: A, B, C, none.
        ranges: share of a number either way, by grade; default as `sensitivity`; 0 leaves a grade as it is.
        only: patterns of keys that move; default all.
        together: patterns; numbers that match one move by one share of their ranges.
        vary: `KEY=A:B`, `KEY*=A:B`, `KEY=V,V,...`; or key -> (A, B) or a list of values.
        overlays: files, of which one or none is laid; `GROUP=FILE`, or group -> files, for several groups.
        share: of the draws in which an option is in all near-optimal plans to be `must fund`, or in none to be `never`.
        level: of the intervals of these shares.
        price: solve on to the gap for what leaving out and forcing in costs.
        method: `auto`, `extensive` or `benders`.
        gap: relative gap of each solve; default a tenth of the tolerance.
        gap_usd: gap in USD.
        time_limit: seconds of each solve.
        threads: cores of each solve.
        seed: of the draws and of the solver.
        workers: processes of this machine.
        cluster: whose workers do it instead: the address of a dask scheduler, its scheduler file, or a client.
        tell: called with progress.

    Raises:
        InstanceError: keys, overlays, patterns or options that are not there; all of them.
        OptionsError: settings make no sense, or nothing moves.
        PlanError: the folder holds something else.
        SolveError: the solver failed, or the cluster was lost.
    """
    began = time.monotonic()
    tell = tell or (lambda _what, _done, _of: None)
    grades = {**RANGES, **(ranges or {})}
    _check(instance, samples, within_usd, within, confidence, grades, share, level, method, workers)
    options = Options(method, 0.0 if gap is None else gap, gap_usd, time_limit, threads, seed)
    varied, faults = keyed(vary, "--vary", lists=True)
    asked = asked_of(instance, option, faults)
    files = _overlays(overlays)
    given = Given(tuple(confidence), grades, tuple(only), tuple(together), tuple(varied), files)
    case = case_of(instance, given, faults)
    ledger = Ledger(None if folder is None else Path(folder), "verdicts", NOTE, LINES)
    settings: dict[str, Any] = {
        **about(instance),
        **case.settings(),
        "tolerance": {"usd": within_usd, "share": within},
        "gap": {"relative": gap, "usd": gap_usd},
        "method": method,
        "price": price,
        "seed": seed,
        "versions": {name: version for name, version in versions().items() if name in ANSWERS},
    }
    known = (ledger.settings or {}).get("within_usd")  # of an earlier run; `begin` tells where it was another
    if known is None:
        known = _tolerance(instance, within_usd, within, options, tell)
    if isinstance(known, Plan):
        return _nothing(settings | {"status": known.status, "why": known.info["why"]})
    settings["within_usd"] = known
    ledger.begin(settings)
    if gap is None and gap_usd is None:
        options = Options(method, 0.0, GAP_SHARE * known, time_limit, threads, seed)
    run = Samples(case, ledger, samples, asked, time_limit, seed)
    home = Home(case, options, known, price)
    stopped = run.all(home, workers, cluster, tell)
    found = _result(case, run, network_of(instance), share, level)
    found.info.update(settings | _settings_told(case, share, level, option))
    found.info.update(status="stopped" if stopped else "done", plan=True, written=folder is not None)
    found.info["options_of_solves"] = {
        "gap": options.gap, "gap_usd": options.gap_usd, "time_limit": time_limit, "threads": threads,
    }  # fmt: skip
    found.info.update(versions=versions(), seconds=round(time.monotonic() - began, 1))
    found.info["made"] = datetime.now(UTC).isoformat(timespec="seconds")
    tables = {name: getattr(found, name) for name in ("options", "by_variant", "samples", "draws", "funded")}
    ledger.close(found.info, tables, instance)
    return found


def _result(case: Case, run: Samples, network: Network, share: float, level: float) -> Verdicts:
    """What is known by now."""
    records = run.records()
    base = next((record for record in records if record["sample"] == 0), None)
    mine = [record for record in records if record["sample"]]
    capex = {
        f"{name}:{option.id}": option.capex
        for one in reversed(list(case.variants.values()))
        for name, facility in one.facilities.items()
        for option in facility.options
    }
    options = table_of_options(network, mine, base, capex, share, level)
    verdict = options["verdict"].value_counts()
    states = Counter(record["status"] for record in mine)
    info: dict[str, Any] = {
        "samples": len(run.draws) - 1,
        "taken": run.taken,
        "by_status": {state: states[state] for state in (SOLVED, LIMITED, INFEASIBLE, REFUSED, FAILED)},
        "not_done": len(run.draws) - 1 - len(mine),
        "lessened": sum(bool(record["lessened"]) for record in mine),
        "base": None if base is None else {key: base.get(key) for key in ("status", "objective", "bound", "capex")},
        "solves": sum(record.get("solves", 0) for record in records),
        "sample_seconds": round(sum(record["seconds"] for record in records), 1),
        "sample_cpu_seconds": round(sum(record.get("cpu_seconds", 0.0) for record in records), 1),
        "cannot_be_funded": _never(run, records),
        "verdicts": {word: int(verdict.get(word, 0)) for word in (MUST, TOSS_UP, NEVER, UNDECIDED)},
    }
    drawn = [{"sample": draw.number} | case.values(draw) for draw in run.draws if draw is not None]
    return Verdicts(
        info, options, table_by_variant(mine), table_of_samples(records), pd.DataFrame(drawn),
        table_of_fundings(records),
    )  # fmt: skip


def _never(run: Samples, records: Sequence[Record]) -> list[str]:
    """Options that were asked about and cannot be funded and on line within the horizon of any sample."""
    seen = {name for record in records for name in record.get("options", {})}
    return [name for name in map(":".join, run.asked or ()) if seen and name not in seen]


def _settings_told(case: Case, share: float, level: float, option: Sequence[str]) -> dict[str, Any]:
    moving = case.moving
    grades = Counter(number.confidence for number in moving.values())
    return {
        "share": share,
        "level": level,
        "option": list(option),
        "numbers": len(moving),
        "by_confidence": {grade: grades[grade] for grade in case.given.confidence if grades[grade]},
        "dimensions": len(case.names),
        "groups": {group: list(labels) for group, labels in case.groups.items()},
    }


def _tolerance(
    instance: Instance, within_usd: float | None, within: float | None, options: Options, tell: Tell
) -> float | Plan:
    """What a near-optimal plan may cost more than the best, USD; or the outcome where the data have no plan."""
    if within_usd is not None:
        return float(within_usd)
    tell("the plan of the data as they stand", 0, 1)
    first = Options(options.method, options.gap or FIRST_GAP, options.gap_usd, None, options.threads, options.seed)
    plan = solve_with(instance, first, explain=False)
    if plan.objective is None or not plan.tables:
        return plan
    if within is not None:
        return within * abs(plan.objective)
    capex = float(plan.portfolio["capex"].sum())
    if not capex:
        raise OptionsError(
            f"the best plan of {instance.name} funds nothing, so that a share of its capex is no tolerance: give "
            "--within-usd in USD, or --within as a share of its cost"
        )
    return OF_CAPEX * capex


def _nothing(info: dict[str, Any]) -> Verdicts:
    """There is no plan even of the data as they stand."""
    return Verdicts(info | {"plan": False, "written": False}, *(pd.DataFrame() for _ in range(5)))


def _check(
    instance: Instance, samples: int, within_usd: float | None, within: float | None, confidence: Sequence[str],
    ranges: Mapping[str, float], share: float, level: float, method: str, workers: int,
) -> None:  # fmt: skip
    faults = [f"confidence '{grade}' is none of {', '.join(RANGES)}" for grade in confidence if grade not in RANGES]
    for grade, by in ranges.items():
        if grade not in RANGES:
            faults.append(f"there is no confidence '{grade}'; there is {', '.join(RANGES)}")
        elif not 0 <= by < 1:
            faults.append(f"the range of {grade} is {by:g}; it lies in [0, 1)")
    if samples < 1:
        faults.append(f"samples is {samples}; it is 1 or more")
    if within_usd is not None and within is not None:
        faults.append("both of within_usd and within given; the tolerance is either in USD or a share of the cost")
    if within_usd is not None and not 0 < within_usd < math.inf:
        faults.append(f"within_usd is {within_usd:g}; it is more than 0")
    if within is not None and not 0 < within < 1:
        faults.append(f"within is {within:g}; a share of the best plan's cost lies between 0 and 1")
    for name, value in (("share", share), ("level", level)):
        if not 0.5 < value < 1:
            faults.append(f"{name} is {value:g}; it lies between 0.5 and 1")
    if workers < 1:
        faults.append(f"workers is {workers}; it is 1 or more")
    faults += [*rows_refused(method), *regret_refused("verdicts", instance), *instance.unpriced("verdicts")]
    if faults:
        raise OptionsError("; ".join(faults))


def _overlays(given: Sequence[str | Path] | Mapping[str, Sequence[str | Path]]) -> dict[str, tuple[Path, ...]]:
    if isinstance(given, Mapping):
        return {group: tuple(map(Path, files)) for group, files in given.items()}
    found: dict[str, tuple[Path, ...]] = {}
    for item in given:
        group, equals, file = str(item).partition("=")
        name, path = (group, file) if equals else ("variant", str(item))
        found[name] = (*found.get(name, ()), Path(path))
    return found


__all__ = ["Verdicts", "verdicts"]
