"""The page that begins a report of several plans: they side by side, from their folders; nothing is computed anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from optimizer.briefs.brief import Brief
from optimizer.briefs.words import rough, rough_tonnes
from optimizer.comparison.verdicts import SAME, TIE, UNLIKE, difference
from optimizer.instance.marks import together
from optimizer.pages.beside.pictures import figures
from optimizer.pages.beside.sides import Problem, Side, named, problems_of, sides_of, told
from optimizer.pages.beside.tables import measure_of, moved, outlay_of, say, split
from optimizer.pages.network.courses import option_of
from optimizer.pages.network.figures import KILOGRAM
from optimizer.pages.page import Page, counted, listed

TITLE = "Plans side by side"
MOST = 6
"""Plans that a sentence tells; the tables have all."""
NOTHING = "nothing in any future"


def beside(pages: Sequence[Page]) -> list[Page]:
    """Pages of a report, begun with one on its plans side by side where there are several.

    Args:
        pages: in order.
    """
    plans = [page for page in pages if page.plan is not None]
    return list(pages) if len(plans) < 2 else [_page(named(plans)), *pages]


def _page(pages: Mapping[str, Page]) -> Page:
    there = {name: page.plan for name, page in pages.items() if page.plan is not None and page.plan.tables}
    problems = problems_of(there) if there else []
    sides = sides_of(pages, problems)
    out = Brief()
    say(out, pages, sides)
    return Page(
        title=TITLE,
        source=", ".join(page.source for page in pages.values()),
        alerts=tuple(_alerts(pages)),
        answer=tuple(_answer(pages, sides, problems)),
        pictures=tuple(figures(sides)) if len(sides) > 1 else (),
        brief=out,
        provenance=tuple(_provenance(pages)),
        markings=together(page.markings for page in pages.values()),
    )


def _alerts(pages: Mapping[str, Page]) -> Iterator[str]:
    """What is wrong with a plan, as its own page says it."""
    for name, page in pages.items():
        yield from (f"{name}: {alert[:1].lower()}{alert[1:]}" for alert in page.alerts)


def _provenance(pages: Mapping[str, Page]) -> Iterator[tuple[str, str]]:
    for name, page in pages.items():
        known = dict(page.provenance)
        told = (f"{key} {known[key]}" for key in ("instance", "instance, SHA-256", "made") if key in known)
        yield name, "; ".join([page.source, *told])


def _answer(pages: Mapping[str, Page], sides: Sequence[Side], problems: Sequence[Problem]) -> Iterator[str]:
    if len(sides) < 2:
        which = f"Only {sides[0].name}" if sides else "None"
        yield f"{which} of the {len(pages)} folders holds a plan: there is nothing to set side by side."
        return
    if len(problems) > 1:
        yield told(problems)
    yield _fundings(sides)
    yield _costs(sides)
    outlay = (f"{side.name} {rough(sum(outlay_of(side).values()))}" for side in sides)
    yield f"Public outlay over the horizon, undiscounted: {_joined(outlay)}."
    yield _short(sides)


def _joined(parts: Iterable[str]) -> str:
    every = list(parts)
    rest = f"; and {len(every) - MOST} more" if len(every) > MOST else ""
    return "; ".join(every[:MOST]) + rest


def _fundings(sides: Sequence[Side]) -> str:
    every, some = split(sides)
    years, sizes = moved(sides, every)
    all_ = "Both plans" if len(sides) == 2 else f"All {len(sides)} plans"
    ways = ((years, "year"), (sizes, "size or at another price"))
    other = [f"{len(keys)} in another {way}" for keys, way in ways if keys]
    how = f", {' and '.join(other)}" if other else " alike" if every else ""
    known = f"{all_} fund {counted(len(every), 'option')}{how}"
    if not some:
        return f"{known}; none funds anything else."
    plan_of = {side.name: side.plan for side in sides}
    having = ((option_of(plan_of[plans[0]], *key), ", ".join(plans)) for key, plans in some.items())
    names = listed((f"{option} ({which})" for option, which in having), 4)
    return f"{known}; only some fund {len(some)} more: {names}."


def _costs(sides: Sequence[Side]) -> str:
    measures = {measure_of(side.plan.info) for side in sides}
    parts = []
    for side in sides:
        base = next(one for one in sides if one.problem == side.problem)
        usd = f"{rough(side.plan.objective or 0.0)}"
        usd += f" of {measure_of(side.plan.info)} cost" if len(measures) > 1 else ""
        parts.append(f"{side.name} {usd if side is base else _than(side, base, usd)}")
    head = f"{measures.pop()} cost" if len(measures) == 1 else "cost, by measures that are not set against each other"
    return f"{head[:1].upper()}{head[1:]}: {_joined(parts)}."


def _than(side: Side, base: Side, usd: str) -> str:
    """What a plan costs, told as the difference to the first of its problem where the two can be compared."""
    found = difference(side.plan, base.plan)
    if found.verdict == UNLIKE or found.usd is None:
        return f"{usd}, by another measure than {base.name}"
    if found.verdict == SAME:
        return f"as much as {base.name}"
    word = "more" if found.usd > 0 else "less"
    tie = ", a tie within what the searches left open" if found.verdict == TIE else ""
    return f"{rough(abs(found.usd))} {word} than {base.name}{tie}"


def _short(sides: Sequence[Side]) -> str:
    """What is short in the strictest channel that has users, undisturbed and at worst."""
    channels = {side.strictest for side in sides}
    parts, every = [], []
    for side in sides:
        usual = side.short(side.futures[0], side.strictest)
        worst = 0.0 if side.worst is None else side.short(side.worst, side.strictest)
        where = side.name if len(channels) == 1 else f"{side.name}, in {side.strictest or 'no channel'},"
        every.append(f"{side.name} {rough_tonnes(side.short(side.futures[0]))}")
        if side.worst is None or max(usual, worst) <= KILOGRAM:
            parts.append(f"{where} {NOTHING}")
        elif worst <= usual + KILOGRAM:
            parts.append(f"{where} {rough_tonnes(usual)} without a disruption, and no more in any future")
        else:
            most = f"{rough_tonnes(worst)} at worst ({side.worst.name})"
            parts.append(f"{where} {rough_tonnes(usual)} without a disruption, {most}")
    channel = f" in {channels.pop()}" if len(channels) == 1 else ""
    words = f"{channel}, the strictest channel with users"
    if all(part.endswith(NOTHING) for part in parts):
        rest = f"; in all channels without a disruption: {_joined(every)}" if any(side.worst for side in sides) else ""
        return f"Nothing is short in any future{words}{rest}."
    return f"Short{words}: {_joined(parts)}."
