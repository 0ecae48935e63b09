"""Reaction (E): what a branch funds once its disruption has struck."""

from __future__ import annotations

from collections.abc import Iterable

from optimizer.instance.policy import Exclusive, Reactions, Starts
from optimizer.model.budget import outlay_of
from optimizer.model.declare import Costs, Model, Term, constraint, linked, total, variable
from optimizer.model.funding import started
from optimizer.model.funding_rules import counted
from optimizer.network.starts import Start
from optimizer.network.tables import INVESTMENT, Tables

SHARED = (
    "reaction_excludes_alternatives",
    "reacted_at_most_once",
    "reactions_within_starts",
    "reaction_at_most_one_of",
    "annual_budget_with_reactions",
    "total_budget_with_reactions",
)
"""Rows that plan and branch keep together: a plan that keeps the rules on funding leaves room for a branch that funds
nothing; one that breaks them may not."""


def variables(m: Model, t: Tables) -> None:
    """x^r; what the branch left has funded is its own, what the plan funds is the investment's."""
    variable(m, "react", t.reaction.own, binary=True, unit="0 or 1", doc="x^r: option o of facility f is funded in t")
    owners = {index: (course, ("react", index)) for index, course in t.reaction.inherited.items()}
    linked(m, "reacted", owners, unit="0 or 1", doc="x^r: funded in period t, before this branch began")
    planned = {
        (f, o, y): (INVESTMENT, ("fund", (f, o, y))) for (f, o), years in t.reaction.planned.items() for y in years
    }
    linked(m, "planned", planned, unit="0 or 1", doc="x: funded in period t by the plan")
    paths = {(s.facility, s.option, s.label) for ways in t.reaction.ready.values() for s in ways if len(s.path) > 1}
    after = {i: (INVESTMENT, ("sequence", i)) for i in sorted(paths)}
    linked(m, "planned_sequence", after, unit="0 or 1", doc="w: funded by the plan after the options before it")


def constraints(m: Model, t: Tables) -> None:
    """E1 to E8."""
    starts = t.reaction.starts
    later = [(f, o) for f, o in starts if t.starts.base(f, o) is not None]
    roots = dict.fromkeys(f for f, o in starts if t.starts.base(f, o) is None)
    constraint(m, t, roots, reaction_excludes_alternatives)
    constraint(m, t, later, reacted_at_most_once)
    constraint(m, t, t.reaction.ready, reaction_after_is_on_line)
    rules = list(enumerate(t.instance.policy.rules))
    limits = [
        (i, y)
        for i, rule in rules
        if isinstance(rule, Starts | Reactions)
        for y in t.periods
        if _reactions(m, t, counted(t.network, rule), y)
    ]
    constraint(m, t, [k for k in limits if isinstance(rules[k[0]][1], Starts)], reactions_within_starts)
    constraint(m, t, [k for k in limits if isinstance(rules[k[0]][1], Reactions)], reactions_within_surge)
    exclusive = [i for i, rule in rules if isinstance(rule, Exclusive) and roots.keys() & set(rule.facilities)]
    constraint(m, t, exclusive, reaction_at_most_one_of)
    budget = t.instance.policy.budget
    spent = {when for f, o in starts for start in starts[f, o] for when, _ in outlay_of(t, start)}
    due = [y for y in t.calendar.periods if any(when in t.calendar.span[y] for when in spent)]
    constraint(m, t, due if budget.annual is not None else [], annual_budget_with_reactions)
    constraint(m, t, [0] if spent and budget.total is not None else [], total_budget_with_reactions)


def costs(m: Model, t: Tables) -> Costs:
    """Discounted capex and end-of-horizon credit of what the branch funds, in the period of its funding."""
    found: Costs = []
    for f, o, y in t.reaction.own:
        start = Start(f, o, (y,), t.course)
        found.append(("capex", y, t.starts.capex(start), m.react[f, o, y]))
        credit = t.starts.credit(start)
        if credit:
            found.append(("credit", y, -credit, m.react[f, o, y]))
    return found


def _taken(m: Model, start: Start) -> object:
    if start.course:
        return started(m, start)
    if len(start.path) > 1:
        return m.planned_sequence[start.facility, start.option, start.label]
    return m.planned[start.facility, start.option, start.year]


def _funded(m: Model, t: Tables, f: str, o: str) -> list[Term]:
    """Terms whose sum is 1 when an option is funded by the end of the branch, by the plan or in the future's branches."""
    plan = [(1.0, m.planned[f, o, y]) for y in t.reaction.planned[f, o]]
    return [*plan, *((1.0, started(m, start)) for start in t.reaction.starts.get((f, o), ()))]


