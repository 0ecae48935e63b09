"""What each measure of a plan costs, and the shortage that it avoids: measures of all kinds in one currency."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.effectiveness.fiscal import outlay_of
from optimizer.effectiveness.measure import WHOLE, Held, Key, Measure, measures_of, operable, without
from optimizer.effectiveness.money import Payments
from optimizer.effectiveness.operate import Operated, Operator
from optimizer.effectiveness.payers import dependence_of
from optimizer.effectiveness.tables import COLUMNS, Case, tables_of
from optimizer.errors import OptionsError, PlanError
from optimizer.evaluation import Portfolio
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about_all
from optimizer.instance.write import sha256
from optimizer.ledger import StudyFolder
from optimizer.network.network import network_of
from optimizer.network.tables import Funding
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.run import versions
from optimizer.workers import Cluster, on_cluster, workers_of

FORMAT = 1
NOTE = "measures.json"
ANSWERS = "answers.jsonl"

Tell = Callable[[str, int, int], None]
Asked = tuple[str, Key]
"""Plan, and what is taken away."""


@dataclass(slots=True)
class Measures:
    """What each measure of plans costs, and the shortage that it avoids (docs/measures.md).

    Attributes:
        info: plans, whether it was stopped, what is short with each plan whole.
        measures: a row for each measure of each plan.
        futures: what it avoids by future, channel of the market and material, t.
        capacity: what it adds by stage.
        authorities: what governments pay for it by appropriation.
        outlay: public outlay by year, appropriation, instrument and recipient: every dollar once.
        owed: what is owed at each year's end by instrument, and what of it governments stand to lose.
    """

    info: dict[str, Any]
    measures: pd.DataFrame = field(default_factory=pd.DataFrame)
    futures: pd.DataFrame = field(default_factory=pd.DataFrame)
    capacity: pd.DataFrame = field(default_factory=pd.DataFrame)
    authorities: pd.DataFrame = field(default_factory=pd.DataFrame)
    outlay: pd.DataFrame = field(default_factory=pd.DataFrame)
    owed: pd.DataFrame = field(default_factory=pd.DataFrame)

    __repr__ = shown


@dataclass(frozen=True, slots=True)
class Task:
    """A plan to be operated without a measure.

    Attributes:
        number: of the plan.
        name: of the plan.
        measure: what is taken away.
    """

    number: int
    name: str
    measure: Measure


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a plan is operated: instance, fundings, stock of the trunk."""

    instance: Instance
    fundings: tuple[Funding, ...]
    stock: Held


@dataclass(slots=True)
class Home:
    """What a process keeps: plans, and the operator of one of them with its courses compiled."""

    plans: Sequence[Kept]
    operators: dict[int, Operator] = field(default_factory=dict)


@on_cluster
def measures(
    plans: Plan | Path | str | Sequence[Plan | Path | str],
    *,
    by: str = "option",
    folder: Path | str | None = None,
    workers: int = 2,
    cluster: Cluster = None,
    tell: Tell | None = None,
) -> Measures:
    """What each measure of plans costs, and the shortage that it avoids.

    A measure avoids what is short beyond the plan where the plan is operated without it, in every future of the
    instance, all else kept: its last-in value. These do not add up. Operations are at least cost, demand that must be
    met is the last to be short, and as much of the plan's stock is kept as can be.

    Args:
        plans: with tables, or result folders; one or several.
        by: what options are taken together by: option, facility, stage, country or tier.
        folder: where answers are kept as they come, and gone on from.
        workers: processes of this machine.
        cluster: whose workers do it instead: the address of a dask scheduler, its scheduler file, or a client.
        tell: told of progress.

    Raises:
        OptionsError: an option makes no sense, or an instance gives shortage no price.
        PlanError: there is no plan, its tables contradict each other, or the folder holds something else.

    Example:
        >>> import optimizer
        >>> plan = optimizer.solve(optimizer.load("docs/examples/two_plants.yaml"), gap=0)
        >>> found = optimizer.measures(plan, workers=1)
        >>> found.measures[["kind", "measure", "avoided"]].values.tolist()
        [['option', 'home:build', 420.0]]
    """
    began = time.monotonic()
    if workers < 1:
        raise OptionsError(f"workers is {workers}; it is 1 or more")
    cases = _cases([plans] if isinstance(plans, Plan | Path | str) else plans, by)
    kept = [_kept(case) for case in cases]
    settings = {"format": FORMAT, "by": by, "plans": {c.name: _mark(k) for c, k in zip(cases, kept, strict=True)}}
    place = StudyFolder(folder, NOTE, "a study of measures")
    place.begin(settings | {"status": "begun"} if place.noted() is None else settings)
    tasks = _tasks(cases)
    found = _known(place, tasks)
    stopped = False
    open_ = [task for key, task in tasks.items() if key not in found]
    try:
        with workers_of(workers, cluster, _begin, kept) as pool:
            for record in pool.results(_operate, open_):
                place.add_row(ANSWERS, record)
                found |= _answered(record, tasks)
                if tell is not None:
                    tell("measures", len(found), len(tasks))
    except KeyboardInterrupt:
        stopped = True
    info = settings | {
        "status": "stopped" if stopped else "done",
        "instance": ", ".join(dict.fromkeys(case.plan.instance.name for case in cases)),
        "instance_sha256": ", ".join(dict.fromkeys(str(case.plan.info.get("instance_sha256")) for case in cases)),
        **about_all(case.plan.instance for case in cases),
        "instances": {case.name: case.plan.instance.name for case in cases},
        "tiers": list(dict.fromkeys(k for case in cases for k in case.plan.instance.served_channels)),
        "books": {case.name: case.dependence.kept for case in cases},
        "short_planned": {case.name: _planned(case) for case in cases},
        "short_operated": {case.name: _mean(case, found.get((case.name, WHOLE.key))) for case in cases},
        "operated": len(tasks),
        "versions": versions(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began, 1),
    }
    out = Measures(info, **tables_of(cases, found))
    place.finish(info, {name: getattr(out, name) for name in COLUMNS}, [case.plan.instance for case in cases])
    return out


