"""Screens every number in the relaxation, then confirms with whole solves those that move the portfolio most."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.run import solve
from optimizer.solver.refusals import regret_refused
from optimizer.sweep.ledger import CONFIRMED, SCREEN, Ledger
from optimizer.sweep.numbers import Number, numbers_of
from optimizer.sweep.work import Task, pool_of, rows_by
from optimizer.workers import Cluster, Workers, on_cluster

RANGES: Mapping[str, float] = {"A": 0.05, "B": 0.15, "C": 0.3, "none": 0.3}
"""How far a number is swept either way, as a share of it, by confidence. Own judgement: the data state no ranges."""

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, of how many."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What a sweep found.

    Attributes:
        info: instance, settings, base plan, how many numbers were swept, whether it was stopped early.
        screen: a row per number and end of its range, by the relaxation (docs/sensitivity.md).
        confirmed: a row per number and end that was solved whole.
    """

    info: dict[str, Any]
    screen: pd.DataFrame
    confirmed: pd.DataFrame

    __repr__ = shown

    def ranking(self) -> pd.DataFrame:
        """Numbers by how much capex of the relaxed portfolio they move, each at its worse end."""
        if self.screen.empty:
            return self.screen
        order = self.screen.assign(size=self.screen["change_usd"].abs())
        order = order.sort_values(["moved_usd", "size"], ascending=False, kind="stable")
        return order.drop_duplicates("key").drop(columns="size").reset_index(drop=True)


@on_cluster
def sensitivity(
    instance: Instance,
    folder: Path | str,
    *,
    confidence: Sequence[str] = ("C", "none"),
    ranges: Mapping[str, float] | None = None,
    only: Sequence[str] = (),
    top: int = 10,
    gap: float = 1e-3,
    workers: int = 2,
    cluster: Cluster = None,
    tell: Tell | None = None,
) -> Sensitivity:
    """Sweep the numbers of an instance over their ranges, one at a time.

    Each number is set to either end of its range and the linear relaxation is solved again. The numbers that move
    most capex of the relaxed portfolio are then confirmed: the whole problem is solved at both ends, and the base
    portfolio is held against the new plan. Only what the base portfolio loses beyond the gap counts as a change;
    a different portfolio of the same cost is a tie. A folder with a part of the same study is gone on with.

    Args:
        instance: from `load`.
        folder: where rows are kept as they come.
        confidence: grades whose numbers are swept: A, B, C, none.
        ranges: share of the number either way, by grade; default `RANGES`.
        only: patterns of keys, `facilities.*.options.*.capex`; default all.
        top: how many numbers are confirmed by whole solves.
        gap: relative gap of whole solves.
        workers: processes of this machine; the base plan takes as many cores.
        cluster: whose workers do the rest instead: the address of a dask scheduler, its scheduler file, or a client.
        tell: called with progress.

    Raises:
        OptionsError: settings make no sense, or match no number.
        PlanError: the folder holds something else.
        SolveError: the solver failed, or the cluster was lost.
    """
    ranges = {**RANGES, **(ranges or {})}
    _check(instance, confidence, ranges, top, workers)
    instance.priced("sensitivity")
    chosen = _chosen(instance, confidence, only)
    settings: dict[str, Any] = {
        **about(instance),
        "confidence": list(confidence),
        "ranges": ranges,
        "only": list(only),
        "gap": gap,
    }
    ledger = Ledger(Path(folder), settings, instance)
    tell = tell or (lambda _what, _done, _of: None)
    tell("base plan", 0, 1)
    base = ledger.base()
    if base is None:
        base = solve(instance, gap=gap, threads=workers)
        if base.tables:
            ledger.keep_base(base)
    info = settings | {
        "base": {key: base.info.get(key) for key in ("status", "objective", "bound", "gap_usd")},
        "numbers": len(chosen),
        "by_confidence": {grade: sum(n.confidence == grade for n in chosen) for grade in confidence},
        "stopped_early": False,
    }
    if not base.tables:
        return Sensitivity(info, ledger.screen(), ledger.confirmed())
    portfolio = tuple((row.facility, row.option, int(row.funded)) for row in rows_of(base.portfolio))
    try:
        with pool_of(instance, portfolio, gap, workers, cluster) as pool:
            _screen(pool, ledger, chosen, ranges, tell)
            ledger.settle(SCREEN, [number.key for number in chosen])
            found = Sensitivity(info, ledger.screen(), ledger.confirmed())
            leading = _leading(found, chosen, top)
            _confirm(pool, ledger, leading, ranges, base, tell)
            ledger.settle(CONFIRMED, [number.key for number in leading])
    except KeyboardInterrupt:
        info["stopped_early"] = True
    found = Sensitivity(info, ledger.screen(), ledger.confirmed())
    ledger.finish(info, {}, instance)
    return found


