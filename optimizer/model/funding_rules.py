"""Rules on funding (P): how many, which ones, which together, how many a year."""

from __future__ import annotations

from optimizer.instance.policy import Count, Exclusive, Forbid, Implies, Reactions, Require, Starts
from optimizer.instance.records import Facility
from optimizer.model.declare import Costs, Model, constraint, total
from optimizer.model.funding import on_line_by
from optimizer.network.tables import Network


def variables(m: Model, n: Network) -> None:
    """None of its own."""


def constraints(m: Model, n: Network) -> None:
    """P1 to P7."""
    rules = list(enumerate(n.instance.policy.rules))
    counts = [(i, rule) for i, rule in rules if isinstance(rule, Count)]
    constraint(m, n, [i for i, rule in counts if rule.min is not None], count_at_least)
    constraint(m, n, [i for i, rule in counts if rule.max is not None], count_at_most)
    constraint(m, n, [i for i, rule in rules if isinstance(rule, Require)], required)
    constraint(m, n, [i for i, rule in rules if isinstance(rule, Forbid)], forbidden)
    constraint(m, n, [i for i, rule in rules if isinstance(rule, Exclusive)], at_most_one_of)
    constraint(m, n, [i for i, rule in rules if isinstance(rule, Implies)], implied)
    starts = [i for i, rule in rules if isinstance(rule, Starts)]
    constraint(m, n, [(i, t) for i in starts for t in n.calendar.periods], starts_within_capacity)


def costs(m: Model, n: Network) -> Costs:  # noqa: ARG001
    """None."""
    return []


def counted(n: Network, rule: Count | Starts | Reactions) -> list[str]:
    """Facilities that a rule counts."""

    def fits(facility: Facility) -> bool:
        if rule.countries is not None and facility.country not in rule.countries:
            return False
        if isinstance(rule, Count) and rule.materials is not None:
            made = {m for recipe in facility.recipes for m in n.instance.recipes[recipe].outputs}
            return bool(made & set(rule.materials))
        return rule.stage is None or facility.stage == rule.stage

    return [name for name, facility in n.instance.facilities.items() if fits(facility)]


def count_at_least(m: Model, n: Network, i: int) -> object:
    r"""P1. $\sum_{f \in L} \sum_{t + \ell \le by} x_{fot} \ge \min$: enough facilities are funded and on line."""
    rule = n.instance.policy.rules[i]
    assert isinstance(rule, Count)
    assert rule.min is not None
    return total(term for f in counted(n, rule) for term in on_line_by(m, n, f, rule.by)) >= rule.min


def count_at_most(m: Model, n: Network, i: int) -> object:
    r"""P2. $\sum_{f \in L} \sum_{t + \ell \le by} x_{fot} \le \max$: not too many facilities are funded."""
    rule = n.instance.policy.rules[i]
    assert isinstance(rule, Count)
    assert rule.max is not None
    return total(term for f in counted(n, rule) for term in on_line_by(m, n, f, rule.by)) <= rule.max


def required(m: Model, n: Network, i: int) -> object:
    r"""P3. $\sum_{t + \ell \le by} x_{fot} \ge 1$: the facility is funded and on line in time."""
    rule = n.instance.policy.rules[i]
    assert isinstance(rule, Require)
    return total(on_line_by(m, n, rule.facility, rule.by, rule.option)) >= 1


def forbidden(m: Model, n: Network, i: int) -> object:
    r"""P4. $\sum_o \sum_t x_{fot} = 0$: the facility is not funded."""
    rule = n.instance.policy.rules[i]
    assert isinstance(rule, Forbid)
    options = [o.id for o in n.instance.facilities[rule.facility].options if rule.option in (None, o.id)]
    terms = [(1.0, m.fund[rule.facility, o, t]) for o in options for t in n.starts.years[rule.facility, o]]
    return total(terms) <= 0


def at_most_one_of(m: Model, n: Network, i: int) -> object:
    r"""P5. $\sum_{f \in L} \sum_t x_{fot} \le 1$: at most one of the facilities is funded."""
    rule = n.instance.policy.rules[i]
    assert isinstance(rule, Exclusive)
    return total(term for f in rule.facilities for term in on_line_by(m, n, f, None)) <= 1


def implied(m: Model, n: Network, i: int) -> object:
    r"""P6. $\sum_t x_{fot} \le \sum_{t + \ell \le by} x_{got}$: who funds f gets g on line in time."""
    rule = n.instance.policy.rules[i]
    assert isinstance(rule, Implies)
    first = on_line_by(m, n, rule.if_, None)
    then = on_line_by(m, n, rule.then, rule.by)
    return total([*first, *((-1.0, var) for _, var in then)]) <= 0


def starts_within_capacity(m: Model, n: Network, i: int, t: int) -> object:
    r"""P7. $\sum_{f \in L} \sum_o x_{fot} \le S_t y_t$: no more fundings than crews can carry, per year."""
    rule = n.instance.policy.rules[i]
    assert isinstance(rule, Starts)
    terms = [
        (1.0, m.fund[f, o.id, t])
        for f in counted(n, rule)
        for o in n.instance.facilities[f].options
        if t in n.starts.years[f, o.id]
    ]
    return total(terms) <= n.calendar.mean(rule.max, t) * n.calendar.years[t]
