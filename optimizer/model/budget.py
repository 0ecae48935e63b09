"""Budget (B): public outlay within what there is, or as little as can be."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from optimizer.instance.finance import MILLION
from optimizer.model.declare import Costs, Model, Term, constraint, linked, total, variable
from optimizer.network.derive_capital import capital_of, terms_of
from optimizer.network.starts import Start
from optimizer.network.tables import INVESTMENT, Tables

OUTLAY = "public_outlay"
"""Component of the trunk with what governments pay."""


def variables(m: Model, t: Tables) -> None:
    """O; funding is the investment's."""
    everything = {
        (f, o, y): (INVESTMENT, ("fund", (f, o, y))) for (f, o), years in t.starts.years.items() for y in years
    }
    counted = _limited(t) or is_least(t)
    linked(m, "public_fund", everything if counted else {}, unit="0 or 1", doc="x: funded in period t")
    # Where no budget looks at it too: a list of cuts has rows of its own over what stockpiles pay.
    variable(m, "stock_above", t.stock.steps, unit="t", doc="V: taken in above price step j")
    least = [0] if is_least(t) else []
    variable(m, "public_outlay", least, unit="M USD", doc="O: what governments pay over all years, discounted")


def constraints(m: Model, t: Tables) -> None:
    """B1 to B3, B5: on the trunk."""
    budget = t.instance.policy.budget
    constraint(m, t, t.periods if t.is_trunk and budget.annual is not None else [], annual_budget)
    constraint(m, t, [0] if t.is_trunk and budget.total is not None else [], total_budget)
    constraint(m, t, [0] if is_least(t) else [], outlay_is_counted)
    constraint(m, t, t.stock.steps, above_step_is_counted)


def costs(m: Model, t: Tables) -> Costs:  # noqa: ARG001
    """None: outlay is no system cost of its own."""
    return []


def _limited(t: Tables) -> bool:
    budget = t.instance.policy.budget
    spends = t.is_trunk or bool(t.reaction.starts)
    limited = budget.annual is not None or budget.total is not None
    return (spends and limited) or (t.is_trunk and bool(budget.appropriations))


def is_least(t: Tables) -> bool:
    """Whether public outlay is to be least, so that all of it is counted."""
    finance = t.instance.finance
    return t.is_trunk and finance is not None and finance.perspective == "public"


def outlay_of(t: Tables, start: Start) -> list[tuple[int, float]]:
    """(calendar year, USD) of public outlay for a funding, undiscounted."""
    share = t.starts.options[start.facility, start.option].public_share
    return [(when, usd * share) for when, usd in t.starts.spend(start) if usd * share]


def of_stock(
    m: Model, t: Tables, y: int, bought: Collection[str] | None = None, held: Collection[str] | None = None
) -> list[Term]:
    """What is paid in a period for public stockpiles, USD.

    Args:
        m: the trunk.
        t: its tables.
        y: the period.
        bought: those whose purchases count; by default all that are public.
        held: those whose holding counts; by default all that are public.
    """
    bought = t.stock.public if bought is None else bought
    held = t.stock.public if held is None else held
    terms: list[Term] = []
    for p, material, k in t.stock.stores:
        share = t.stock.public.get(p, 0.0)
        if p in bought:
            terms.append((share * t.stock.paid.get((p, material, k, y), 0.0), m.stock_in[p, material, k, y]))
        if p in held:
            terms.append((share * t.stock.holding[p, material, y], m.stock[p, material, k, y]))
    for (p, material, j, when), (_, usd) in t.stock.steps.items():
        if p in bought and when == y:
            terms.append((t.stock.public[p] * usd, m.stock_above[p, material, j, y]))
    return terms


def of_instruments(
    m: Model, t: Tables, span: range | None, periods: Iterable[int], among: Collection[str] | None = None
) -> list[Term]:
    """What capital costs, in the years in which it is paid, in some years or in all; and what is paid for output.

    What a stake bears of a period's loss is paid in its years alike.

    Args:
        m: the trunk.
        t: its tables.
        span: calendar years; None for all.
        periods: in which output is paid for.
        among: instruments; by default all that count in the budget.
    """
    finance = t.instance.finance
    if finance is None:
        return []
    counts = {one.id for one in finance.instruments if one.budget and (among is None or one.id in among)}
    terms: list[Term] = []
    instruments = capital_of(t.network)
    for i, f, o, year in m.given:
        outlay = terms_of(t.network, instruments[i], f, o, year).outlay if i in counts else ()
        paid = sum(share for when, share in outlay if span is None or when in span)
        if paid:
            terms.append((MILLION * paid, m.given[i, f, o, year]))
    within = set(periods)
    for i, f, y in m.borne:
        years = [year for year in t.calendar.span[y] if span is None or year in span]
        if i in counts and years:
            terms.append((MILLION * len(years) / t.calendar.years[y], m.borne[i, f, y]))
    return terms + [(MILLION, m.credited[i, y]) for i, y in m.credited if y in within and i in counts]


