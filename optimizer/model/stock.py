"""Stock (S): stockpiles from period to period, their targets (T), and the way back to the trunk (J)."""

from __future__ import annotations

from optimizer.model.declare import Costs, Key, Model, Term, constraint, linked, total, variable
from optimizer.network.places import Cell
from optimizer.network.tables import TRUNK, Tables


def variables(m: Model, t: Tables) -> None:
    """h, i, o, d, e, s, r; the stock that a branch opens with is that of the course it leaves, its level at the end the trunk's."""
    stores = [(*store, y) for store in t.stock.stores for y in t.periods]
    variable(m, "stock", stores, unit="t", doc="h: stock of material m in channel k at the end of period t")
    variable(m, "stock_in", stores, unit="t", doc="i: taken in")
    out = [(p, k, c, y) for p, k, c, y in stores if (p, y) in t.stock.releases]
    variable(m, "stock_out", out, unit="t", doc="o: released")
    down = [index for index in stores if index[:3] in t.stock.next_channel]
    variable(m, "stock_down", down, unit="t", doc="d: moved to the next looser channel inside")
    discarded = [index for index in out if index[:2] in t.stock.laned]
    variable(m, "discarded", discarded, unit="t", doc="e: thrown away from stock")
    soft = list(t.stock.target_cost)
    variable(m, "missing", soft, unit="t", doc="s: missing to a target")
    before = t.calendar.previous[t.periods[0]]
    opening: dict[Cell, tuple[str, Key]] = {}
    level: dict[Cell, tuple[str, Key]] = {}
    if t.window is not None and before is not None:
        course = t.window.leaves or TRUNK
        opening = {store: (course, ("stock", (*store, before))) for store in t.stock.stores}
    if t.restores:
        level = {store: (TRUNK, ("stock", (*store, t.periods[-1]))) for store in t.stock.stores}
    linked(m, "opening", opening, unit="t", doc="h: stock of the course left at the end of the period before the onset")
    linked(m, "trunk_level", level, unit="t", doc="h: the trunk's stock at the end of the branch")
    bought = [store for store in level if (store[0], store[1], t.periods[-1]) in t.stock.buy_back]
    variable(m, "bought_back", bought, unit="t", doc="r: bought back at the end of the branch")


def constraints(m: Model, t: Tables) -> None:
    """S1 to S4, T1, J1."""
    constraint(m, t, [(*store, y) for store in t.stock.stores for y in t.periods], stock_carries_over)
    limited = [(p, k, y) for p, k in t.stock.capacity for y in t.periods]
    constraint(m, t, limited, stock_within_capacity)
    laned = [store for store in t.stock.stores if store[:2] in t.stock.laned]
    constraint(m, t, [(*store, y) for store in laned for y in t.periods], stock_is_filled_by_lanes)
    constraint(m, t, [(*store, y) for store in laned for y in t.periods], stock_is_released_by_lanes)
    constraint(m, t, t.stock.targets, target_is_reached)
    constraint(m, t, t.stock.stores if t.restores else [], stock_rejoins_the_trunk)


def costs(m: Model, t: Tables) -> Costs:
    """Holding, discarding, missing targets, buying back."""
    found: Costs = []
    for p, material, k in t.stock.stores:
        for y in t.periods:
            usd = t.stock.holding[p, material, y]
            if usd:
                found.append(("storage", y, t.discount(y) * usd, m.stock[p, material, k, y]))
    for index in m.discarded:
        usd = t.stock.disposal[index[1]]
        if usd:
            found.append(("disposal", index[3], t.discount(index[3]) * usd, m.discarded[index]))
    for index, usd in t.stock.target_cost.items():
        found.append(("target_shortage", index[2], t.discount(index[2]) * usd, m.missing[index]))
    last = t.periods[-1]
    for store in m.bought_back:
        usd = t.stock.buy_back[store[0], store[1], last]
        found.append(("buy_back", last, t.discount(last) * usd, m.bought_back[store]))
    return found


