"""Finance (I): books of facilities at reference prices, and what instruments pay."""

from __future__ import annotations

import math
from collections import defaultdict

from optimizer.instance.finance import MILLION
from optimizer.model.budget import is_least
from optimizer.model.declare import Costs, Index, Model, Term, constraint, linked, total, variable
from optimizer.model.funding import started
from optimizer.model.stake import result_terms
from optimizer.network.derive_capital import CapitalIndex, capital_of, given, terms_of
from optimizer.network.derive_finance import worth_of
from optimizer.network.eligible import ALL, cap_of, capped
from optimizer.network.starts import Start
from optimizer.network.tables import INVESTMENT, RunIndex, Tables
from optimizer.network.tables_finance import EARNS, PAYS, AwardIndex, PremiumIndex, SoldIndex


def variables(m: Model, t: Tables) -> None:
    """S, A, E and C; fundings, what is given for them and recipients are the investment's."""
    finance = t.finance
    variable(m, "sold", finance.sold, unit="t", doc="S: of what facility f makes, what is used or sold")
    m.limits = budgeted(t)
    most: dict[Index, float] = {key: (finance.loss[key] + finance.gain[key]) / MILLION for key in finance.books}
    earned = "E: what facility f earns in period t, above the most that it can lose"
    variable(m, "earned", most, upper=most, unit="M USD", doc=earned)
    credited = "C: what instrument i pays in period t, where it counts"
    variable(m, "credited", m.limits, upper=m.limits, unit="M USD", doc=credited)
    awards: dict[Index, float] = {key: usd / MILLION for key, usd in finance.award_most.items()}
    awarded = "A: what instrument i pays (or earns) in period t by facility f, if that is a recipient"
    variable(m, "awarded", awards, upper=awards, unit="M USD", doc=awarded)
    chosen = {(i, f): (INVESTMENT, ("recipient", (i, f))) for i, f, _, _ in finance.award_most}
    linked(m, "chosen", chosen, unit="0 or 1", doc="P: facility f is a recipient of instrument i")
    m.may_be_given = given(t.network) if t.is_trunk else []
    fundings = [
        (f, o, y) for f in finance.fundable for (g, o), years in t.starts.years.items() if g == f for y in years
    ]
    linked(m, "funded", {i: (INVESTMENT, ("fund", i)) for i in fundings}, unit="0 or 1", doc="x: funded in period t")
    owners = {i: (INVESTMENT, ("capital", i)) for i in m.may_be_given}
    linked(m, "given", owners, unit="M USD", doc="G: what instrument i gives for what is funded in period t")
    m.sales_of = defaultdict(list)
    for sale in finance.sold:
        m.sales_of[sale[0], sale[-1]].append(sale)
    m.bought_of = defaultdict(list)
    for index in finance.bought:
        m.bought_of[index[1], index[-1]].append(index)
    m.runs_at = defaultdict(list)
    for run in finance.inputs:
        m.runs_at[run[0], run[-1]].append(run)


def constraints(m: Model, t: Tables) -> None:
    """I5 to I9, I13 to I17, I45."""
    constraint(m, t, t.finance.sold, sold_is_made)
    constraint(m, t, t.finance.pool, sold_is_used)
    constraint(m, t, t.finance.strict_pool, strict_is_sold)
    constraint(m, t, t.finance.books, earned_at_most)
    constraint(m, t, t.finance.fundable, pays_its_way)
    constraint(m, t, m.credited, credited_is_paid)
    constraint(m, t, t.finance.award_most, awarded_to_recipients)
    constraint(m, t, t.finance.award_most, awarded_is_sold)
    constraint(m, t, t.finance.award_most, awarded_in_full)
    paid = dict.fromkeys((i, f) for i, f, way, _ in t.finance.award_most if way == PAYS)
    constraint(m, t, capped(t.network, paid), awarded_within_cap)
    constraint(m, t, dict.fromkeys((i, f) for i, f, way, _ in t.finance.award_most if way == EARNS), recipients_gain)


def costs(m: Model, t: Tables) -> Costs:  # noqa: ARG001
    """None: what one pays another gets."""
    return []


