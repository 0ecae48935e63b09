"""Capacity (C): what stands at a facility, and is trusted, bounds what it runs."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from optimizer.model.declare import Costs, Model, Term, constraint, linked, total, variable
from optimizer.model.funding import started
from optimizer.network.tables import INVESTMENT, RunIndex, Tables, Terms

_Where = tuple[str, str, str, int]


def variables(m: Model, t: Tables) -> None:
    """Z and the capacity of states; funding is the investment's."""
    needed = {start for terms in _all_terms(t) for start, _ in terms}
    planned = sorted(start for start in needed if not start.course)
    fund = [(s.facility, s.option, s.year) for s in planned if len(s.path) == 1]
    paths = [(s.facility, s.option, s.label) for s in planned if len(s.path) > 1]
    linked(m, "fund", {i: (INVESTMENT, ("fund", i)) for i in fund}, unit="0 or 1", doc="x: funded in period t")
    owners = {i: (INVESTMENT, ("sequence", i)) for i in paths}
    linked(m, "sequence", owners, unit="0 or 1", doc="w: funded after the options before it")
    variable(m, "run", t.capacity.runs, unit="units of activity", doc="z: activity of recipe r in channel k, state s")
    standing = [
        (f, u, s.id, y)
        for (f, u, y) in t.capacity.existing
        for s in t.capacity.states[f]
        if len(t.capacity.states[f]) > 1 and t.capacity.most[f, u, y] > 0
    ]
    variable(m, "standing", standing, unit="t/yr", doc="K: capacity of unit u in state s")
    m.runs_of = _runs_by_unit(t)


def constraints(m: Model, t: Tables) -> None:
    """C1 to C7."""
    c = t.capacity
    one = [(f, u, y) for f, u, y in c.existing if len(c.states[f]) == 1 and m.runs_of.get((f, u, "", y))]
    constraint(m, t, one, activity_within_capacity)
    many = [(f, u, y) for f, u, y in c.existing if len(c.states[f]) > 1 and c.most[f, u, y] > 0]
    constraint(m, t, many, states_share_capacity)
    literals = [(f, u, s.id, o, y) for f, u, y in many for s in c.states[f] for o in _setting(t, f)]
    constraint(m, t, [i for i in literals if i[3] in i[2].split("+")], state_needs_option)
    constraint(m, t, [i for i in literals if i[3] not in i[2].split("+")], state_excludes_option)
    parts = [
        (f, u, s.id, o, start.label, y)
        for f, u, y in many
        for s in c.states[f]
        for o in _setting(t, f)
        for start, share in c.setting[f, o, y]
        if share < 1
    ]
    constraint(m, t, parts, state_holds_part_of_the_period)
    by_state = [(f, u, s.id, y) for f, u, y in many for s in c.states[f] if m.runs_of.get((f, u, s.id, y))]
    constraint(m, t, by_state, activity_within_state)
    qualified = [
        (f, u, s.id, k, y) for f, u, k, y in c.qualified for s in c.states[f] if m.runs_of.get((f, u, s.id, y))
    ]
    constraint(m, t, qualified, activity_is_qualified)


def costs(m: Model, t: Tables) -> Costs:
    """Activity with custody, and fixed cost of what is on line."""
    found: Costs = []
    for f, s, r, k, y in t.capacity.runs:
        found.append(("activity", y, t.discount(y) * t.capacity.run_cost[f, r, k, y], m.run[f, s, r, k, y]))
    for (_, y), usd in t.capacity.fixed.items():
        if usd:
            found.append(("fixed", y, t.discount(y) * usd, None))
    for y, terms in t.capacity.fixed_of.items():
        found.extend(("fixed", y, t.discount(y) * usd, started(m, start)) for start, usd in terms)
    return found


def _all_terms(t: Tables) -> list[Terms]:
    c = t.capacity
    return [
        *c.sizes.values(), *c.qualified.values(), *c.setting.values(), *c.fixed_of.values(), *t.adjust.sizes.values()
    ]  # fmt: skip


def _setting(t: Tables, f: str) -> list[str]:
    return [option for state in t.capacity.states[f] if len(state.options) == 1 for option in state.options]


def _runs_by_unit(t: Tables) -> dict[_Where, list[RunIndex]]:
    found: dict[_Where, list[RunIndex]] = defaultdict(list)
    for run in t.capacity.runs:
        f, s, r, _, y = run
        found[f, t.capacity.unit[f, r], s, y].append(run)
    return dict(found)


def used_terms(t: Tables, run: Any, runs: list[RunIndex]) -> list[Term]:
    """Capacity that some activity takes."""
    return [(t.capacity.use[index[0], index[2]], run[index]) for index in runs]


