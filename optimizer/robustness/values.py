"""A key at a value, in a process of its own: the best plan there, and what is proved of options asked about."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from optimizer.errors import InstanceError, OptimizerError
from optimizer.instance.instance import Instance
from optimizer.near_optimal.ask import Desk, Interrupted
from optimizer.near_optimal.facts import ALL, NONE, Facts
from optimizer.near_optimal.ledger import LIMIT, Ledger
from optimizer.near_optimal.rows import Option
from optimizer.near_optimal.solves import Answer, Solves
from optimizer.robustness.keys import Keyed, instance_at
from optimizer.run import checkpoint_of
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.highs import Stop
from optimizer.solver.options import Options

FUNDED, NOT_FUNDED, OPEN, NO_PLAN = "funded", "not funded", "open", "no plan"
"""What may be proved of an option at a value: that every optimal plan funds it; that none does; neither; nothing is a
plan."""
SOLVED, LIMITED, INFEASIBLE, FAILED = "solved", "limit", "infeasible", "failed"
KEPT = 3
"""Values whose compiled problem a process keeps, to be asked of further options."""

Record = dict[str, Any]
"""What came of a value, as plain data (docs/verdicts.md)."""


@dataclass(frozen=True, slots=True)
class Value:
    """A key at a value, and options that something is to be proved of.

    Attributes:
        key: number of the key.
        value: its value.
        asked: options.
    """

    key: int
    value: float
    asked: tuple[Option, ...]


@dataclass(slots=True)
class Home:
    """What a process keeps.

    Attributes:
        instance: as the data stand.
        keys: that are given values.
        options: of each solve.
        within_usd: what a plan may cost more than the best to count as optimal, USD.
        desks: of the last values, with the answer for the best plan.
        checkpoint: cuts of parts that a key leaves as they are hold from value to value.
    """

    instance: Instance
    keys: tuple[Keyed, ...]
    options: Options
    within_usd: float
    checkpoint: Checkpoint
    desks: OrderedDict[tuple[int, float], tuple[Desk, Answer]] = field(default_factory=OrderedDict)


def begin(instance: Instance, keys: tuple[Keyed, ...], options: Options, within_usd: float) -> Home:
    """What a process keeps."""
    return Home(instance, keys, options, within_usd, checkpoint_of(instance))


def solve_value(home: Home, task: Value) -> Record:
    """Solve a value; an error is told in its record."""
    began, cpu = time.monotonic(), time.process_time()
    record: Record = {
        "key": home.keys[task.key].name,
        "value": task.value,
        "time_limit": home.options.time_limit,
        "options": {},
    }
    try:
        record |= _answered(home, task)
    except InstanceError as error:
        record |= {"status": FAILED, "why": str(error.faults[0])}
    except OptimizerError as error:
        record |= {"status": FAILED, "why": str(error).partition("\n")[0]}
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu
    return record | {"seconds": round(seconds, 2), "cpu_seconds": round(cpu_seconds, 2)}


def _answered(home: Home, task: Value) -> Record:
    place = (task.key, task.value)
    try:
        if place not in home.desks:
            instance = instance_at(home.instance, home.keys[task.key], task.value, "--key")
            solves = Solves(instance, home.options, None, Stop(), home.checkpoint)
            desk = Desk(solves, Ledger(None, {}, home.options.time_limit), Facts((), home.within_usd))
            answer, _ = desk.ask("the best plan")
            desk.facts.bound = answer.least
            home.desks[place] = desk, answer
            while len(home.desks) > KEPT:
                home.desks.popitem(last=False)
        desk, answer = home.desks[place]
        if answer.objective is None:
            status = INFEASIBLE if answer.status == "infeasible" else LIMITED
            return {"status": status, "why": answer.why, "limits": int(status == LIMITED)}
        desk.facts.options = tuple(option for option in task.asked if option in desk.solves.years)
        if answer.status == "optimal":
            desk.settle(sharper=1.0)  # the gap that is asked for decides, also where it leaves both open
    except Interrupted as stopped:
        raise KeyboardInterrupt from stopped
    facts = desk.facts
    found = {":".join(option): _said(facts, option) for option in facts.options}
    never = {":".join(option): _NEVER for option in task.asked if option not in desk.solves.years}
    return {
        "status": SOLVED if answer.status == "optimal" else LIMITED,
        "why": answer.why,
        "objective": facts.best.cost,
        "bound": facts.bound if math.isfinite(facts.bound) else None,
        "funded": sorted(":".join(option) for option in facts.best.chosen),
        "limits": sum(one.why.startswith(LIMIT) for one in desk.asked.values()),
        "options": found | never,
    }


_NEVER = {"state": NOT_FUNDED, "at_least": None, "at_most": None}
"""Of an option that cannot be funded and on line within the horizon."""


def _said(facts: Facts, option: Option) -> dict[str, Any]:
    """What is proved of an option, and what doing otherwise costs, at least and at most, USD.

    Both are None where there is no plan without it, or with it, at all; the most where none is known.
    """
    state = {ALL: FUNDED, NONE: NOT_FUNDED}.get(facts.verdict(option), OPEN)
    low, high = facts.extra(option, funded=option not in facts.best.chosen)
    if not math.isfinite(low):
        return {"state": state, "at_least": None, "at_most": None}
    return {"state": state, "at_least": low, "at_most": high if high is not None and math.isfinite(high) else None}
