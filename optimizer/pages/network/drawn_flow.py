"""What moves from stage to stage, by channel and year, as a page draws it; and the balance of heavy rare earths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from optimizer.briefs.brief import Grid, headed
from optimizer.briefs.words import rough_tonnes
from optimizer.network.tables import TRUNK
from optimizer.pages.network.balance import (
    INTO_STOCK,
    OUT_OF_STOCK,
    SINKS,
    SOURCES,
    USERS,
    Moved,
    Node,
    moved_of,
    stages_in_order,
)
from optimizer.pages.network.courses import Future, courses_of, futures_of, periods_of
from optimizer.pages.network.drawn_map import three
from optimizer.pages.page import listed
from optimizer.pages.pictures import Picture, View, lines, years
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

ELEMENTS = {
    "La": "lanthanum", "Ce": "cerium", "Pr": "praseodymium", "Nd": "neodymium", "Sm": "samarium", "Eu": "europium",
    "Gd": "gadolinium", "Tb": "terbium", "Dy": "dysprosium", "Ho": "holmium", "Y": "yttrium",
}  # fmt: skip
TOGETHER = (("Nd", "Pr"), ("Dy", "Tb"))
HEAVY = ("Dy", "Tb")
SEPARATION, MAGNET = "separation", "magnet"
"""Stages of the balance of heavy rare earths."""
WHOLE = "all materials, in tonnes as they are"


@dataclass(frozen=True, slots=True)
class Flow:
    """What moves in a plan.

    Attributes:
        periods: first years.
        futures: the undisrupted one first.
        courses: the trunk first.
        moved: by course and period.
        columns: nodes of each column, from the left: stages, users, stock and rest.
        measures: what may be counted, in words, with the elements that it counts; none for all tonnes.
    """

    periods: tuple[int, ...]
    futures: tuple[Future, ...]
    courses: tuple[str, ...]
    moved: Mapping[tuple[str, int], list[Moved]]
    columns: tuple[tuple[Node, ...], ...]
    measures: tuple[tuple[str, tuple[str, ...]], ...]


def flow_of(plan: Plan) -> Flow:
    """What moves, with its columns in order."""
    periods = periods_of(plan)
    futures = futures_of(plan, periods)
    moved = moved_of(plan)
    nodes = {node for many in moved.values() for begin, end, *_ in many for node in (begin, end)}
    stages = list(dict.fromkeys(recipe.stage for recipe in plan.instance.recipes.values()))
    order = stages_in_order(moved, [stage for stage in stages if any(node[0] == stage for node in nodes)])
    rank = {channel: n for n, channel in enumerate(plan.instance.channels)}

    def column(names: Iterable[str]) -> tuple[Node, ...]:
        return tuple(sorted((n for n in nodes if n[0] in names), key=lambda n: (list(names).index(n[0]), rank[n[1]])))

    columns = [column(list(SOURCES) + order[:1]), *(column([stage]) for stage in order[1:]), column(SINKS)]
    return Flow(periods, futures, courses_of(futures), moved, tuple(c for c in columns if c), _measures(plan, moved))


def _measures(plan: Plan, moved: Mapping[tuple[str, int], list[Moved]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    there = {material for many in moved.values() for _, _, material, _ in many}
    held = dict.fromkeys(e for m, one in plan.instance.materials.items() if m in there for e in one.content)
    together = [tuple(e for e in pair if e in held) for pair in TOGETHER]
    sets = [*(pair for pair in together if len(pair) > 1), *((e,) for e in held)]
    said = [(" and ".join(ELEMENTS.get(e, e) for e in some) + " contained", some) for some in sets]
    return (*said, (WHOLE, ()))


def content_of(plan: Plan, material: str, elements: Iterable[str]) -> float:
    """T of some elements, or of everything, in a t of a material."""
    some = tuple(elements)
    return sum(plan.instance.materials[material].content.get(e, 0.0) for e in some) if some else 1.0


def sums_of(plan: Plan, many: Iterable[Moved], elements: Iterable[str]) -> tuple[dict[Node, float], dict[Node, float]]:
    """What goes into each node and what comes out of it, t of some elements."""
    into: dict[Node, float] = defaultdict(float)
    out: dict[Node, float] = defaultdict(float)
    some = tuple(elements)
    for begin, end, material, tonnes in many:
        amount = tonnes * content_of(plan, material, some)
        out[begin] += amount
        into[end] += amount
    return into, out


def drawn(plan: Plan, flow: Flow) -> View | None:
    """The figure; None where nothing moves."""
    if not any(flow.moved.values()):
        return None
    nodes = [node for column in flow.columns for node in column]
    number = {node: n for n, node in enumerate(nodes)}
    materials = list(dict.fromkeys(m for many in flow.moved.values() for _, _, m, _ in many))
    material = {m: n for n, m in enumerate(materials)}
    held = {m: plan.instance.materials[m].content for m in materials}
    data = {
        "years": list(flow.periods),
        "futures": [
            {"id": one.id, "name": one.name, "when": one.when, "path": [flow.courses.index(c) for c in one.path]}
            for one in flow.futures
        ],
        "nodes": [[name, channel] for name, channel in nodes],
        "columns": [[number[node] for node in column] for column in flow.columns],
        "channels": list(plan.instance.channels),
        "materials": [plan.instance.materials[m].name or m for m in materials],
        "measures": [[said, [round(sum(held[m].get(e, 0.0) for e in some), 5) if some else 1 for m in materials]]
                     for said, some in flow.measures],
        "moved": [
            [
                [
                    x for begin, end, m, t in flow.moved.get((course, year), [])
                    for x in (number[begin], number[end], material[m], three(t))
                ]
                for year in flow.periods
            ]
            for course in flow.courses
        ],
    }  # fmt: skip
    said, some = flow.measures[0]
    words = f"Flow of material from stage to stage by channel, {said}. " + " ".join(
        f"{year}: {_delivered(plan, flow, year, some)}." for year in dict.fromkeys((flow.periods[0], flow.periods[-1]))
    )
    notes = (
        "Tonnes are runs times what recipes say. Where several stages make a material, each user has it from all of "
        "them in proportion; what a channel does not use goes to a less strict one. A stage that gives out less than "
        "it takes loses the rest, or makes what the instance enters with less content.",
    )
    return View("flow", "Material by stage and channel", words, data, _grid(plan, flow, said, some), notes)


def _delivered(plan: Plan, flow: Flow, year: int, some: tuple[str, ...]) -> str:
    into, _ = sums_of(plan, flow.moved.get((TRUNK, year), []), some)
    said = [f"{rough_tonnes(t)} to users in {channel}" for (name, channel), t in sorted(into.items()) if name == USERS]
    return listed(said) or "nothing reaches users"


def _grid(plan: Plan, flow: Flow, said: str, some: tuple[str, ...]) -> Grid:
    stages = [
        name
        for name in dict.fromkeys(n for column in flow.columns for n, _ in column)
        if name not in (*SOURCES, *SINKS)
    ]
    users = [channel for channel in plan.instance.channels if any((USERS, channel) in c for c in flow.columns)]
    heads = ("year", *(f"out of {stage}" for stage in stages), *(f"to users, {channel}" for channel in users))
    table = headed(f"Material by stage without a disruption, t of {said}", *heads, right=heads)
    for year in flow.periods:
        into, out = sums_of(plan, flow.moved.get((TRUNK, year), []), some)
        cells = [sum(t for (name, _), t in out.items() if name == stage) for stage in stages]
        table.add_row(str(year), *(f"{t:,.0f}" for t in cells + [into.get((USERS, k), 0.0) for k in users]))
    return table


def heavies(plan: Plan, flow: Flow) -> list[Picture]:
    """Dysprosium and terbium on the trunk: separated, used in magnets, held; a figure each, with a table by channel."""
    made = []
    for element in HEAVY:
        held = [m for m, one in plan.instance.materials.items() if one.content.get(element)]
        if not held:
            continue
        name = ELEMENTS[element].capitalize()
        channels = list(plan.instance.channels)
        heads = ("separated", "used by magnet makers", "into stock", "out of stock", "in stock at the end")
        table = headed(f"{name} by year and channel without a disruption, t contained", "year", "channel", *heads,
                       right=("year", *heads))  # fmt: skip
        totals: dict[str, list[float]] = {head: [] for head in heads}
        stock = _held(plan, element)
        for year in flow.periods:
            into, out = sums_of(plan, flow.moved.get((TRUNK, year), []), (element,))
            rows = {
                k: (
                    out.get((SEPARATION, k), 0.0), into.get((MAGNET, k), 0.0),
                    into.get((INTO_STOCK, k), 0.0), out.get((OUT_OF_STOCK, k), 0.0), stock.get((year, k), 0.0),
                )
                for k in channels
            }  # fmt: skip
            for channel, cells in rows.items():
                table.add_row(str(year), channel, *(f"{t:,.1f}" for t in cells))
            for n, head in enumerate(heads):
                totals[head].append(sum(cells[n] for cells in rows.values()))
        drawn_heads = [head for head in (heads[0], heads[1], heads[4]) if any(totals[head])]
        if not drawn_heads:
            continue
        series = {head: (list(flow.periods), totals[head]) for head in drawn_heads}
        said = listed(f"{head} {rough_tonnes(totals[head][-1])}" for head in drawn_heads)
        words = f"{name} without a disruption, t contained; {flow.periods[-1]}: {said}."
        made.append(lines(f"{name}: made, used and held", words, series, years(), "t contained").with_grid(table))
    return made


def _held(plan: Plan, element: str) -> dict[tuple[int, str], float]:
    stock = plan.stock[plan.stock["scenario"] == TRUNK]
    found: dict[tuple[int, str], float] = defaultdict(float)
    for row in rows_of(stock):
        content = plan.instance.materials[row.material].content.get(element, 0.0)
        found[int(row.period), row.channel] += float(row.closing) * content
    return found
