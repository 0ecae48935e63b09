"""optimizer calendar."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from optimizer.budgeting import DecisionCalendar
from optimizer.budgeting import calendar as run
from optimizer.budgeting.line_tables import CAN_WAIT, NOT_NEEDED, NOW, OPEN
from optimizer.budgeting.waiting import WAITS, options_for
from optimizer.cli.given import PlanOrInstance, plan_or_instance
from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    GapOrTenth,
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
from optimizer.cli.output import FAILED, STOPPED, end, number_of, out, print_json, records, usd, written_to
from optimizer.cli.progress import Ticker, counted
from optimizer.cli.screen import headed
from optimizer.errors import OptionsError
from optimizer.near_optimal.rows import Option
from optimizer.plan.columns import rows_of

SHOWN = 60
WORDS = 110
"""Letters of a list on a line; the whole stands in lines.csv."""


def calendar(
    plan: PlanOrInstance,
    within_usd: Annotated[
        float | None, typer.Option("--within-usd", metavar="U", help="As good is what costs at most so much more, USD.")
    ] = None,
    waits: Annotated[int, typer.Option(metavar="N", help="Years of waiting that are priced at least.")] = WAITS,
    price: Annotated[
        bool, typer.Option("--price/--no-price", help="Solve on for what waiting costs; else only until when.")
    ] = True,
    only: Annotated[
        list[str] | None, typer.Option(metavar="FACILITY:OPTION", help="A funding that is asked about; default all.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="PLAN", help="A plan whose years stand beside those of this one.")
    ] = None,
    output: Annotated[Path | None, folder_option("PLAN_calendar")] = None,
    set_: SetValues = None,
    method: MethodOfEach = "auto",
    gap: GapOrTenth = None,
    gap_usd: GapUsdOfEach = None,
    time_limit: SecondsOfEach = None,
    threads: ThreadsOfEach = 1,
    seed: Seed = 0,
    workers: Workers = 1,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Until when each funding of a plan can wait, what waiting costs, and what comes in its place; with proof.

    Ctrl-C keeps what is done; the same command goes on from there.
    Example: optimizer calendar results/starter --within-usd 1e6
    """
    if within_usd is None:
        raise OptionsError("give a tolerance: --within-usd in USD, such as 1e6: what costs no more is as good")
    given, folder = plan_or_instance(plan, set_ or (), output, "calendar")
    options = options_for(within_usd, method, gap, gap_usd, time_limit, threads, seed)
    alone = workers == 1 and cluster is None
    with Ticker(enabled=not quiet and alone) as ticker, counted(enabled=not quiet and not alone, every=1) as tell:
        found = run(
            given,
            within_usd=within_usd,
            waits=waits,
            price=price,
            only=[_option(words) for words in only or ()],
            baseline=baseline,
            options=options,
            folder=folder,
            workers=workers,
            cluster=cluster,
            report=ticker.report if alone else None,
            tell=None if alone else tell,
        )
    if as_json:
        print_json(found.info | {"by_line": records(found.lines), "by_wait": records(found.waits)})
    else:
        _print(found)
        written_to(folder)
    status = found.info["status"]
    end(FAILED if status == "infeasible" else STOPPED if status in ("stopped", "no_plan") else 0)


def _option(words: str) -> Option:
    facility, _, option = words.partition(":")
    if not facility or not option:
        raise OptionsError(f"--only {words} is not of the form FACILITY:OPTION, such as white_mesa:heavy_pilot")
    return facility, option


def _print(found: DecisionCalendar) -> None:
    info = found.info
    style = {"done": "bold", "partial": "bold yellow", "stopped": "bold yellow"}.get(info["status"], "bold red")
    out.print(f"{info['instance']}: {info['status']} ({info['why']})", style=style, markup=False)
    if info["plan_cost"] is None:
        if info["status"] == "infeasible":
            out.print("optimizer solve says what cannot be met")
        return
    gap = "" if info["bound"] is None else f", at most {usd(max(0.0, info['best'] - info['bound']))} more than any"
    out.print(
        f"the best plan found costs {usd(info['best'])}{gap}; as good is what costs at most "
        f"{usd(info['within_usd'])} more",
        markup=False,
    )
    dearer = info["plan_cost"] - info["best"]
    if dearer > info["within_usd"]:
        text = f"the plan costs {usd(dearer)} more than the best: some of its fundings are late, or not needed, already"
        out.print(text, style="yellow", markup=False)
    if info["baseline"] is not None:
        base = info["baseline"]
        gone = f"; it funds what this one does not: {', '.join(base['no_longer_funded'])}"
        text = f"beside the plan of {base['instance']} made {base['made'][:10]}"
        out.print(text + (gone if base["no_longer_funded"] else ""), markup=False)
    titles = {
        NOW: "\nNow: to wait a year costs more than that",
        CAN_WAIT: "\nCan wait",
        OPEN: "\nNot proved: the last year lies between",
        NOT_NEEDED: "\nNever needed: a plan without it is as good",
    }
    for verdict, title in titles.items():
        lines = found.lines[found.lines["verdict"] == verdict]
        _table(title, lines, verdict, info["strictest"], beside=info["baseline"] is not None)
    note = "waiting: the least cost if it is funded in no earlier year, all else planned anew, less the least cost"
    out.print(note, style="dim", markup=False)


def _table(title: str, lines: pd.DataFrame, verdict: str, strict: str, *, beside: bool) -> None:
    if lines.empty:
        return
    heads = ("option", "capex", "public", "funded", "on line", "last year", f"last year, {strict}",
             "a year later costs", "never costs", *(["in the baseline"] if beside else []))  # fmt: skip
    table = headed(title, *heads, right=heads[1:])
    for row in rows_of(lines.head(SHOWN)):
        last = "never" if verdict == NOT_NEEDED else str(row.last_year)
        if verdict == OPEN:
            last += f" to {'never' if pd.isna(row.last_year_at_most) else row.last_year_at_most}"
        served = "any" if pd.isna(row.last_year_served) else str(row.last_year_served)
        table.add_row(
            f"{row.facility}:{row.option}", usd(row.capex), usd(row.public_outlay), str(row.funded), str(row.online),
            last, served, _costs(row.wait_1_at_least, row.wait_1_at_most),
            _costs(row.never_at_least, row.never_at_most),
            *(["no" if pd.isna(row.baseline_funded) else str(row.baseline_funded)] if beside else []),
        )  # fmt: skip
    out.print(table)
    for row in rows_of(lines.head(SHOWN)) if verdict != NOT_NEEDED else ():
        out.print(f"  {row.facility}:{row.option}: {row.dates}", markup=False)
        then = [f"after {row.last_year}: {_cut(row.instead)}"] if row.instead else []
        then += [f"short {row.then_short}"] if row.then_short else []
        if then:
            out.print(f"    {'; '.join(then)}", markup=False)
    if len(lines) > SHOWN:
        out.print(f"... and {len(lines) - SHOWN} more in lines.csv")


def _cut(words: str) -> str:
    return words if len(words) <= WORDS else f"{words[:WORDS].rsplit(', ', 1)[0]}, ..."


def _costs(least: Any, most: Any) -> str:
    """What waiting costs between bounds."""
    low, high = number_of(least), number_of(most)
    if low is None and high is None:
        return "no plan"
    if high is None:
        return f"at least {usd(low)}"
    if usd(low) == usd(high):
        return usd(low)
    return f"at most {usd(high)}" if not low else f"{usd(low)} to {usd(high)}"
