"""The value of the risk measure, from what futures cost."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.instance.policy import Cvar, Expected, Regret
from optimizer.network.tables import Network


def measure_of(network: Network, costs: Mapping[str, float], hindsight: Mapping[str, float]) -> float:
    """What is minimised, USD. Source: design.md 4.3; the tail mean is that of Rockafellar and Uryasev (2000).

    Args:
        network: whose measure it is.
        costs: of every future that counts, USD.
        hindsight: what each future costs with hindsight, USD, for regret.
    """
    measure = network.instance.risk
    if isinstance(measure, Expected):
        return mean_of(network, costs)
    if isinstance(measure, Regret):
        return max(cost - hindsight[future] for future, cost in costs.items())
    if not isinstance(measure, Cvar):
        return max(costs.values())
    left, tail = 1.0 - measure.alpha, 0.0
    for future in sorted(costs, key=lambda name: -costs[name]):
        part = min(left, network.probability[future])
        tail, left = tail + part * costs[future], left - part
    return (1.0 - measure.weight) * mean_of(network, costs) + measure.weight * tail / (1.0 - measure.alpha)


def mean_of(network: Network, costs: Mapping[str, float]) -> float:
    """Expected cost, USD, from that of every future that counts."""
    return sum(network.probability[future] * cost for future, cost in costs.items())