def _cases(plans: Iterable[Plan | Path | str], by: str) -> list[Case]:
    """The plans, and their measures; every fault of each is told."""
    cases: dict[str, Case] = {}
    faults: list[str] = []
    unpriced: list[str] = []
    for given in plans:
        name = given.instance.name if isinstance(given, Plan) else str(given)
        if name in cases:
            faults.append(f"the plan '{name}' is given twice; give each once")
            continue
        try:
            plan = _read(given)
            unpriced += operable(plan.instance).unpriced("measures")
            network = network_of(plan.instance)
            lines, dependence = outlay_of(plan, network), dependence_of(plan, network)
        except PlanError as error:
            faults.append(str(error) if str(given) in str(error) else f"{name}: {error}")
            continue
        found = measures_of(plan, network, dependence, by)
        cases[name] = Case(name, plan, network, lines, Payments(plan, network, lines), dependence, found)
    if unpriced:
        raise OptionsError(*unpriced)
    if faults:
        raise PlanError("; ".join(faults))
    if not cases:
        raise OptionsError("there is no plan; give one or several result folders")
    return list(cases.values())


def _read(given: Plan | Path | str) -> Plan:
    plan = given if isinstance(given, Plan) else Plan.read(given)
    if not plan.tables:
        raise PlanError(f"the run ended without a plan: {plan.status} ({plan.info.get('why')})")
    return plan


def _kept(case: Case) -> Kept:
    held = Portfolio.of(case.plan)
    return Kept(operable(case.plan.instance), held.fundings, held.stock or {})


def _mark(kept: Kept) -> str:
    """A fingerprint of all that answers depend on."""
    given = json.dumps([sorted(kept.fundings), sorted(kept.stock.items())], default=list)
    return hashlib.sha256((sha256(kept.instance) + given).encode()).hexdigest()


def _tasks(cases: Sequence[Case]) -> dict[Asked, Task]:
    """What is operated, each once: every plan whole, then without what only changes fundings, then the rest."""
    found: dict[Asked, Task] = {}
    for number, case in enumerate(cases):
        for measure in (WHOLE, *sorted(case.measures, key=lambda one: not one.gone)):
            found.setdefault((case.name, measure.key), Task(number, case.name, measure))
    return found


def _begin(plans: Sequence[Kept]) -> Home:
    return Home(plans)


def _operate(home: Home, task: Task) -> list[dict[str, Any]]:
    kept = home.plans[task.number]
    instance, fundings, stock = without(kept.instance, kept.fundings, kept.stock, task.measure)
    if instance is kept.instance:
        if task.number not in home.operators:
            home.operators = {task.number: Operator(instance)}
        operator = home.operators[task.number]
    else:
        operator = Operator(instance)
    found = operator.operate(fundings, stock)
    short = [[*key, tonnes] for key, tonnes in sorted(found.short.items())]
    return [
        {"plan": task.name, "without": task.measure.name, "usd": found.usd, "paid": found.paid, "short": short,
         "stock_kept": found.stock_kept, "lacking": found.lacking, "why": found.why}
    ]  # fmt: skip


def _operated(record: dict[str, Any]) -> Operated:
    short = {(future, channel, material): tonnes for future, channel, material, tonnes in record["short"]}
    rest = {name: record[name] for name in ("usd", "paid", "stock_kept", "lacking", "why")}
    return Operated(short=short, **rest)


def _answered(record: dict[str, Any], tasks: dict[Asked, Task]) -> dict[Asked, Operated]:
    """What a record answers."""
    said = (record["plan"], record["without"])
    return {key: _operated(record) for key, task in tasks.items() if (task.name, task.measure.name) == said}


def _known(place: StudyFolder, tasks: dict[Asked, Task]) -> dict[Asked, Operated]:
    """Answers of an earlier run of the same study."""
    found: dict[Asked, Operated] = {}
    for record in place.rows(ANSWERS):
        found |= _answered(record, tasks)
    return found


def _planned(case: Case) -> float:
    """Tonnes short in the plan's own tables, on the mean over futures."""
    weight = case.network.weight
    return float(sum(weight.get((row.scenario, int(row.period)), 0.0) * row.short for row in rows_of(case.plan.demand)))


def _mean(case: Case, whole: Operated | None) -> float | None:
    if whole is None or whole.lacking:
        return None
    return float(sum(case.network.probability[key[0]] * tonnes for key, tonnes in whole.short.items()))
