"""From books in futures to tables."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from optimizer.closures.books import Books, Funding, Result
from optimizer.closures.futures import Tested
from optimizer.closures.going_on import below_nothing, going_on, least_floor, losses, whole
from optimizer.closures.pays import Paid
from optimizer.closures.remedies import COLUMNS as REMEDIES
from optimizer.closures.remedies import NEEDS, Need, need_of, remedies_of
from optimizer.network.tables import BASE
from optimizer.plan.columns import rows_of

COLUMNS: dict[str, tuple[str, ...]] = {
    "viability": (
        "facility", "future", "onset", "funded", "product", "value_without", "value", "value_on_trunk",
        "verdict_without", "verdict", "verdict_on_trunk", "residual", "left", "break_even", "loss_years_without",
        "loss_years", "loss_from", "deepest_without", "deepest", "deepest_in", "least_floor",
    ),
    "results": (
        "facility", "future", "year", "course", "sales", "inputs", "activity", "fixed", "paid", "guarded", "result",
    ),
    "payments": ("instrument", "facility", "future", "year", "usd"),
    "liability": (
        "instrument", "kind", "future", "probability", "pays", "earns", "net", "discounted", "worst_year",
        "worst_year_usd",
    ),
    "instruments": (
        "instrument", "kind", "expected", "expected_discounted", "worst_future", "worst", "worst_discounted",
        "worst_year", "worst_year_usd",
    ),
    "plants": (
        "facility", "stage", "country", "funded", "product", "base", "closes_without", "disturbed", "closes",
        "probability_without", "probability", "worst_future", "worst_without", "worst_value", "deepest_future",
        "deepest", "least_floor", "floor_future",
    ),
    "futures": (
        "future", "probability", "onset", "tested", "idle", "on_trunk_too", "closes_without", "closes", "kept_open",
        "not_break_even", "pays", "deepest",
    ),
    "remedies": REMEDIES,
    "needs": NEEDS,
    "floors": ("material", "plants", "usd", "facility", "future", "closing"),
    "lacking": ("facility", "funded", "material", "use", "tonnes"),
}  # fmt: skip
"""Columns of each table (docs/viability.md)."""
Undisturbed = Mapping[str, list[Result]]
"""Results of the base future by facility."""
CLOSES, STAYS, IDLE = "closes", "stays", "idle"
YES, NO = "yes", "no"
ALL_PLANTS, FUNDED_PLANTS = "all", "funded"


@dataclass(slots=True)
class Rows:
    """Rows of the tables that grow future by future."""

    viability: list[tuple[Any, ...]] = field(default_factory=list)
    results: list[tuple[Any, ...]] = field(default_factory=list)
    payments: list[tuple[Any, ...]] = field(default_factory=list)
    liability: list[tuple[Any, ...]] = field(default_factory=list)
    needs: dict[str, list[Need]] = field(default_factory=lambda: defaultdict(list))


def add(
    rows: Rows, books: Books, future: Tested, tested: Iterable[str], products: dict[str, str], base: Undisturbed
) -> None:
    """What is known of a future.

    Args:
        rows: to which it is added.
        books: of the plan.
        future: which.
        tested: facilities whose prices are known.
        products: what each lives by, found with the first future and kept.
        base: the future in which nothing happens.
    """
    results, paid = books.in_future(future)
    for name in tested:
        mine, fundings = results[name], books.fundings_in(name, future)
        if not fundings and not any(_moves(one) for one in mine):
            continue
        if not products.get(name):
            products[name] = _product(mine)
        if (need := need_of(books, name, products[name], future.onset, mine, fundings)) is not None:
            rows.needs[future.name].append(need)
        rows.viability.append(_verdict(books, future, name, products[name], mine, fundings, base))
        rows.results += [
            (
                name, future.name, one.period, one.course, one.sales, one.inputs, one.activity, one.fixed, one.paid,
                one.guarded, one.total,
            )
            for one in mine
        ]  # fmt: skip
    rows.payments += [
        (instrument, name, future.name, year, usd)
        for year, found in paid.items()
        for (instrument, name), usd in sorted(found.items())
        if usd
    ]
    rows.liability += _liability(books, future, paid)


def _moves(one: Result) -> bool:
    return bool(one.sold or one.activity or one.fixed or one.inputs)


def _product(results: Iterable[Result]) -> str:
    """What brings a facility most over the horizon; where nothing brings anything, what it sells most of."""
    size: dict[str, tuple[float, float]] = {}
    for one in results:
        for material, (tonnes, _) in one.sold.items():
            usd, sold = size.get(material, (0.0, 0.0))
            size[material] = (usd + one.brought[material], sold + tonnes)
    return max(sorted(size), key=lambda material: size[material], default="")


def _verdict(
    books: Books,
    future: Tested,
    name: str,
    product: str,
    results: list[Result],
    fundings: list[Funding],
    base: Undisturbed,
) -> tuple[Any, ...]:
    onset = future.onset
    worth = {one.period: books.worth(one.period, onset) for one in results}
    value = going_on(results, fundings, onset, lambda year: books.worth(year, onset))
    undisturbed = going_on(base[name], books.fundings[name], onset, lambda year: books.worth(year, onset))
    left, size = whole(results, fundings, books.worth)
    later = [one for one in results if one.period >= onset]
    years = books.network.calendar.years.__getitem__
    plain = losses([(one.period, one.plain) for one in later], years)
    all_ = losses([(one.period, one.total) for one in later], years)
    idle = not any(one.sold or one.activity or one.inputs for one in later)
    floor = None
    if value.closes_without and not idle and product:
        sold = [
            (one.sold[product][0] * worth[one.period], one.sold[product][1]) for one in later if product in one.sold
        ]
        floor = least_floor(value.without, sold)
    residual = math.fsum(
        usd * (1.0 - one.unspent(onset)) * books.worth(year, onset) for one in fundings for year, usd in one.residual
    )
    without, with_floors = (CLOSES if shut else STAYS for shut in (value.closes_without, value.closes))
    return (
        name, future.name, onset, YES if name in books.operations.funded else NO, product, value.without, value.value,
        undisturbed.without,
        IDLE if idle else without, IDLE if idle else with_floors,
        CLOSES if undisturbed.closes_without else STAYS, residual, left,
        NO if below_nothing(left, size) else YES, plain.years, all_.years, all_.first, plain.deepest, all_.deepest,
        all_.deepest_in, floor,
    )  # fmt: skip


def _liability(books: Books, future: Tested, paid: dict[int, Paid]) -> Iterable[tuple[Any, ...]]:
    """What each instrument pays in a future, of everybody together."""
    calendar = books.network.calendar
    for name, kind in books.payer.kinds.items():
        pays = earns = discounted = 0.0
        by_year: dict[int, float] = {}
        for year, found in paid.items():
            mine = [usd for (instrument, _), usd in found.items() if instrument == name]
            by_year[year] = math.fsum(mine)
            pays += math.fsum(usd for usd in mine if usd > 0)
            earns -= math.fsum(usd for usd in mine if usd < 0)
            discounted += by_year[year] * calendar.discount_of(year)
        worst = max(by_year, key=lambda year: by_year[year])
        dear = by_year[worst] > 0
        yield (
            name, kind, future.name, future.probability, pays, earns, pays - earns, discounted,
            worst if dear else None, max(0.0, by_year[worst]),
        )  # fmt: skip


def tables_of(
    rows: Rows, books: Books, futures: list[Tested], lacking: list[tuple[Any, ...]]
) -> dict[str, pd.DataFrame]:
    """All tables, those that sum up included."""
    frames = {
        "viability": _frame("viability", rows.viability),
        "results": _frame("results", rows.results),
        "payments": _frame("payments", rows.payments),
        "liability": _frame("liability", rows.liability),
        "lacking": _frame("lacking", lacking),
    }
    viability, probability = frames["viability"], {one.name: one.probability for one in futures}
    frames["instruments"] = _frame("instruments", list(_instruments(frames["liability"])))
    frames["plants"] = _frame("plants", list(_plants(viability, books, probability)))
    frames["futures"] = _frame("futures", list(_futures(viability, frames["liability"], books, futures)))
    frames["remedies"] = _frame("remedies", list(_remedies(rows, frames["liability"], books, futures)))
    frames["needs"] = _frame("needs", list(_needs(rows, futures)))
    frames["floors"] = _frame("floors", list(_floors(viability)))
    return {name: frames[name] for name in COLUMNS}


_WHOLE = ("onset", "year", "loss_years", "loss_years_without", "loss_from", "deepest_in", "worst_year")
_COUNTS = {
    "plants": ("closes_without", "disturbed", "closes"),
    "remedies": ("plants", "beyond", "unmet", "still"),
    "floors": ("closing",),
    "futures": ("tested", "idle", "on_trunk_too", "closes_without", "closes", "kept_open", "not_break_even"),
}
_WORDS = frozenset([
    "facility", "future", "funded", "product", "base", "verdict_without", "verdict", "verdict_on_trunk", "break_even",
    "course", "instrument", "kind", "worst_future", "stage", "country", "deepest_future", "floor_future", "material",
    "plants", "use", "met",
])  # fmt: skip


def _frame(name: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=list(COLUMNS[name]))
    kinds: dict[str, Any] = {}
    for column in COLUMNS[name]:
        if column in _COUNTS.get(name, ()) or column in _WHOLE:
            kinds[column] = "Int64"
        else:
            kinds[column] = object if column in _WORDS else float
    return found.astype(kinds)


def _instruments(liability: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    """Expected over the futures that have a probability; worst over all."""
    for name, mine in liability.groupby("instrument", sort=False):
        likely = mine.dropna(subset=["probability"])
        expected = float((likely["probability"] * likely["net"]).sum())
        expected_discounted = float((likely["probability"] * likely["discounted"]).sum())
        worst = next(iter(rows_of(mine.sort_values("net", ascending=False, kind="stable"))))
        year = None if pd.isna(worst.worst_year) else int(worst.worst_year)
        yield (
            name, worst.kind, expected, expected_discounted, worst.future, worst.net, worst.discounted, year,
            worst.worst_year_usd,
        )  # fmt: skip


def _plants(viability: pd.DataFrame, books: Books, probability: dict[str, float | None]) -> Iterable[tuple[Any, ...]]:
    for name, mine in viability.groupby("facility", sort=False):
        record = books.network.instance.facilities[str(name)]
        shut, still = mine[mine["verdict_without"] == CLOSES], mine[mine["verdict"] == CLOSES]
        worst = next(iter(rows_of(mine.sort_values("value_without", kind="stable"))))
        deep = next(iter(rows_of(mine.sort_values("deepest", ascending=False, kind="stable"))))
        floors = mine.dropna(subset=["least_floor"]).sort_values("least_floor", ascending=False, kind="stable")
        floor = next(iter(rows_of(floors)), None)
        base = mine[mine["future"] == BASE]["verdict_without"]
        yield (
            name, record.stage, record.country, mine["funded"].iloc[0], mine["product"].iloc[0],
            base.iloc[0] if len(base) else "", len(shut),
            int((shut["verdict_on_trunk"] != CLOSES).sum()), len(still),
            _likely(shut, probability), _likely(still, probability), worst.future, worst.value_without, worst.value,
            deep.future if deep.deepest else "", deep.deepest,
            None if floor is None else floor.least_floor, "" if floor is None else floor.future,
        )  # fmt: skip


def _likely(mine: pd.DataFrame, probability: dict[str, float | None]) -> float:
    return math.fsum(probability[future] or 0.0 for future in mine["future"])


def _futures(
    viability: pd.DataFrame, liability: pd.DataFrame, books: Books, futures: list[Tested]
) -> Iterable[tuple[Any, ...]]:
    guards = liability[liability["instrument"].isin(books.payer.guards)].groupby("future")["net"].sum()
    by_future = {str(name): mine for name, mine in viability.groupby("future", sort=False)}
    for one in futures:
        mine = by_future.get(one.name, viability.iloc[:0])
        shut, still = mine["verdict_without"] == CLOSES, mine["verdict"] == CLOSES
        yield (
            one.name, one.probability, one.onset, len(mine), int((mine["verdict"] == IDLE).sum()),
            int((shut & (mine["verdict_on_trunk"] == CLOSES)).sum()), int(shut.sum()),
            int(still.sum()), int((shut & ~still).sum()), int((mine["break_even"] == NO).sum()),
            float(guards.get(one.name, 0.0)), float(mine.loc[mine["verdict_on_trunk"] == STAYS, "deepest"].sum()),
        )  # fmt: skip


def _remedies(rows: Rows, liability: pd.DataFrame, books: Books, futures: list[Tested]) -> Iterable[tuple[object, ...]]:
    guards = liability[liability["instrument"].isin(books.payer.guards)]
    for one in futures:
        mine = guards[guards["future"] == one.name]
        floors = float(mine["net"].sum()), float(mine["discounted"].sum())
        yield remedies_of(one.name, one.probability, rows.needs[one.name], floors)


def _needs(rows: Rows, futures: list[Tested]) -> Iterable[tuple[object, ...]]:
    for one in futures:
        for need in sorted(rows.needs[one.name], key=lambda need: -need.grant):
            yield (
                need.facility, one.name, need.product, need.grant, need.discounted, need.room, need.floor,
                need.floor_usd, need.floor_discounted, YES if need.met else NO,
            )  # fmt: skip


def _floors(viability: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    """The least uniform floor on each product at which no plant closes, of all plants and of what is funded."""
    shut = viability[viability["verdict_without"] == CLOSES]
    for which in (ALL_PLANTS, FUNDED_PLANTS):
        counted = shut if which == ALL_PLANTS else shut[shut["funded"] == YES]
        found: dict[str, Any] = {}
        plants: dict[str, set[str]] = defaultdict(set)
        for row in rows_of(counted):
            plants[row.product].add(row.facility)
            if not pd.isna(row.least_floor) and (
                row.product not in found or row.least_floor > found[row.product].least_floor
            ):
                found[row.product] = row
        for material in sorted(plants):
            row = found.get(material)
            told = (None, "", "") if row is None else (row.least_floor, row.facility, row.future)
            yield (material, which, *told, len(plants[material]))
