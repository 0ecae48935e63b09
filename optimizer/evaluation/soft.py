"""An instance in which any portfolio can be operated: every demand may be short, and nothing must pay its way."""

from __future__ import annotations

from optimizer.instance.amounts import FillRate
from optimizer.instance.instance import Instance
from optimizer.instance.movement import DemandLine
from optimizer.instance.series import Series

FIRST = 10.0
"""Times the dearest shortage that a tonne costs which must be met: it is the last to be short."""
DEAREST = 1e6
"""USD per t of the dearest shortage where the instance states none."""


BOOKS = "left out: what is funded is operated at least cost, whether it pays its way or not"
"""What is said of the books of what is operated, where an instance keeps them."""


def keeps_books(instance: Instance) -> bool:
    """Whether what is funded must pay its way, or governments pay least: what is operated is asked neither."""
    finance = instance.finance
    return finance is not None and (finance.viability or finance.perspective == "public")


def without_books(instance: Instance) -> Instance:
    """Nothing must pay its way: books are of the trunk of a plan, and nobody who operates what stands closes it."""
    if instance.finance is None:
        return instance
    return instance.model_copy(
        update={"finance": instance.finance.model_copy(update={"viability": False, "perspective": "system"})}
    )


def soft_demand(instance: Instance) -> Instance:
    """Every demand may be short; what must be met costs more than any other, so that it is short last.

    No rule asks for a fill rate then, for that is demand that must be met too.
    """
    lines = [line for market in instance.markets.values() for line in market.demand]
    stated = [cost for line in lines for cost in line.shortage_cost.values if isinstance(cost, int | float)]
    dearest = FIRST * (max(stated, default=0.0) or DEAREST / FIRST)

    def softened(line: DemandLine) -> DemandLine:
        cost = line.shortage_cost
        if None not in cost.values:
            return line
        steps = tuple((year, dearest if value is None else value) for year, value in cost.steps)
        plain = Series(steps=steps) if steps else Series(constant=dearest)
        return line.model_copy(update={"shortage_cost": plain})

    markets = {
        name: market.model_copy(update={"demand": tuple(map(softened, market.demand))})
        for name, market in instance.markets.items()
    }
    nothing = {"share": Series(constant=0.0)}
    rules = tuple(
        rule.model_copy(update=nothing) if isinstance(rule, FillRate) else rule for rule in instance.policy.rules
    )
    policy = instance.policy.model_copy(update={"rules": rules})
    return instance.model_copy(update={"markets": markets, "policy": policy})
