"""Plans trusted supply networks: which facilities to fund, at what size, when, with what stockpile.

Four calls do most of the work::

    instance = optimizer.load("instances/starter")
    plan = optimizer.solve(instance, gap=1e-3)
    plan.portfolio
    plan.save("results/starter")
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optimizer.benchmark import Benchmark, Standing, benchmarks
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
    from optimizer.exporting import Exported, export
    from optimizer.findings import Finding
    from optimizer.fronts import Frontier, Sweep, frontier
    from optimizer.futures import FutureSet, sample
    from optimizer.instance.instance import Instance
    from optimizer.ladder import NetShortfall, shortfall
    from optimizer.losses import Stress, stress, survive
    from optimizer.near_optimal import Alternatives, Why, alternatives, why
    from optimizer.pages import plot, report
    from optimizer.plan.plan import Plan
    from optimizer.proof import Proof, prove, proven
    from optimizer.replanning import Rolled, roll
    from optimizer.robustness import Flips, Verdicts, flip, verdicts
    from optimizer.run import Validation, diagnose, load, solve, validate
    from optimizer.solver.highs import Progress, Stop
    from optimizer.solver.options import Options
    from optimizer.studies import Study, study
    from optimizer.sweep import Sensitivity, sensitivity
    from optimizer.synthetic import Synthetic, generate
    from optimizer.templates import new
    from optimizer.unmarking import Unmarked, unmarked
    from optimizer.verifier import Tolerance, Verdict, Violation, verify
    from optimizer.waiving import Waivers, waivers
    from optimizer.workbooks import workbook
    from optimizer.worth import StockUse, Value, stock_use, value

__all__ = [
    "Alternatives",
    "Benchmark",
    "Comparison",
    "CutList",
    "DecisionCalendar",
    "Evaluation",
    "Explanation",
    "Exported",
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
    "Options",
    "OptionsError",
    "Plan",
    "PlanError",
    "Portfolio",
    "Progress",
    "Proof",
    "Rolled",
    "Sensitivity",
    "SolveError",
    "Standing",
    "StockUse",
    "Stop",
    "Stress",
    "Study",
    "Sweep",
    "Synthetic",
    "Tolerance",
    "Unmarked",
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
    "benchmarks",
    "calendar",
    "compare",
    "cuts",
    "diagnose",
    "evaluate",
    "explain",
    "export",
    "flip",
    "frontier",
    "generate",
    "load",
    "measures",
    "new",
    "plot",
    "prove",
    "proven",
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
    "unmarked",
    "validate",
    "value",
    "verdicts",
    "verify",
    "viability",
    "waivers",
    "why",
    "workbook",
]

_HOMES = {
    "benchmark": ("Benchmark", "Standing", "benchmarks"),
    "budgeting": ("CutList", "DecisionCalendar", "calendar", "cuts"),
    "closures": ("Viability", "viability"),
    "comparison": ("Comparison", "compare"),
    "conflict": ("Explanation", "explain"),
    "effectiveness": ("Measures", "measures"),
    "errors": (
        "Fault",
        "FuturesError",
        "InstanceError",
        "OptimizerError",
        "OptionsError",
        "PlanError",
        "SolveError",
        "Where",
    ),
    "evaluation": ("Evaluation", "Future", "Portfolio", "evaluate"),
    "exporting": ("Exported", "export"),
    "proof": ("Proof", "prove", "proven"),
    "findings": ("Finding",),
    "fronts": ("Frontier", "Sweep", "frontier"),
    "futures": ("FutureSet", "sample"),
    "instance.instance": ("Instance",),
    "ladder": ("NetShortfall", "shortfall"),
    "losses": ("Stress", "stress", "survive"),
    "near_optimal": ("Alternatives", "Why", "alternatives", "why"),
    "pages": ("plot", "report"),
    "plan.plan": ("Plan",),
    "replanning": ("Rolled", "roll"),
    "robustness": ("Flips", "Verdicts", "flip", "verdicts"),
    "run": ("Validation", "diagnose", "load", "solve", "validate"),
    "solver.highs": ("Progress", "Stop"),
    "solver.options": ("Options",),
    "studies": ("Study", "study"),
    "sweep": ("Sensitivity", "sensitivity"),
    "synthetic": ("Synthetic", "generate"),
    "templates": ("new",),
    "unmarking": ("Unmarked", "unmarked"),
    "verifier": ("Tolerance", "Verdict", "Violation", "verify"),
    "waiving": ("Waivers", "waivers"),
    "workbooks": ("workbook",),
    "worth": ("StockUse", "Value", "stock_use", "value"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # a type checker would take any name for one of the package

    def __getattr__(name: str) -> Any:
        """A public name, imported when it is first asked for: all of them take seconds, most callers need a few."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