def stock_carries_over(m: Model, t: Tables, p: str, material: str, k: str, y: int) -> object:
    r"""S1. $h_t = (1 - \lambda)^{y_t} h_{t-1} + i_t + d^+_t - o_t - d^-_t$: stock is what is left of the opening stock, plus in, less out; a branch opens with that of the course it leaves."""
    store = (p, material, k)
    index = (*store, y)
    keep = t.stock.keep[p, material, y]
    terms: list[Term] = [(1.0, m.stock[index]), (-1.0, m.stock_in[index])]
    given = 0.0
    if y != t.periods[0]:
        terms.append((-keep, m.stock[(*store, t.calendar.previous[y])]))
    elif store in m.opening:
        terms.append((-keep, m.opening[store]))
    else:
        given = keep * t.stock.opening[store]
    if index in m.stock_out:
        terms.append((1.0, m.stock_out[index]))
    if index in m.stock_down:
        terms.append((1.0, m.stock_down[index]))
    terms.extend(
        (-1.0, m.stock_down[(*stricter, y)])
        for stricter in t.stock.stores
        if stricter[:2] == (p, material) and t.stock.next_channel.get(stricter) == k
    )
    return total(terms) == given


def stock_within_capacity(m: Model, t: Tables, p: str, material: str, y: int) -> object:
    r"""S2. $\sum_k h_{pmkt} \le C_{pm}$: over all channels."""
    stores = [store for store in t.stock.stores if store[:2] == (p, material)]
    return total((1.0, m.stock[(*store, y)]) for store in stores) <= t.stock.capacity[p, material]


def stock_is_filled_by_lanes(m: Model, t: Tables, p: str, material: str, k: str, y: int) -> object:
    r"""S3. $i_{pmkt} = \sum_{a \to p} q_{amkt}$: a material with lanes comes by lanes."""
    arcs = [a for a in t.flow.incoming.get((p, material, k), ()) if (a, material, k, y) in m.flow]
    terms = [(-1.0, m.flow[a, material, k, y]) for a in arcs]
    return total([(1.0, m.stock_in[p, material, k, y]), *terms]) == 0


def stock_is_released_by_lanes(m: Model, t: Tables, p: str, material: str, k: str, y: int) -> object:
    r"""S4. $o_{pmkt} = \sum_{p \to a} q_{amkt} + e_{pmkt}$: and leaves by lanes, or is discarded."""
    arcs = [a for a in t.flow.outgoing.get((p, material, k), ()) if (a, material, k, y) in m.flow]
    terms: list[Term] = [(-1.0, m.flow[a, material, k, y]) for a in arcs]
    index = (p, material, k, y)
    if index in m.stock_out:
        terms += [(1.0, m.stock_out[index]), (-1.0, m.discarded[index])]
    return total(terms) == 0


def target_is_reached(m: Model, t: Tables, p: str, i: int, y: int) -> object:
    r"""T1. $\sum_{k \preceq k_i} h_{pmkt} + s_{pit} \ge T_{pit}$: at the end of each period; soft targets may be missed."""
    terms = [(1.0, m.stock[(*store, y)]) for store in t.stock.counts[p, i]]
    if (p, i, y) in m.missing:
        terms.append((1.0, m.missing[p, i, y]))
    return total(terms) >= t.stock.targets[p, i, y]


def stock_rejoins_the_trunk(m: Model, t: Tables, p: str, material: str, k: str) -> object:
    r"""J1. $h_{pmkT} + r_{pmk} \ge h^{trunk}_{pmkT}$: at the end of a branch stock is at the trunk's level, or is bought back."""
    store = (p, material, k)
    terms: list[Term] = [(1.0, m.stock[(*store, t.periods[-1])]), (-1.0, m.trunk_level[store])]
    if store in m.bought_back:
        terms.append((1.0, m.bought_back[store]))
    return total(terms) >= 0
