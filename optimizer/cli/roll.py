"""optimizer roll."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from optimizer.cli.options import (
    AsJson,
    GapOfEach,
    GapUsdOfEach,
    InstancePath,
    MethodOfEach,
    Quiet,
    SecondsOfEach,
    Seed,
    SetValues,
    Threads,
    folder_of,
    folder_option,
)
from optimizer.cli.output import EXITS, FAILED, end, err, number_of, out, print_json, records, usd, written_to
from optimizer.cli.progress import Ticker
from optimizer.cli.screen import headed, print_answer
from optimizer.errors import PlanError
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import may_replace
from optimizer.replanning import Rolled
from optimizer.replanning import roll as run
from optimizer.run import load
from optimizer.solver.options import Options

SHOWN = 6
"""Fundings that are named in a line."""


def roll(
    plan: Annotated[Path, typer.Argument(help="The last plan: a result folder.")],
    instance: InstancePath,
    year: Annotated[int, typer.Option(metavar="Y", help="First year that is planned again; a period begins in it.")],
    change_usd: Annotated[
        float, typer.Option("--change-usd", metavar="U", help="Price of a funding dropped or added, USD.")
    ],
    move_usd: Annotated[
        float | None,
        typer.Option("--move-usd", metavar="V", help="Price of a funding moved, per year, at most U; default U."),
    ] = None,
    funded: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv", help="What was funded before Y (facility, option, year); default as PLAN says."
        ),
    ] = None,
    stock: Annotated[
        str, typer.Option(help="What the trunk has in stock when Y begins: plan (as PLAN has it), or free.")
    ] = "plan",
    bracket: Annotated[bool, typer.Option("--bracket", help="Also plan with change free of charge.")] = False,
    each: Annotated[
        bool, typer.Option("--each", help="Also say what the plan costs without each change alone.")
    ] = False,
    output: Annotated[Path | None, folder_option("results/NAME_from_Y")] = None,
    set_: SetValues = None,
    method: MethodOfEach = "auto",
    gap: GapOfEach = 1e-4,
    gap_usd: GapUsdOfEach = None,
    time_limit: SecondsOfEach = None,
    threads: Threads = None,
    seed: Seed = 0,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Freeze what has happened before a year, plan the rest again, and stay near the last plan at a price of change.

    The result folder is that of any plan; next year it is PLAN. Ctrl-C keeps the best plan found.
    Example: optimizer roll results/starter instances/starter --year 2029 --change-usd 1e7
    """
    checked = load(instance, set_ or ())
    folder = folder_of(output, checked.name, f"from_{year}")
    if not may_replace(folder):
        raise PlanError(f"{folder} is there already and is no result folder; name another one with -o")
    with Ticker(enabled=not quiet) as ticker:
        found = run(
            plan,
            checked,
            year=year,
            change_usd=change_usd,
            move_usd=move_usd,
            funded=funded,
            stock=stock,
            bracket=bracket,
            each=each,
            options=Options(method, gap, gap_usd, time_limit, threads, seed),
            report=ticker.report,
        )
    if found.plan.tables:
        found.save(folder)
    _tell(found, folder, as_json=as_json)
    code = EXITS[found.plan.status]
    if found.plan.tables and not found.plan.info["verdict"]["ok"]:
        code = FAILED
    end(code)


def _tell(found: Rolled, folder: Path, *, as_json: bool) -> None:
    for note in _notes(found):
        err.print(note, style="yellow", markup=False)
    if as_json:
        document = dict(found.plan.info)
        if found.plan.tables:
            document |= {"folder": str(folder), "portfolio": records(found.plan.portfolio)}
        print_json(document)
        return
    if not found.plan.tables:
        words = f"{found.plan.instance.name}: {found.plan.status} ({found.plan.info['why']})"
        err.print(words, style="bold red", markup=False)
        return
    _summary(found)
    out.print()
    print_answer(found.plan)
    written_to(folder)


def _notes(found: Rolled) -> list[str]:
    """What a planner must know of how the past was read."""
    info, notes = found.info, []
    if info["passed"]:
        names = ", ".join(info["passed"])
        notes.append(
            f"begins before {info['year']} and is still a scenario at its probability: {names}; leave out what has not "
            "happened by now, and put into the data what has"
        )
    if info["slipped"]:
        notes.append(f"planned before {info['year']} and not funded so: {_some(info['slipped'])}")
    return notes


def _some(fundings: list[list[Any]]) -> str:
    """The first of some fundings, and how many more there are."""
    more = f" and {len(fundings) - SHOWN} more" if len(fundings) > SHOWN else ""
    return ", ".join(f"{f}:{o} ({t})" for f, o, t in fundings[:SHOWN]) + more


def _summary(found: Rolled) -> None:
    info = found.info
    name, year = found.plan.instance.name, info["year"]
    out.print(f"{name}, planned again from {year}; the last plan: {info['last']['source']}", style="bold", markup=False)
    frozen = _some(info["frozen"]) or "nothing"
    held = "" if not info["stock"] else f"; stock at the end of {info['stock'][0][3]} as the last plan has it"
    out.print(f"frozen, by {info['frozen_by']}: {frozen}{held}", markup=False)
    if found.changes.empty:
        out.print("\nNothing changes against the last plan: no change is worth its price.", markup=False)
    else:
        _changes(found)
    _bracket(found.bracket, info)


def _changes(found: Rolled) -> None:
    each = bool(found.changes["without_status"].notna().any())
    heads = ("facility", "option", "change", "was", "now", "price", *(("saves, alone",) if each else ()))
    table = headed("\nChanges against the last plan", *heads, right=heads[3:])
    cost = found.plan.objective or 0.0
    for row in rows_of(found.changes):
        years = ("-" if pd.isna(year) else str(year) for year in (row.was, row.now))
        alone = number_of(row.without)
        none = "no plan without" if row.without_status == "infeasible" else "-"
        saves = (none if alone is None else usd(alone - cost),) if each else ()
        table.add_row(row.facility, row.option, row.change, *years, usd(row.usd), *saves)
    out.print(table)


def _bracket(bracket: pd.DataFrame, info: dict[str, Any]) -> None:
    heads = ("plan", "changes", "cost", "price of change", "together", "gap", "")
    table = headed("\nWhat changing is worth", *heads, right=heads[1:6])
    known: dict[str, float | None] = {}
    for row in rows_of(bracket):
        together = number_of(row.together)
        known[row.plan] = number_of(row.cost)
        cells: tuple[str, ...] = ("-",) * 5
        if together is not None:
            bound = number_of(row.bound)
            gap = "-" if bound is None else usd(max(0.0, together - bound))
            cells = (str(int(row.changes)), usd(row.cost), usd(row.change), usd(together), gap)
        table.add_row(row.plan, *cells, "" if row.status == "optimal" else f"{row.status}: {row.why}")
    out.print(table)
    before, after = known.get("no change"), known.get("re-planned")
    if before is not None and after is not None and info["change"]:
        saved = before - after
        out.print(f"changing saves {usd(saved)} of cost for {usd(info['change'])} of change", markup=False)
    elif before is None and after is not None:
        out.print("the last plan cannot be kept as it is: some change is no choice", markup=False)
