"""Periods, scenarios and the years they name."""

from __future__ import annotations

import itertools
from decimal import Decimal

from optimizer.instance.checks.base import listed, orderly, ordinal, whole
from optimizer.instance.instance import Instance
from optimizer.instance.source import Source

RESERVED = ("trunk", "base", "investment")
"""Words that stand in the result tables where scenarios do."""


def periods_follow(source: Source, instance: Instance) -> None:
    """Periods follow one another, without overlap or gap."""
    if not whole(source, "periods"):
        return
    pairs = list(listed(source, ("periods",), instance.periods))
    for (_, before), (path, period) in itertools.pairwise(pairs):
        if period.year == before.end:
            continue
        lasts = f"{before.year} lasts {before.years} year" + ("s" if before.years > 1 else "")
        wrong = f"{period.year} does not follow: {lasts}"
        right = f"the next period starts in {before.end}"
        if period.year > before.end:
            right += f"; for longer steps write {{year: {before.year}, years: {period.year - before.year}}}"
        source.fault(path, wrong, right)


def base_year_comes_first(source: Source, instance: Instance) -> None:
    """The base year is not after the first period."""
    if whole(source, "periods") and instance.base_year > instance.first_year:
        wrong = f"base_year {instance.base_year} is after the first period, {instance.first_year}"
        source.fault(("base_year",), wrong, f"{instance.first_year} or earlier")


def scenario_ids_differ(source: Source, instance: Instance) -> None:
    """Scenarios have ids of their own, and none that results need for something else."""
    seen: dict[str, tuple[object, ...]] = {}
    for path, scenario in listed(source, ("scenarios",), instance.scenarios):
        if scenario.id in RESERVED:
            wrong = f"'{scenario.id}' has a meaning of its own in results"
            source.fault((*path, "id"), wrong, "give the scenario another id")
        elif scenario.id in seen:
            wrong = f"two scenarios are called '{scenario.id}'"
            first = source.where(*seen[scenario.id])
            source.fault((*path, "id"), wrong, f"the first is at {first}; ids differ")
        seen.setdefault(scenario.id, path)


def onsets_begin_periods(source: Source, instance: Instance) -> None:
    """A scenario's onset is the first year of a period."""
    if not orderly(source, instance):
        return
    starts = [period.year for period in instance.periods]
    for path, scenario in listed(source, ("scenarios",), instance.scenarios):
        if scenario.onset not in starts:
            right = f"one of {', '.join(map(str, starts))}"
            source.fault((*path, "onset"), f"no period of '{scenario.id}' starts in {scenario.onset}", right)


def effects_begin_in_time(source: Source, instance: Instance) -> None:
    """An effect begins within the horizon, and not before its scenario's onset."""
    if not orderly(source, instance):
        return
    last = instance.end_year - 1
    for path, scenario in listed(source, ("scenarios",), instance.scenarios):
        for inner, effect in listed(source, (*path, "effects"), scenario.effects):
            if effect.from_ is None:
                continue
            which = f"the {ordinal(int(str(inner[-1])))} effect of '{scenario.id}'"
            right = f"a year from {scenario.onset} to {last}"
            if effect.from_ < scenario.onset:
                wrong = f"{which} begins in {effect.from_}, before the onset in {scenario.onset}"
                source.fault((*inner, "from"), wrong, right)
            elif effect.from_ > last:
                wrong = f"{which} begins in {effect.from_}, after the horizon's last year, {last}"
                source.fault((*inner, "from"), wrong, right)


def probabilities_add_up(source: Source, instance: Instance) -> None:
    """The probabilities of all scenarios, summed as exact decimals, are at most 1."""
    total = sum((Decimal(repr(float(scenario.probability))) for scenario in instance.scenarios), Decimal(0))
    if total <= 1:
        return
    paths = [(*path, "probability") for path, _ in listed(source, ("scenarios",), instance.scenarios)]
    parts = [
        f"{scenario.id} {scenario.probability:g} ({source.where(*path)})"
        for scenario, path in zip(instance.scenarios, paths, strict=True)
    ]
    shown = ", ".join(parts[:8]) + (f" and {len(parts) - 8} more" if len(parts) > 8 else "")
    wrong = f"the probabilities add up to {total.normalize():f}: {shown}"
    changed = [path for path in paths if source.where(*path).file == source.file != source.where("scenarios").file]
    at = changed[0] if changed else ("scenarios",)
    source.fault(at, wrong, "1 or less; what is left is the future without disruption")


CHECKS = (
    periods_follow,
    base_year_comes_first,
    scenario_ids_differ,
    onsets_begin_periods,
    effects_begin_in_time,
    probabilities_add_up,
)
