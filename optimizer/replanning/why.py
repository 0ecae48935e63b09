"""Why there is no plan with what is frozen: the rule that it breaks, the stock that cannot be had, or neither."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from optimizer.instance.instance import Instance
from optimizer.model import assemble
from optimizer.network.network import network_of
from optimizer.network.tables import Network
from optimizer.plan.rules import label_of
from optimizer.replanning.past import FREE, Past
from optimizer.replanning.rows import Price, frozen_rows
from optimizer.run import solve_with
from optimizer.solver.compile import Block, Problem, join
from optimizer.solver.highs import Progress, Report, Stop, run
from optimizer.solver.options import Options
from optimizer.solver.written import build_block

ANY = 0.9
"""Relative gap at which a plan is any plan."""
SHOWN = 3


def why_not(
    instance: Instance, network: Network, past: Past, options: Options, report: Report | None, stop: Stop
) -> str:
    """Why an instance has no plan once what has happened is frozen, in words.

    Args:
        instance: what was solved.
        network: its network.
        past: what is frozen.
        options: its time limit is that of each question.
        report: called with progress.
        stop: asks it to stop.
    """
    if report is not None:
        report(Progress("why there is no plan", 0.0, None, None, 0))
    broken = broken_rules(network, past)
    if broken:
        return broken
    loose = dataclasses.replace(options, gap=ANY, gap_usd=None)
    plain = instance.model_copy(update={"lexicographic": None})
    if past.stock is not None:
        without = dataclasses.replace(past, stock=None)
        block = frozen_rows(network_of(plain), without, Price(0.0, 0.0))
        if solve_with(plain, loose, None, report, stop, block, explain=False).tables:
            end = next(iter(past.stock))[3]
            return (
                f"with the stock of the last plan at the end of {end} there is no plan; with stock planned again there "
                f"is: --stock {FREE}"
            )
    found = solve_with(plain, loose, None, report, stop, explain=False)
    if found.tables:
        return (
            f"what is frozen before {past.year} leaves no plan: it keeps the rules on funding, but then not all "
            "demand, targets, rules on operations and budgets can be met; without it the instance has a plan"
        )
    if found.status == "infeasible":
        return "the instance has no plan, whatever is frozen; optimizer explain says why"
    return f"what is frozen leaves no plan; whether the instance has one at all is not known: {found.info['why']}"


def broken_rules(network: Network, past: Past) -> str:
    """Which rules on funding what is frozen cannot keep, in words; empty where it can."""
    investment = build_block(assemble.investment, network)
    frozen = frozen_rows(network, dataclasses.replace(past, stock=None), Price(0.0, 0.0))
    problem = join([investment, frozen])
    if _possible(problem, ()):
        return ""
    rules = _least(problem, range(len(investment.rows)), ())
    first = problem.row_start[frozen.name]
    relaxed = [i for i in range(len(investment.rows)) if i not in set(rules)]
    fixed = [first + i for i in range(len(frozen.rows))]
    needed = _least(problem, fixed, relaxed)
    named = [_funding(frozen, row - first) for row in needed]
    fundings = ", ".join(sorted(named)[:SHOWN]) + (f" and {len(named) - SHOWN} more" if len(named) > SHOWN else "")
    words = "; ".join(dict.fromkeys(_words(network, *investment.rows[i]) for i in rules))
    return f"what is frozen ({fundings}) breaks: {words}"


def _funding(frozen: Block, row: int) -> str:
    """A frozen row in words."""
    _, index = frozen.rows[row]
    facility, option, year = index[2:]  # type: ignore[index]
    there = "funded" if frozen.row_lower[row] > 0.5 else "not funded"
    return f"{facility}:{option} {there} in {year}"


def _possible(problem: Problem, relaxed: Iterable[int]) -> bool:
    """Whether some portfolio keeps all rows but the relaxed ones."""
    lower, upper = problem.row_lower.copy(), problem.row_upper.copy()
    which = np.array(list(relaxed), dtype=np.int64)
    lower[which], upper[which] = -np.inf, np.inf
    asked = dataclasses.replace(problem, row_lower=lower, row_upper=upper, objective=np.zeros(problem.columns))
    return run(asked, Options(threads=1), clean=False).ended != "infeasible"


def _least(problem: Problem, rows: Iterable[int], relaxed: Iterable[int]) -> list[int]:
    """Some of the rows that cannot be kept together, none of which can be left out: a deletion filter, by halves."""
    kept, gone = list(rows), list(relaxed)
    size = max(1, len(kept) // 2)
    while True:
        at = 0
        while at < len(kept):
            some = kept[at : at + size]
            if _possible(problem, [*gone, *some]):
                at += size
            else:
                gone += some
                del kept[at : at + size]
        if size == 1:
            return kept
        size = max(1, size // 2)


def _words(network: Network, component: str, index: object) -> str:
    """A row of the investment in words."""
    key = index if isinstance(index, tuple) else (index,)
    if isinstance(key[0], int):
        return f"rule {key[0]}, {label_of(network.instance.policy.rules[key[0]])}"
    names: dict[str, str] = {
        "alternatives_at_most_one": f"the options of {key[0]} without 'after' are alternatives, at most one is funded",
        "funded_at_most_once": f"{key[0]}:{key[-1]} is funded at most once",
        "after_is_on_line": f"{':'.join(map(str, key[:2]))} needs the option before it on line by {key[-1]}",
    }
    return names.get(component, f"{component} of {':'.join(map(str, key))}")
