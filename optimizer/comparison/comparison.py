"""Plans side by side, the first of them the baseline."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.comparison import figures, portfolios, service, verdicts
from optimizer.comparison.attribution import Row, Steps, attributed
from optimizer.comparison.columns import COLUMNS, Plans, table
from optimizer.comparison.edits import Edit
from optimizer.comparison.groups import LEVELS, Group, grouped
from optimizer.comparison.regret import Tell, crossed
from optimizer.comparison.same import changes_from, distinct, refusal, table_of
from optimizer.comparison.survival import survival_of
from optimizer.errors import OptionsError, PlanError
from optimizer.evaluation.soft import BOOKS, keeps_books
from optimizer.folders import as_text, write_new
from optimizer.instance.marks import about_all
from optimizer.ledger import refuse_other
from optimizer.plan.plan import Plan
from optimizer.plan.study_markings import with_study_markings
from optimizer.run import versions
from optimizer.solver.highs import Report, Stop
from optimizer.solver.options import Options
from optimizer.workers import Cluster, on_cluster

FORMAT = 1
NOTE = "comparison.json"


@dataclass(slots=True)
class Comparison:
    """Plans side by side (docs/compare.md, docs/results.md).

    Attributes:
        info: the baseline, verdicts in words, what edits come to together, settings.
        plans: a row for each plan: cost, gap, difference to the baseline, verdict.
        options: a row for each option: funded in all plans, in some, in none, and when.
        fundings: what each plan funds otherwise than the baseline: comes, goes, sooner, later.
        costs: expected discounted cost by category, USD.
        outlay: public outlay by year and account, USD.
        service: t asked for and short over the horizon, by future, channel and product.
        short: t short by future, market, product and period.
        futures: cost of each future, USD.
        exposure: mean exposure of what is made on the trunk, by channel, stage, kind and period.
        stock: t on the trunk at the end of each period.
        survival: the worst losses, where stress tests lie beside the plans.
        rules: what binds in one plan and not in the baseline.
        edits: what differs between the instances, key by key; empty where they are one.
        regret: each portfolio operated in each instance, where that was asked for.
        regret_by_future: the same, future by future.
        attribution: what each group of edits does to cost and portfolio, where that was asked for.
    """

    info: dict[str, Any]
    plans: pd.DataFrame = field(default_factory=pd.DataFrame)
    options: pd.DataFrame = field(default_factory=pd.DataFrame)
    fundings: pd.DataFrame = field(default_factory=pd.DataFrame)
    costs: pd.DataFrame = field(default_factory=pd.DataFrame)
    outlay: pd.DataFrame = field(default_factory=pd.DataFrame)
    service: pd.DataFrame = field(default_factory=pd.DataFrame)
    short: pd.DataFrame = field(default_factory=pd.DataFrame)
    futures: pd.DataFrame = field(default_factory=pd.DataFrame)
    exposure: pd.DataFrame = field(default_factory=pd.DataFrame)
    stock: pd.DataFrame = field(default_factory=pd.DataFrame)
    survival: pd.DataFrame = field(default_factory=pd.DataFrame)
    rules: pd.DataFrame = field(default_factory=pd.DataFrame)
    edits: pd.DataFrame = field(default_factory=pd.DataFrame)
    regret: pd.DataFrame = field(default_factory=pd.DataFrame)
    regret_by_future: pd.DataFrame = field(default_factory=pd.DataFrame)
    attribution: pd.DataFrame = field(default_factory=pd.DataFrame)

    __repr__ = shown

    def save(self, folder: Path | str) -> Path:
        """Write the tables and `comparison.json`.

        Raises:
            PlanError: something else is there.
        """
        target = Path(folder)
        _take(target)
        for name in COLUMNS:
            if len(getattr(self, name)) or name in _ALWAYS:
                text = getattr(self, name).to_csv(index=False, lineterminator="\n")
                write_new(target / f"{name}.csv", text)
            else:
                (target / f"{name}.csv").unlink(missing_ok=True)
        text = json.dumps(self.info, indent=2, ensure_ascii=False, allow_nan=False)
        write_new(target / NOTE, text + "\n")
        return target


_ALWAYS = frozenset(COLUMNS) - {"survival", "edits", "regret", "regret_by_future", "attribution"}
"""Tables that every comparison has."""


@on_cluster
def compare(
    *plans: Plan | Path | str,
    names: Sequence[str] = (),
    different_instances: bool = False,
    regret: bool = False,
    attribute: bool = False,
    by: str = "table",
    groups: Mapping[str, Sequence[str]] | None = None,
    gap: float = 1e-4,
    gap_usd: float | None = None,
    time_limit: float | None = None,
    threads: int | None = None,
    seed: int = 0,
    workers: int = 2,
    cluster: Cluster = None,
    folder: Path | str | None = None,
    tell: Tell | None = None,
    report: Report | None = None,
) -> Comparison:
    """Set plans side by side; the first is the baseline, and all else is told as the difference to it.

    Args:
        plans: two or more: plans, or result folders.
        names: of the plans; by default those of their folders, else `plan_1`, `plan_2`, ...
        different_instances: whether it is meant that the plans are of different instances. What differs is then listed.
        regret: whether each portfolio is operated in the futures of each instance. Takes solves.
        attribute: whether what differs between the instances is followed into cost and portfolio. Takes solves.
        by: edits are made together by `table`, by `row`, or each by itself (`edit`).
        groups: patterns of keys by name: edits that are made together, before all others.
        gap: relative gap of each solve.
        gap_usd: gap of each solve, USD.
        time_limit: seconds of each solve.
        threads: cores of each solve.
        seed: of the solver.
        workers: processes of this machine that operate a portfolio in its futures.
        cluster: whose workers do that instead: the address of a dask scheduler, its scheduler file, or a client.
        folder: where it is written; answers and plans are kept there as they come, and gone on from.
        tell: told of progress with futures.
        report: called with progress of solves.

    Raises:
        OptionsError: an option makes no sense.
        PlanError: a folder is no plan, or the plans are of different instances and that is not meant.
    """
    began = time.monotonic()
    if workers < 1:
        raise OptionsError(f"workers is {workers}; it is 1 or more")
    options = Options("auto", gap, gap_usd, time_limit, threads, seed)
    given = named(plans, names)
    changes = changes_from(given)
    if not different_instances:
        refusal(given, changes)
    if not attribute and (by != LEVELS[0] or groups):
        raise OptionsError("by and groups say how edits are put together to be attributed; --attribute is missing")
    made = _groups(given, changes, by, groups or {}) if attribute else {}
    target = None if folder is None else Path(folder)
    if target is not None:
        _take(target)
    folders = {name: Path(plan) for name, plan in zip(given, plans, strict=True) if not isinstance(plan, Plan)}
    found = _read(given, changes, folders)
    stopped = False
    if regret:
        found.regret, found.regret_by_future, stopped = _crossed(given, changes, target, workers, cluster, tell)
        if any(keeps_books(plan.instance) for plan in given.values()):
            found.info["books"] = BOOKS
    if attribute and not stopped:
        steps = Steps(options, target, Stop(), report)
        rows, found.info["together"] = _attributed(given, made, steps)
        found.attribution = table("attribution", rows)
        stopped = steps.stopped
    found.info |= {"status": "stopped" if stopped else "done", "versions": versions()}
    found.info |= {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began, 1),
    }
    marked: dict[str, Any] = with_study_markings(
        [plan.instance for plan in given.values()], {n: getattr(found, n) for n in COLUMNS}
    )
    found = replace(found, **marked)
    if target is not None:
        found.save(target)
    return found


def named(plans: Sequence[Plan | Path | str], names: Sequence[str] = ()) -> dict[str, Plan]:
    """Plans by name, in the order given.

    Raises:
        OptionsError: there are fewer than two, or names that do not fit.
        PlanError: one has no plan.
    """
    if len(plans) < 2:
        raise OptionsError("a comparison takes two plans or more, the baseline first")
    if names and (len(names) != len(plans) or len(set(names)) < len(names)):
        raise OptionsError(f"{len(plans)} plans take as many names, each its own; given are {', '.join(names)}")
    paths = [None if isinstance(plan, Plan) else Path(plan) for plan in plans]
    found: dict[str, Plan] = {}
    empty = []
    for name, path, plan in zip(names or names_of(paths), paths, plans, strict=True):
        found[name] = plan if isinstance(plan, Plan) else Plan.read(plan)
        if not found[name].tables:
            empty.append(f"{path or name} has no plan: {found[name].status} ({found[name].info.get('why')})")
    if empty:
        raise PlanError("; ".join(empty))
    return found


def names_of(paths: Sequence[Path | None]) -> list[str]:
    """Short names of plans, no two alike: the last parts of their folders, as many as tell them apart.

    They are text, also where a folder's name is none.
    """
    parts = [("plan",) if path is None else tuple(map(as_text, path.resolve().parts)) for path in paths]
    length = 1
    while length < max(map(len, parts)) and len({part[-length:] for part in parts}) < len(set(parts)):
        length += 1
    found: list[str] = []
    for number, part in enumerate(parts, 1):
        name = f"plan_{number}" if paths[number - 1] is None else "_".join(part[-length:])
        found.append(name if name not in found else f"{name}_{number}")
    return found


def _take(folder: Path) -> None:
    """A folder to write to.

    Raises:
        PlanError: it holds something else.
    """
    refuse_other(folder, NOTE, "a comparison")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / NOTE).is_file():
        write_new(folder / NOTE, json.dumps({"format": FORMAT, "status": "begun"}) + "\n")


def _read(plans: Plans, changes: Mapping[str, Sequence[Edit]], folders: Mapping[str, Path]) -> Comparison:
    """All that takes no solve."""
    names = list(plans)
    base = plans[names[0]]
    info: dict[str, Any] = {
        "format": FORMAT,
        "status": "done",
        "baseline": {
            "plan": names[0], "made": base.info.get("made"), "instance": base.instance.name,
            "instance_sha256": base.info.get("instance_sha256"),
        },
        "names": names,
        "instances": distinct(plans, changes),
        **about_all(plan.instance for plan in plans.values()),
        "edits_that_count": {name: sum(not edit.words for edit in changes[name]) for name in names[1:]},
        "edits_of_words": {name: sum(edit.words for edit in changes[name]) for name in names[1:]},
    }  # fmt: skip
    return Comparison(
        info,
        verdicts.plans_of(plans),
        portfolios.options_of(plans),
        portfolios.fundings_of(plans),
        figures.costs_of(plans),
        figures.outlay_of(plans),
        service.service_of(plans),
        service.short_of(plans),
        service.futures_of(plans),
        figures.exposure_of(plans),
        figures.stock_of(plans),
        survival_of(plans, folders),
        figures.rules_of(plans),
        table_of(changes),
        *(table(name, ()) for name in ("regret", "regret_by_future", "attribution")),
    )


def _crossed(
    plans: Plans, changes: Mapping[str, Sequence[Edit]], folder: Path | None, workers: int, cluster: Cluster,
    tell: Tell | None,
) -> tuple[pd.DataFrame, pd.DataFrame, bool]:  # fmt: skip
    firsts = list(dict.fromkeys(distinct(plans, changes).values()))
    found = crossed(plans, firsts, folder, workers, cluster, tell)
    return found.regret, found.by_future, found.stopped


def _groups(
    plans: Plans, changes: Mapping[str, Sequence[Edit]], by: str, groups: Mapping[str, Sequence[str]]
) -> dict[str, list[Group]]:
    """The groups of edits of every plan whose instance differs."""
    base = next(iter(plans.values()))
    found = {}
    for name, edits in changes.items():
        if count := [edit for edit in edits if not edit.words]:
            found[name] = grouped(base.instance, plans[name].instance, count, by, groups)
    if not found:
        raise OptionsError("there is nothing to attribute: the plans are of one instance")
    return found


def _attributed(plans: Plans, made: Mapping[str, Sequence[Group]], steps: Steps) -> tuple[list[Row], dict[str, Row]]:
    """The rows of every plan whose instance differs, and what they come to."""
    base = next(iter(plans.values()))
    rows: list[Row] = []
    together: dict[str, Row] = {}
    for name, groups in made.items():
        mine, together[name] = attributed(base, plans[name], groups, steps)
        rows += [{"plan": name} | row for row in mine]
    return rows, together
