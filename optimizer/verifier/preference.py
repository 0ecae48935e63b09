"""What buyers prefer: by how much a delivery is weighed dearer, which is no money."""

from __future__ import annotations

from optimizer.instance.amounts import Preference
from optimizer.verifier.case import Case
from optimizer.verifier.columns import Demand


def weighed(case: Case, row: Demand) -> float:
    """USD by which a row of deliveries is weighed dearer: a share of the reference price where the market lies."""
    block, period = case.blocks[row.scenario], case.facts.periods[row.period]
    region = case.facts.region(case.instance.markets[row.market].country)
    usd = 0.0
    for rule in case.instance.policy.rules:
        if not isinstance(rule, Preference) or row.market not in rule.markets:
            continue
        if (block is case.trunk or rule.in_disruption) and not case.facts.as_strict(row.channel, rule.channel):
            price = case.factors.price(block, period, row.material, region) or 0.0
            usd += row.delivered * case.facts.mean(rule.share, period) * price
    return usd
