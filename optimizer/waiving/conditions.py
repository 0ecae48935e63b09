"""The conditions of an instance, whole and one by one, and the instance without one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from optimizer.instance.changes import edited
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Diversify, ExposureCap, Rule, Starts
from optimizer.instance.series import Series
from optimizer.network.calendar import Calendar, calendar_of
from optimizer.network.trust import ADVERSARY, Trust
from optimizer.plan.rules import label_of

WHOLE, SINGLE = "condition", "single waiver"
TRUSTED = "trusted_by_waiver"
"""Id of the owner that holds a facility whose own owners are treated as trusted."""

Edit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Waiver:
    """One condition that is not asked.

    Attributes:
        key: names it, in the way of a dotted key.
        group: `condition` for one that goes whole, `single waiver` for a part of one.
        kind: `rule`, `target`, `budget`, `tiers`, `exposure`; `year`, `facility`, `owner`, `source`, `country`.
        label: in words.
        edit: takes it out of plain data.
        within: key of the condition that it is a part of: without that whole, its plans are all there too.
    """

    key: str
    group: str
    kind: str
    label: str
    edit: Edit
    within: str = ""

    def instance(self, instance: Instance) -> Instance:
        """The instance without it.

        Raises:
            InstanceError: the instance cannot be without it alone.
        """
        return edited(instance, self.edit, f"{instance.name} without {self.key}")


def waivers_of(instance: Instance) -> list[Waiver]:
    """Every condition of an instance, and every single waiver that may change something, in its order."""
    calendar = calendar_of(instance)
    trust = Trust(instance, calendar)
    return [
        *_rules(instance), *_budgets(instance), *_targets(instance), *_channels(instance),
        *_years(instance, calendar), *_facilities(instance, trust), *_sources(instance), *_owners(instance, trust),
        *_countries(instance),
    ]  # fmt: skip


def _rules(instance: Instance) -> Iterator[Waiver]:
    for number, rule in enumerate(instance.policy.rules):

        def edit(data: dict[str, Any], number: int = number) -> None:
            del data["policy"]["rules"][number]

        yield Waiver(f"policy.rules.{number}", WHOLE, "rule", label_of(rule), edit)


def _budgets(instance: Instance) -> Iterator[Waiver]:
    for name in ("annual", "total"):
        if getattr(instance.policy.budget, name) is not None:

            def edit(data: dict[str, Any], name: str = name) -> None:
                del data["policy"]["budget"][name]

            yield Waiver(f"policy.budget.{name}", WHOLE, "budget", f"the {name} budget", edit)
    for one in instance.policy.budget.appropriations:

        def drop(data: dict[str, Any], name: str = one.id) -> None:
            budget = data["policy"]["budget"]
            budget["appropriations"] = [each for each in budget["appropriations"] if each["id"] != name]

        path = f"policy.budget.appropriations.{one.id}"
        yield Waiver(path, WHOLE, "budget", f"the appropriation {one.id}", drop)


def _targets(instance: Instance) -> Iterator[Waiver]:
    for place, stockpile in instance.stockpiles.items():
        for number, target in enumerate(stockpile.targets):

            def edit(data: dict[str, Any], place: str = place, number: int = number) -> None:
                del data["stockpiles"][place]["targets"][number]

            soft = "soft" if target.shortage_cost is not None else "hard"
            label = f"target of {place} for {target.material}, {soft}"
            yield Waiver(f"stockpiles.{place}.targets.{number}", WHOLE, "target", label, edit)


def _channels(instance: Instance) -> Iterator[Waiver]:
    """Conditions of channels. What a stricter channel asks no more, the next looser one may still ask."""
    names = list(instance.channels)
    for number, (name, channel) in enumerate(instance.channels.items()):
        after = instance.channels[names[number + 1]] if number + 1 < len(names) else None
        beyond = f", as {names[number + 1]} asks" if after is not None else ""
        if channel.tiers is not None and (after is None or after.tiers != channel.tiers):
            wider = None if after is None or after.tiers is None else list(after.tiers)

            def tiers(data: dict[str, Any], name: str = name, wider: list[str] | None = wider) -> None:
                _set(data["channels"][name], "tiers", wider)

            words = ", ".join(wider) if wider else "any tier"
            label = f"{name} open to {words}{beyond if wider else ''}"
            yield Waiver(f"channels.{name}.tiers", WHOLE, "tiers", label, tiers)
        for kind, cap in channel.max_exposure.items():
            higher = None if after is None else after.max_exposure.get(kind)
            if higher == cap:
                continue

            def exposure(data: dict[str, Any], name: str = name, kind: str = kind, cap: float | None = higher) -> None:
                _set(data["channels"][name]["max_exposure"], kind, cap)

            words = "without cap" if higher is None else f"up to {higher:g}{beyond}"
            label = f"{name}: {kind} exposure {words}, not {cap:g}"
            yield Waiver(f"channels.{name}.max_exposure.{kind}", WHOLE, "exposure", label, exposure)


def _years(instance: Instance, calendar: Calendar) -> Iterator[Waiver]:
    """One period of a rule with a share or a number by year."""
    for number, rule in enumerate(instance.policy.rules):
        series, name, none = _limit(rule)
        if series is None:
            continue
        for period in instance.periods:
            if not series.given(period.end - 1) or calendar.mean(series, period.year) == none:
                continue

            def edit(
                data: dict[str, Any], number: int = number, name: str = name, series: Series = series,
                none: float = none, year: int = period.year, end: int = period.end
            ) -> None:  # fmt: skip
                years = {y: series.raw(y, instance.first_year) for y in range(instance.first_year, instance.end_year)}
                kept = {y: value for y, value in years.items() if series.given(y) and not year <= y < end}
                free = dict.fromkeys(range(year, end), none)
                data["policy"]["rules"][number][name] = dict(sorted((kept | free).items()))

            label = f"{label_of(rule)} not asked in {period.year}"
            yield Waiver(
                f"policy.rules.{number}.{name}.{period.year}", SINGLE, "year", label, edit, f"policy.rules.{number}"
            )


def _limit(rule: Rule) -> tuple[Series | None, str, float]:
    """What a rule asks by year, its name, and the value at which it asks nothing."""
    if isinstance(rule, Starts):
        return rule.max, "max", 1000.0
    share = getattr(rule, "share", None)
    if not isinstance(share, Series):
        return None, "", 0.0
    return share, "share", 1.0 if isinstance(rule, ExposureCap | Diversify) else 0.0


def _facilities(instance: Instance, trust: Trust) -> Iterator[Waiver]:
    """A facility whose exposures are waived, where one of them shuts it out of a channel."""
    for name in instance.facilities:
        shut = _shut_out(instance, trust, name)
        if not shut:
            continue

        def edit(data: dict[str, Any], name: str = name) -> None:
            row = data["facilities"][name]
            _trust_owners(data, row, instance)
            for holder in (row, *(option.get("sets") or {} for option in row.get("options", []))):
                holder.pop("exposure", None)
                if holder is not row and holder.get("owners"):
                    _trust_owners(data, holder, instance)
            for option in row.get("options", []):
                if "sets" in option and not option["sets"]:
                    del option["sets"]

        words = f"{name} admitted to {', '.join(shut)} whatever its owners, equipment, money and technology"
        yield Waiver(f"facilities.{name}", SINGLE, "facility", words, edit)


def _shut_out(instance: Instance, trust: Trust, name: str) -> list[str]:
    """The channels that a facility may not run in some year for its exposures alone, as it stands."""
    facility = instance.facilities[name]
    found = []
    for channel, record in instance.channels.items():
        for year in range(instance.first_year, instance.end_year):
            if record.tiers is not None and trust.tier(facility.country, year) not in record.tiers:
                continue
            unlisted = 1.0 if record.unknown == ADVERSARY else 0.0
            over = [
                kind
                for kind, cap in record.max_exposure.items()
                if kind != "location" and _over(trust, name, kind, year, unlisted, cap)
            ]
            if over:
                found.append(channel)
                break
    return found


def _over(trust: Trust, name: str, kind: str, year: int, unlisted: float, cap: float) -> bool:
    for state in trust.states[name]:
        exposure = trust.exposure(name, state, kind, year, unlisted)
        if exposure is not None and exposure > cap + 1e-9:
            return True
    return False


def _trust_owners(data: dict[str, Any], holder: dict[str, Any], instance: Instance) -> None:
    """Give what stands there to an owner at home."""
    data.setdefault("owners", {}).setdefault(TRUSTED, {"country": instance.domestic[0]})
    holder["owners"] = {TRUSTED: 1.0}


def _sources(instance: Instance) -> Iterator[Waiver]:
    """One given exposure of a facility over some channel's cap: its equipment, money, technology or feed."""
    for name, facility in instance.facilities.items():
        for kind, series in ((str(kind), series) for kind, series in facility.exposure.items()):
            caps = [
                (channel.max_exposure[kind], 1.0 if channel.unknown == ADVERSARY else 0.0)
                for channel in instance.channels.values()
                if kind in channel.max_exposure
            ]
            if not any(_counts(value, unknown) > cap for value in series.values for cap, unknown in caps):
                continue

            def edit(data: dict[str, Any], name: str = name, kind: str = kind) -> None:
                del data["facilities"][name]["exposure"][kind]

            yield Waiver(f"facilities.{name}.exposure.{kind}", SINGLE, "source", f"{name}: its {kind} trusted", edit)