def budgeted(t: Tables) -> dict[Index, float]:
    """(i, t) -> M USD that an instrument which pays for output may pay at most, where it counts."""
    finance, budget = t.instance.finance, t.instance.policy.budget
    least = is_least(t)  # then all counts
    limited = budget.annual is not None or budget.total is not None
    if finance is None or not t.is_trunk or not (least or limited or budget.appropriations):
        return {}
    appropriated = {i for one in budget.appropriations for i in one.instruments}
    counts = {one.id for one in finance.instruments if one.budget}
    paying = {(i, sale[-1]) for i, sale in t.finance.per_tonne} | {(i, run[-1]) for i, run in t.finance.per_activity}
    paying |= {(i, y) for i, _, _, y in t.finance.award_most} | {(index[0], index[-1]) for index in t.finance.bought}
    found: dict[Index, float] = {}
    for i, y in sorted(paying):
        if i not in counts:
            found |= {(i, y): math.inf} if least else {}
        elif least or limited or i in appropriated:
            annual = math.inf if budget.annual is None else t.calendar.mean(budget.annual, y) * t.calendar.years[y]
            found[i, y] = min(annual, math.inf if budget.total is None else budget.total) / MILLION
    return found


def sold_is_made(m: Model, t: Tables, f: str, s: str, material: str, k: str, y: int) -> object:
    r"""I5. $S_{fsmkt} \le \sum b^+ z$: what is sold is made, in that state and channel."""
    sale = (f, s, material, k, y)
    made = [(-tonnes, m.run[run]) for run, tonnes in t.finance.sold[sale]]
    return total([(1.0, m.sold[sale]), *made]) <= 0


def sold_is_used(m: Model, t: Tables, p: str, material: str, y: int) -> object:
    r"""I6. $\sum_{f \text{ at } p} (\sum b^+ z - S_{fsmkt}) = \sum_k g_{pmkt}$: what is thrown away where it is made earns nobody anything, and all else is sold; surplus that is sold counts as sold."""
    terms: list[Term] = []
    for sale in t.finance.pool[p, material, y]:
        terms.append((-1.0, m.sold[sale]))
        terms += [(tonnes, m.run[run]) for run, tonnes in t.finance.sold[sale]]
    if not t.instance.materials[material].sell:  # surplus that is sold has a buyer
        left = [(p, material, k, y) for k in t.places.channels]
        terms += [(-1.0, m.surplus[index]) for index in left if index in m.surplus]
    return total(terms) == 0


def strict_is_sold(m: Model, t: Tables, p: str, material: str, k: str, y: int) -> object:
    r"""I45. $\sum_{f \text{ at } p} \sum_{k' \preceq k} (\sum b^+ z - S_{fsmk't}) \le \sum_{k' \preceq k} g_{pmk't} + d_{pmkt}$: what is made in a strict channel and neither thrown away nor downgraded out of it is sold, however much of looser channels is thrown away beside it."""
    terms: list[Term] = []
    for sale in t.finance.strict_pool[p, material, k, y]:
        terms.append((-1.0, m.sold[sale]))
        terms += [(tonnes, m.run[run]) for run, tonnes in t.finance.sold[sale]]
    left = [(p, material, each, y) for each in t.places.stricter_or_equal(k)]
    terms += [(-1.0, m.surplus[index]) for index in left if index in m.surplus]
    if (p, material, k, y) in m.downgrade:
        terms.append((-1.0, m.downgrade[p, material, k, y]))
    return total(terms) <= 0


def _instrument_terms(m: Model, t: Tables, sales: list[SoldIndex], runs: list[RunIndex]) -> list[Term]:
    """What all instruments pay on some sales and activity."""
    by_sale, by_run = _paid(m, t)
    terms: list[Term] = [(by_sale[sale], m.sold[sale]) for sale in sales if sale in by_sale]
    return terms + [(by_run[run], m.run[run]) for run in runs if run in by_run]


def _paid(m: Model, t: Tables) -> tuple[dict[SoldIndex, float], dict[RunIndex, float]]:
    if not hasattr(m, "paid_on"):
        sales: dict[SoldIndex, float] = defaultdict(float)
        for (_, sale), usd in t.finance.per_tonne.items():
            sales[sale] += usd
        runs: dict[RunIndex, float] = defaultdict(float)
        for (_, run), usd in t.finance.per_activity.items():
            runs[run] += usd
        m.paid_on = (dict(sales), dict(runs))
    found: tuple[dict[SoldIndex, float], dict[RunIndex, float]] = m.paid_on
    return found


def _depletion(m: Model, t: Tables) -> dict[PremiumIndex, float]:
    """What depletion pays on what is sold at the price of a stricter channel, USD per t."""
    if not hasattr(m, "depletion_on"):
        m.depletion_on = defaultdict(float)
        for (_, part), usd in t.finance.depleted.items():
            m.depletion_on[part] += usd
    found: dict[PremiumIndex, float] = m.depletion_on
    return found


