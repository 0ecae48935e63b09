"""Funding (F): what is funded, and when."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.model.declare import Costs, Model, Term, constraint, total, variable
from optimizer.network.starts import Start
from optimizer.network.tables import Network


def variables(m: Model, n: Network) -> None:
    """X and w."""
    funded = [(f, o, t) for (f, o), years in n.starts.years.items() for t in years]
    variable(m, "fund", funded, binary=True, unit="0 or 1", doc="x: option o of facility f is funded in period t")
    paths = [(f, o, start.label) for (f, o) in sorted(n.starts.sequenced) for start in n.starts.paths[f, o]]
    doc = "w: option o of facility f is funded after the options before it, in the periods of a path"
    variable(m, "sequence", paths, upper=1.0, unit="0 or 1", doc=doc)


def constraints(m: Model, n: Network) -> None:
    """F1 to F4."""
    starts = n.starts
    roots = {f: [o.id for o in record.options if o.after is None] for f, record in n.instance.facilities.items()}
    constraint(m, n, [f for f, found in roots.items() if found], alternatives_at_most_one)
    later = [(f, o) for (f, o), option in starts.options.items() if option.after is not None]
    constraint(m, n, [key for key in later if starts.years[key]], funded_at_most_once)
    constraint(m, n, [(f, o, t) for f, o in later for t in starts.years[f, o]], after_is_on_line)
    sequenced = sorted(starts.sequenced)
    constraint(m, n, [(f, o, t) for f, o in sequenced for t in starts.years[f, o]], sequences_make_up_funding)
    befores = {(f, o, path.path[:-1]) for f, o in sequenced for path in starts.paths[f, o]}
    labels = sorted((f, o, ">".join(str(year) for year in path)) for f, o, path in befores)
    constraint(m, n, labels, sequence_follows_the_one_before)


def costs(m: Model, n: Network) -> Costs:
    """Discounted capex and end-of-horizon credit of what is funded."""
    found: Costs = []
    for (f, o), years in n.starts.years.items():
        for t in years:
            start = Start(f, o, (t,))
            found.append(("capex", t, n.starts.capex(start), m.fund[f, o, t]))
            credit = n.starts.credit(start)
            if credit:
                found.append(("credit", t, -credit, m.fund[f, o, t]))
    return found


def started(m: Model, start: Start) -> object:
    """The variable that is 1 when a start is taken, by the plan or in a branch."""
    if start.course:
        return (m.react if start.course == m.block else m.reacted)[start.facility, start.option, start.year]
    if len(start.path) == 1:
        return m.fund[start.facility, start.option, start.year]
    return m.sequence[start.facility, start.option, start.label]


def on_line_by(m: Model, n: Network, facility: str, by: int | None, option: str | None = None) -> Iterator[Term]:
    """Terms whose sum is 1 when a facility (or one option of it) is funded and on line by the end of a year."""
    for record in n.instance.facilities[facility].options:
        if record.after is None if option is None else record.id == option:
            for t in n.starts.years[facility, record.id]:
                if by is None or t + record.lead <= by:
                    yield 1.0, m.fund[facility, record.id, t]


def alternatives_at_most_one(m: Model, n: Network, f: str) -> object:
    r"""F1. $\sum_{o \in O_f : \text{no after}} \sum_t x_{fot} \le 1$: options without `after` are alternatives."""
    return total(on_line_by(m, n, f, None)) <= 1


def funded_at_most_once(m: Model, n: Network, f: str, o: str) -> object:
    r"""F2. $\sum_t x_{fot} \le 1$: an option is funded at most once."""
    return total((1.0, m.fund[f, o, t]) for t in n.starts.years[f, o]) <= 1


def after_is_on_line(m: Model, n: Network, f: str, o: str, t: int) -> object:
    r"""F3. $x_{fot} \le \sum_{t' : t' + \ell_b \le \bar t} x_{fbt'}$: the option before, b, is on line by the end of t."""
    base = n.starts.base(f, o)
    assert base is not None
    lead = n.starts.options[f, base].lead
    ready = [(1.0, m.fund[f, base, y]) for y in n.starts.years[f, base] if y + lead < n.calendar.span[t].stop]
    return total([(1.0, m.fund[f, o, t]), *((-1.0, var) for _, var in ready)]) <= 0


def sequences_make_up_funding(m: Model, n: Network, f: str, o: str, t: int) -> object:
    r"""F4. $\sum_{\pi : \pi \text{ ends in } t} w_{fo\pi} = x_{fot}$: a funding has a history."""
    paths = [start for start in n.starts.paths[f, o] if start.year == t]
    return total([(1.0, m.fund[f, o, t]), *((-1.0, m.sequence[f, o, s.label]) for s in paths)]) == 0


def sequence_follows_the_one_before(m: Model, n: Network, f: str, o: str, before: str) -> object:
    r"""F5. $\sum_t w_{fo(\pi, t)} \le w_{fb\pi}$: the history is that of the option before, b (x where it has none)."""
    base = n.starts.base(f, o)
    assert base is not None
    path = tuple(int(year) for year in before.split(">"))
    paths = [start for start in n.starts.paths[f, o] if start.path[:-1] == path]
    first = started(m, Start(f, base, path))
    return total([(-1.0, first), *((1.0, m.sequence[f, o, s.label]) for s in paths)]) <= 0
