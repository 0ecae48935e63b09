"""A plan that a search begins with."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.model.declare import Key
from optimizer.network.tables import TRUNK
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

USED = "used"
UNUSED = "it holds no plan in this instance, and was not used"
UNTRIED = "it was stopped before that was tried"
"""What became of it."""
TAKES = ("recipients", "grants", "financing", "purchases")
"""Tables of a plan that say who takes what of an instrument."""


@dataclass(frozen=True, slots=True)
class Start:
    """What an earlier plan decides; it may be of another instance.

    Attributes:
        fundings: (facility, option, year) of each.
        courses: of operations that it has.
        stock: (course, (component, index)) -> t: `stock` at a period's end, what is `missing` to a target, `short` of
            a demand, and what else others look at; stock of its courses that is not there is 0.
        recipients: (instrument, facility) of who takes what; None where it is not known.
    """

    fundings: frozenset[tuple[str, str, int]]
    courses: frozenset[str]
    stock: dict[tuple[str, Key], float]
    recipients: frozenset[tuple[str, str]] | None = None


def start_of(plan: Plan) -> Start:
    """What a plan with tables decides."""
    fundings = frozenset((str(row.facility), str(row.option), int(row.funded)) for row in rows_of(plan.portfolio))
    stock: dict[tuple[str, Key], float] = {}
    for row in rows_of(plan.stock):
        index = (str(row.stockpile), str(row.material), str(row.channel), int(row.period))
        stock[str(row.scenario), ("stock", index)] = float(row.closing)
    for row in rows_of(plan.targets):
        stock[TRUNK, ("missing", (str(row.stockpile), int(row.target), int(row.period)))] = float(row.short)
    for row in rows_of(plan.demand[plan.demand["short"] > 0]):
        stock[str(row.scenario), ("short", (str(row.market), int(row.line), int(row.period)))] = float(row.short)
    courses = frozenset({TRUNK, *(str(row.scenario) for row in rows_of(plan.scenarios))})
    return Start(fundings, courses, stock, _recipients(plan))


def _recipients(plan: Plan) -> frozenset[tuple[str, str]]:
    """Who takes what in a plan, chosen for it or not."""
    takes = [table for table in TAKES if table in plan.tables]
    return frozenset((str(row.instrument), str(row.facility)) for table in takes for row in rows_of(plan.tables[table]))
