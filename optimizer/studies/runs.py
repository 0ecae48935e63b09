"""Does the runs of a study, keeps each as it ends, and gathers them in two tables."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.errors import OptionsError, PlanError
from optimizer.instance.changes import copied
from optimizer.instance.instance import Instance
from optimizer.instance.judge import judge
from optimizer.instance.marks import about_all
from optimizer.plan.plan import Plan
from optimizer.plan.study_markings import with_study_markings
from optimizer.run import versions
from optimizer.studies.case import Case, portfolio_hash
from optimizer.studies.ledger import BASE, FORMAT, NO_PARQUET, Ledger, has_parquet
from optimizer.studies.read import Run, Tell, read_study
from optimizer.studies.record import FAILED, Record, column_of, portfolios_of, results_of
from optimizer.studies.work import Desk, Done, done, given_up
from optimizer.workers import Cluster, on_cluster, workers_of

ANSWERS = ("trusted-supply-optimizer", "pyomo", "highspy", "scipy", "numpy")
"""What an answer depends on besides the instance and the options: their versions are part of a run's hash."""
ASIDE = ("at_most", "plans", "title", "description")
"""Parts of a study's file that change no run."""
TABLES_EVERY = 30.0
"""Seconds between two writings of the tables while runs go on."""


@dataclass(frozen=True, slots=True)
class Study:
    """What a study found.

    Attributes:
        info: what study.json holds (docs/study.md).
        results: a row for each run: factors, status, figures; `results.attrs["units"]` has the unit of each column.
        portfolios: what each run funds, a row for each funding.
        folder: where it is kept; None in memory.
    """

    info: dict[str, Any]
    results: pd.DataFrame
    portfolios: pd.DataFrame
    folder: Path | None = None
    _hashes: Mapping[int, str] = field(default_factory=dict, repr=False)

    __repr__ = shown

    def plan(self, run: int) -> Plan:
        """The plan of a run, where plans were kept.

        Raises:
            PlanError: there is no such run, it found no plan, or plans were not kept.
        """
        if run not in self._hashes:
            raise PlanError(f"there is no run {run}; there are 1 to {len(self._hashes)}")
        folder = None if self.folder is None else self.folder / "plans" / self._hashes[run][:12]
        if folder is None or not folder.is_dir():
            raise PlanError(f"of run {run} no plan is kept: it found none, or 'plans: true' was not asked for")
        return Plan.read(folder)


@on_cluster
def study(
    study: Path | str | Mapping[str, Any],
    folder: Path | str | None = None,
    *,
    instance: Instance | None = None,
    overrides: Sequence[str] = (),
    anew: bool = False,
    reuse: bool = False,
    plans: bool | None = None,
    at_most: int | None = None,
    workers: int = 2,
    cluster: Cluster = None,
    tell: Tell | None = None,
) -> Study:
    """Solve an instance in every run of a design.

    Each run is kept as it ends; the same call goes on with those that have not ended, or failed. A run that fails says
    so in its row and ends no other. See docs/study.md for the file.

    Args:
        study: a YAML file, or what it would say as plain data; then paths are seen from the working folder.
        folder: where runs are kept as they end; by default in memory only.
        instance: the instance, in place of the one that the study names.
        overrides: `KEY=VALUE` texts, in every run.
        anew: begin anew in a folder that holds a study; what is there is dropped.
        reuse: of a folder whose study has changed, take the runs that are of this one too.
        plans: whether the result folder of each run is kept; default what the study says.
        at_most: more runs than this are refused; default what the study says, else 1,000.
        workers: processes of this machine.
        cluster: whose workers do it instead: the address of a dask scheduler, its scheduler file, or a client.
        tell: called with what is being done, how many are done, of how many.

    Raises:
        InstanceError: the study, its instance or one of its runs has faults; all of them.
        OptionsError: an option makes no sense.
        PlanError: the folder holds something else, or a study that has changed since.

    Example:
        >>> import optimizer
        >>> instance = optimizer.load("docs/examples/two_plants.yaml")
        >>> design = {"study": "ban", "grid": {"scenarios.export_ban.probability": [0.0, 0.02, 0.3]}}
        >>> found = optimizer.study(design, instance=instance, workers=1)
        >>> found.results["status"].tolist()
        ['optimal', 'optimal', 'optimal']
        >>> found.portfolios[["run", "facility"]].values.tolist()
        [[1, 'abroad'], [2, 'abroad'], [3, 'home']]
    """
    if workers < 1:
        raise OptionsError(f"workers is {workers}; it is 1 or more")
    if at_most is not None and at_most < 1:
        raise OptionsError(f"at_most is {at_most}; it is 1 or more")
    if anew and reuse:
        raise OptionsError("anew drops the runs of the folder, reuse takes them; leave one of the two out")
    began = time.monotonic()
    tell = tell or (lambda _what, _done, _of: None)
    of = {name: version for name, version in versions().items() if name in ANSWERS}
    case, runs = read_study(study, instance, overrides, at_most, of, tell)
    keep_plans = case.file.plans if plans is None else plans
    if keep_plans and folder is None:
        raise OptionsError("plans are kept in a folder; name one")
    design, instances = _design(case, runs, of)
    start = "anew" if anew else "reuse" if reuse else "resume"
    ledger = None if folder is None else Ledger(Path(folder), design, instances, start)
    known = {} if ledger is None else ledger.known()
    state = _State(case, runs, ledger, known, keep_plans)
    taken = state.ended
    stopped = False
    try:
        _do_all(state, workers, cluster, tell)
    except KeyboardInterrupt:
        stopped = True
    info = {"format": FORMAT, "status": "stopped" if stopped else "done"} | _info(state, taken, design)
    info |= {"versions": versions(), "seconds": round(time.monotonic() - began, 1)}
    info["made"] = datetime.now(UTC).isoformat(timespec="seconds")
    results, portfolios = state.tables()
    if ledger is not None:
        state.write()
        ledger.note(info)
    where = None if ledger is None else ledger.folder
    return Study(info, results, portfolios, where, {run.number: run.hash for run in runs})


