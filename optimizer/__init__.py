"""Plans trusted supply networks: which facilities to fund, at what size, when, with what stockpile.

Four calls do most of the work::

    instance = optimizer.load("instances/starter")
    plan = optimizer.solve(instance, gap=1e-3)
    plan.portfolio
    plan.save("results/starter")
"""

from optimizer.budgeting import CutList, DecisionCalendar, calendar, cuts
from optimizer.closures import Viability, viability
from optimizer.comparison import Comparison, compare
from optimizer.conflict import Explanation, explain
from optimizer.effectiveness import Measures, measures
from optimizer.errors import (
    Fault,
    FuturesError,
    InstanceError,
    OptimizerError,
    OptionsError,
    PlanError,
    SolveError,
    Where,
)
from optimizer.evaluation import Evaluation, Future, Portfolio, evaluate
from optimizer.findings import Finding
from optimizer.fronts import Frontier, Sweep, frontier
from optimizer.futures import FutureSet, sample
from optimizer.instance.instance import Instance
from optimizer.ladder import NetShortfall, shortfall
from optimizer.losses import Stress, stress, survive
from optimizer.near_optimal import Alternatives, Why, alternatives, why
from optimizer.pages import plot, report
from optimizer.plan.plan import Plan
from optimizer.replanning import Rolled, roll
from optimizer.robustness import Flips, Verdicts, flip, verdicts
from optimizer.run import Validation, diagnose, load, solve, validate
from optimizer.studies import Study, study
from optimizer.sweep import Sensitivity, sensitivity
from optimizer.synthetic import Synthetic, generate
from optimizer.templates import new
from optimizer.verifier import Tolerance, Verdict, Violation, verify
from optimizer.waiving import Waivers, waivers
from optimizer.workbooks import workbook
from optimizer.worth import StockUse, Value, stock_use, value

__all__ = [
    "Alternatives",
    "Comparison",
    "CutList",
    "DecisionCalendar",
    "Evaluation",
    "Explanation",
    "Fault",
    "Finding",
    "Flips",
    "Frontier",
    "Future",
    "FutureSet",
    "FuturesError",
    "Instance",
    "InstanceError",
    "Measures",
    "NetShortfall",
    "OptimizerError",
    "OptionsError",
    "Plan",
    "PlanError",
    "Portfolio",
    "Rolled",
    "Sensitivity",
    "SolveError",
    "StockUse",
    "Stress",
    "Study",
    "Sweep",
    "Synthetic",
    "Tolerance",
    "Validation",
    "Value",
    "Verdict",
    "Verdicts",
    "Viability",
    "Violation",
    "Waivers",
    "Where",
    "Why",
    "alternatives",
    "calendar",
    "compare",
    "cuts",
    "diagnose",
    "evaluate",
    "explain",
    "flip",
    "frontier",
    "generate",
    "load",
    "measures",
    "new",
    "plot",
    "report",
    "roll",
    "sample",
    "sensitivity",
    "shortfall",
    "solve",
    "stock_use",
    "stress",
    "study",
    "survive",
    "validate",
    "value",
    "verdicts",
    "verify",
    "viability",
    "waivers",
    "why",
    "workbook",
]