def _counts(value: float | str | None, unknown: float) -> float:
    return float(value) if isinstance(value, int | float) else unknown


def _owners(instance: Instance, trust: Trust) -> Iterator[Waiver]:
    """An adversary's owner treated as one at home."""
    if not any("ownership" in channel.max_exposure for channel in instance.channels.values()):
        return
    for name, owner in instance.owners.items():
        years = range(instance.first_year, instance.end_year)
        if all(trust.tier(owner.country, year) != ADVERSARY for year in years):
            continue

        def edit(data: dict[str, Any], name: str = name) -> None:
            data["owners"][name]["country"] = instance.domestic[0]

        yield Waiver(f"owners.{name}", SINGLE, "owner", f"{name} ({owner.country}) treated as trusted", edit)


def _countries(instance: Instance) -> Iterator[Waiver]:
    """A country treated as an ally, where some channel asks for tiers that it does not have; no adversary is."""
    wanted = {tier for channel in instance.channels.values() for tier in channel.tiers or ()}
    if "ally" not in wanted:
        return
    standing = {facility.country for facility in instance.facilities.values()}
    for name, series in instance.countries.items():
        tiers = set(series.values)
        if name not in standing or ADVERSARY in tiers or tiers <= wanted:
            continue

        def edit(data: dict[str, Any], name: str = name) -> None:
            data["countries"][name] = "ally"

        yield Waiver(f"countries.{name}", SINGLE, "country", f"{name} treated as an ally", edit)


def _set(row: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        row.pop(key, None)
    else:
        row[key] = value