@dataclass(slots=True)
class _State:
    """The runs, and what is known of them.

    Attributes:
        case: the study.
        runs: all of them.
        ledger: where they are kept.
        known: hash -> record.
        plans: whether plans are kept.
    """

    case: Case
    runs: list[Run]
    ledger: Ledger | None
    known: dict[str, Record]
    plans: bool

    @property
    def ended(self) -> int:
        """How many runs have ended well."""
        return sum(self.has(run) for run in self.runs)

    def has(self, run: Run) -> bool:
        """Whether a run need not be done."""
        record = self.known.get(run.hash)
        if self.ledger is None:
            return record is not None
        return self.ledger.finished(record, plans=self.plans)

    def waiting(self) -> list[Run]:
        """The runs to be done; of those that are the same the first."""
        return list({run.hash: run for run in reversed(self.runs) if not self.has(run)}.values())[::-1]

    def take(self, found: Done) -> None:
        """Take in a run that ended."""
        run, record = found.run, found.record
        if self.ledger is None:
            self.known[run.hash] = {"hash": run.hash} | record
        else:
            self.known[run.hash] = self.ledger.keep(run, record, found.plan)

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The results, and the portfolios."""
        listed = [(run.number, run.point, self.known.get(run.hash)) for run in self.runs]
        results = results_of(list(self.case.factors), listed)
        if self.plans and self.ledger is not None:
            kept = [self.ledger.plan_of(run.hash) for run in self.runs]
            results["folder"] = [f"plans/{path.name}" if path.is_dir() else None for path in kept]
        return results, portfolios_of((number, record) for number, _, record in listed)

    def write(self) -> None:
        """Write the tables."""
        if self.ledger is not None:
            tables = dict(zip(("results", "portfolios"), self.tables(), strict=True))
            for name, frame in with_study_markings(_instances(self.case), tables).items():
                self.ledger.table(name, frame)


def _instances(case: Case) -> list[Instance]:
    """The instance with each combination of overlays, without what the runs set."""
    return [found for source in case.sources.values() if (found := judge(copied(source))) is not None]


def _do_all(state: _State, workers: int, cluster: Cluster, tell: Tell) -> None:
    waiting = state.waiting()
    total = len(state.runs)
    copies = Counter(run.hash for run in state.runs)
    count = total - sum(copies[run.hash] for run in waiting)
    tell("runs", count, total)
    if not waiting:
        return
    written = time.monotonic()
    with workers_of(min(workers, len(waiting)), cluster, Desk, state.case, state.plans) as pool:
        for found in pool.results(done, waiting, given_up):
            state.take(found)
            count += copies[found.run.hash]
            tell("runs", count, total)
            if time.monotonic() - written > TABLES_EVERY:
                state.write()
                written = time.monotonic()


def _design(case: Case, runs: Sequence[Run], of: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What makes a study the same one, and its instances as plain data by label."""
    written = case.file.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)
    used = {case.labels(run.point) for run in runs}
    instances = {"+".join(labels) if any(labels) else BASE: case.sources[labels].data for labels in sorted(used)}
    design = {
        "study": {key: value for key, value in written.items() if key not in ASIDE},
        "overrides": list(case.overrides),
        "instances": {label: _hashed(data) for label, data in instances.items()},
        "portfolios": {label: portfolio_hash(held) for label, held in case.portfolios.items()},
        "versions": of,
    }
    return json.loads(json.dumps(design, default=str)), instances


def _hashed(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, default=str).encode()).hexdigest()


def _info(state: _State, taken: int, design: dict[str, Any]) -> dict[str, Any]:
    """What a study says of itself."""
    case = state.case
    records = {run.number: state.known.get(run.hash) for run in state.runs}
    named = next(iter(case.sources.values())).data.get("name")
    return {
        "study": case.file.study,
        "title": case.file.title,
        "description": case.file.description,
        "instance": named,
        **about_all(_instances(case)),
        "factors": {name: column_of(name) for name in case.factors},
        "runs": len(state.runs),
        "distinct": len({run.hash for run in state.runs}),
        "taken": taken,
        "by_status": dict(Counter(record["status"] if record else "not run" for record in records.values())),
        "failed": [number for number, record in records.items() if record and record["status"] in FAILED],
        "unverified": [number for number, record in records.items() if record and record.get("verified") is False],
        "parquet": "written" if has_parquet() else NO_PARQUET,
        "design": design,
    }