def annual_budget(m: Model, t: Tables, y: int) -> object:
    r"""B1. $\sum_{f,o,t'} \phi_{fot't} x_{fot'} + \sum_{i,f,o,t'} \gamma_{fot't} G_{ifot'} + \sum_{i,f} L_{ift} + \sum_i C_{it} + \sum_{p \in pub} \phi_p (\pi_{pmt} \zeta_{mkt} i_{pmkt} + \eta_{pmt} h_{pmkt}) + \sum_{p,m,j} \phi_p \pi_{pmt} (F_{pmj} - F_{pm,j-1}) V_{pmjt} \le B_t y_t$: capex by its public share, grants, stakes and the cost of loans and preferred shares as they are paid, losses that stakes bear, what other instruments pay, purchases at the price of the channel, what they cost above price steps (of the reference price; the factor before the first is 1), holding, of a stockpile its public share."""
    span = t.calendar.span[y]
    terms = [
        (usd, m.public_fund[f, o, year])
        for f, o, year in m.public_fund
        for when, usd in outlay_of(t, Start(f, o, (year,)))
        if when in span
    ]
    annual = t.instance.policy.budget.annual
    assert annual is not None
    return (
        total([*terms, *of_stock(m, t, y), *of_instruments(m, t, span, [y])])
        <= t.calendar.mean(annual, y) * t.calendar.years[y]
    )


def total_budget(m: Model, t: Tables, _: int) -> object:
    r"""B2. $\sum_t \text{outlay}_t \le B$: over the horizon, capex falling due later included."""
    terms = [(usd, m.public_fund[f, o, y]) for f, o, y in m.public_fund for _, usd in outlay_of(t, Start(f, o, (y,)))]
    stock = [term for y in t.periods for term in of_stock(m, t, y)]
    return total([*terms, *stock, *of_instruments(m, t, None, t.periods)]) <= t.instance.policy.budget.total


def outlay_is_counted(m: Model, t: Tables, _: int) -> object:
    r"""B3. $O \ge \sum_t d_t \, \text{outlay}_t$: all that governments pay on the trunk, discounted; of an instrument that earns in a period what it pays in others is not less."""
    discount = t.calendar.discount
    terms: list[Term] = [(-MILLION, m.public_outlay[0])]
    for f, o, y in m.public_fund:
        spent = outlay_of(t, Start(f, o, (y,)))
        terms.append((sum(usd * t.calendar.discount_of(when) for when, usd in spent), m.public_fund[f, o, y]))
    terms += [(discount[y] * usd, var) for y in t.periods for usd, var in of_stock(m, t, y)]
    instruments = capital_of(t.network)
    for i, f, o, y in m.given:
        paid = terms_of(t.network, instruments[i], f, o, y).outlay
        worth = sum(share * t.calendar.discount_of(when) for when, share in paid)
        terms.append((MILLION * worth, m.given[i, f, o, y]))
    terms += [(MILLION * discount[y], m.credited[i, y]) for i, y in m.credited]
    terms += [(MILLION * discount[y], m.borne[i, f, y]) for i, f, y in m.borne]
    return total((usd / MILLION, var) for usd, var in terms) <= 0


def above_step_is_counted(m: Model, t: Tables, p: str, material: str, j: int, y: int) -> object:
    r"""B5. $V_{pmjt} \ge \sum_k i_{pmkt} - L_{pmj} y_t$: what a public stockpile takes in of a material above each price step, over all channels and evenly over the years of a period."""
    terms = [(-1.0, m.stock_in[(*store, y)]) for store in t.stock.stores if store[:2] == (p, material)]
    return total([(1.0, m.stock_above[p, material, j, y]), *terms]) >= -t.stock.steps[p, material, j, y][0]
