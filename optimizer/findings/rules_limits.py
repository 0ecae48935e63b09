"""Rules in amounts: limits that nothing could reach, and goals that nobody could."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from optimizer.findings.finding import CANNOT, SMALL, WARNING, Finding, amount, dollars
from optimizer.findings.rule_facts import hollow, name_of, path_of
from optimizer.findings.survey import Survey
from optimizer.instance.amounts import Preference, Recycling, ReleaseCap, ReleaseCharge, ReleaseRule, ScaleGoal
from optimizer.network.derive_markets import price_at
from optimizer.network.derive_rules import goal_of, materials_of
from optimizer.network.releases import matching, released

TINY = 1e-3
"""Amount per year below which the solver's tolerance counts."""


def hollow_limits(survey: Survey, number: int, rule: ReleaseRule) -> Iterator[Finding]:
    """Whether a cap or charge on releases could ever do anything."""
    if isinstance(rule, ReleaseCharge):
        if not any(survey.calendar.mean(rule.cost, t) > 0 for t in survey.periods):
            yield hollow(number, rule, "inactive", "does nothing: its cost is 0 over the whole horizon", {})
        return
    periods = [t for t in survey.periods if rule.most.given(t)]
    if not periods:
        first, end = rule.most.first_year, survey.calendar.end_year
        why = f"does nothing: it limits no period whole, for it begins in {first} and the horizon ends with {end - 1}"
        yield hollow(number, rule, "inactive", why, {"first_year": first})
        return
    tiny = next((t for t in periods if 0 < survey.calendar.mean(rule.most, t) < TINY), None)
    if tiny is not None:
        least = survey.calendar.mean(rule.most, tiny)
        why = (
            f"allows {least:.3g} of {rule.release} in {tiny}, where a solver may be off by a millionth: say what "
            "recipes release in a smaller unit"
        )
        yield hollow(number, rule, "below_tolerance", why, {"period": tiny})
    largest = {t: _most_released(survey, rule, t) for t in periods}
    allowed = {t: survey.calendar.mean(rule.most, t) for t in periods}
    if all(largest[t] <= allowed[t] + SMALL for t in periods):
        t = max(periods, key=lambda at: largest[at])
        each = f" by any one {rule.by}" if rule.by else ""
        why = (
            f"does nothing: with every option at most {amount(largest[t])} of {rule.release} a year is released{each} "
            f"({t}), and {amount(allowed[t])} is allowed"
        )
        yield hollow(number, rule, "never_reached", why, {"most": largest, "allowed": allowed})


def hollow_preference(survey: Survey, number: int, rule: Preference) -> Iterator[Finding]:
    """Whether a preference asks for anything, and does not make going short the better bid."""
    instance, calendar = survey.instance, survey.calendar
    if not any(calendar.mean(rule.share, t) > 0 for t in survey.periods):
        yield hollow(number, rule, "inactive", "does nothing: its share is 0 over the whole horizon", {})
        return
    within = survey.places.stricter_or_equal(rule.channel)
    always = [name for name in rule.markets if instance.markets[name].channel in within]
    if always:
        why = f"asks nothing of {', '.join(always)}: what they draw is of {rule.channel} or stricter anyway"
        yield hollow(number, rule, "always_met", why, {"markets": always})
    for name in rule.markets:
        market = instance.markets[name]
        weighing = _preferences(survey, name)
        if weighing and min(weighing) < number:
            continue  # what all of them weigh is told with the first
        for line in market.demand if name not in always and instance.lexicographic is None else ():
            for t in survey.periods:
                share = sum(calendar.mean(one.share, t) for one in weighing.values())
                price = price_at(survey.network, line.product, market.country, t)
                if not share or price is None or survey.hard(line.shortage_cost, t):
                    continue
                short = calendar.mean(line.shortage_cost, t)
                if short <= share * price:
                    why = (
                        f"weighs a tonne of {line.product} from elsewhere dearer by {dollars(share * price)} in {t}, "
                        f"and one short costs {name} {dollars(short)}: the plan goes short rather than buy there; give "
                        "the demand a higher shortage_cost"
                    )
                    yield hollow(number, rule, "short_instead", why, {"market": name, "product": line.product})
                    break


