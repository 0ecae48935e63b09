"""optimizer cuts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from optimizer.budgeting import CutList
from optimizer.budgeting import cuts as run
from optimizer.budgeting.cut_tables import NESTED
from optimizer.budgeting.cuts import AT, BRANCHES
from optimizer.budgeting.money import MONEY, OUTLAY
from optimizer.budgeting.told import EXPECTED
from optimizer.cli.given import PlanOrInstance, plan_or_instance
from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    GapOfEach,
    GapUsdOfEach,
    MethodOfEach,
    Quiet,
    SecondsOfEach,
    Seed,
    SetValues,
    ThreadsOfEach,
    Workers,
    folder_option,
)
from optimizer.cli.output import FAILED, STOPPED, end, number_of, out, print_json, records, tonnes, usd, written_to
from optimizer.cli.progress import Ticker, counted
from optimizer.cli.screen import headed
from optimizer.plan.columns import rows_of
from optimizer.solver.options import Options

SHOWN = 30
MARKETS, MOVES, ROWS = 4, 4, 12
TOLD = 0.5
"""Tonnes from which a difference is shown."""
TABLES = ("levels", "order", "funded", "outlay", "short", "targets")


def cuts(
    plan: PlanOrInstance,
    at: Annotated[
        list[float] | None, typer.Option(metavar="PERCENT", help="A cut, percent of what is spent; default 10, 25, 50.")
    ] = None,
    of: Annotated[str, typer.Option(metavar="MONEY", help=f"Which dollars: {', '.join(MONEY)}.")] = OUTLAY,
    weight: Annotated[
        list[float] | None, typer.Option(metavar="W", help="Weight of each --at, in the choice of portfolios.")
    ] = None,
    order: Annotated[bool, typer.Option("--order/--no-order", help="Rank the options within each cut too.")] = True,
    branches: Annotated[
        int, typer.Option(metavar="N", help="Branches in which a better nesting is sought.")
    ] = BRANCHES,
    baseline: Annotated[
        Path | None, typer.Option(metavar="PLAN", help="A plan to which all is the difference; default the plan cut.")
    ] = None,
    output: Annotated[Path | None, folder_option("PLAN_cuts")] = None,
    set_: SetValues = None,
    method: MethodOfEach = "auto",
    gap: GapOfEach = 1e-4,
    gap_usd: GapUsdOfEach = None,
    time_limit: SecondsOfEach = None,
    threads: ThreadsOfEach = 1,
    seed: Seed = 0,
    workers: Workers = 1,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """What to give up first when there is less money: nested portfolios, in order, and what nesting costs.

    Ctrl-C keeps what is done; the same command goes on from there.
    Example: optimizer cuts results/starter --at 10 --at 25 --at 50
    """
    given, folder = plan_or_instance(plan, set_ or (), output, "cuts")
    options = Options(method, gap, gap_usd, time_limit, threads, seed)
    alone = workers == 1 and cluster is None
    with Ticker(enabled=not quiet and alone) as ticker, counted(enabled=not quiet and not alone, every=1) as tell:
        found = run(
            given,
            at=tuple(at) if at else AT,
            of=of,
            weights=weight or None,
            order=order,
            branches=branches,
            baseline=baseline,
            options=options,
            folder=folder,
            workers=workers,
            cluster=cluster,
            report=ticker.report if alone else None,
            tell=None if alone else tell,
        )
    if as_json:
        print_json(found.info | {f"by_{name}": records(getattr(found, name)) for name in TABLES})
    else:
        _print(found)
        written_to(folder)
    end(_code(found))


def _code(found: CutList) -> int:
    """Done where some cut has a plan; no plan exists where it is proved that none has; else stopped."""
    if not found.levels.empty and (found.levels["status"] == NESTED).any():
        return STOPPED if found.info["status"] == "stopped" else 0
    none = found.info["status"] == "infeasible" or (
        not found.levels.empty and found.levels["status"].isin(("no plan", "only with other options")).all()
    )
    return FAILED if none else STOPPED


def _print(found: CutList) -> None:
    info = found.info
    style = {"done": "bold", "partial": "bold yellow", "stopped": "bold yellow"}.get(info["status"], "bold red")
    out.print(f"{info['instance']}: {info['status']} ({info['why']})", style=style, markup=False)
    if found.levels.empty:
        if info["status"] == "infeasible":
            out.print("optimizer solve says what cannot be met")
        return
    spends = info["spends"]
    out.print(
        f"the plan costs {usd(info['cost'])}; what is cut is {info['money']}: {usd(info['of_which_counts'])}\n"
        f"  public capex {usd(spends['grants'])} of {usd(spends['capex'])}, public stockpiles {usd(spends['stock'])}",
        markup=False,
    )
    if info["baseline"] is not None:
        base = info["baseline"]
        out.print(f"differences are to the plan of {base['instance']} made {base['made'][:10]}", markup=False)
    _levels(found)
    for row in rows_of(found.levels):
        _level(row, spends["stock"])
    _service(found)
    _order(found)
    _years(found)
    _chain(info)


def _levels(found: CutList) -> None:
    done = found.levels[found.levels["status"] == NESTED]
    if done.empty:
        return
    channels = [name.removeprefix("more_") for name in done.columns if str(name).startswith("more_")]
    heads = ("cut", "left", "public capex", "stockpiles", "options", "costs more",
             *(f"t more short, {channel}" for channel in channels), "served less in some year",
             "nesting costs")  # fmt: skip
    table = headed("\nNested portfolios: each a part of the one above it", *heads, right=heads[:-2])
    for row in rows_of(done):
        markets = [name for name in row.loses_service.split(";") if name]
        more = f" and {len(markets) - MARKETS} more" if len(markets) > MARKETS else ""
        table.add_row(
            f"-{row.cut:g} %", usd(row.most), usd(row.grants), usd(row.stock), str(row.options), usd(row.costs_more),
            *(_tonnes(getattr(row, f"more_{channel}")) for channel in channels),
            ", ".join(markets[:MARKETS]) + more or "none", _between(row.nesting_at_least, row.nesting_at_most),
        )  # fmt: skip
    out.print(table)
    note = "nesting costs: more than the best portfolio, of any options, for the same money; as both gaps allow"
    out.print(note, style="dim", markup=False)


def _tonnes(amount: float) -> str:
    return "0" if abs(amount) < 0.01 else tonnes(amount)


def _between(least: Any, most: Any) -> str:
    low, high = number_of(least), number_of(most)
    if low is None or high is None:
        return f"at least {usd(low)}" if low else "not known"
    if usd(low) == usd(high):
        return usd(low)
    return f"at most {usd(high)}" if low == 0 else f"{usd(low)} to {usd(high)}"


def _level(row: Any, stock: float) -> None:
    """A cut in words: what goes, what moves, what the best for the money would do instead; what is missing.

    Args:
        row: of `levels`.
        stock: what the plan spends on public stockpiles, USD.
    """
    name = f"-{row.cut:g} %"
    if row.status == NESTED:
        words = [f"gives up {_some(row.gives_up)}" if row.gives_up else "gives up no option"]
        if abs(stock - row.stock) >= 1.0:
            how = "less" if stock > row.stock else "more"
            words.append(f"public stockpiles spend {usd(abs(stock - row.stock))} {how} than in the plan")
        moves = row.moves.split(";") if row.moves else []
        words += [f"moves {', '.join(moves)}"] if 0 < len(moves) <= MOVES else []
        words += [f"moves {len(moves)} to other years (funded.csv)"] if len(moves) > MOVES else []
        least = number_of(row.nesting_at_least) or 0.0
        if least > 0 and (row.best_funds_instead or row.best_leaves_out):
            other = [f"with {_some(row.best_funds_instead)}"] if row.best_funds_instead else []
            other += [f"without {_some(row.best_leaves_out)}"] if row.best_leaves_out else []
            words.append(f"the best for the money is {' and '.join(other)}")
        out.print(f"  {name} {'; '.join(words)}", markup=False)
        return
    said = {
        "no plan": "no portfolio at all meets what must be met",
        "only with other options": "no portfolio within the plan's options meets what must be met; one of others does",
        "not found": "no nested portfolio was found in the time given",
    }
    text = f"  {name} {said[row.status]}, with {usd(row.most)}" if row.status else f"  {name} not reached"
    out.print(text, style="bold red", markup=False)
    for line in row.missing.split("; ") if row.missing else ():
        out.print(f"      {line}", markup=False)


def _some(words: str) -> str:
    names = words.split(";")
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _service(found: CutList) -> None:
    """T more short on the mean over the horizon, by market and product; targets missed, by stockpile and material."""
    short = found.short[found.short["future"] == EXPECTED]
    frames = [(["channel", "market", "product"], short), (["stockpile", "material"], found.targets)]
    titles = ("\nMore short, t over the horizon on the mean", "\nMore missing to targets, t, in the worst year")
    cuts_ = list(found.levels.loc[found.levels["status"] == NESTED, "cut"])
    for title, (by, frame), worst in zip(titles, frames, (False, True), strict=True):
        grouped = frame.groupby([*by, "cut"], as_index=False, sort=False)["more"]
        sums = grouped.max() if worst else grouped.sum()
        rows = []
        for key, mine in sums.groupby(by, sort=False):
            more = dict(zip(mine["cut"], mine["more"], strict=True))
            if max(map(abs, more.values())) >= TOLD:
                rows.append(([*map(str, key)], [more.get(cut, 0.0) for cut in cuts_]))
        if not rows:
            continue
        table = headed(title, *by, *(f"-{cut:g} %" for cut in cuts_), right=tuple(f"-{cut:g} %" for cut in cuts_))
        rows.sort(key=lambda row: (0 if worst else _rank(found, row[0][0]), -max(map(abs, row[1]))))
        for words, amounts in rows[:ROWS]:
            table.add_row(*words, *map(_tonnes, amounts))
        out.print(table)
        if len(rows) > ROWS:
            out.print(f"... and {len(rows) - ROWS} more in {'targets' if worst else 'short'}.csv")


def _rank(found: CutList, channel: str) -> int:
    """Place of a channel, the strictest first."""
    return list(found.plans[0.0].instance.channels).index(channel)


def _order(found: CutList) -> None:
    if found.order.empty:
        return
    heads = ("", "option", "goes at", "saves", "costs, alone", "USD per USD saved", "")
    table = headed("\nThe list: the first to give up first", *heads, right=("", *heads[3:6]))
    for row in rows_of(found.order.head(SHOWN)):
        low, high = number_of(row.costs_at_least), number_of(row.costs_at_most)
        costs = "-" if high is None else usd(high) if usd(low) == usd(high) else f"{usd(low)} to {usd(high)}"
        price = "" if pd.isna(row.per_usd) else f"{row.per_usd:,.2f}"
        table.add_row(str(row.rank), f"{row.facility}:{row.option}", row.goes, usd(row.saves), costs, price, row.note)
    out.print(table)
    if len(found.order) > SHOWN:
        out.print(f"... and {len(found.order) - SHOWN} more in order.csv")
    note = "costs, alone: given up by itself from the portfolio before that cut, with all that is left planned anew"
    out.print(note, style="dim", markup=False)


def _years(found: CutList) -> None:
    """What is saved in each year, over all accounts of public money; of capex where that is cut."""
    table = found.outlay
    if found.info["of"] != "capex":
        table = table[table["account"] != "private capex"]
    if table.empty:
        return
    names = [f"{share:g}" for share in dict.fromkeys(table["cut"])]
    money = "public outlay" if found.info["of"] != "capex" else "capex and public stockpiles"
    heads = ("year", "before", *(f"-{name} %" for name in names))
    screen = headed(f"\nSaved by year, {money}", *heads, right=heads)
    for year, mine in table.groupby("year"):
        before = mine[mine["cut"] == mine["cut"].iloc[0]]["before"].sum()
        saved = mine.groupby("cut", sort=False)["saved"].sum()
        screen.add_row(str(year), usd(before), *(usd(float(saved.get(float(name), 0.0))) for name in names))
    out.print(screen)


def _chain(info: dict[str, Any]) -> None:
    chain = info["chain"]
    if chain is None:
        return
    weights = "" if len(set(info["weights"])) == 1 else ", weighted"
    text = f"\nno other nesting costs less by more than {usd(chain['could_save_usd'])}, over all cuts together{weights}"
    out.print(text, style="dim", markup=False)
