"""The number that flips an option: at which value of a key it enters or leaves the optimal plan, with proof."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.digits import digits
from optimizer.errors import Fault, InstanceError, OptionsError, Where
from optimizer.instance.changes import source_of
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.instance.override import path_of
from optimizer.near_optimal.rows import Option
from optimizer.robustness.asked import asked_of
from optimizer.robustness.brackets import Change, changes, next_value
from optimizer.robustness.keys import Keyed, faults_at_ends, keyed
from optimizer.robustness.ledger import Ledger, longer
from optimizer.robustness.values import (
    FAILED,
    FUNDED,
    LIMITED,
    NO_PLAN,
    NOT_FUNDED,
    OPEN,
    SOLVED,
    Record,
    Value,
    solve_value,
)
from optimizer.robustness.values import begin as begun
from optimizer.run import versions
from optimizer.solver.options import Options
from optimizer.solver.refusals import regret_refused, rows_refused
from optimizer.workers import Chain, Cluster, on_cluster, workers_of

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how many brackets are closed, of how many."""

MOST_VALUES = 60
"""Values of a key at most."""
KEY = "--key"
ANSWERS = ("trusted-supply-optimizer", "highspy")
"""What an answer depends on besides the instance and the options."""
NOTE, LINES = "flips.json", "values.jsonl"
FLIPS = (
    "key", "now", "facility", "option", "before", "after", "last", "first", "open_from", "open_to", "closed", "words",
)  # fmt: skip
"""Columns of `flips` (docs/verdicts.md)."""
VALUES = ("key", "value", "status", "why", "objective", "bound", "facility", "option", "state", "otherwise_at_least",
          "otherwise_at_most", "seconds")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flips:
    """At which values options enter or leave.

    Attributes:
        info: what flips.json holds (docs/verdicts.md).
        flips: a row for each option and place where what is proved of it changes; one where it does not.
        values: a row for each value and option: what is proved there.
    """

    info: dict[str, Any]
    flips: pd.DataFrame
    values: pd.DataFrame

    __repr__ = shown


