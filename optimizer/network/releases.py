"""What activity releases, which facilities a rule on it matches, and what it charges."""

from __future__ import annotations

import math
from collections.abc import Mapping

from optimizer.instance.amounts import ReleaseCharge, Where
from optimizer.instance.instance import Instance
from optimizer.network.effects import matches
from optimizer.network.network import facility_facts
from optimizer.network.tables import Network


def released(instance: Instance, facility: str, recipe: str) -> Mapping[str, float]:
    """What a recipe releases at a facility per unit of activity, name by name as the facility says, or the recipe."""
    return {**instance.recipes[recipe].releases, **instance.facilities[facility].recipes[recipe].releases}


def fits(network: Network, where: Where, facility: str, year: int) -> bool:
    """Whether a facility matches the `where` of a rule in a year."""
    return matches(where, facility_facts(network.instance, network.trust, facility, year))


def matching(network: Network, where: Where, facility: str, period: int) -> float:
    """Share of the years of a period in which a facility matches the `where` of a rule."""
    return network.calendar.mean_of(period, lambda year: float(fits(network, where, facility, year)))


def charge(network: Network, facility: str, release: str, period: int) -> float:
    """USD per unit released at a facility: the mean over the years of a period, of all rules together."""
    calendar = network.calendar
    rules = [one for one in network.instance.policy.rules if isinstance(one, ReleaseCharge) and one.release == release]

    def in_year(year: int) -> float:
        return math.fsum(calendar.at(one.cost, year) for one in rules if fits(network, one.where, facility, year))

    return calendar.mean_of(period, in_year) if rules else 0.0
