"""What scale goals count: it is made whether anybody takes it or not."""

from __future__ import annotations

from optimizer.instance.amounts import ScaleGoal
from optimizer.instance.instance import Instance


def is_counted(instance: Instance, material: str) -> bool:
    """Whether a scale goal counts a material."""
    stage = instance.materials[material].stage
    goals = (rule for rule in instance.policy.rules if isinstance(rule, ScaleGoal))
    return any(goal.stage == stage or material in (goal.materials or ()) for goal in goals)