@on_cluster
def flip(
    instance: Instance,
    keys: Sequence[str] | Mapping[str, tuple[float, float]],
    folder: Path | str | None = None,
    *,
    option: Sequence[str] = (),
    count: int = 5,
    within_usd: float = 0.0,
    close: float = 0.01,
    method: str = "auto",
    gap: float = 1e-4,
    gap_usd: float | None = None,
    time_limit: float | None = None,
    threads: int = 1,
    seed: int = 0,
    workers: int = 1,
    cluster: Cluster = None,
    tell: Tell | None = None,
) -> Flips:
    """Find the values of keys at which options enter or leave the optimal plan.

    At a value an option is *funded* where every plan without it is proved to cost more than the best plan found there,
    *not funded* where every plan with it is, else *open*. Between two values that differ the bracket is halved.

    Args:
        instance: from `load`.
        keys: `KEY=A:B`, or `KEY*=A:B` to multiply; or key -> (A, B).
        folder: where values are kept as they come; the same call goes on there.
        option: `FACILITY` or `FACILITY:OPTION`; default what the best plans at A, at B and as the data stand differ in.
        count: of those by default, at most so many, by capex.
        within_usd: a plan counts as optimal when it costs at most so much more than the best, USD.
        close: share of B - A to which brackets are closed.
        method: `auto`, `extensive` or `benders`.
        gap: relative gap of each solve.
        gap_usd: gap in USD.
        time_limit: seconds of each solve.
        threads: cores of each solve.
        seed: of the solver.
        workers: processes of this machine; each key is one's work.
        cluster: whose workers do it instead: the address of a dask scheduler, its scheduler file, or a client.
        tell: called with progress.

    Raises:
        InstanceError: keys or options that are not there, ranges that are none; all of them.
        OptionsError: settings make no sense.
        PlanError: the folder holds something else.
        SolveError: the solver failed, or the cluster was lost.
    """
    began = time.monotonic()
    _check(instance, count, within_usd, close, method, workers)
    options = Options(method, gap, gap_usd, time_limit, threads, seed)
    found, faults = keyed(keys, KEY, lists=False)
    if not keys:
        faults.append(Fault(Where(KEY), "", "no key is given", "scenarios.embargo.probability=0:0.2"))
    faults += faults_at_ends(instance, found, KEY)
    named = asked_of(instance, option, faults)
    if faults:
        raise InstanceError(instance.name, list(dict.fromkeys(faults)))
    settings: dict[str, Any] = {
        **about(instance),
        "within_usd": within_usd,
        "gap": {"relative": gap, "usd": gap_usd},
        "method": method,
        "seed": seed,
        "versions": {name: version for name, version in versions().items() if name in ANSWERS},
    }
    ledger = Ledger(None if folder is None else Path(folder), "flips", NOTE, LINES)
    ledger.begin(settings)
    run = _Run(instance, tuple(found), ledger, named, count, close, time_limit, tell or (lambda _w, _d, _o: None))
    stopped = False
    try:
        with workers_of(min(workers, len(found)), cluster, begun, instance, tuple(found), options, within_usd) as pool:
            for _ in pool.follow(solve_value, [run.chain(number) for number in range(len(found))]):
                run.say()
    except KeyboardInterrupt:
        stopped = True
    flips, values = run.tables()
    info = settings | run.info() | {
        "status": "stopped" if stopped else "done",
        "close": close,
        "option": list(option),
        "options_of_solves": {"time_limit": time_limit, "threads": threads},
        "versions": versions(),
        "seconds": round(time.monotonic() - began, 1),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    ledger.close(info, {"flips": flips, "values": values}, instance)
    return Flips(info, flips, values)


class _Run:
    """The keys, and what is known at their values."""

    def __init__(
        self, instance: Instance, keys: tuple[Keyed, ...], ledger: Ledger, named: tuple[Option, ...] | None,
        count: int, close: float, time_limit: float | None, tell: Tell,
    ) -> None:  # fmt: skip
        self._instance, self._keys, self._ledger, self._named = instance, keys, ledger, named
        self._count, self._close, self._limit, self._tell = count, close, time_limit, tell
        self._now = [_now(instance, key) for key in keys]
        self._known: dict[tuple[str, float], Record] = {}
        self._watched: dict[int, tuple[Option, ...]] = {} if named is None else dict.fromkeys(range(len(keys)), named)
        self._left_out: dict[int, int] = {}
        for record in ledger.known():
            self._take(record)
        self._solved = 0

    def chain(self, number: int) -> Chain[Value, Record]:
        """The values of a key one after another, until every bracket is closed."""
        key = self._keys[number]
        assert key.low is not None
        assert key.high is not None
        now = self._now[number]
        first = [key.low, key.high] + ([now] if now is not None and key.low < now < key.high else [])
        if number not in self._watched:
            funded = []
            for value in first:
                record = yield from self._at(number, value, ())
                if "funded" in record:
                    funded.append(set(record["funded"]))
            self._watch(number, funded)
        watched = self._watched[number]
        for value in first:
            yield from self._at(number, value, watched)
        for _ in range(MOST_VALUES - len(first)):
            wanted = {o: next_value(self._states(number, o), self._close * (key.high - key.low)) for o in watched}
            values = [value for value in wanted.values() if value is not None]
            if not values:
                return
            # Of all that are open between the same two values something may be proved there.
            here = values[0]
            yield from self._at(number, here, tuple(o for o in watched if self._may_change(number, o, here)))

    def _watch(self, number: int, funded: Sequence[set[str]]) -> None:
        """What the best plans differ in, the dearest first."""
        names = {name for one in funded for name in one if not all(name in other for other in funded)}
        capex = {
            (name, option.id): option.capex
            for name, facility in self._instance.facilities.items()
            for option in facility.options
        }
        differ = sorted((_option(name) for name in names), key=lambda option: (-capex[option], option))
        self._watched[number] = tuple(differ[: self._count])
        self._left_out[number] = len(differ) - len(self._watched[number])

    def _may_change(self, number: int, option: Option, value: float) -> bool:
        """Whether a value lies in a bracket of an option."""
        states = self._states(number, option)
        gaps = [gap for change in changes(states) for gap in change.wide(0.0)]
        return any(low < value < high for low, high in gaps)

    def _at(self, number: int, value: float, asked: tuple[Option, ...]) -> Generator[Value, Record, Record]:
        """What is known at a value, asked for where it is not."""
        place = (self._keys[number].name, value)
        if self._has(place, asked):
            return self._known[place]
        record = yield Value(number, value, asked)
        self._ledger.add(record)
        self._take(record)
        self._solved += 1
        return self._known[place]

    def _has(self, place: tuple[str, float], asked: tuple[Option, ...]) -> bool:
        record = self._known.get(place)
        if record is None or record["status"] == FAILED:
            return False
        cut = record["status"] == LIMITED or record.get("limits", 0) > 0
        if cut and longer(self._limit, record["time_limit"]):
            return False
        return record["status"] != SOLVED or all(":".join(option) in record["options"] for option in asked)

    def _take(self, record: Record) -> None:
        place = (str(record["key"]), float(record["value"]))
        before = self._known.get(place)
        if before is not None:
            record = record | {"options": before["options"] | record["options"]}
        self._known[place] = record

    def _states(self, number: int, option: Option) -> dict[float, str]:
        """What is proved of an option at the values of a key that are known."""
        key, name = self._keys[number], ":".join(option)
        found: dict[float, str] = {}
        for (mine, value), record in self._known.items():
            if mine != key.name or not key.low <= value <= key.high:  # type: ignore[operator]
                continue
            if record["status"] == "infeasible":
                found[value] = NO_PLAN
            elif record["status"] == SOLVED and name in record["options"]:
                found[value] = record["options"][name]["state"]
            elif record["status"] != SOLVED:
                found[value] = OPEN
        return found

    def say(self) -> None:
        """Tell how far it is."""
        places = [(number, option) for number, watched in self._watched.items() for option in watched]
        done = sum(self._closed(number, option) for number, option in places)
        self._tell(f"{self._solved} values solved; brackets closed", done, max(len(places), len(self._keys)))

    def _closed(self, number: int, option: Option) -> bool:
        """Whether all that is to be asked about an option at values of a key is known."""
        key, states = self._keys[number], self._states(number, option)
        return key.low in states and key.high in states and next_value(states, self._width(number)) is None

    def _width(self, number: int) -> float:
        key = self._keys[number]
        return self._close * (key.high - key.low)  # type: ignore[operator]

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Where options flip, and what is proved at which values."""
        flips, values = [], []
        for number, key in enumerate(self._keys):
            for option in self._watched.get(number, ()):
                states = self._states(number, option)
                if not states:
                    continue
                closed = self._closed(number, option)
                found = changes(states) or [_same(states)]
                flips += [
                    (key.name, self._now[number], *option, one.before, one.after, one.last, one.first, one.open_from,
                     one.open_to, closed, words_of(one, key.name))
                    for one in found
                ]  # fmt: skip
            for (mine, value), record in sorted(self._known.items(), key=lambda item: item[0]):
                if mine != key.name:
                    continue
                head = (key.name, value, record["status"], record["why"], record.get("objective"), record.get("bound"))
                watched = {":".join(option) for option in self._watched.get(number, ())}
                rows = {name: row for name, row in record["options"].items() if name in watched} or {"": {}}
                values += [
                    (*head, *(_option(name) if name else (None, None)), row.get("state"), row.get("at_least"),
                     row.get("at_most"), record["seconds"])
                    for name, row in rows.items()
                ]  # fmt: skip
        numbers = ("last", "first", "open_from", "open_to", "now")
        first = pd.DataFrame(flips, columns=list(FLIPS)).astype(dict.fromkeys(numbers, float))
        money = ("value", "objective", "bound", "otherwise_at_least", "otherwise_at_most", "seconds")
        return first, pd.DataFrame(values, columns=list(VALUES)).astype(dict.fromkeys(money, float))

    def info(self) -> dict[str, Any]:
        """What the run says of itself."""
        mine = {key.name for key in self._keys}
        there = [record for (key, _), record in self._known.items() if key in mine]
        return {
            "keys": [
                {"key": key.name, "low": key.low, "high": key.high, "now": self._now[number],
                 "options": [":".join(option) for option in self._watched.get(number, ())],
                 "left_out": self._left_out.get(number, 0)}
                for number, key in enumerate(self._keys)
            ],
            "values": len(there),
            "asked": self._solved,
            "by_status": {state: sum(record["status"] == state for record in there)
                          for state in (SOLVED, LIMITED, "infeasible", FAILED)},
        }  # fmt: skip


def words_of(change: Change, key: str) -> str:
    """A change of what is at a key, in words."""
    if change.before == change.after:
        if change.before == OPEN:
            return "not proved at any value: the gap does not decide"
        return f"{change.before} at every value that was looked at"
    between = "" if change.open_from is None else f", open from {_said(change.open_from)} to {_said(change.open_to)}"
    if change.before == OPEN:
        return f"{change.after} from {_said(change.first)} on{between}"
    if change.after == OPEN:
        return f"{change.before} up to {_said(change.last)}{between}"
    if {change.before, change.after} == {FUNDED, NOT_FUNDED}:
        more = change.after == FUNDED
        least, most = (change.first, change.last) if more else (change.last, change.first)
        side = ("more", "less") if more else ("less", "more")
        sure = f"fund if {key} is {_said(least)} or {side[0]}, not if it is {_said(most)} or {side[1]}"
        return sure + between
    return f"{change.before} up to {_said(change.last)}, {change.after} from {_said(change.first)} on{between}"


def _said(value: float | None) -> str:
    return "" if value is None else digits(value, 6)


def _same(states: Mapping[float, str]) -> Change:
    values = sorted(states)
    return Change(states[values[0]], states[values[-1]], values[0], values[-1], None, None)


def _now(instance: Instance, key: Keyed) -> float | None:
    """The value that a key has; 1 for what is multiplied, None where it has no single number."""
    if key.factor:
        return 1.0
    data: Any = source_of(instance).data
    path = path_of(data, key.key)
    if path is None:
        return None
    for part in path:
        data = data[part]
    return float(data) if isinstance(data, int | float) and not isinstance(data, bool) else None


def _option(name: str) -> Option:
    facility, _, option = name.partition(":")
    return facility, option


def _check(instance: Instance, count: int, within_usd: float, close: float, method: str, workers: int) -> None:
    faults = []
    if count < 1:
        faults.append(f"count is {count}; it is 1 or more")
    if not 0 <= within_usd < math.inf:
        faults.append(f"within_usd is {within_usd:g}; it is 0 or more")
    if not 0 < close < 1:
        faults.append(f"close is {close:g}; a share of the range lies between 0 and 1")
    if workers < 1:
        faults.append(f"workers is {workers}; it is 1 or more")
    faults += [*rows_refused(method), *regret_refused("flip", instance), *instance.unpriced("flip")]
    if faults:
        raise OptionsError("; ".join(faults))
