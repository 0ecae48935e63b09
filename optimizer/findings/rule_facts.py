"""What findings on rules share: who could make what a rule counts, and what each facility could make of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.findings.finding import WARNING, Finding, Severity
from optimizer.findings.survey import Survey
from optimizer.instance.amounts import FillRate
from optimizer.instance.policy import Count, DeliveredContent, OutputRule, Reactions, Rule, Starts
from optimizer.network.derive_rules import AT_MOST, materials_of, share_of


@dataclass(frozen=True, slots=True)
class Part:
    """A rule over output in one channel, for what it adds up.

    Attributes:
        number: number of the rule.
        rule: the rule.
        channel: channel whose output counts.
        materials: what is added up.
        periods: periods in which the rule binds and something of it can be made.
    """

    number: int
    rule: OutputRule
    channel: str
    materials: tuple[str, ...]
    periods: tuple[int, ...]

    @property
    def what(self) -> str:
        """What is added up, in words."""
        if self.rule.each or self.rule.stage is None:
            return "/".join(self.materials[:3]) + ("..." if len(self.materials) > 3 else "")
        return f"{self.rule.stage} output"


def name_of(number: int, rule: Rule) -> str:
    """What to call a rule."""
    return f"Rule {number} ({rule.rule})"


def hollow(number: int, rule: Rule, way: str, why: str, data: dict[str, Any], severity: Severity = WARNING) -> Finding:
    """A finding on a rule that can be met without meaning it."""
    text = f"{name_of(number, rule)} {why}."
    return Finding("hollow_rule", path_of(number), text, {"rule": number, "way": way, **data}, severity)


def path_of(number: int) -> tuple[Hashable, ...]:
    """Path of a rule in the instance."""
    return ("policy", "rules", number)


def binding(survey: Survey, rule: OutputRule | DeliveredContent | FillRate) -> tuple[int, ...]:
    """Periods in which the share of a rule binds at all."""
    at_most = isinstance(rule, AT_MOST)
    shares = {t: share_of(survey.network, rule, t) for t in survey.periods}
    return tuple(t for t, share in shares.items() if (share < 1.0 if at_most else share > 0.0))


def runs_of(survey: Survey, channel: str, period: int, materials: Sequence[str]) -> dict[tuple[str, str, str], float]:
    """(facility, state, recipe) -> t of some materials per unit of activity, of what can run in a channel."""
    found = {}
    wanted = set(materials)
    for f, s, r in survey.running.get((channel, period), ()):
        tonnes = sum(amount for m, amount in survey.instance.recipes[r].outputs.items() if m in wanted)
        if tonnes > 0 and survey.capacity(f, survey.unit(f, r), channel, period)[1] > 0:
            found[f, s, r] = tonnes
    return found


def most_made(survey: Survey, channel: str, period: int, materials: Sequence[str]) -> dict[str, float]:
    """Facility -> the most it makes of some materials in a channel, t/yr, with every option."""
    best: dict[tuple[str, str], float] = {}
    for (f, _, r), tonnes in runs_of(survey, channel, period, materials).items():
        unit = survey.unit(f, r)
        made = tonnes / survey.use(f, r) * survey.capacity(f, unit, channel, period)[1]
        best[f, unit] = max(made, best.get((f, unit), 0.0))
    found: dict[str, float] = {}
    for (f, _), made in best.items():
        found[f] = found.get(f, 0.0) + made
    return found


def parts_of(survey: Survey, number: int, rule: OutputRule) -> Iterator[Part]:
    """The parts of a rule over output in which something can be made at all."""
    materials = materials_of(survey.instance, rule)
    channels = (rule.channel,) if rule.channel is not None else survey.places.channels
    active = binding(survey, rule)
    for channel in channels:
        for total in [(m,) for m in materials] if rule.each else [materials]:
            periods = tuple(t for t in active if runs_of(survey, channel, t, total))
            if periods:
                yield Part(number, rule, channel, total, periods)


def matching(survey: Survey, rule: Count | Starts | Reactions) -> list[str]:
    """Facilities that a rule on funding counts."""
    found = []
    for name, record in survey.instance.facilities.items():
        if rule.countries is not None and record.country not in rule.countries:
            continue
        if isinstance(rule, Count) and rule.materials is not None:
            made = {m for recipe in record.recipes for m in survey.instance.recipes[recipe].outputs}
            if made & set(rule.materials):
                found.append(name)
        elif rule.stage is None or record.stage == rule.stage:
            found.append(name)
    return found


def funded_years(survey: Survey, facility: str, option: str | None = None) -> list[int]:
    """First years on line of all ways to fund a facility: by an option without `after`, or by the one named."""
    starts = survey.network.starts
    return sorted(
        starts.online(start)
        for record in survey.instance.facilities[facility].options
        if (record.after is None if option is None else record.id == option)
        and (facility, record.id) not in survey.forbidden
        for start in starts.paths[facility, record.id]
    )


def inactive(survey: Survey, number: int, rule: OutputRule | DeliveredContent | FillRate) -> Finding:
    """A rule whose share never binds within the horizon."""
    first = rule.share.first_year
    end = survey.calendar.end_year
    if first is not None and first >= end:
        why = f"does nothing: its share begins in {first}, after the horizon, which ends with {end - 1}"
    else:
        why = "does nothing: its share never binds within the horizon"
    return hollow(number, rule, "inactive", why, {"first_year": first})
