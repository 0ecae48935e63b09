"""The road: instance -> network -> problem -> solution -> plan -> verdict."""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
import platform
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optimizer.errors import Fault, InstanceError, SolveError
from optimizer.findings import Finding, findings_of
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.instance.read import read_source
from optimizer.instance.sound import FURTHER, sound
from optimizer.instance.write import sha256
from optimizer.lacking import Shortfall, why_infeasible
from optimizer.network.eligible import ineligible
from optimizer.network.network import laundering, network_of
from optimizer.network.tables import INVESTMENT
from optimizer.plan.books import discounted_outlay
from optimizer.plan.build import tables_of_plan
from optimizer.plan.columns import rows_of
from optimizer.plan.confidence import confidence_of_plan
from optimizer.plan.plan import FORMAT, Plan
from optimizer.plan.rules import rule_report
from optimizer.plan.turnover import without_turnover
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.compile import Block
from optimizer.solver.extensive import Solved
from optimizer.solver.highs import Report, Stop
from optimizer.solver.options import Options
from optimizer.solver.solve import solve as solve_network
from optimizer.solver.start import Start, start_of
from optimizer.verifier import Verdict, verify_tables
from optimizer.workers import Cluster, connected

FURTHER.extend((laundering, ineligible))


@dataclass(frozen=True, slots=True)
class Validation:
    """What is wrong with an instance, and what a planner should know before solving it.

    Attributes:
        instance: the instance; None where it has faults.
        faults: what makes it unusable.
        findings: what it cannot do, or does without meaning it.
    """

    instance: Instance | None
    faults: tuple[Fault, ...]
    findings: tuple[Finding, ...]


def validate(path: Path | str, overrides: Sequence[str] = ()) -> Validation:
    """Check an instance without solving it.

    Args:
        path: a YAML file, or a folder with `instance.yaml`.
        overrides: `KEY=VALUE` texts, KEY a dotted path.

    Example:
        >>> import optimizer
        >>> found = optimizer.validate("docs/examples/two_plants.yaml", ["facilities.hom.capacity=5"])
        >>> [str(fault) for fault in found.faults]
        ["--set facilities.hom.capacity: 'facilities' has no 'hom'; did you mean 'home'?"]
    """
    try:
        instance = load(path, overrides)
    except InstanceError as error:
        return Validation(None, error.faults, ())
    return Validation(instance, (), tuple(diagnose(instance)))


def diagnose(instance: Instance) -> list[Finding]:
    """What a planner should know of an instance before solving it."""
    return findings_of(network_of(instance))


def load(path: Path | str, overrides: Sequence[str] = ()) -> Instance:
    """Read and check an instance.

    Args:
        path: a YAML file, or a folder with `instance.yaml`.
        overrides: `KEY=VALUE` texts, KEY a dotted path, as `--set` takes them.

    Raises:
        InstanceError: with every fault found.

    Example:
        >>> import optimizer
        >>> instance = optimizer.load("docs/examples/two_plants.yaml")
        >>> list(instance.facilities), instance.discount_rate
        (['home', 'abroad'], 0.05)
    """
    return sound(read_source(path, overrides), str(path))


def solve(
    instance: Instance,
    *,
    method: str = "auto",
    gap: float = 1e-4,
    gap_usd: float | None = None,
    time_limit: float | None = None,
    threads: int | None = None,
    seed: int = 0,
    start: Plan | None = None,
    report: Report | None = None,
    stop: Stop | None = None,
    checkpoint: Path | str | None = None,
    cluster: Cluster = None,
) -> Plan:
    """Solve an instance and verify the plan.

    Args:
        instance: from `load`.
        method: `auto`, `extensive`, `benders` or `hedging`.
        gap: stop when (objective - bound) / |objective| is at most this.
        gap_usd: stop when objective - bound is at most this, USD.
        time_limit: seconds.
        threads: cores used; default all.
        seed: random seed of the solver.
        start: a plan whose portfolio is tried first; `info["start"]` says what became of it.
        report: called with progress, from the solver's thread.
        stop: asks it to stop with the best plan found; the first Ctrl-C does so.
        checkpoint: a file in which Benders keeps what it knows while it goes; a later run with the same file goes on
            from there. `info["resumed"]` says what became of what was there.
        cluster: whose workers answer for Benders's parts: the address of a dask scheduler, its scheduler file, or a
            client. `info["cluster"]` says what went to and fro.

    Returns:
        The plan; without tables where none was found. Its `info["verdict"]` is the verifier's.

    Raises:
        OptionsError: an option makes no sense, or the cluster cannot be used.
        SolveError: the solver failed, or the cluster was lost.
        PlanError: the file is there and is no checkpoint.

    Example:
        >>> import optimizer
        >>> instance = optimizer.load("docs/examples/two_plants.yaml")
        >>> plan = optimizer.solve(instance, gap=0)
        >>> plan.status, round(plan.objective / 1e6, 2)
        ('optimal', 84.45)
        >>> plan.portfolio[["facility", "option", "funded"]].values.tolist()
        [['home', 'build', 2027]]
        >>> unlikely = instance.replace({"scenarios.export_ban.probability": 0.0})
        >>> optimizer.solve(unlikely, gap=0).portfolio["facility"].tolist()
        ['abroad']
    """
    options = Options(method, gap, gap_usd, time_limit, threads, seed)
    kept = None if checkpoint is None else checkpoint_of(instance, checkpoint)
    with nullcontext() if stop is None else stop.listening():
        return solve_with(instance, options, start, report, stop, checkpoint=kept, cluster=cluster)


