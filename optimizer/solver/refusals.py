"""What a study cannot be asked with, in words: a list, so that all faults are told together."""

from __future__ import annotations

from optimizer.instance.instance import Instance
from optimizer.instance.policy import Regret


def rows_refused(method: str) -> list[str]:
    """Methods that solve no problem with further rows over fundings."""
    if method == "hedging":
        return ["method is 'hedging', which takes no rows over fundings; 'benders' or 'extensive' can solve it"]
    return []


def regret_refused(asker: str, instance: Instance) -> list[str]:
    """Studies whose differences of cost mean nothing where every instance has optima with hindsight of its own."""
    if isinstance(instance.risk, Regret):
        return [f"{asker} is not built for the measure regret; --set 'risk={{measure: expected}}'"]
    return []
