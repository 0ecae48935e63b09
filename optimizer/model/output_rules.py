"""Rules on operations (R): shares of what is made and of what is delivered."""

from __future__ import annotations

from collections import defaultdict

from optimizer.instance.policy import Diversify, DomesticContent, ExposureCap, HeavyContent
from optimizer.model.declare import Costs, Model, Term, constraint, total
from optimizer.network.derive_rules import RARE_EARTHS
from optimizer.network.tables import OutputRow, RunIndex, Tables


def variables(m: Model, t: Tables) -> None:
    """None of its own."""
    found: dict[tuple[str, int], list[RunIndex]] = defaultdict(list)
    for run in t.capacity.runs:
        found[run[3], run[4]].append(run)
    m.runs_in = dict(found)
    m.made_of = {}


def constraints(m: Model, t: Tables) -> None:
    """R1 to R6."""
    rows = list(enumerate(t.rules.output))
    for kind, rule in (
        (DomesticContent, domestic_content),
        (ExposureCap, exposure_cap),
        (HeavyContent, heavy_content),
        (Diversify, diversify),
    ):
        constraint(m, t, [i for i, row in rows if isinstance(row.record, kind)], rule)
    constraint(m, t, t.rules.delivered, delivered_content)
    constraint(m, t, t.rules.filled, fill_rate)


def costs(m: Model, t: Tables) -> Costs:
    r"""What buyers prefer: $\pi_{lt} p_{mt}$ for each tonne that is not drawn from the preferred channel; no money."""
    each: dict[tuple[str, int, str, str, int], float] = {}
    for (_, d, i, material, k, y), usd in t.rules.preferred.items():
        each[d, i, material, k, y] = each.get((d, i, material, k, y), 0.0) + usd
    return [("preference", i[4], t.discount(i[4]) * usd, m.deliver[i]) for i, usd in each.items()]


def _made(m: Model, t: Tables, row: OutputRow) -> list[tuple[RunIndex, float]]:
    """(activity, t of the rule's materials it makes); the rows of a rule that differ only by group share it."""
    key = (row.rule, row.channel, row.period, row.total)
    if key in m.made_of:
        known: list[tuple[RunIndex, float]] = m.made_of[key]
        return known
    found = []
    for run in m.runs_in.get((row.channel, row.period), ()):
        outputs = t.instance.recipes[run[2]].outputs
        tonnes = sum(amount for material, amount in outputs.items() if material in row.total)
        if tonnes:
            found.append((run, tonnes))
    m.made_of[key] = found
    return found


def domestic_content(m: Model, t: Tables, i: int) -> object:
    r"""R1. $\sum_{f \in dom} b z \ge \beta \sum_f b z$: a share of the output is domestic."""
    row = t.rules.output[i]
    return total((tonnes * ((run[0] in row.part) - row.share), m.run[run]) for run, tonnes in _made(m, t, row)) >= 0


def exposure_cap(m: Model, t: Tables, i: int) -> object:
    r"""R2. $\sum_f \epsilon_f b z \le \beta \sum_f b z$: the mean exposure of the output is capped."""
    row = t.rules.output[i]
    assert isinstance(row.record, ExposureCap)
    kind = row.record.kind
    terms: list[Term] = []
    for run, tonnes in _made(m, t, row):
        exposure = t.capacity.exposure[run[0], run[1], kind, row.channel, row.period]
        terms.append((tonnes * (exposure - row.share), m.run[run]))
    return total(terms) <= 0


def heavy_content(m: Model, t: Tables, i: int) -> object:
    r"""R3. $\sum_f \sum_{e \in E} c_{em} b z \ge \beta \sum_f \sum_{e \in RE} c_{em} b z$: given elements are a share of the rare-earth mass made."""
    row = t.rules.output[i]
    assert isinstance(row.record, HeavyContent)
    wanted = set(row.record.elements)
    terms: list[Term] = []
    for run, _ in _made(m, t, row):
        coef = 0.0
        for material, amount in t.instance.recipes[run[2]].outputs.items():
            if material in row.total:
                for element, content in t.instance.materials[material].content.items():
                    if element in RARE_EARTHS:
                        coef += amount * content * ((element in wanted) - row.share)
        terms.append((coef, m.run[run]))
    return total(terms) >= 0


def diversify(m: Model, t: Tables, i: int) -> object:
    r"""R4. $\sum_{f \in G} b z \le \beta \sum_f b z$ for each group G: no one makes more than a share."""
    row = t.rules.output[i]
    return total((tonnes * ((run[0] in row.part) - row.share), m.run[run]) for run, tonnes in _made(m, t, row)) <= 0


def delivered_content(m: Model, t: Tables, i: int, d: str, product: str, y: int) -> object:
    r"""R5. $\sum_{k \preceq k_l} v_{dimkt} \ge \beta \sum_k v_{dimkt}$: a share of what a market receives of a product comes from a channel or a stricter one."""
    share, channels, lines = t.rules.delivered[i, d, product, y]
    terms = [
        ((index[3] in channels) - share, m.deliver[index])
        for line in lines
        for index in m.deliveries_of.get((d, line, y), ())
    ]
    return total(terms) >= 0


def fill_rate(m: Model, t: Tables, i: int, y: int) -> object:
    r"""R6. $\sum_{(d, j) \in l} \sum_{m, k} v_{djmkt} \ge \beta \sum_{(d, j) \in l} (u_{djt} + \sum_{m, k} v_{djmkt})$: a share of what markets ask for is delivered, all of them and their products together."""
    share, lines = t.rules.filled[i, y]
    terms: list[Term] = []
    for line in lines:
        terms += [(1.0 - share, m.deliver[index]) for index in m.deliveries_of.get((*line, y), ())]
        if (*line, y) in m.short:
            terms.append((-share, m.short[*line, y]))
    return total(terms) >= 0