def _awards(t: Tables) -> list[tuple[AwardIndex, float]]:
    """Awards with USD to the facility for one of their unit, M USD: more where the government pays."""
    return [(award, MILLION if award[2] == PAYS else -MILLION) for award in t.finance.award_most]


def earned_at_most(m: Model, t: Tables, f: str, y: int) -> object:
    r"""I7. $E_{ft} - \Lambda_{ft} \le \sum_{s,m,k} \pi_{fmt} S_{fsmkt} + \sum_{s,m,k,k'} \pi_{fmt} (\zeta_{mk't} - 1) H_{fsmkk't} + C_{ft} + \sum_i (A^+_{ift} - A^-_{ift}) + \sum \psi_{ifsmkt} U_{ifsmkt} - \sum (c + \sum_m \pi_{fmt} \zeta_{mkt} b^-) z - \text{fixed}$: sales at reference prices, what users of stricter channels pay above them, what instruments pay (or take) and what a purchase pays above them, less activity, inputs at the prices of their channel and fixed cost; $\Lambda$ is the most that can be lost."""
    finance = t.finance
    sales, runs = m.sales_of[f, y], m.runs_at[f, y]
    terms: list[Term] = [(MILLION, m.earned[f, y])]
    terms += [(-finance.price[f, sale[2], y], m.sold[sale]) for sale in sales if (f, sale[2], y) in finance.price]
    terms += [(-usd, var) for usd, var in _instrument_terms(m, t, sales, runs)]
    terms += [(-usd, m.awarded[award]) for award, usd in _awards(t) if award[1] == f and award[-1] == y]
    terms += [(-finance.bought[index], m.bought[index]) for index in m.bought_of[f, y]]
    parts = m.premiums_of[f, y]
    terms += [(-finance.premium[part] - _depletion(m, t).get(part, 0.0), m.premium[part]) for part in parts]
    cost = t.capacity.run_cost
    terms += [(cost[f, run[2], run[3], y] + finance.inputs[run], m.run[run]) for run in runs]
    terms += [(usd, started(m, start)) for start, usd in t.capacity.fixed_of.get(y, ()) if start.facility == f]
    return total((usd / MILLION, var) for usd, var in terms) <= (finance.loss[f, y] - t.capacity.fixed[f, y]) / MILLION


def pays_its_way(m: Model, t: Tables, f: str) -> object:
    r"""I8. $\sum_t \delta_t (E_{ft} - \Lambda_{ft}) + \sum_{i,o,t} \rho_{ifot} G_{ifot} - \sum_{i,t} \delta_t \sigma_i (Q_{ift} - \Lambda_{ft} H_{ift}) - \sum_{o,t} ((1 - \phi_{fo}) K_{fo} - R_{fot}) x_{fot} \ge -\Lambda^0_f (1 - \sum_{o \text{ first}, t} x_{fot})$: what is funded breaks even at the hurdle rate, with what it is given as it is paid and paid back, less what stakes have of what it earns, and what its plant is worth at the end; a facility of which nothing is funded need not."""
    finance, n = t.finance, t.network
    assert n.instance.finance is not None
    rate = n.instance.finance.hurdle_rate
    terms: list[Term] = [(finance.worth[y], m.earned[f, y]) for y in t.periods]
    right = sum(finance.worth[y] * finance.loss[f, y] for y in t.periods) - finance.standing_loss[f]
    for index in m.shared:
        if index[1] == f:
            terms += [(-finance.worth[index[-1]] * share, var) for share, var in result_terms(m, t, *index)]
    for g, o, y in m.funded:
        if g != f:
            continue
        start, option = Start(f, o, (y,)), n.starts.options[f, o]
        private = sum(usd * worth_of(n.calendar, rate, when) for when, usd in n.starts.spend(start))
        private *= 1.0 - option.public_share
        worth = residual(t, start) - private
        if option.after is None:
            worth -= finance.standing_loss[f]
        terms.append((worth / MILLION, m.funded[f, o, y]))
        terms += [(worth_to_plant(t, i), m.given[i]) for i in m.may_be_given if i[1:] == (f, o, y)]
    return total(terms) >= right / MILLION


def residual(t: Tables, start: Start) -> float:
    """USD at the hurdle rate that a start's unexpired life is worth at the horizon's end, straight-line.

    Source: design.md 3, `life`, as in the cost of the system.
    """
    n = t.network
    assert n.instance.finance is not None
    credit = n.starts.credit(start)
    end = n.calendar.end_year
    return credit / n.calendar.discount_of(end) * worth_of(n.calendar, n.instance.finance.hurdle_rate, end)


