"""Shortfall by material, tier of demand, channel and year: gross, then net of each measure in turn."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pandas as pd

from optimizer.answers import shown
from optimizer.budgeting.given import dated, given_of
from optimizer.errors import OptionsError, PlanError
from optimizer.evaluation import Evaluation, evaluate
from optimizer.evaluation.soft import BOOKS, keeps_books, without_books
from optimizer.folders import write_new
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.ladder import beside
from optimizer.ladder.measures import PLANNED, Measure, measures_of
from optimizer.ladder.stops import stops_of
from optimizer.ladder.tiers import tiers_of
from optimizer.ledger import refuse_other
from optimizer.network.network import network_of
from optimizer.network.tables import Network
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.plan.study_markings import with_study_markings
from optimizer.run import versions
from optimizer.workers import Cluster, on_cluster

FORMAT = 1
NOTE = "shortfall.json"
BASELINE = "baseline"
"""Folder of the baseline's own shortfall."""
EXPECTED = "expected"
"""Stands for the mean over futures, by probability."""
COLUMNS: dict[str, tuple[str, ...]] = {
    "shortfall": ("measure", "future", "tier", "channel", "material", "period", "demand", "short", "taken_off"),
    "measures": ("measure", "adds", "fundings", "short", "taken_off", "status"),
    "stops": ("future", "market", "tier", "channel", "onset", "weeks", "product", "period", "short", "demand"),
}
"""Columns of each table; tonnes of a period, weeks. Those that a baseline adds: `beside.COLUMNS`."""

Tell = Callable[[str, int, int], None]
Key = tuple[str, str, str, str, int]
"""Future, tier of the market, its channel, material, period."""