def _roots(m: Model, t: Tables, f: str) -> list[Term]:
    return [term for o in t.instance.facilities[f].options if o.after is None for term in _funded(m, t, f, o.id)]


def _reactions(m: Model, t: Tables, facilities: Iterable[str], y: int) -> list[Term]:
    among = set(facilities)
    return [(1.0, m.react[index]) for index in t.reaction.own if index[0] in among and index[2] == y]


def reaction_excludes_alternatives(m: Model, t: Tables, f: str) -> object:
    r"""E1. $\sum_{o \in O_f : \text{no after}} (\sum_{t \le T} x_{fot} + \sum_t x^r_{fot}) \le 1$: options without `after` are alternatives, whether the plan funds them by the end of the branch or the future's branches do."""
    return total(_roots(m, t, f)) <= 1


def reacted_at_most_once(m: Model, t: Tables, f: str, o: str) -> object:
    r"""E2. $\sum_{t \le T} x_{fot} + \sum_t x^r_{fot} \le 1$: an option is funded at most once by the end of the branch, by the plan or in the future's branches."""
    return total(_funded(m, t, f, o)) <= 1


def reaction_after_is_on_line(m: Model, t: Tables, f: str, o: str, y: int) -> object:
    r"""E3. $x^r_{fot} \le \sum_{\sigma \in b : \text{on line by } \bar t} x_\sigma$: the option before, b, is on line in this branch by the end of t."""
    ready = [(-1.0, _taken(m, start)) for start in t.reaction.ready[f, o, y]]
    return total([(1.0, m.react[f, o, y]), *ready]) <= 0


def reactions_within_starts(m: Model, t: Tables, i: int, y: int) -> object:
    r"""E4. $\sum_{f \in L} \sum_o (x_{fot} + x^r_{fot}) \le S_t y_t$: the plan and the branch together fund no more than crews can carry, per year."""
    rule = t.instance.policy.rules[i]
    assert isinstance(rule, Starts)
    among = set(counted(t.network, rule))
    plan = [(1.0, m.planned[index]) for index in m.planned if index[0] in among and index[2] == y]
    return total([*plan, *_reactions(m, t, among, y)]) <= t.calendar.mean(rule.max, y) * t.calendar.years[y]


def reactions_within_surge(m: Model, t: Tables, i: int, y: int) -> object:
    r"""E5. $\sum_{f \in L} \sum_o x^r_{fot} \le R_t y_t$: a branch funds no more than can be carried out in a surge, per year."""
    rule = t.instance.policy.rules[i]
    assert isinstance(rule, Reactions)
    terms = _reactions(m, t, counted(t.network, rule), y)
    return total(terms) <= t.calendar.mean(rule.max, y) * t.calendar.years[y]


def reaction_at_most_one_of(m: Model, t: Tables, i: int) -> object:
    r"""E6. $\sum_{f \in L} \sum_{o : \text{no after}} (\sum_{t \le T} x_{fot} + \sum_t x^r_{fot}) \le 1$: at most one of the facilities is funded by the end of the branch."""
    rule = t.instance.policy.rules[i]
    assert isinstance(rule, Exclusive)
    return total(term for f in rule.facilities for term in _roots(m, t, f)) <= 1


def annual_budget_with_reactions(m: Model, t: Tables, y: int) -> object:
    r"""E7. $\sum_{f,o,t'} \phi_{fot't} x_{fot'} + \sum_{f,o,t'} \phi^r_{fot't} x^r_{fot'} \le B_t y_t$: public capex of the plan and of the future's branches."""
    span = t.calendar.span[y]
    annual = t.instance.policy.budget.annual
    assert annual is not None
    terms = [(usd, var) for when, usd, var in _outlay(m, t) if when in span]
    return total(terms) <= t.calendar.mean(annual, y) * t.calendar.years[y]


def total_budget_with_reactions(m: Model, t: Tables, _: int) -> object:
    r"""E8. $\sum_{f,o,t} (\phi_{fot} x_{fot} + \phi^r_{fot} x^r_{fot}) \le B$: public capex of the plan and of the future's branches, over the horizon."""
    return total((usd, var) for _, usd, var in _outlay(m, t)) <= t.instance.policy.budget.total


def _outlay(m: Model, t: Tables) -> list[tuple[int, float, object]]:
    """(calendar year, USD, variable) of public capex, of the plan and of the future's branches."""
    plan = [
        (when, usd, m.public_fund[f, o, y])
        for f, o, y in m.public_fund
        for when, usd in outlay_of(t, Start(f, o, (y,)))
    ]
    reactions = [
        (when, usd, started(m, start))
        for found in t.reaction.starts.values()
        for start in found
        for when, usd in outlay_of(t, start)
    ]
    return [*plan, *reactions]