def worth_to_plant(t: Tables, index: CapitalIndex) -> float:
    """Worth of a dollar given, at the hurdle rate: it is paid as the capex is spent, and some of it is paid back."""
    i, f, o, y = index
    n = t.network
    assert n.instance.finance is not None
    rate = n.instance.finance.hurdle_rate
    flows = terms_of(n, capital_of(n)[i], f, o, y).flows
    return sum(share * worth_of(n.calendar, rate, when) for when, share in flows)


def credited_is_paid(m: Model, t: Tables, i: str, y: int) -> object:
    r"""I9. $C_{it} \ge \sum \kappa_{ifsmkt} S_{fsmkt} + \sum \kappa_{ifrkt} z + \sum_f (A^+_{ift} - A^-_{ift}) + \sum \psi_{ifsmkt} U_{ifsmkt} + \sum \kappa_{ifsmkk't} H_{fsmkk't}$: what an instrument pays in a period; what the government earns by it is no budget."""
    finance = t.finance
    terms: list[Term] = [(-MILLION, m.credited[i, y])]
    terms += [(usd, m.sold[sale]) for (j, sale), usd in finance.per_tonne.items() if j == i and sale[-1] == y]
    terms += [(usd, m.run[run]) for (j, run), usd in finance.per_activity.items() if j == i and run[-1] == y]
    terms += [(usd, m.awarded[award]) for award, usd in _awards(t) if award[0] == i and award[-1] == y]
    terms += [(usd, m.bought[index]) for index, usd in finance.bought.items() if index[0] == i and index[-1] == y]
    terms += [(usd, m.premium[part]) for (j, part), usd in finance.depleted.items() if j == i and part[-1] == y]
    return total((usd / MILLION, var) for usd, var in terms) <= 0


def _sales_of(m: Model, t: Tables, award: AwardIndex) -> list[Term]:
    """What is paid, or earned, if the facility is chosen, M USD."""
    return [(usd / MILLION, m.sold[sale]) for sale, usd in t.finance.awarded[award]]


def awarded_to_recipients(m: Model, t: Tables, i: str, f: str, way: str, y: int) -> object:
    r"""I13. $A^\pm_{ift} \le \bar A^\pm_{ift} P_{if}$: only who is chosen is paid, or pays; $\bar A$ is by capacity."""
    most = t.finance.award_most[i, f, way, y] / MILLION
    return total([(1.0, m.awarded[i, f, way, y]), (-most, m.chosen[i, f])]) <= 0


def awarded_is_sold(m: Model, t: Tables, i: str, f: str, way: str, y: int) -> object:
    r"""I14. $A^\pm_{ift} \le \sum \kappa^\pm_{ifsmkt} S_{fsmkt}$: no more than for what it sells."""
    award = (i, f, way, y)
    return total([(1.0, m.awarded[award]), *((-usd, var) for usd, var in _sales_of(m, t, award))]) <= 0


def awarded_in_full(m: Model, t: Tables, i: str, f: str, way: str, y: int) -> object:
    r"""I15. $A^\pm_{ift} \ge \sum \kappa^\pm_{ifsmkt} S_{fsmkt} - \bar A^\pm_{ift} (1 - P_{if})$: and, once it is chosen, for all of it."""
    award = (i, f, way, y)
    most = t.finance.award_most[award] / MILLION
    return total([(-1.0, m.awarded[award]), *_sales_of(m, t, award), (most, m.chosen[i, f])]) <= most


def awarded_within_cap(m: Model, t: Tables, i: str, f: str) -> object:
    r"""I16. $\sum_{f,t} A^+_{ift} \le \bar G_i$ and $\sum_t A^+_{ift} \le \bar G^1_i$: an instrument that chooses pays so much over all years, and so much to one facility; what it earns adds nothing."""
    most = cap_of(t.network, i, f)
    assert most is not None
    mine = [award for award in t.finance.award_most if award[0] == i and f in (ALL, award[1]) and award[2] == PAYS]
    return total((1.0, m.awarded[award]) for award in mine) <= most / MILLION


def recipients_gain(m: Model, t: Tables, i: str, f: str) -> object:
    r"""I17. $\sum_t \delta_t (A^+_{ift} - A^-_{ift}) \ge 0$: nobody agrees to what only takes from it, at the hurdle rate."""
    worth = t.finance.worth
    mine = [award for award in t.finance.award_most if award[:2] == (i, f)]
    return total((worth[a[-1]] if a[2] == PAYS else -worth[a[-1]], m.awarded[a]) for a in mine) >= 0
