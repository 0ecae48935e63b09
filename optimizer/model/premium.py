"""Prices by channel (I): what of a facility's sales users of stricter channels pay their price for."""

from __future__ import annotations

from collections import defaultdict

from optimizer.model.declare import Costs, Model, Term, constraint, total, variable
from optimizer.network.tables import Tables


def variables(m: Model, t: Tables) -> None:
    """H and N."""
    premium = "H: of what facility f sells, what users of channel k' pay their price for"
    variable(m, "premium", t.finance.premium, unit="t", doc=premium)
    strict = "N: activity of recipe r for users of channel k' of its product m"
    variable(m, "strict", t.finance.strict, unit="units of activity", doc=strict)
    m.premiums_of = defaultdict(list)
    for index in t.finance.premium:
        m.premiums_of[index[0], index[-1]].append(index)
    m.takes = defaultdict(list)  # what final users take, by material and period
    for delivered in t.demand.deliveries if t.finance.premium else ():
        channel = t.instance.markets[delivered[0]].channel
        m.takes[delivered[2], delivered[4]].append((channel, "deliver", delivered))
    for store in t.stock.stores if t.finance.premium else ():
        if t.instance.stockpiles[store[0]].is_public_reserve:
            for y in t.periods:
                m.takes[store[1], y].append((store[2], "stock_in", (*store, y)))
    m.strict_into = defaultdict(list)  # activity with t that it takes in, by material, users and period
    for r, made, users, y in t.finance.strict:
        for material, tonnes in t.instance.recipes[r].inputs.items():
            m.strict_into[material, users, y].append((tonnes, (r, made, users, y)))
    m.strict_of, m.strict_made = defaultdict(list), defaultdict(list)
    for (r, made, users, y), tonnes in t.finance.strict.items():
        m.strict_of[r, users, y].append((r, made, users, y))
        m.strict_made[made, users, y].append((tonnes, (r, made, users, y)))


def constraints(m: Model, t: Tables) -> None:
    """I40 to I44."""
    finance = t.finance
    constraint(m, t, finance.premium_of, premium_is_sold)
    constraint(m, t, finance.premium_users, premium_is_paid_by_users)
    constraint(m, t, m.strict_of, strict_activity_is_run)
    constraint(m, t, m.strict_made, strict_activity_is_used)
    constraint(m, t, finance.at_price, bought_at_the_price_of_its_channel)


def costs(m: Model, t: Tables) -> Costs:  # noqa: ARG001
    """None: what one pays another gets."""
    return []


def _taken(m: Model, t: Tables, material: str, users: str, y: int) -> list[Term]:
    """What users of a channel or a stricter one take of a material, less than nothing."""
    strict = set(t.places.stricter_or_equal(users))
    terms: list[Term] = [
        (-1.0, (m.deliver if component == "deliver" else m.stock_in)[index])
        for channel, component, index in m.takes.get((material, y), ())
        if channel in strict
    ]
    return terms + [(-tonnes, m.strict[index]) for tonnes, index in m.strict_into.get((material, users, y), ())]


def premium_is_sold(m: Model, t: Tables, f: str, s: str, material: str, k: str, y: int) -> object:
    r"""I40. $\sum_{k'} H_{fsmkk't} \le S_{fsmkt}$: a tonne that is sold has one price, that of its channel or of a looser one."""
    sale = (f, s, material, k, y)
    parts = [(1.0, m.premium[index]) for index in t.finance.premium_of[sale]]
    return total([*parts, (-1.0, m.sold[sale])]) <= 0


def premium_is_paid_by_users(m: Model, t: Tables, material: str, users: str, y: int) -> object:
    r"""I41. $\sum_{f,s,k} \sum_{k'' \preceq k'} H_{fsmkk''t} \le \sum_{d : k_d \preceq k'} v_{dimkt} + \sum_{p \in res} \sum_{k \preceq k'} i_{pmkt} + \sum_{r,m'} b^-_{rm} N_{rm'k't}$: the price of a channel is paid by its users and those of stricter ones: markets, public reserves, and activity for them."""
    parts = [(1.0, m.premium[index]) for index in t.finance.premium_users[material, users, y]]
    return total([*parts, *_taken(m, t, material, users, y)]) <= 0


def strict_activity_is_run(m: Model, t: Tables, r: str, users: str, y: int) -> object:
    r"""I42. $\sum_m N_{rmk't} \le \sum_{f,s} \sum_{k \preceq k'} z_{fsrkt}$: activity for users of a channel runs in that channel or a stricter one."""
    runs = [(-1.0, m.run[run]) for run in t.finance.strict_runs[r, users, y]]
    return total([*((1.0, m.strict[index]) for index in m.strict_of[r, users, y]), *runs]) <= 0


def strict_activity_is_used(m: Model, t: Tables, material: str, users: str, y: int) -> object:
    r"""I43. $\sum_r b^+_{rm} N_{rmk't} \le \sum_{d : k_d \preceq k'} v_{dimkt} + \sum_{p \in res} \sum_{k \preceq k'} i_{pmkt} + \sum_{r,m'} b^-_{rm} N_{rm'k't}$: and no more of it than makes what they take; what is trusted to the last step and then goes to anybody has no such users."""
    made = [(tonnes, m.strict[index]) for tonnes, index in m.strict_made[material, users, y]]
    return total([*made, *_taken(m, t, material, users, y)]) <= 0


def bought_at_the_price_of_its_channel(
    m: Model, t: Tables, f: str, s: str, material: str, k: str, users: str, y: int, year: int
) -> object:
    r"""I44. $\sum_{i : k_i \preceq k', i \in I_\tau} U_{ifsmkt} / n_{ift} \le \sum_{k'' \preceq k'} H_{fsmkk''t} / y_t$: what a purchase takes for a reserve is sold at the price that the reserve pays for its channel; a purchase adds what its own price is above that."""
    years, index = t.finance.bought_years, (f, s, material, k, users, y, year)
    terms = [(1.0 / len(years[each]), m.bought[each]) for each in t.finance.at_price[index]]
    strict = t.places.stricter_or_equal(users)
    parts = [part for part in t.finance.premium_of[f, s, material, k, y] if part[4] in strict]
    return total([*terms, *((-1.0 / t.calendar.years[y], m.premium[part]) for part in parts)]) <= 0
