"""What a study cannot be asked with, in words: a list, so that all faults are told together."""

from __future__ import annotations

from optimizer.instance.instance import Instance
from optimizer.instance.policy import Regret
from optimizer.network.tables import Network
from optimizer.solver.levels import least_outlay_first


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


def several_problems(asker: str, network: Network) -> list[str]:
    """What asks for one problem, where an instance is solved in several steps."""
    instance = network.instance
    faults = regret_refused(asker, instance)
    if instance.lexicographic is not None:
        faults.append("service comes before cost, which is a solve for each channel; --set lexicographic=null")
    if least_outlay_first(network):
        faults.append("public outlay comes before cost, which is two solves; --set finance.perspective=system")
    return faults
