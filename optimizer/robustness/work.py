"""A sample, in a process of its own: its best plan, then each option forced in or left out, as far as that is open."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.errors import InstanceError, OptimizerError
from optimizer.instance.instance import Instance
from optimizer.near_optimal.ask import Desk, Interrupted
from optimizer.near_optimal.facts import ALL, NONE, Facts
from optimizer.near_optimal.ledger import LIMIT, Ledger
from optimizer.near_optimal.rows import Option, without
from optimizer.near_optimal.solves import Answer, Solves
from optimizer.robustness.case import Case, Draw
from optimizer.run import checkpoint_of
from optimizer.solver.highs import Stop
from optimizer.solver.options import Options
from optimizer.workers import BlamedError

Record = dict[str, Any]
"""What came of a sample, as plain data (docs/verdicts.md)."""

SOLVED, LIMITED, INFEASIBLE, REFUSED, FAILED = "solved", "limit", "infeasible", "not allowed", "failed"
"""What may become of a sample: its best plan to the gap; not to the gap; no plan exists; its numbers are no instance;
an error."""


AMPLE = 20
"""Tolerances up to which a plan is sought where all that is known is that it costs more than one."""


@dataclass(frozen=True, slots=True)
class Home:
    """What a process keeps.

    Attributes:
        case: what the data leave open.
        options: of each solve.
        within_usd: what a near-optimal plan may cost more than the best, USD.
        price: solve on to the gap for what forcing in or leaving out costs.
    """

    case: Case
    options: Options
    within_usd: float
    price: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A sample to do.

    Attributes:
        draw: which; None for the data as they stand.
        asked: options that verdicts are wanted of; None for all.
    """

    draw: Draw | None
    asked: tuple[Option, ...] | None

    @property
    def number(self) -> int:
        """Of the sample; 0 is the data as they stand."""
        return 0 if self.draw is None else self.draw.number


def done(home: Home, task: Task) -> list[Record]:
    """Do a sample; an error is told in its record."""
    began, cpu, lessened = time.monotonic(), time.process_time(), False
    record: Record = {"sample": task.number, "time_limit": home.options.time_limit}
    try:
        instance = home.case.instance
        if task.draw is not None:
            instance, lessened = home.case.drawn(task.draw)
        record |= _answered(home, instance, task.asked)
    except InstanceError as error:
        record |= {"status": REFUSED, "why": str(error.faults[0])}
    except OptimizerError as error:
        record |= {"status": FAILED, "why": str(error).partition("\n")[0]}
    record["lessened"] = lessened
    record["seconds"] = round(time.monotonic() - began, 2)
    record["cpu_seconds"] = round(time.process_time() - cpu, 2)
    return [record]


def given_up(task: Task, error: BlamedError) -> list[Record]:
    """A sample over which processes died."""
    return [{"sample": task.number, "time_limit": None, "status": FAILED, "why": str(error), "lessened": False,
             "seconds": 0.0, "cpu_seconds": 0.0}]  # fmt: skip


def _answered(home: Home, instance: Instance, asked: Sequence[Option] | None) -> Record:
    solves = Solves(instance, home.options, None, Stop(), checkpoint_of(instance))
    options = tuple(option for option in solves.years if asked is None or option in asked)
    desk = Desk(solves, Ledger(None, {}, home.options.time_limit), Facts(options, home.within_usd))
    try:
        first, _ = desk.ask("the best plan")
        if first.objective is None:
            status = INFEASIBLE if first.status == "infeasible" else LIMITED
            return {"status": status, "why": first.why}
        desk.facts.bound = first.least
        if first.status == "optimal":
            if home.price:
                for option in options:
                    desk.flip(option, to_the_gap=True)
            desk.settle(sharper=1.0)  # where the gap does not decide, another sample tells more than a smaller gap
            _complete(desk)
    except Interrupted as stopped:
        raise KeyboardInterrupt from stopped
    return _record(desk, first)


def _complete(desk: Desk) -> None:
    """Find a plan without each option that all near-optimal plans fund, where a proof came before any.

    What leaving it out costs has an end then. The best plan of the best portfolio's other options is sought, which is a
    small problem; where there is none, any plan, as far as that costs at most some tolerances more.
    """
    facts = desk.facts
    if not facts.found:
        return
    best = facts.best
    rest = without([option for option in desk.solves.years if option not in best.chosen])
    for option in facts.options:
        unknown = facts.most(option, funded=False) is None and math.isfinite(facts.least(option, funded=False))
        if unknown and option in best.chosen:
            start = tuple(item for item in best.funded if item[:2] != option)
            words = f"the best of the rest without {':'.join(option)}"
            answer, _ = desk.ask(words, [*rest, *without([option])], start=start)
            if answer.status == "infeasible":  # something else must take its place
                far = facts.best.cost + AMPLE * facts.within
                answer, _ = desk.ask(f"without {':'.join(option)}", without([option]), far, sharper=1.0)
                facts.least_without[option] = max(facts.least_without[option], answer.least)


def _record(desk: Desk, first: Answer) -> Record:
    facts, solves = desk.facts, desk.solves
    capex = solves.network.starts.options
    return {
        "status": SOLVED if first.status == "optimal" else LIMITED,
        "why": first.why,
        "objective": facts.best.cost,
        "bound": facts.bound if math.isfinite(facts.bound) else None,
        # The options are a set, whose order is another in each process; fsum gives the same in any.
        "capex": math.fsum(capex[option].capex for option in facts.best.chosen),
        "funded": [list(funding) for funding in facts.best.funded],
        "solves": len(desk.asked),
        "limits": sum(answer.why.startswith(LIMIT) for answer in desk.asked.values()),
        "options": {
            ":".join(option): {
                "verdict": facts.verdict(option),
                "in_best": option in facts.best.chosen,
                "left_out": [0.0, 0.0] if facts.verdict(option) == NONE else _extra(facts, option, funded=False),
                "forced_in": [0.0, 0.0] if facts.verdict(option) == ALL else _extra(facts, option, funded=True),
            }
            for option in facts.options
        },
    }


def _extra(facts: Facts, option: Option, *, funded: bool) -> list[float | None] | None:
    """What it costs to force an option in, or to leave it out, at least and at most, USD.

    None where that leaves no plan at all; the most is None where no such plan is known.
    """
    low, high = facts.extra(option, funded=funded)
    return [low, high if high is not None and math.isfinite(high) else None] if math.isfinite(low) else None
