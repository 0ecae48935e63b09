"""What conditions cost: the instance solved again without each, and the single waivers worth most."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.plan.plan import Plan
from optimizer.run import solve_with, versions
from optimizer.solver.options import Options
from optimizer.solver.refusals import regret_refused
from optimizer.waiving.conditions import WHOLE, Waiver, waivers_of
from optimizer.waiving.ledger import TABLE, Ledger
from optimizer.waiving.work import SAFE, SCREEN, SOLVE, Row, Task, begin, do, portfolio_of
from optimizer.workers import Cluster, Workers, on_cluster, workers_of

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, of how many."""

SAVES, NOTHING, GAP, WITHIN = "saves", "nothing", "no more than the gap", "within the gap"
SCREENED, RESTORES, FINDS, ALONE = "screened", "restores a plan", "finds a plan", "cannot be waived alone"
COLUMNS = (
    "key", "group", "kind", "label", "verdict", "saves_at_least", "saves_at_most", "status", "why", "objective",
    "bound", "relaxed_saves", "comes", "goes", "capex", "seconds", "cpu_seconds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waivers:
    """What waivers would save.

    Attributes:
        info: instance, base plan, settings, times (docs/waivers.md).
        table: a row per waiver, those that save most first within conditions and single waivers.
    """

    info: dict[str, Any]
    table: pd.DataFrame

    __repr__ = shown

    @property
    def conditions(self) -> pd.DataFrame:
        """Rules, targets, budgets and conditions of channels, each gone whole."""
        return self.table[self.table["group"] == WHOLE].reset_index(drop=True)

    @property
    def single(self) -> pd.DataFrame:
        """Single waivers: a facility, an owner, a source, a country, a year of a rule."""
        return self.table[self.table["group"] != WHOLE].reset_index(drop=True)


@on_cluster
def waivers(
    instance: Instance,
    folder: Path | str | None = None,
    *,
    top: int = 5,
    only: Sequence[str] = (),
    gap: float = 1e-3,
    gap_usd: float | None = None,
    time_limit: float | None = None,
    threads: int = 1,
    seed: int = 0,
    workers: int = 1,
    cluster: Cluster = None,
    tell: Tell | None = None,
) -> Waivers:
    """Find what each condition costs, and what single waivers would save.

    The base plan is found. Each waiver is screened: where nothing of the problem depends on the condition it saves
    nothing; else the linear relaxation without it says what it saves at most. Every condition that is left, and the
    single waivers that move the relaxation most, are then solved whole.

    Args:
        instance: from `load`.
        folder: where rows are kept as they come, and the result is written; by default nowhere.
        top: how many single waivers are solved whole.
        only: patterns of keys, `channels.*`; default all.
        gap: relative gap of each solve.
        gap_usd: gap in USD of each solve.
        time_limit: seconds of each solve.
        threads: cores of each solve.
        seed: random seed of the solver.
        workers: processes of this machine.
        cluster: whose workers do it instead: the address of a dask scheduler, its scheduler file, or a client.
        tell: called with progress.

    Raises:
        OptionsError: settings make no sense, or match no waiver.
        PlanError: the folder holds something else.
        SolveError: the solver failed, or the cluster was lost.
    """
    options = Options("auto", gap, gap_usd, time_limit, threads, seed)
    chosen = _chosen(instance, top, only, workers)
    settings: dict[str, Any] = {
        **about(instance),
        "gap": gap,
        "gap_usd": gap_usd,
        "time_limit": time_limit,
    }
    ledger = Ledger(None if folder is None else Path(folder), settings)
    tell = tell or (lambda _what, _done, _of: None)
    instance.priced("waivers")
    began = time.monotonic()
    tell("base plan", 0, 1)
    base = ledger.base()
    if base is None:
        base = solve_with(instance, options, explain=False)
        ledger.keep_base(base)
    tell("base plan", 1, 1)
    rows = ledger.known()
    stopped = False
    portfolio = portfolio_of(base) if base.tables else None
    try:
        with workers_of(workers, cluster, begin, instance, options, portfolio) as pool:
            _done(pool, ledger, rows, SCREEN, [waiver.key for waiver in chosen], tell)
            whole = [waiver.key for waiver in chosen if waiver.group == WHOLE and _open(waiver, rows)]
            _done(pool, ledger, rows, SOLVE, whole, tell)
            single = _leading(chosen, _table(chosen, rows, base, options), rows, top)
            _done(pool, ledger, rows, SOLVE, single, tell)
    except KeyboardInterrupt:
        stopped = True
    table = _table(chosen, rows, base, options)
    info = settings | {
        "base": {key: base.info.get(key) for key in ("status", "objective", "bound", "gap_usd")},
        "waivers": len(chosen),
        "solved": sum(step == SOLVE for step, _ in rows),
        "verdicts": {str(name): int(count) for name, count in table["verdict"].value_counts().items() if name},
        "stopped_early": stopped,
        "seconds": round(time.monotonic() - began, 3),
        "versions": versions(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    ledger.finish(info, {TABLE: table}, instance)
    return Waivers(info, table)


def _chosen(instance: Instance, top: int, only: Sequence[str], workers: int) -> list[Waiver]:
    faults = []
    if top < 0:
        faults.append(f"top is {top}; it is 0 or more")
    if workers < 1:
        faults.append(f"workers is {workers}; it is 1 or more")
    faults += regret_refused("waivers", instance)
    found = waivers_of(instance)
    unmatched = [pattern for pattern in only if not any(fnmatch.fnmatchcase(w.key, pattern) for w in found)]
    if unmatched:
        words = ", ".join(f"'{pattern}'" for pattern in unmatched)
        there = ", ".join(waiver.key for waiver in found[:8])
        faults.append(f"no condition matches {words}; there is {there}" + (" and more" if len(found) > 8 else ""))
    if not found:
        faults.append("the instance has no rule, target, budget or condition of a channel")
    if faults:
        raise OptionsError("; ".join(faults))
    return [w for w in found if not only or any(fnmatch.fnmatchcase(w.key, pattern) for pattern in only)]


def _done(
    pool: Workers, ledger: Ledger, rows: dict[tuple[str, str], Row], step: str, keys: Sequence[str], tell: Tell
) -> None:
    tasks = [Task(step, key) for key in keys if (step, key) not in rows]
    word = {SCREEN: "screening", SOLVE: "whole solves"}[step]
    for count, row in enumerate(pool.results(do, tasks), len(keys) - len(tasks) + 1):
        rows[step, row["key"]] = row
        ledger.add(row)
        tell(word, count, len(keys))


def _open(waiver: Waiver, rows: Mapping[tuple[str, str], Row]) -> bool:
    """Whether the screening did not settle a waiver."""
    return bool(rows[SCREEN, waiver.key]["status"] == "screened")


def _leading(chosen: Sequence[Waiver], table: pd.DataFrame, rows: Mapping[tuple[str, str], Row], top: int) -> list[str]:
    """The single waivers that move the relaxation most, of those of which it is not known that they save little."""
    little = set(table.loc[table["verdict"] == GAP, "key"])
    done = {waiver.key for waiver in chosen if (SOLVE, waiver.key) in rows}
    open_ = [w.key for w in chosen if w.group != WHOLE and _open(w, rows) and (w.key not in little or w.key in done)]
    return sorted(open_, key=lambda key: -_relaxed_saves(rows[SCREEN, key], restored=float("inf")))[:top]


def _relaxed_saves(row: Mapping[str, Any], restored: float = float("nan")) -> float:
    """By how much the relaxation falls, USD; something else where there is none with the condition."""
    before, after = row.get("relaxed_base"), row.get("relaxed")
    return restored if before is None or after is None else float(before - after)


def _table(chosen: Sequence[Waiver], rows: Mapping[tuple[str, str], Row], base: Plan, options: Options) -> pd.DataFrame:
    found: list[Row] = []
    whole: dict[str, Row] = {}
    for waiver in chosen:
        screened, solved = rows.get((SCREEN, waiver.key), {}), rows.get((SOLVE, waiver.key), {})
        row: Row = {"key": waiver.key, "group": waiver.group, "kind": waiver.kind, "label": waiver.label}
        row |= dict.fromkeys(("status", "why", "comes", "goes"), "") | screened | solved
        row["relaxed_saves"] = 0.0 if screened.get("status") == "same" else _relaxed_saves(screened)
        none = base.status == "infeasible"
        row |= verdict(screened, solved, base.objective if base.tables else None, base.bound, options, none=none)
        row |= _at_most(row, whole.get(waiver.within, {}))
        whole[waiver.key] = row
        for name in ("seconds", "cpu_seconds"):
            row[name] = screened.get(name, 0.0) + solved.get(name, 0.0)
        found.append(row)
    table = pd.DataFrame(found, columns=list(COLUMNS))
    table["order"] = (table["group"] != WHOLE).astype(int)
    by = ["order", "saves_at_least", "relaxed_saves", "saves_at_most"]
    table = table.sort_values(by, ascending=[True, False, False, False], kind="stable")
    return table.drop(columns="order").reset_index(drop=True)


def _at_most(row: Row, whole: Row) -> Row:
    """A part of a condition saves no more than the whole of it."""
    most, cap = row["saves_at_most"], whole.get("saves_at_most")
    if most is None or cap is None or cap >= most:
        return {}
    little = whole["verdict"] in (GAP, NOTHING) and row["verdict"] in (SCREENED, WITHIN)
    return {"saves_at_most": cap, "verdict": whole["verdict"] if little else row["verdict"]}


def verdict(
    screened: Mapping[str, Any],
    solved: Mapping[str, Any],
    objective: float | None,
    bound: float | None,
    options: Options,
    *,
    none: bool = False,
) -> Row:
    """What a waiver saves, and what that says.

    The base's plan is a plan without the condition too, so the saving is no loss. It is the base's least cost, which
    lies between its bound and its plan, less the waived one's, which does between its bound (its own, or that of its
    relaxation) and the better of the two plans.

    Args:
        screened: the row of the relaxation; empty before it.
        solved: the row of the whole solve; empty without one.
        objective: of the base plan, USD; None without one.
        bound: of the base, USD.
        options: whose gap tells what is small.
        none: it is proved that the base has no plan.
    """
    if screened.get("status") == "not alone":
        return {"verdict": ALONE, "saves_at_least": None, "saves_at_most": None}
    if screened.get("status") == "same":
        return {"verdict": NOTHING, "saves_at_least": 0.0, "saves_at_most": 0.0}
    if objective is None:
        word = RESTORES if none else FINDS
        if solved.get("objective") is None:
            word = str(solved.get("status") or screened.get("status") or "")
        return {"verdict": word, "saves_at_least": None, "saves_at_most": None}
    relaxed = screened.get("relaxed")
    bounds = [] if relaxed is None else [relaxed - SAFE * abs(relaxed)]
    if solved.get("bound") is not None:
        bounds.append(solved["bound"])
    most = max(0.0, objective - max(bounds)) if bounds else None
    if solved.get("objective") is None:
        word = SCREENED if screened else ""
        return {"verdict": word, "saves_at_least": 0.0, "saves_at_most": most}
    least = max(0.0, (bound if bound is not None else float("-inf")) - solved["objective"])
    least = least if least > SAFE * abs(objective) else 0.0  # by so little a bound may pass the cost of a plan
    small = max(options.gap * abs(objective), options.gap_usd or 0.0)
    word = SAVES if least > 0 else GAP if most is not None and most <= small else WITHIN
    return {"verdict": word, "saves_at_least": least, "saves_at_most": most}