def capacity_terms(m: Model, terms: Terms, factor: float) -> list[Term]:
    """What starts give, on the left of a row."""
    return [(-factor * size, started(m, start)) for start, size in terms]


def activity_within_capacity(m: Model, t: Tables, f: str, u: str, y: int) -> object:
    r"""C1. $\sum_{r \in u, k} a_{fr} z_{frkt} \le \alpha_{ft} y_t (\bar K_{fut} + \sum_\sigma \kappa_{\sigma ut} x_\sigma)$: a unit runs within what stands and what is funded."""
    factor = t.capacity.available[f, "", y] * t.calendar.years[y]
    used = used_terms(t, m.run, m.runs_of[f, u, "", y])
    return (
        total([*used, *capacity_terms(m, t.capacity.sizes[f, u, y], factor)]) <= factor * t.capacity.existing[f, u, y]
    )


def states_share_capacity(m: Model, t: Tables, f: str, u: str, y: int) -> object:
    r"""C2. $\sum_s K_{fust} \le \bar K_{fut} + \sum_\sigma \kappa_{\sigma ut} x_\sigma$: the states of a unit share what stands."""
    parts = [(1.0, m.standing[f, u, s.id, y]) for s in t.capacity.states[f]]
    return total([*parts, *capacity_terms(m, t.capacity.sizes[f, u, y], 1.0)]) <= t.capacity.existing[f, u, y]


def state_needs_option(m: Model, t: Tables, f: str, u: str, s: str, o: str, y: int) -> object:
    r"""C3. $K_{fust} \le \hat K_{fut} \sum_{\sigma \in o} \omega_{\sigma t} x_\sigma$ for $o \in s$: a state holds while its options are on line."""
    most = t.capacity.most[f, u, y]
    held = [(-most * share, started(m, start)) for start, share in t.capacity.setting[f, o, y]]
    return total([(1.0, m.standing[f, u, s, y]), *held]) <= 0


def state_excludes_option(m: Model, t: Tables, f: str, u: str, s: str, o: str, y: int) -> object:
    r"""C4. $K_{fust} \le \hat K_{fut} (1 - \sum_{\sigma \in o} \omega_{\sigma t} x_\sigma)$ for $o \notin s$: and while no other option is."""
    most = t.capacity.most[f, u, y]
    held = [(most * share, started(m, start)) for start, share in t.capacity.setting[f, o, y]]
    return total([(1.0, m.standing[f, u, s, y]), *held]) <= most


def activity_within_state(m: Model, t: Tables, f: str, u: str, s: str, y: int) -> object:
    r"""C5. $\sum_{r \in u, k} a_{fr} z_{fsrkt} \le \alpha_{fst} y_t K_{fust}$: a unit runs in a state within its capacity in that state."""
    factor = t.capacity.available[f, s, y] * t.calendar.years[y]
    return total([*used_terms(t, m.run, m.runs_of[f, u, s, y]), (-factor, m.standing[f, u, s, y])]) <= 0


def activity_is_qualified(m: Model, t: Tables, f: str, u: str, s: str, k: str, y: int) -> object:
    r"""C6. $\sum_{r \in u, k' \preceq k} a_{fr} z_{fsrk't} \le \alpha_{fst} y_t (\bar K_{fut} + \sum_\sigma \kappa^k_{\sigma ut} x_\sigma)$: a channel and all stricter ones run on capacity qualified for it."""
    factor = t.capacity.available[f, s, y] * t.calendar.years[y]
    strict = set(t.places.stricter_or_equal(k))
    used = used_terms(t, m.run, [run for run in m.runs_of[f, u, s, y] if run[3] in strict])
    terms = t.capacity.qualified[f, u, k, y]
    return total([*used, *capacity_terms(m, terms, factor)]) <= factor * t.capacity.existing[f, u, y]


def state_holds_part_of_the_period(m: Model, t: Tables, f: str, u: str, s: str, o: str, path: str, y: int) -> object:
    r"""C7. $K_{fust} \le \omega (\bar K_{fut} + \sum_\sigma \kappa_{\sigma ut} x_\sigma) + \hat K_{fut} (1 - x_{\sigma_o})$ with $\omega = \omega_{\sigma_o t}$ for $o \in s$, else $1 - \omega_{\sigma_o t}$: a state that holds for a part of the period has that part of what stands."""
    most = t.capacity.most[f, u, y]
    start, share = next((item, part) for item, part in t.capacity.setting[f, o, y] if item.label == path)
    part = share if o in s.split("+") else 1.0 - share
    terms = [
        (1.0, m.standing[f, u, s, y]),
        *capacity_terms(m, t.capacity.sizes[f, u, y], part),
        (most, started(m, start)),
    ]
    return total(terms) <= most + part * t.capacity.existing[f, u, y]
