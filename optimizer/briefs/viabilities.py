"""What a test of viability says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import usd
from optimizer.closures import Viability
from optimizer.closures.tables import ALL_PLANTS, CLOSES, IDLE, STAYS, YES
from optimizer.network.tables import BASE
from optimizer.plan.columns import rows_of

SHOWN = 12
NO_WEIGHT = "since a plan may operate in any way where nothing that it does has a probability"
LIMITS = (
    "production is held as planned and nobody plans again: a test of viability, not an equilibrium",
    "owners are taken to know the prices of their future from its onset on",
)


def say(out: Brief, found: Viability, future: str | None = None) -> None:
    """What a test of viability says.

    Args:
        out: that is told.
        found: the test.
        future: whose plants are shown; default the one in which most close that would not in the same year without it.
    """
    info = found.info
    out.print(
        f"{info['instance']}: {coverage(info)} tested in {len(found.futures)} futures, at a hurdle rate of "
        f"{info['hurdle_rate']:.1%}",
        style="bold",
    )
    if info["weightless"]:
        out.print(f"not told: {', '.join(info['weightless'])}, {NO_WEIGHT}", style="yellow")
    _lacking(out, found)
    _futures(out, found)
    shown = _most_closing(found.futures) if future is None else future
    _plants(out, found, shown)
    _reference(out, found)
    _losses(out, found)
    _instruments(out, found)
    _remedies(out, found)
    _floors(out, found)
    if info["shared_surplus"]:
        out.print(
            f"\nin {len(info['shared_surplus'])} cases surplus of several makers was dealt out in proportion to what "
            "they make, since no table says whose it is (shared_surplus in viability.json)",
            style="yellow",
        )
    for limit in LIMITS:
        out.print(limit, style="dim")


def coverage(info: Mapping[str, Any]) -> str:
    """How many plants are tested, of all and of what is funded."""
    plants = info["tested"] + info["not_tested"]
    return f"{info['tested']} of {plants} plants, {info['funded_tested']} of {info['funded']} funded ones,"


def _most_closing(futures: pd.DataFrame) -> str:
    beyond = (futures["closes_without"] - futures["on_trunk_too"]).astype(int)
    return str(futures["future"].iloc[int(beyond.to_numpy().argmax())]) if len(futures) else BASE


def _lacking(out: Brief, found: Viability) -> None:
    """Who is not tested, and for want of which price."""
    if found.lacking.empty:
        return
    by_facility = found.lacking.groupby("facility", sort=False)
    names = [
        f"{name}{' (funded)' if mine['funded'].iloc[0] == YES else ''}: {', '.join(dict.fromkeys(mine['material']))}"
        for name, mine in by_facility
    ]
    most = out.most(SHOWN)
    more = f"; and {len(names) - most} more in lacking.csv" if len(names) > most else ""
    out.print(f"not tested, since no price is known where they stand: {'; '.join(names[:most])}{more}", style="yellow")


def _futures(out: Brief, found: Viability) -> None:
    """How many close in each future."""
    heads = ("future", "probability", "from", "close without", "of them on the trunk too", "close with",
            "no break-even",            "floors pay", "losses to carry")  # fmt: skip
    table = headed("\nBy future, plants that close without floors and with them", *heads, right=heads[1:])
    rows = list(rows_of(found.futures))
    shown = rows[: out.most(SHOWN)]
    for row in shown:
        table.add_row(
            row.future, _probability(row.probability), str(row.onset), str(row.closes_without), str(row.on_trunk_too),
            str(row.closes), str(row.not_break_even), usd(row.pays), usd(row.deepest),
        )  # fmt: skip
    out.print(table)
    _more(out, rows, shown, "futures.csv")
    out.print(
        "on the trunk too: would close in the same year without that future; losses to carry: of those that would not, "
        "the deepest sum from the onset on",
        style="dim",
    )


def _plants(out: Brief, found: Viability, future: str) -> None:
    """Who closes in a future and would not in the same year without it."""
    mine = found.viability[found.viability["future"] == future]
    shut = mine[(mine["verdict_without"] == CLOSES) & (mine["verdict_on_trunk"] == STAYS)]
    rows = list(rows_of(shut.sort_values("value_without", kind="stable")))
    if not rows:
        out.print(f"\nno plant closes in {future} that would not close in the same year without it")
        return
    heads = ("facility", "product", "funded", "worth going on", "on the trunk", "with floors", "then",
            "losses to carry",             "years of loss", "least floor, USD/t")  # fmt: skip
    table = headed(
        f"\nClose in {future}, and would not in the same year without it", *heads, right=(*heads[3:6], *heads[7:])
    )
    shown = rows[: out.most(SHOWN)]
    for row in shown:
        table.add_row(
            row.facility, row.product, row.funded, usd(row.value_without), usd(row.value_on_trunk),
            usd(row.value), row.verdict,
            usd(row.deepest_without), str(row.loss_years_without), _floor(row.least_floor),
        )  # fmt: skip
    out.print(table)
    _more(out, rows, shown, "viability.csv")


def _reference(out: Brief, found: Viability) -> None:
    """Who closes at reference prices already, and who makes nothing: crashes do not say it."""
    plants = found.plants
    shut = plants[plants["base"] == CLOSES]
    if len(shut):
        funded = list(shut.loc[shut["funded"] == YES, "facility"])
        said = f", {len(funded)} of them funded ({', '.join(funded)})" if funded else ", none of them funded"
        names = ", ".join(shut["facility"].iloc[: out.most(SHOWN)])
        more = f" and {len(shut) - out.most(SHOWN)} more in plants.csv" if len(shut) > out.most(SHOWN) else ""
        out.print(f"\nclose at once at reference prices, without floors: {len(shut)} plants{said}: {names}{more}")
    idle = plants[plants["base"] == IDLE]
    if len(idle):
        out.print(f"make nothing in this plan, so that no price keeps them: {', '.join(idle['facility'])}")


def _losses(out: Brief, found: Viability) -> None:
    """The deepest losses that plants which go on must carry."""
    rows = [row for row in rows_of(found.plants) if row.deepest > 0 and row.base == STAYS]
    rows.sort(key=lambda row: -row.deepest)
    if not rows:
        return
    heads = ("facility", "funded", "deepest loss", "in", "closes in")
    table = headed(
        "\nLosses to carry from the onset on, of plants that go on at reference prices",
        *heads,
        right=("deepest loss", "closes in"),
    )
    shown = rows[: out.most(SHOWN)]
    for row in shown:
        table.add_row(row.facility, row.funded, usd(row.deepest), row.deepest_future, str(row.closes))
    out.print(table)
    _more(out, rows, shown, "plants.csv")


def _instruments(out: Brief, found: Viability) -> None:
    """What instruments cost over futures: what may fall due."""
    rows = [row for row in rows_of(found.instruments) if row.expected or row.worst]
    if not rows:
        out.print("\nno instrument pays for output in any future")
        return
    rows.sort(key=lambda row: -row.worst)
    heads = ("instrument", "kind", "expected", "worst", "in", "dearest year", "USD in it")
    table = headed("\nInstruments pay, undiscounted", *heads, right=("expected", "worst", "dearest year", "USD in it"))
    shown = rows[: out.most(SHOWN)]
    for row in shown:
        year = "" if pd.isna(row.worst_year) else str(row.worst_year)
        kind = row.kind.replace("_", " ")
        table.add_row(
            row.instrument, kind, usd(row.expected), usd(row.worst), row.worst_future, year, usd(row.worst_year_usd)
        )
    out.print(table)
    _more(out, rows, shown, "instruments.csv")
    if found.futures["probability"].isna().any():
        out.print("a crash has no probability: it is in the worst, and not in the expected", style="dim")


def _remedies(out: Brief, found: Viability) -> None:
    """What makes all that is funded break even in a future: grants before it, or floors in it."""
    rows = [row for row in rows_of(found.remedies) if row.plants]
    if not rows:
        return
    heads = ("future", "funded, no break-even", "grants, whatever happens", "least floors, in it",
            "floors as they are, in it", "grants cheaper from")  # fmt: skip
    table = headed("\nWhat makes all that is funded break even, discounted", *heads, right=heads[1:])
    shown = rows[: out.most(SHOWN)]
    for row in shown:
        grants = usd(row.grants_discounted) + (f" ({row.beyond} over capex)" if row.beyond else "")
        least = usd(row.least_floors_discounted) + (f" ({row.unmet} not)" if row.unmet else "")
        floors = usd(row.floors_discounted) + (f" ({row.still} not)" if row.still else "")
        even = "" if pd.isna(row.even_at) else f"{row.even_at:.1%}"
        table.add_row(row.future, str(row.plants), grants, least, floors, even)
    out.print(table)
    _more(out, rows, shown, "remedies.csv")
    out.print(
        "grants: how much more without any floor; least floors: for each plant on its product, or all it sells, "
        "just as high as is enough, and no higher than the trunk's price (needs.csv); as they are: to whoever has "
        "them, purchases too; not: plants that do not break even by it; the last column is the probability of that "
        "future from which the grants are cheaper than the floors as they are",
        style="dim",
    )


def _floors(out: Brief, found: Viability) -> None:
    """At which floor no plant closes."""
    rows = list(rows_of(found.floors))
    if not rows:
        return
    heads = ("product", "plants", "that close", "USD/t", "set by", "in")
    table = headed(
        "\nLeast floor at which no plant closes, the same in every year from the onset on",
        *heads,
        right=("that close", "USD/t"),
    )
    shown = rows[: out.most(2 * SHOWN)]
    for row in shown:
        which = "all" if row.plants == ALL_PLANTS else row.plants
        table.add_row(
            row.material or "(sells nothing)", which, str(row.closing), _floor(row.usd), row.facility, row.future
        )
    out.print(table)
    _more(out, rows, shown, "floors.csv")


def _probability(value: Any) -> str:
    return "-" if pd.isna(value) else f"{value:.3g}"


def _floor(value: Any) -> str:
    return "none" if pd.isna(value) else f"{value:,.0f}"


def _more(out: Brief, rows: list[Any], shown: list[Any], file: str) -> None:
    if len(rows) > len(shown):
        out.print(f"... and {len(rows) - len(shown)} more in {file}")
