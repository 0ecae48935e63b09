"""What an instance holds: years, counts, demand, futures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from optimizer.findings.finding import NOTE, Finding, amount, count, percent, some
from optimizer.findings.survey import Survey
from optimizer.network.tables import BASE, TRUNK


def horizon_summary(survey: Survey) -> Iterator[Finding]:
    """The horizon, the size of the instance, what is asked for, and how the futures weigh."""
    instance, calendar = survey.instance, survey.calendar
    options = [(name, o.id) for name, f in instance.facilities.items() for o in f.options]
    demand: dict[str, dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(float)))
    for market in instance.markets.values():
        for line in market.demand:
            stage = instance.materials[line.product].stage
            for t in survey.periods:
                demand[market.channel][stage][t] += calendar.mean(line.tonnes, t)
    first, last = survey.periods[0], survey.periods[-1]
    asked = [
        f"{channel} {stage} {amount(by[first])} to {amount(by[last])} t/yr"
        for channel, stages in demand.items()
        for stage, by in stages.items()
    ]
    never = [key for key in options if not survey.network.starts.years[key]]
    futures = [name for name in survey.network.probability if name != BASE]
    text = (
        f"{count(len(survey.periods), 'period')}, {first} to {calendar.end_year - 1}: "
        f"{count(len(instance.facilities), 'facility', 'facilities')}, "
        f"{count(len(options), 'option')}{f' ({len(never)} never on line within it)' if never else ''}, "
        f"{count(len(instance.materials), 'material')}, {count(len(instance.recipes), 'recipe')}, "
        f"{count(len(instance.channels), 'channel')}, {count(len(instance.markets), 'market')}, "
        f"{count(len(instance.stockpiles), 'stockpile')}. Demand, first period to last: {some(asked, 6)}. "
        f"{count(len(futures), 'disruption')}; nothing happens with probability "
        f"{percent(survey.network.probability[BASE])}."
    )
    data = {
        "periods": [{"year": t, "years": calendar.years[t]} for t in survey.periods],
        "counts": {
            "materials": len(instance.materials),
            "recipes": len(instance.recipes),
            "facilities": len(instance.facilities),
            "options": len(options),
            "options_never_on_line": len(never),
            "owners": len(instance.owners),
            "channels": len(instance.channels),
            "markets": len(instance.markets),
            "demand_lines": sum(len(market.demand) for market in instance.markets.values()),
            "stockpiles": len(instance.stockpiles),
            "lanes": len(instance.lanes),
            "freight": len(instance.logistics.freight),
            "rules": len(instance.policy.rules),
            "futures": len(futures),
        },
        "demand": {k: {stage: dict(by) for stage, by in stages.items()} for k, stages in demand.items()},
        "probability": dict(survey.network.probability),
        "weight": {t: survey.network.weight[TRUNK, t] for t in survey.periods},
    }
    yield Finding("horizon_summary", ("periods",), text, data, NOTE)
