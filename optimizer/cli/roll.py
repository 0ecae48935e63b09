"""optimizer roll."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs import plans
from optimizer.briefs.rolls import notes_of, say
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
from optimizer.cli.output import EXITS, FAILED, end, err, out, print_json, records, show, written_to
from optimizer.cli.progress import Ticker
from optimizer.errors import PlanError
from optimizer.folders import may_be_written
from optimizer.plan.plan import may_replace
from optimizer.replanning import Rolled
from optimizer.replanning import roll as run
from optimizer.run import load
from optimizer.solver.options import Options


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
    may_be_written(folder.absolute())
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
    for note in notes_of(found):
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
    show(say, found)
    out.print()
    show(plans.say, found.plan)
    written_to(folder)
