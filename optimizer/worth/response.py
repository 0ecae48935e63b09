"""What it is worth to be able to respond: to fund something once a disruption has struck."""

from __future__ import annotations

from optimizer.worth.figures import Figure, between, measured, over, unknown
from optimizer.worth.steps import Steps

FIGURES = ("response", "response_alone", "response_planning")


def response(steps: Steps, here: Figure) -> dict[str, Figure]:
    """Least expected cost of who cannot fund anything in a branch, less that of who can, in two parts.

    Args:
        steps: with the plan `no_reaction`, and what its fundings and stock cost who can respond.
        here: least expected cost of who can.

    Returns:
        `response`; of it `response_alone`, what branches save at the plan of who cannot respond, and
        `response_planning`, what is saved by a plan that counts on it.
    """
    unable = steps.plans.get("no_reaction")
    if here["value"] is None or unable is None or unable.objective is None:
        why = "nobody knows whether there is a plan without it: the study was stopped, or the time limit was reached"
        if steps.unable == "infeasible":
            why = "without it there is no plan at all"
        return dict.fromkeys(FIGURES, unknown(why))
    low = None if unable.bound is None else unable.bound - here["high"]
    high = None if here["low"] is None else unable.objective - here["low"]
    found = {"response": between(unable.objective - here["value"], low, high)}
    mine = steps.costs.get("no_reaction")
    cost = None if mine is None else measured("expected", mine, steps.probability, steps.solves.alpha, {})
    if cost is None:
        why = steps.unmet.get("no_reaction", "the study was stopped before it was done")
        return found | dict.fromkeys(FIGURES[1:], unknown(why))
    alone = max(0.0, unable.objective - cost)
    return found | {"response_alone": between(alone, alone, alone), "response_planning": over(cost, here)}