def checkpoint_of(instance: Instance, file: Path | str | None = None) -> Checkpoint:
    """Where Benders keeps what it knows of an instance.

    Args:
        instance: from `load`.
        file: the file; by default it is kept in memory, for the next solve.

    Raises:
        PlanError: the file is there and is no checkpoint.
    """
    return Checkpoint(None if file is None else Path(file), sha256(instance))


def solve_with(
    instance: Instance,
    options: Options,
    start: Plan | Start | None = None,
    report: Report | None = None,
    stop: Stop | None = None,
    rows: Block | None = None,
    hindsight: Mapping[str, float] | None = None,
    checkpoint: Checkpoint | None = None,
    explain: bool = True,
    cluster: Cluster = None,
) -> Plan:
    """As `solve`, with a block of more rows over fundings and the trunk's stock.

    Args:
        instance: from `load`.
        options: how to solve.
        start: a plan that is tried first, or what one decides.
        report: called with progress.
        stop: asks it to stop.
        rows: the block; why it leaves no plan is not looked into.
        hindsight: what each future costs with hindsight, USD, for regret; by default it is sought.
        checkpoint: where Benders keeps what it knows, and what it takes from an earlier run.
        explain: look into why there is no plan.
        cluster: whose workers answer for Benders's parts.
    """
    with connected(cluster) as client:  # before anything is built
        network = network_of(instance)
        first = start_of(start) if isinstance(start, Plan) else start
        try:
            solved = solve_network(network, options, report, stop, first, rows, hindsight, checkpoint, client)
        except SolveError as error:
            odd = [one.text for one in findings_of(network) if one.kind == "beyond_precision"]
            if type(error) is SolveError and odd:
                raise SolveError(f"{error}. {' '.join(odd)}") from error
            raise
    plan = plan_of(instance, options, solved)
    if solved.status == "infeasible" and rows is None and explain:
        plan.info["shortfall"] = [item.to_dict() for item in why_infeasible(network, options, report, stop)]
    return plan


def plan_of(instance: Instance, options: Options, solved: Solved, more: Mapping[str, Any] | None = None) -> Plan:
    """The plan that came out of the solver, verified; without tables where none did.

    Args:
        instance: what was solved.
        options: how it was.
        solved: what came out.
        more: what else plan.json says.
    """
    network, info = solved.network, _info(instance, options, solved) | dict(more or {})
    if not solved.values:
        return Plan(instance, info)
    values = without_turnover(solved.tables, solved.values)
    tables = tables_of_plan(network, solved.tables, values)
    info["cost"] = _cost_parts(network, tables)
    for level in info.get("levels", ()):
        if level["level"] == "outlay":
            level["value"] = discounted_outlay(network, tables["outlay"])
    info["confidence"] = confidence_of_plan(network, tables)
    info["rules"] = rule_report(network, solved.tables, values, solved.duals)
    verdict = verify_tables(instance, info, tables)
    info["verdict"] = verdict.to_dict()
    return Plan(instance, info, tables)


def _info(instance: Instance, options: Options, solved: Solved) -> dict[str, Any]:
    objective, bound = solved.objective, solved.bound
    difference = None if objective is None or bound is None else max(0.0, objective - bound)
    gap = None
    if difference is not None and objective is not None:
        gap = difference / abs(objective) if objective else 0.0 if difference == 0 else None
    cluster = {"cluster": solved.cluster} if solved.cluster else {}
    return {
        "format": FORMAT,
        "status": solved.status,
        "why": solved.why,
        "objective": objective,
        "bound": bound,
        "gap": gap,
        "gap_usd": difference,
        "risk": instance.risk.model_dump(),
        "hindsight": solved.hindsight,
        **about(instance),
        "method": solved.method,
        "method_why": solved.method_why,
        "options": {
            "method": options.method,
            "gap": options.gap,
            "gap_usd": options.gap_usd,
            "time_limit": options.time_limit,
            "threads": options.cores,
            "seed": options.seed,
        },
        "sizes": solved.sizes,
        "seconds": {name: round(seconds, 3) for name, seconds in solved.seconds.items()},
        "nodes": solved.nodes,
        "start": solved.start,
        "resumed": solved.resumed,
        **({"blocks": solved.blocks} if solved.blocks else {}),
        **({"levels": [dataclasses.asdict(level) for level in solved.levels]} if solved.levels else {}),
        **cluster,
        "versions": versions(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def versions() -> dict[str, str]:
    """Versions of what an answer depends on."""
    found = {"python": platform.python_version(), "platform": sys.platform}
    for name in ("trusted-supply-optimizer", "pyomo", "highspy", "numpy", "scipy", "pandas", "pydantic"):
        found[name] = _version_of(name)
    return found


@functools.cache
def _version_of(package: str) -> str:
    """The version that is installed; looking it up reads files, and does not change while a process runs."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _cost_parts(network: Any, tables: Any) -> dict[str, float]:
    """Expected discounted cost by category."""
    parts: dict[str, float] = {}
    for row in rows_of(tables["costs"]):
        weight = 1.0 if row.scenario == INVESTMENT else network.weight[row.scenario, row.period]
        parts[row.category] = parts.get(row.category, 0.0) + weight * row.discounted
    return parts


__all__ = ["Shortfall", "Validation", "Verdict", "diagnose", "load", "solve", "validate", "versions"]