@dataclass(slots=True)
class NetShortfall:
    """What is short with none of a plan's measures, and with each in turn (docs/compare.md).

    Attributes:
        info: instance, measures, whether it was stopped, what stops are of: the last measure, or the plan's own tables
            where that was not operated in every future.
        shortfall: measure, future, tier of demand (blank where none is given), channel, material, period, demand,
            short, taken_off (t, by this measure). Blank where the future was not operated with this measure, or lacks
            something that must be met; so is the mean.
        measures: a row for each measure: what it adds, t short on the mean over the horizon.
        stops: future, market, weeks from the onset until it stops.
        differences: short less the baseline's, t, by measure, future, tier, channel, material, period; empty without
            one.
        stop_differences: future, market, weeks in both, later (weeks), change; empty without a baseline.
    """

    info: dict[str, Any]
    shortfall: pd.DataFrame = field(default_factory=pd.DataFrame)
    measures: pd.DataFrame = field(default_factory=pd.DataFrame)
    stops: pd.DataFrame = field(default_factory=pd.DataFrame)
    differences: pd.DataFrame = field(default_factory=pd.DataFrame)
    stop_differences: pd.DataFrame = field(default_factory=pd.DataFrame)

    __repr__ = shown

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables by name: all that there are."""
        names = (*COLUMNS, *(beside.COLUMNS if self.info.get("baseline") else ()))
        return {name: getattr(self, name) for name in names}


@on_cluster
def shortfall(
    plan: Plan | Path | str,
    *,
    tiers: Mapping[str, Sequence[str]] | None = None,
    baseline: Plan | Path | str | None = None,
    folder: Path | str | None = None,
    workers: int = 2,
    cluster: Cluster = None,
    tell: Tell | None = None,
) -> NetShortfall:
    """What is short with none of a plan's measures, and then with each in turn.

    Each step is operated at least cost in every future of the instance, as `evaluate` does it: without targets, with
    demand that must be met as the last to be short, and with the fundings and the stock that the step has.

    Args:
        plan: with tables, or its result folder.
        tiers: tiers of demand, most urgent first, and the markets of each, which may be patterns such as `mdap_*`;
            default as the planning case says.
        baseline: a plan, of whatever instance, that is taken through the same measures, and to which all is the
            difference; its own shortfall is kept in `baseline` in the folder.
        folder: where answers are kept as they come, and gone on from.
        workers: processes of this machine.
        cluster: whose workers do it instead: the address of a dask scheduler, its scheduler file, or a client.
        tell: told of progress.

    Raises:
        OptionsError: workers makes no sense, tiers name no market, or a market is in two.
        PlanError: there is no plan, or no baseline, or the folder holds something else.
    """
    began = time.monotonic()
    if workers < 1:
        raise OptionsError(f"workers is {workers}; it is 1 or more")
    given = given_of(plan, baseline)
    assert given.plan is not None
    read = _Asked.of(given.plan, tiers, "the plan")
    other = None if given.baseline is None else _Asked.of(given.baseline, tiers, "the baseline")
    target = None if folder is None else Path(folder)
    for one in () if target is None else (target, *(() if other is None else (target / BASELINE,))):
        _take(one)
    operating = _Operating(workers, cluster, tell)
    found = operating.of(read, target)
    found.info["baseline"] = None if other is None else dated(other.plan)
    instances = [read.plan.instance]
    base = NetShortfall({})
    if other is not None and found.info["status"] == "done":
        named = None if tell is None else _naming(tell, "the baseline, ")
        base = replace(operating, tell=named).of(other, None if target is None else target / BASELINE)
        found.info["status"] = base.info["status"]
        instances.append(other.plan.instance)
    if other is not None:
        nothing = {name: pd.DataFrame(columns=list(heads)) for name, heads in beside.COLUMNS.items()}
        for name, table in (beside.beside(found, base) if base.info else nothing).items():
            setattr(found, name, table)
    found.info["seconds"] = round(time.monotonic() - began, 1)
    if target is not None:
        _write(found, target, instances)
        if base.info:
            _write(base, target / BASELINE, instances[1:])
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """A plan, and which market belongs to which tier of demand; tiers are in order of urgency."""

    plan: Plan
    order: list[str]
    tier_of: dict[str, str]

    @classmethod
    def of(cls, plan: Plan, tiers: Mapping[str, Sequence[str]] | None, what: str) -> Self:
        """By tiers as they are given; `what` the plan is, in messages.

        Raises:
            OptionsError: tiers name no market of it, or one twice; or it gives shortage no price.
        """
        without_books(plan.instance).priced("shortfall")
        try:
            return cls(plan, *tiers_of(plan.instance, tiers))
        except OptionsError as error:
            raise OptionsError(f"{what}, of {plan.instance.name}: {error}") from None


@dataclass(frozen=True, slots=True)
class _Operating:
    """Who operates steps, and tells of it."""

    workers: int
    cluster: Cluster
    tell: Tell | None

    def of(self, read: _Asked, target: Path | None) -> NetShortfall:
        """The net shortfall of one plan; answers are kept in a folder."""
        began, plan, tier_of = time.monotonic(), read.plan, read.tier_of
        steps = measures_of(plan)
        network = network_of(plan.instance)
        demand, planned = _planned(plan, network, tier_of)
        found: dict[str, dict[Key, float] | None] = {}
        status: dict[str, str] = {}
        last: Evaluation | None = None
        for number, step in enumerate(steps):
            if "stopped" in status.values():
                break
            where = None if target is None else target / "operated" / step.name.replace(" ", "_")
            try:
                done = evaluate(
                    step.instance, step.held, folder=where, workers=self.workers, cluster=self.cluster,
                    tell=_naming(self.tell, f"{step.name} ({number + 1} of {len(steps)}): "),
                )  # fmt: skip
            except PlanError as error:
                found[step.name], status[step.name] = None, str(error)
                continue
            last = done
            met = set(done.futures.loc[done.futures["status"] == "met", "future"])
            found[step.name] = _short(done, plan, network, tier_of, [key for key in demand if key[0] in met])
            failed = [name for name in done.futures["future"] if name not in met]
            if done.info["status"] == "stopped":
                status[step.name] = "stopped"
            elif failed:
                status[step.name] = f"something that must be met is not in {', '.join(failed)}; these are left out"
            else:
                status[step.name] = "done"
        found[PLANNED], status[PLANNED] = planned, "done"
        operated = last.short if last is not None and status.get(steps[-1].name) == "done" else None
        info = {
            "format": FORMAT,
            "status": "stopped" if "stopped" in status.values() else "done",
            **about(plan.instance, plan.info.get("instance_sha256")),
            "measures": [step.name for step in steps],
            "tiers": plan.instance.served_channels,
            "demand_tiers": read.order,
            "versions": versions(),
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - began, 1),
            "stops_of": PLANNED if operated is None else steps[-1].name,
        }
        if keeps_books(plan.instance):
            info["books"] = BOOKS
        stops = stops_of(plan, operated, tier_of)
        return NetShortfall(
            info, _table(demand, found, network), _measures(steps, demand, found, status, network), stops
        )


def _naming(tell: Tell | None, head: str) -> Tell | None:
    if tell is None:
        return None
    return lambda what, done, of: tell(f"{head}{what}", done, of)


def _planned(plan: Plan, network: Network, tier_of: Mapping[str, str]) -> tuple[dict[Key, float], dict[Key, float]]:
    """What is asked for and short in the plan as it stands, by future."""
    asked: dict[tuple[str, int], list[Any]] = {}
    for row in rows_of(plan.demand):
        asked.setdefault((row.scenario, int(row.period)), []).append(row)
    demand: dict[Key, float] = {}
    short: dict[Key, float] = {}
    for future, path in network.path.items():
        for period, course in path.items():
            for row in asked.get((course, period), ()):
                channel = plan.instance.markets[row.market].channel
                key = (future, tier_of.get(row.market, ""), channel, row.product, period)
                demand[key] = demand.get(key, 0.0) + row.demand
                short[key] = short.get(key, 0.0) + row.short
    return demand, short


def _short(
    found: Evaluation, plan: Plan, network: Network, tier_of: Mapping[str, str], known: Iterable[Key]
) -> dict[Key, float]:
    """What is short by future, of those known; branches are looked up along the path of each."""
    by_course: dict[tuple[str, int], list[Any]] = {}
    for row in rows_of(found.short):
        by_course.setdefault((row.branch, int(row.period)), []).append(row)
    short = dict.fromkeys(known, 0.0)
    for future, path in network.path.items():
        for period, course in path.items():
            for row in by_course.get((course, period), ()):
                channel = plan.instance.markets[row.market].channel
                key = (future, tier_of.get(row.market, ""), channel, row.product, period)
                if key in short:
                    short[key] += row.short
    return short


def _table(demand: Mapping[Key, float], found: Mapping[str, dict[Key, float] | None], network: Network) -> pd.DataFrame:
    """A row for each measure, future (and the mean), tier, channel, material and period with demand."""
    rows = []
    asked = _with_mean(demand, demand, network)
    before: dict[Key, float] | None = None
    for name, short in found.items():
        if short is None:
            continue
        mine = _with_mean(short, demand, network)
        for key, tonnes in asked.items():
            now, then = mine.get(key), None if before is None or name == PLANNED else before.get(key)
            rows.append((name, *key, tonnes, now, None if now is None or then is None else then - now))
        before = mine
    return pd.DataFrame(rows, columns=list(COLUMNS["shortfall"])).astype({"short": float, "taken_off": float})


def _with_mean(cells: Mapping[Key, float], asked: Iterable[Key], network: Network) -> dict[Key, float]:
    """With the mean over futures, which stands first; none where a future that may come is not known."""
    mean: dict[Key, float] = {}
    unknown: set[Key] = set()
    for one in asked:
        future, tier, channel, material, period = one
        key, weight = (EXPECTED, tier, channel, material, period), network.probability[future]
        if one in cells:
            mean[key] = mean.get(key, 0.0) + weight * cells[one]
        elif weight > 0:
            unknown.add(key)
    return {key: tonnes for key, tonnes in mean.items() if key not in unknown} | dict(cells)


def _measures(
    steps: list[Measure], demand: Mapping[Key, float], found: Mapping[str, dict[Key, float] | None],
    status: Mapping[str, str], network: Network,
) -> pd.DataFrame:  # fmt: skip
    """A row for each measure, over all channels; t short on the mean over futures and over the horizon."""
    rows: list[tuple[Any, ...]] = []
    before: float | None = None
    adds = {step.name: (step.what, len(step.held.fundings)) for step in steps}
    expected: set[Key] = {(EXPECTED, *rest) for _, *rest in demand}  # type: ignore[misc]
    for name, short in found.items():
        mine = {} if short is None else _with_mean(short, demand, network)
        total = sum(mine[key] for key in mine if key in expected) if mine.keys() >= expected else None
        taken = None if total is None or before is None or name == PLANNED else before - total
        what, fundings = adds.get(name, ("the plan's own tables", None))
        rows.append((name, what, fundings, total, taken, status[name]))
        before = total if total is not None else before
    table = pd.DataFrame(rows, columns=list(COLUMNS["measures"]))
    return table.astype({"short": float, "taken_off": float, "fundings": "Int64"})


def _take(folder: Path) -> None:
    refuse_other(folder, NOTE, "a shortfall")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / NOTE).is_file():
        write_new(folder / NOTE, json.dumps({"format": FORMAT, "status": "begun"}) + "\n")


def _write(found: NetShortfall, folder: Path, instances: Sequence[Instance]) -> None:
    for name, table in with_study_markings(instances, found.tables).items():
        write_new(folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
    for name in beside.COLUMNS.keys() - found.tables.keys():  # of an earlier call, with a baseline
        (folder / f"{name}.csv").unlink(missing_ok=True)
    text = json.dumps(found.info, indent=2, ensure_ascii=False, allow_nan=False)
    write_new(folder / NOTE, text + "\n")
