"""What a study of a plan is made of: a plan or an instance, and a baseline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.errors import PlanError
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Given:
    """What was given.

    Attributes:
        instance: whose plans are asked for.
        plan: None where an instance was given, which is to be solved first.
        baseline: None where none was given.
    """

    instance: Instance
    plan: Plan | None
    baseline: Plan | None


def dated(plan: Plan) -> dict[str, Any]:
    """Name, date and cost of a plan to which something is the difference."""
    return {key: plan.info.get(key) for key in ("instance", "instance_sha256", "made", "objective", "bound", "gap_usd")}


def given_of(plan: Plan | Instance | Path | str, baseline: Plan | Path | str | None) -> Given:
    """Read what is given by the name of its folder.

    Args:
        plan: a plan or its result folder, or an instance.
        baseline: a plan or its result folder.

    Raises:
        PlanError: one of them is no plan, or ended without one.
    """
    read = plan if isinstance(plan, Plan | Instance) else Plan.read(plan)
    other = baseline if baseline is None or isinstance(baseline, Plan) else Plan.read(baseline)
    if isinstance(read, Plan) and not read.tables:
        raise PlanError(f"the run ended without a plan: {read.status} ({read.info.get('why')})")
    if other is not None and not other.tables:
        raise PlanError(f"the baseline ended without a plan: {other.status} ({other.info.get('why')})")
    if isinstance(read, Instance):
        return Given(read, None, other)
    return Given(read.instance, read, other)
