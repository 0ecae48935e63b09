"""Plans trusted supply networks: which facilities to fund, at what size, when, with what stockpile.

Four calls do most of the work::

    instance = optimizer.load("instances/starter")
    plan = optimizer.solve(instance, gap=1e-3)
    plan.portfolio
    plan.save("results/starter")
"""

from optimizer.errors import Fault, InstanceError, OptimizerError, OptionsError, PlanError, SolveError, Where
from optimizer.findings import Finding, findings_of
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.run import findings, load, solve, validate
from optimizer.verify import Tolerance, Verdict, Violation, verify

__all__ = [
    "Fault",
    "Finding",
    "Instance",
    "InstanceError",
    "OptimizerError",
    "OptionsError",
    "Plan",
    "PlanError",
    "SolveError",
    "Tolerance",
    "Verdict",
    "Violation",
    "Where",
    "findings",
    "findings_of",
    "load",
    "solve",
    "validate",
    "verify",
]
