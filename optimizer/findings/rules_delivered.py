"""Rules on what markets receive: who could deliver it, and whether they ask for anything."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.findings.demand import Short, asked_by, numbers_of, outlook, shorts
from optimizer.findings.finding import CANNOT, NOTE, SMALL, WARNING, Finding, amount, percent, some
from optimizer.findings.rule_facts import binding, hollow, inactive, name_of, path_of
from optimizer.findings.rules_limits import goal_over_capacity
from optimizer.findings.supply import Line, earliest_of, pool_of
from optimizer.findings.survey import Survey
from optimizer.findings.targets import counted_channels
from optimizer.findings.upstream import Chain, Needs, Use, asked_of
from optimizer.instance.amounts import FillRate, ScaleGoal
from optimizer.instance.policy import DeliveredContent
from optimizer.network.derive_rules import counts, share_of


def hollow_delivered(survey: Survey, number: int, rule: DeliveredContent) -> Iterator[Finding]:
    """Whether a rule on what is delivered asks for more than the market's channel does."""
    if not binding(survey, rule):
        yield inactive(survey, number, rule)
        return
    within = survey.places.stricter_or_equal(rule.channel)
    always = [name for name in rule.markets if survey.instance.markets[name].channel in within]
    if always:
        why = (
            f"asks nothing of {some(always)}: {'it draws' if len(always) == 1 else 'they draw'} only from "
            f"{rule.channel} or stricter anyway"
        )
        yield hollow(number, rule, "always_met", why, {"markets": always})
    yield from _stock_outside(survey, number, rule, within)


def hollow_fill_rate(survey: Survey, number: int, rule: FillRate) -> Iterator[Finding]:
    """Whether a fill rate asks for anything that need not be delivered anyway."""
    periods = binding(survey, rule)
    if not periods:
        yield inactive(survey, number, rule)
        return
    lines = [
        line
        for name in rule.markets
        for index, line in enumerate(survey.instance.markets[name].demand)
        if counts(survey.instance, rule, name, index)
    ]
    if all(survey.hard(line.shortage_cost, t) for line in lines for t in periods):
        why = f"asks nothing of {some(list(rule.markets))}: what it counts has no shortage_cost, and must be met anyway"
        yield hollow(number, rule, "always_met", why, {"markets": list(rule.markets)})


def _stock_outside(survey: Survey, number: int, rule: DeliveredContent, within: tuple[str, ...]) -> Iterator[Finding]:
    """Targets for the same products count stock that the rule would not count."""
    products = {line.product for name in rule.markets for line in survey.instance.markets[name].demand}
    for name, stockpile in survey.instance.stockpiles.items():
        outside = []
        for target in stockpile.targets:
            counted = counted_channels(survey, name, target)
            if target.material in products and any(k not in within for k in counted):
                outside.append(target.material)
        if outside:
            branch = "binds in disruptions too" if rule.in_disruption else "does not bind in disruptions"
            why = (
                f"does not reach the stock of {name}: its targets for {some(list(dict.fromkeys(outside)))} count stock "
                f"of {some([k for k in stockpile.holds if k not in within])}, which is not {rule.channel}; the rule "
                f"{branch}"
            )
            data = {"stockpile": name, "materials": sorted(set(outside))}
            yield hollow(number, rule, "stock_outside", why, data, WARNING if rule.in_disruption else NOTE)


def rule_over_capacity(survey: Survey) -> Iterator[Finding]:
    """What rules on deliveries and goals ask for could be made, by those trusted for it; of deliveries feeds too."""
    for number, rule in enumerate(survey.instance.policy.rules):
        if isinstance(rule, DeliveredContent) and binding(survey, rule):
            yield from _products(survey, number, rule)
            yield from _feeds(survey, number, rule)
        elif isinstance(rule, ScaleGoal):
            yield from goal_over_capacity(survey, number, rule)


def _lines(survey: Survey, rule: DeliveredContent) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for name in dict.fromkeys(rule.markets):
        for index, line in enumerate(survey.instance.markets[name].demand):
            found.setdefault(line.product, []).append((name, index))
    return found


def _share(survey: Survey, rule: DeliveredContent, needs: Needs) -> Needs:
    return {t: share_of(survey.network, rule, t) * tonnes for t, tonnes in needs.items()}


def _split(never: list[Short], short: list[Short]) -> Iterator[tuple[bool, list[Short]]]:
    hard = {item.period for item in never}
    for must, group in ((True, never), (False, [item for item in short if item.period not in hard])):
        if group:
            yield must, group


def _products(survey: Survey, number: int, rule: DeliveredContent) -> Iterator[Finding]:
    within = survey.places.stricter_or_equal(rule.channel)
    for product, lines in _lines(survey, rule).items():
        pool = pool_of(survey, lines, within)
        never = shorts(survey, pool, _share(survey, rule, asked_by(survey, lines, hard=True)))
        short = shorts(survey, pool, _share(survey, rule, asked_by(survey, lines, hard=False)))
        for must, told in _split(never, short):
            first = told[0]
            earliest = earliest_of(survey, pool)
            who = some(list(dict.fromkeys(name for name, _ in lines)))
            text = (
                f"{name_of(number, rule)}: {percent(share_of(survey.network, rule, first.period))} of the {product} of "
                f"{who} in {first.period} is {amount(first.asked)} t/yr from {rule.channel}; capacity trusted for it "
                f"and on line by then: {amount(first.existing)} t/yr existing, {amount(first.possible)} t/yr with "
                f"every option. {outlook(told, earliest)}{'' if must else _SOFT}"
            )
            data = {
                "rule": number,
                "channel": rule.channel,
                "product": product,
                **numbers_of(told, earliest),
            }
            yield Finding("rule_over_capacity", path_of(number), text, data, CANNOT if must else WARNING)


_SOFT = " The markets would go short: the rule is met by delivering less."


def _feeds(survey: Survey, number: int, rule: DeliveredContent) -> Iterator[Finding]:
    chain = Chain(survey, rule.channel)
    wanted: dict[bool, dict[Use, Needs]] = {True: {}, False: {}}
    for hard, uses in wanted.items():
        for product, lines in _lines(survey, rule).items():
            accepts = {m for name, i in lines for m in survey.instance.markets[name].demand[i].accepts or (product,)}
            needs = _share(survey, rule, asked_by(survey, lines, hard=hard))
            known = uses.setdefault(frozenset(accepts), {})
            for t, tonnes in needs.items():
                known[t] = known.get(t, 0.0) + tonnes
    must, want = (asked_of(chain, wanted[hard]) for hard in (True, False))
    for material in want.upstream:
        use: Use = frozenset((material,))
        pool = chain.pool(use)
        never = shorts(survey, pool, must.upstream.get(material, dict.fromkeys(survey.periods, 0.0)))
        short = shorts(survey, pool, want.upstream[material])
        for hard, told in _split(never, short):
            first = told[0]
            if first.missing <= SMALL:
                continue
            earliest = earliest_of(survey, pool)
            text = (
                f"{name_of(number, rule)}: what it asks of {rule.channel} takes at least {amount(first.asked)} t/yr of "
                f"{material} made there in {first.period} (for "
                f"{some(['/'.join(sorted(u)) for u in want.users[material]])}); capacity trusted for it and on line by "
                f"then makes at most {amount(first.existing)} t/yr existing, {amount(first.possible)} t/yr with every "
                f"option. {outlook(told, earliest)}"
            )
            data = {
                "rule": number,
                "channel": rule.channel,
                "material": material,
                **numbers_of(told, earliest),
            }
            yield Finding("rule_over_capacity", path_of(number), text, data, CANNOT if hard else WARNING)
