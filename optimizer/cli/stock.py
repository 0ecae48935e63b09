"""optimizer stock."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from optimizer.briefs.brief import headed
from optimizer.briefs.words import tonnes, usd
from optimizer.cli.options import AsJson, Quiet
from optimizer.cli.output import out, print_json, records, written_to
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.worth import StockUse, stock_use
from optimizer.worth.stock import COLUMNS, SMALL

SHOWN = 12


def stock(
    plan: Annotated[Path, typer.Argument(help="A result folder.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Write the tables to this folder.")
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(
            metavar="PLAN", help="The plan without scenarios; what is held beyond it is held against futures."
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Which tonnes of a plan's stock cover which futures, and which none uses.

    Example: optimizer stock results/starter
    """
    found = stock_use(Plan.read(plan), None if base is None else Plan.read(base))
    if output is not None:
        found.save(output)
    if as_json:
        print_json(found.info | {name: records(getattr(found, name)) for name in COLUMNS})
    else:
        _print(found)
    if output is not None and not quiet:
        written_to(output)


def _print(found: StockUse) -> None:
    out.print(
        f"{found.info['instance']}: stock in {found.info['futures']} disrupted futures", style="bold", markup=False
    )
    held = found.stores[found.stores["held"] > SMALL]
    if held.empty:
        out.print("The plan holds no stock.")
        return
    numbers = ("t held at most", "in", "futures", "t used on average", "most used", "never used")
    table = headed(
        "\nWhat is held, and what any future uses of it", "stock", *numbers[:5], "by", numbers[5], right=numbers
    )
    for row in rows_of(held.sort_values("held", ascending=False).head(SHOWN)):
        cells = (
            tonnes(row.held),
            str(row.held_in),
            str(row.futures),
            tonnes(row.used_on_average),
            tonnes(row.most_used),
        )
        table.add_row(
            f"{row.stockpile} {row.material} {row.channel}",
            *cells,
            "" if pd.isna(row.most_used_by) else row.most_used_by,
            tonnes(row.never_used),
        )
    out.print(table)
    _more(len(held))
    _use(found)
    _held(found)
    priced = found.targets[found.targets["last_percent_usd"].notna()]
    for row in rows_of(priced.sort_values("last_percent_usd", ascending=False).head(SHOWN)):
        name = f"target {row.target} of {row.stockpile} ({row.material})"
        out.print(f"the last percent of {name} costs {usd(row.last_percent_usd)}", markup=False)


def _use(found: StockUse) -> None:
    used = found.use[found.use["used"] > SMALL]
    if used.empty:
        out.print("\nNo future uses any of it.")
        return
    numbers = ("onset", "t at onset", "released", "taken in", "bought back", "used")
    table = headed("\nWhich stock covers which future", "future", "stock", *numbers, right=numbers)
    for row in rows_of(used.sort_values("used", ascending=False).head(SHOWN)):
        cells = (tonnes(row.opening), tonnes(row.released), tonnes(row.taken_in), tonnes(row.bought_back))
        name = f"{row.stockpile} {row.material} {row.channel}"
        table.add_row(row.future, name, str(row.onset), *cells, f"{row.share_used:.0%}")
    out.print(table)
    _more(len(used))


def _held(found: StockUse) -> None:
    compared = bool(found.held["against_futures"].notna().any())
    by = "against_futures" if compared else "held"
    top = found.held.sort_values(by, ascending=False, kind="stable").drop_duplicates(["stockpile", "material"])
    numbers = ["in", "t held", "for targets", "ahead of them", "beyond them"]
    numbers += ["against futures"] if compared else []
    when = "when most is held against futures" if compared else "when it is most"
    table = headed(f"\nWhat it is held for, {when}", "stock", *numbers, right=tuple(numbers))
    for row in rows_of(top.head(SHOWN)):
        cells = [row.held, row.for_targets, row.ahead_of_targets, row.beyond_targets]
        cells += [row.against_futures] if compared else []
        table.add_row(f"{row.stockpile} {row.material}", str(row.period), *map(tonnes, cells))
    out.print(table)


def _more(count: int) -> None:
    if count > SHOWN:
        out.print(f"... and {count - SHOWN} more (-o DIR writes all)")
