"""Rules over output that force it to zero, bind nobody, or are met by what nobody needs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from optimizer.findings.demand import all_lines, asked_by
from optimizer.findings.finding import CANNOT, NOTE, WARNING, Finding, Severity, amount, percent, some, years
from optimizer.findings.rule_facts import Part, binding, hollow, inactive, most_made, parts_of, runs_of
from optimizer.findings.supply import pool_of
from optimizer.findings.survey import Survey
from optimizer.instance.policy import Diversify, DomesticContent, ExposureCap, HeavyContent, OutputRule
from optimizer.network.derive_rules import RARE_EARTHS, groups_of, materials_of, share_of

MUCH = 0.5
"""Share of the counted mass without a use from which it is told."""


def hollow_output(survey: Survey, number: int, rule: OutputRule) -> Iterator[Finding]:
    """In how many ways a rule over output can be met without meaning it."""
    if not binding(survey, rule):
        yield inactive(survey, number, rule)
        return
    parts = list(parts_of(survey, number, rule))
    if not parts:
        why = "does nothing: nobody can make what it counts where it counts"
        yield hollow(number, rule, "no_output", why, {"materials": list(materials_of(survey.instance, rule))})
        return
    for part in parts:
        if isinstance(rule, Diversify):
            yield from _one_group(survey, part)
        else:
            yield from _reach_of(survey, part)
        yield from _mass_without_use(survey, part)
    yield from _free_excess(survey, number, rule, parts)


def _one_group(survey: Survey, part: Part) -> Iterator[Finding]:
    """The shares of n groups add up to one at least: with less than 1/share groups nothing may be made."""
    assert isinstance(part.rule, Diversify)
    groups = groups_of(survey.instance, part.rule.by)
    few: dict[int, list[str]] = {}
    for t in part.periods:
        makers = {f for f, _, _ in runs_of(survey, part.channel, t, part.materials)}
        able = sorted(name for name, members in groups.items() if members & makers)
        if len(able) * share_of(survey.network, part.rule, t) < 1.0 - 1e-9:
            few[t] = able
    if not few:
        return
    first = min(few)
    share = share_of(survey.network, part.rule, first)
    able = few[first]
    need = math.ceil(1.0 / share - 1e-9) if share > 0 else 0
    what = f"only {some(able)} can" if able else "nobody can"
    how = f"it takes {need} at {percent(share)} each" if need else "no one may make any"
    why = (
        f"forces {part.what} in {part.channel} to zero in {years(few)}: by {part.rule.by} {what} make it in {first}, "
        f"and {how}"
    )
    data = {"channel": part.channel, "materials": list(part.materials), "groups": few, "share": share, "needed": need}
    yield hollow(part.number, part.rule, "forces_zero", why, data, _severity(survey, part, list(few)))


def _severity(survey: Survey, part: Part, periods: list[int]) -> Severity:
    """`cannot` where a line that must be met can draw on nothing but the output that is forced to zero."""
    stricter = survey.places.stricter_or_equal(part.channel)[:-1]
    for line in all_lines(survey):
        market = survey.instance.markets[line[0]]
        record = market.demand[line[1]]
        if market.channel != part.channel or not set(record.accepts or (record.product,)) <= set(part.materials):
            continue
        must = asked_by(survey, [line], hard=True)
        pool = pool_of(survey, [line])
        if pool.room > 0 or pool.stock > 0 or any(k in stricter for maker in pool.makers for k in maker.channels):
            continue
        if any(must[t] > 0 for t in periods):
            return CANNOT
    return WARNING


def _grades(survey: Survey, part: Part, period: int) -> tuple[list[float], bool]:
    """What the rule compares with its share, for each way to make it, and whether it asks for a least share."""
    rule = part.rule
    runs = runs_of(survey, part.channel, period, part.materials)
    if isinstance(rule, DomesticContent):
        home = set(survey.instance.domestic)
        return [1.0 if survey.instance.facilities[f].country in home else 0.0 for f, _, _ in runs], True
    if isinstance(rule, ExposureCap):
        exposure = survey.tables.exposure
        return [exposure[f, s, rule.kind, part.channel, period] for f, s, _ in runs], False
    assert isinstance(rule, HeavyContent)
    found = []
    for _, _, recipe in runs:
        heavy, mass = 0.0, 0.0
        for material, tonnes in survey.instance.recipes[recipe].outputs.items():
            if material in part.materials:
                content = survey.instance.materials[material].content
                mass += tonnes * sum(c for element, c in content.items() if element in RARE_EARTHS)
                heavy += tonnes * sum(c for element, c in content.items() if element in rule.elements)
        if mass > 0:
            found.append(heavy / mass)
    return found, True


_NAMES = {"domestic_content": "domestic share", "exposure_cap": "exposure", "heavy_content": "heavy share"}


def _reach_of(survey: Survey, part: Part) -> Iterator[Finding]:
    """Some way to make it is on either side of the share: else nothing may be made, or the rule binds nobody."""
    zero: dict[int, float] = {}
    always: list[int] = []
    for t in part.periods:
        grades, least = _grades(survey, part, t)
        share = share_of(survey.network, part.rule, t)
        if not grades:
            continue
        best, worst = (max(grades), min(grades)) if least else (min(grades), max(grades))
        if best < share - 1e-9 if least else best > share + 1e-9:
            zero[t] = best
        elif worst >= share - 1e-9 if least else worst <= share + 1e-9:
            always.append(t)
    name = _NAMES[part.rule.rule]
    data = {"channel": part.channel, "materials": list(part.materials)}
    if zero:
        first = min(zero)
        share = share_of(survey.network, part.rule, first)
        why = (
            f"forces {part.what} in {part.channel} to zero in {years(zero)}: the best {name} of those who can make it "
            f"in {first} is {amount(zero[first])}, and {amount(share)} is asked"
        )
        more = {**data, "best": zero, "share": share}
        yield hollow(part.number, part.rule, "forces_zero", why, more, _severity(survey, part, list(zero)))
    if always and len(always) == len(part.periods):
        why = f"never binds in {part.channel}: everyone who can make {part.what} there has a {name} within it"
        yield hollow(part.number, part.rule, "always_met", why, {**data, "periods": always}, NOTE)


def _could_use(survey: Survey, material: str, channel: str, period: int) -> float:
    """The most of a material that a channel and all looser ones could use, t/yr; sold and stored ones without limit."""
    instance = survey.instance
    looser = (channel, *survey.places.looser(channel))
    if instance.materials[material].sell:
        return math.inf
    if any(material in s.materials and set(s.holds) & set(looser) for s in instance.stockpiles.values()):
        return math.inf
    total = 0.0
    for market in instance.markets.values():
        for line in market.demand:
            if market.channel in looser and material in (line.accepts or (line.product,)):
                total += survey.calendar.mean(line.tonnes, period)
    takers: dict[tuple[str, str], float] = {}
    for k in looser:
        for f, _, r in survey.running.get((k, period), ()):
            taken = instance.recipes[r].inputs.get(material, 0.0)
            if taken > 0:
                unit = survey.unit(f, r)
                tonnes = taken / survey.use(f, r) * survey.capacity(f, unit, k, period)[1]
                takers[f, unit] = max(tonnes, takers.get((f, unit), 0.0))
    return total + sum(takers.values())


def _mass_without_use(survey: Survey, part: Part) -> Iterator[Finding]:
    """What counts is of use: coproducts that nobody takes can fill a share of tonnes."""
    if len(part.materials) < 2 or isinstance(part.rule, HeavyContent):
        return
    worst: tuple[float, int, dict[str, float], float] | None = None
    for t in part.periods:
        made = {m: sum(most_made(survey, part.channel, t, (m,)).values()) for m in part.materials}
        total = sum(made.values())
        spare = {m: max(0.0, tonnes - _could_use(survey, m, part.channel, t)) for m, tonnes in made.items()}
        share = sum(spare.values()) / total if total > 0 else 0.0
        if share > MUCH and (worst is None or share > worst[0]):
            worst = (share, t, {m: tonnes for m, tonnes in spare.items() if tonnes > 0}, total)
    if worst is None:
        return
    share, period, spare, total = worst
    names = sorted(spare, key=lambda m: -spare[m])
    why = (
        f"counts tonnes that nobody can use: of {amount(total)} t/yr of {part.what} that could be made in "
        f"{part.channel} in {period}, {percent(share)} is more than all use "
        f"({some([f'{m} {amount(spare[m])} t/yr' for m in names], 3)}), so the share can be met by coproducts; name "
        "the materials that matter, or say `each: material`"
    )
    data = {"channel": part.channel, "period": period, "share": share, "spare": spare, "made": total}
    yield hollow(part.number, part.rule, "mass_without_use", why, data)


def _free_excess(survey: Survey, number: int, rule: OutputRule, parts: list[Part]) -> Iterator[Finding]:
    """Output is made in a channel because it is needed there: not to be counted, and moved or thrown away."""
    channels = {part.channel: part for part in parts}
    excess, elsewhere, idle = [], [], []
    for channel, part in channels.items():
        cost = survey.instance.channels[channel].custody_cost
        looser = survey.places.looser(channel)
        if looser and cost <= survey.instance.channels[looser[0]].custody_cost and _used_in(survey, part, looser):
            excess.append(channel)
        stricter = survey.places.stricter_or_equal(channel)[:-1]
        if rule.channel is not None and any(
            survey.instance.channels[k].custody_cost <= cost
            and any(runs_of(survey, k, t, part.materials) for t in part.periods)
            for k in stricter
        ):
            elsewhere.append(channel)
        if rule.channel is not None and not _needed(survey, channel):
            idle.append(channel)
    what = parts[0].what
    if idle:
        why = f"binds nothing that is needed: no market and no target asks for channel {some(idle)}"
        yield hollow(number, rule, "not_needed", why, {"channels": idle})
    elif excess:
        why = (
            f"can be met on paper: {what} for looser channels can be made in {some(excess)} and moved down at no cost "
            f"(custody_cost is no higher there), and counts; give the channel a custody_cost, or use delivered_content"
        )
        yield hollow(number, rule, "downgrade_free", why, {"channels": excess})
    if elsewhere:
        why = (
            f"can be passed by: {what} for {some(elsewhere)} can be made in a stricter channel at no more cost and "
            "moved down, where the rule does not see it"
        )
        yield hollow(number, rule, "made_elsewhere", why, {"channels": elsewhere})


def _used_in(survey: Survey, part: Part, looser: tuple[str, ...]) -> bool:
    """Whether something that counts has a use in a looser channel."""
    if not any(market.channel in looser for market in survey.instance.markets.values()):
        return False
    return any(material in part.materials and channel in looser for _, material, channel in survey.places.useful)


def _needed(survey: Survey, channel: str) -> bool:
    """Whether any market asks for a channel itself, or a target counts no looser stock."""
    if any(market.channel == channel and market.demand for market in survey.instance.markets.values()):
        return True
    order = survey.places.channels
    for stockpile in survey.instance.stockpiles.values():
        for target in stockpile.targets:
            asked = target.channel
            if asked is None and target.of:
                asked = min((survey.instance.markets[name].channel for name in target.of), key=order.index)
            if (asked or order[-1]) == channel:
                return True
    return False
