"""Whether a changed instance has a plan: solved as any instance is, and the plan checked by the independent checker."""

from __future__ import annotations

import dataclasses

from optimizer.conflict.case import loud_branches, with_what_they_leave
from optimizer.errors import SolveError
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Expected
from optimizer.network.network import laundering, network_of
from optimizer.run import solve_with
from optimizer.solver.highs import Report, Stop
from optimizer.solver.options import Options

YES, NO = "yes", "no"
ANY = 0.9
"""Relative gap at which a plan is any plan."""


def lean(instance: Instance) -> Instance:
    """The instance without the scenarios that always have an answer: it has a plan just where the whole has one."""
    network = network_of(instance)
    keep = set(with_what_they_leave(network, loud_branches(network)))
    scenarios = tuple(scenario for scenario in instance.scenarios if scenario.id in keep)
    return instance.model_copy(update={"scenarios": scenarios, "risk": Expected(), "lexicographic": None})


def has_plan(instance: Instance, options: Options, report: Report | None = None, stop: Stop | None = None) -> str:
    """`yes`, `no`, or why it is not known.

    Args:
        instance: changed.
        options: its time limit is for this solve.
        report: called with progress.
        stop: asks it to stop.
    """
    if faults := laundering(instance):
        return f"refused: {faults[0].wrong}"
    loose = dataclasses.replace(options, method="auto", gap=ANY, gap_usd=None)
    try:
        plan = solve_with(lean(instance), loose, report=report, stop=stop)
    except SolveError as error:
        return f"the solver failed: {error}"
    if plan.status == "infeasible":
        return NO
    if not plan.tables:
        return str(plan.info["why"])
    return YES if plan.info["verdict"]["ok"] else f"the checker found: {plan.info['verdict']['summary']}"