def _preferences(survey: Survey, market: str) -> dict[int, Preference]:
    """Preferences that weigh what a market draws in its own channel, by number: they add up."""
    channel, stricter = survey.instance.markets[market].channel, survey.places.stricter_or_equal
    return {
        number: rule
        for number, rule in enumerate(survey.instance.policy.rules)
        if isinstance(rule, Preference) and market in rule.markets and channel not in stricter(rule.channel)
    }


def hollow_recycling(survey: Survey, number: int, rule: Recycling) -> Iterator[Finding]:
    """Whether a recycling rule asks for anything."""
    if not any(survey.calendar.mean(rule.share, t) > 0 for t in survey.periods):
        yield hollow(number, rule, "inactive", "does nothing: its share is 0 over the whole horizon", {})
    elif rule.materials and all(survey.instance.materials[m].stage == rule.stage for m in rule.materials):
        why = "is always met: all that counts as feed is recycled; name what recycled material takes the place of too"
        yield hollow(number, rule, "always_met", why, {"materials": list(rule.materials)})


def goal_over_capacity(survey: Survey, number: int, rule: ScaleGoal) -> Iterator[Finding]:
    """Whether what a scale goal asks for could be made with every option."""
    materials, channels = set(materials_of(survey.instance, rule)), survey.places.channels
    if rule.channel is not None:
        channels = survey.places.stricter_or_equal(rule.channel)
    short: dict[int, tuple[float, float]] = {}
    for t in survey.periods:

        def made(f: str, r: str, t: int = t) -> float:
            outputs = survey.instance.recipes[r].outputs
            return sum(outputs.get(m, 0.0) for m in materials) * matching(survey.network, rule.where, f, t)

        asked = goal_of(survey.network, rule, t) / survey.calendar.years[t]
        possible = sum(_most(survey, t, channels, made).values())
        if asked > possible + SMALL * max(1.0, asked):
            short[t] = (asked, possible)
    hard = [t for t in short if survey.hard(rule.shortage_cost, t)]
    if short:
        t = hard[0] if hard else next(iter(short))
        text = (
            f"{name_of(number, rule)} asks for {amount(short[t][0])} t/yr in {t}; facilities that count make at most "
            f"{amount(short[t][1])} t/yr with every option."
        )
        data = {"rule": number, "periods": {at: {"asked": a, "possible": p} for at, (a, p) in short.items()}}
        yield Finding("rule_over_capacity", path_of(number), text, data, CANNOT if hard else WARNING)


def _most_released(survey: Survey, rule: ReleaseCap, t: int) -> float:
    """The most that a group of a cap releases per year."""

    def out(f: str, r: str) -> float:
        return released(survey.instance, f, r).get(rule.release, 0.0) * matching(survey.network, rule.where, f, t)

    groups: dict[str, float] = {}
    for f, most in _most(survey, t, survey.places.channels, out).items():
        group = {"facility": f, "country": survey.instance.facilities[f].country, None: ""}[rule.by]
        groups[group] = groups.get(group, 0.0) + most
    return max(groups.values(), default=0.0)


def _most(survey: Survey, t: int, channels: Iterable[str], each: Callable[[str, str], float]) -> dict[str, float]:
    """Facility -> the most per year of what activity gives, with every option."""
    best: dict[tuple[str, str], float] = {}
    for channel in channels:
        for f, _, r in survey.running.get((channel, t), ()):
            unit = survey.unit(f, r)
            most = each(f, r) / survey.use(f, r) * survey.capacity(f, unit, channel, t)[1]
            best[f, unit] = max(most, best.get((f, unit), 0.0))
    found: dict[str, float] = {}
    for (f, _), most in best.items():
        found[f] = found.get(f, 0.0) + most
    return found
