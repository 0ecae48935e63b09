"""Numbers so small, large or far apart that double precision, or the tolerances within it, cannot tell them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from optimizer.findings.finding import SMALL, WARNING, Finding, amount, some
from optimizer.findings.survey import Survey
from optimizer.network.derive_markets import target_level

FINE = 10 * SMALL
"""Tonnes: of less a tenth and more may be missing, and every row of it holds."""
COARSE = 1e8
"""Tonnes: rows of more cannot be held by a solver to its tolerance, which is absolute."""
APART = 1e10
"""A cost so many times below the dearest lies under the tolerance of the objective, by which HiGHS stops."""

_Path = tuple[str | int, ...]


@dataclass(slots=True)
class _Sizes:
    """Tonnes that are asked for, and that may be made, with where they stand; and what options cost."""

    asked: list[tuple[float, str, _Path]] = field(default_factory=list)
    made: list[tuple[float, str, _Path]] = field(default_factory=list)
    usd: list[tuple[float, str, _Path]] = field(default_factory=list)


def beyond_precision(survey: Survey) -> Iterator[Finding]:
    """Tonnes lie between ten grams and a hundred megatonnes, and options within ten orders of magnitude."""
    sizes = _sizes(survey)
    small = [one for one in sizes.asked if 0 < one[0] < FINE]
    if small:
        least, what, path = min(small)
        text = (
            f"{what} is {amount(least)} t: a row of tonnes holds to {amount(SMALL)} t, so as much of it may be missing "
            "and no check tells. State this material in a smaller unit, with its costs by that unit."
        )
        data = {"what": "small", "tonnes": least, "tolerance": SMALL, "places": [one[1] for one in small]}
        yield Finding("beyond_precision", path, text, data, WARNING)
    large = [one for one in sizes.asked + sizes.made if one[0] > COARSE]
    if large:
        most, what, path = max(large)
        text = (
            f"{what} is {amount(most)} t: double precision does not hold a row of so much to {amount(SMALL)} t, and a "
            "solve may end without a plan. State this material in a larger unit, with its costs by that unit."
        )
        data = {"what": "large", "tonnes": most, "places": [one[1] for one in large]}
        yield Finding("beyond_precision", path, text, data, WARNING)
    dearest = max((usd for usd, _, _ in sizes.usd), default=0.0)
    cheap = [one for one in sizes.usd if 0 < one[0] < dearest / APART]
    if cheap:
        least, what, path = min(cheap)
        text = (
            f"{what} costs {amount(least)} USD, and the dearest {amount(dearest)} USD: no solver tells a plan with "
            f"the one from a plan without it. So it is with {some([one[1] for one in cheap])}; plan these apart."
        )
        data = {"what": "apart", "usd": least, "dearest": dearest, "options": [one[1] for one in cheap]}
        yield Finding("beyond_precision", path, text, data, WARNING)


def _sizes(survey: Survey) -> _Sizes:
    mean, found = survey.calendar.mean, _Sizes()
    for name, market in survey.instance.markets.items():
        for index, line in enumerate(market.demand):
            path: _Path = ("markets", name, "demand", index, "tonnes")
            what = f"Demand of {name} for {line.product}"
            found.asked += [(mean(line.tonnes, t), f"{what} in {t}", path) for t in survey.periods]
    for name, stockpile in survey.instance.stockpiles.items():
        for index, target in enumerate(stockpile.targets):
            path = ("stockpiles", name, "targets", index)
            what = f"Target of {name} for {target.material}"
            found.asked += [(target_level(survey.network, target, t), f"{what} in {t}", path) for t in survey.periods]
    for name, facility in survey.instance.facilities.items():
        here: _Path = ("facilities", name, "capacity")
        found.made += [
            (mean(series, t), f"Capacity of {name} in {t}", here)
            for series in facility.capacity.values()
            for t in survey.periods
        ]
        for index, option in enumerate(facility.options):
            path = ("facilities", name, "options", index)
            what = f"option {option.id} of {name}"
            found.made += [(size, f"Capacity of {what}", path) for size in option.capacity.values()]
            found.usd.append((option.capex + option.fixed_cost, f"Option {option.id} of {name}", path))
    return found