def _check(instance: Instance, confidence: Sequence[str], ranges: Mapping[str, float], top: int, workers: int) -> None:
    faults = [f"confidence '{grade}' is none of {', '.join(RANGES)}" for grade in confidence if grade not in RANGES]
    for grade, share in ranges.items():
        if grade not in RANGES:
            faults.append(f"there is no confidence '{grade}'; there is {', '.join(RANGES)}")
        elif not 0 < share < 1:
            faults.append(f"the range of {grade} is {share:g}; it lies between 0 and 1")
    if top < 0:
        faults.append(f"top is {top}; it is 0 or more")
    if workers < 1:
        faults.append(f"workers is {workers}; it is 1 or more")
    faults += regret_refused("sensitivity", instance)
    if faults:
        raise OptionsError("; ".join(faults))


def _chosen(instance: Instance, confidence: Sequence[str], only: Sequence[str]) -> list[Number]:
    numbers = [number for number in numbers_of(instance) if number.confidence in confidence]
    unmatched = [pattern for pattern in only if not any(fnmatch.fnmatchcase(n.key, pattern) for n in numbers)]
    if unmatched:
        words = ", ".join(f"'{pattern}'" for pattern in unmatched)
        raise OptionsError(f"no number of confidence {' or '.join(confidence)} matches {words}")
    if only:
        numbers = [n for n in numbers if any(fnmatch.fnmatchcase(n.key, pattern) for pattern in only)]
    if not numbers:
        raise OptionsError(f"no number has confidence {' or '.join(confidence)}")
    return numbers


def _tasks(
    step: str, numbers: Sequence[Number], ranges: Mapping[str, float], known: set[tuple[str, str]]
) -> list[Task]:
    """What is still to be done: a task per number for the screening, whose ends share work; else one per end."""
    tasks: list[Task] = []
    for number in numbers:
        share = ranges[number.confidence]
        ends = {"high": 1.0 + share, "low": 1.0 - share}
        left = {end: factor for end, factor in ends.items() if (number.key, end) not in known}
        if step == "screen":
            tasks += [Task(step, number, left)] if left else []
        else:
            tasks += [Task(step, number, {end: factor}) for end, factor in left.items()]
    return tasks


def _screen(pool: Workers, ledger: Ledger, chosen: Sequence[Number], ranges: Mapping[str, float], tell: Tell) -> None:
    known = ledger.known(SCREEN)
    tasks = _tasks("screen", chosen, ranges, known)
    total = 2 * len(chosen)
    for count, row in enumerate(rows_by(pool, tasks), total - sum(len(task.ends) for task in tasks) + 1):
        ledger.add(SCREEN, row)
        tell("screening", count, total)


def _leading(found: Sensitivity, chosen: Sequence[Number], top: int) -> list[Number]:
    by_key = {number.key: number for number in chosen}
    ranking = found.ranking()
    if ranking.empty:
        return []
    lost = found.screen.loc[found.screen["status"] == "no plan", "key"]  # these come first: nothing moves more
    leading = dict.fromkeys([*lost, *ranking.loc[ranking["moved_usd"] > 0, "key"]])
    return [by_key[key] for key in list(leading)[:top] if key in by_key]


def _confirm(
    pool: Workers, ledger: Ledger, leading: Sequence[Number], ranges: Mapping[str, float], base: Plan, tell: Tell
) -> None:
    tasks = _tasks("confirm", leading, ranges, ledger.known(CONFIRMED))
    total = 2 * len(leading)
    slack = float(base.info["gap_usd"])
    for count, row in enumerate(rows_by(pool, tasks), total - len(tasks) + 1):
        ledger.add(CONFIRMED, row | {"verdict": verdict(row, slack)})
        tell("confirming", count, total)


def verdict(row: Mapping[str, Any], slack: float) -> str:
    """Whether a number at one end of its range changes the portfolio.

    Args:
        row: with `status`, `saves_at_least`, `saves_at_most` in USD.
        slack: what the base portfolio may be off its own optimum, USD.

    Returns:
        `changes`: another portfolio is better by more than the base portfolio may be off already; `keeps`: none is;
        `within the gap`: the gaps of the solves are too wide to tell; or what else became of it.
    """
    if row["status"] in ("infeasible", "no_plan", "not allowed"):
        return str(row["status"])
    if row["saves_at_least"] is None:
        return "changes"  # the base portfolio is no longer possible
    if row["saves_at_least"] > slack:
        return "changes"
    return "keeps" if row["saves_at_most"] <= slack else "within the gap"
