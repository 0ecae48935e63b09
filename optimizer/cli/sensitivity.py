"""optimizer sensitivity."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.brief import headed
from optimizer.briefs.words import number_of, usd
from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    InstancePath,
    Quiet,
    SetValues,
    Workers,
    folder_of,
    folder_option,
    keyed_numbers,
)
from optimizer.cli.output import EXITS, end, err, out, print_json, records, written_to
from optimizer.cli.progress import counted
from optimizer.plan.columns import rows_of
from optimizer.run import load
from optimizer.sweep import Sensitivity
from optimizer.sweep import sensitivity as run

SHOWN = 15


def sensitivity(
    instance: InstancePath,
    output: Annotated[Path | None, folder_option("results/NAME_sensitivity")] = None,
    set_: SetValues = None,
    confidence: Annotated[
        list[str] | None, typer.Option(help="Grades whose numbers are swept: A, B, C, none. Default C and none.")
    ] = None,
    range_: Annotated[
        list[str] | None,
        typer.Option(
            "--range", metavar="GRADE=SHARE", help="How far either way; default C=0.3 none=0.3 B=0.15 A=0.05."
        ),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Keys, such as 'facilities.*.options.*.capex'.")
    ] = None,
    top: Annotated[int, typer.Option(help="How many numbers are confirmed by whole solves.")] = 10,
    gap: Annotated[float, typer.Option(help="Relative gap of whole solves.")] = 1e-3,
    workers: Workers = 2,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Which uncertain numbers change the portfolio when swept over their range.

    A stopped sweep goes on where it was when it is called again; without futures it is far faster.
    Example: optimizer sensitivity instances/starter --set 'scenarios=[]' --only 'facilities.*'
    """
    checked = load(instance, set_ or ())
    folder = folder_of(output, checked.name, "sensitivity")
    with counted(enabled=not quiet, every=50) as tell:
        found = run(
            checked,
            folder,
            confidence=tuple(confidence or ("C", "none")),
            ranges=keyed_numbers("--range", range_ or (), "GRADE=SHARE", "C=0.3"),
            only=only or (),
            top=top,
            gap=gap,
            workers=workers,
            cluster=cluster,
            tell=tell,
        )
    if as_json:
        print_json(found.info | {"screen": records(found.ranking()), "confirmed": records(found.confirmed)})
    else:
        _print(found)
        written_to(folder)
    end(EXITS[found.info["base"]["status"]])


def _print(found: Sensitivity) -> None:
    info, base = found.info, found.info["base"]
    if base["objective"] is None:
        err.print(f"{info['instance']}: {base['status']}: there is no base plan to be sensitive", style="bold red")
        return
    swept = ", ".join(
        f"{count} of confidence {grade} by {info['ranges'][grade]:.0%} either way"
        for grade, count in info["by_confidence"].items()
    )
    out.print(f"{info['instance']}: base plan {usd(base['objective'])}, gap {usd(base['gap_usd'])}", style="bold")
    out.print(f"{info['numbers']} numbers: {swept}", markup=False)
    if info["stopped_early"]:
        out.print(f"stopped early: {len(found.screen)} of {2 * info['numbers']} ends screened", style="yellow")
    ranking = found.ranking()
    moving = ranking[ranking["moved_usd"] > 1.0] if len(ranking) else ranking
    lost = found.screen[found.screen["status"] != "solved"]
    columns = ("number", "end", "cost changes by", "capex moved", "comes", "goes", "shifts")
    table = headed("\nIn the relaxation, by capex moved", *columns, right=columns[2:4])
    for row in rows_of(moving.head(SHOWN)):
        table.add_row(
            row.key, f"x {row.factor:g}", usd(row.change_usd), usd(row.moved_usd), row.comes, row.goes, row.shifts
        )
    out.print(table)
    still = len(ranking) - len(set(moving["key"]) | set(lost["key"]))
    out.print(f"{len(moving)} numbers move it; {still} do not at either end.", markup=False)
    for row in rows_of(lost):
        out.print(f"{row.key} x {row.factor:g}: {row.status}", style="yellow", markup=False)
    if len(found.confirmed):
        heads = ("number", "end", "verdict", "saves at least", "at most", "comes", "goes", "shifts")
        table = headed("\nConfirmed by whole solves", *heads, right=heads[3:5])
        for row in rows_of(found.confirmed):
            money = (usd(number_of(row.saves_at_least)), usd(number_of(row.saves_at_most)))
            changes = (row.comes, row.goes, row.shifts) if row.verdict == "changes" else ("", "", "")
            table.add_row(row.key, f"x {row.factor:g}", row.verdict, *money, *changes)
        out.print(table)
        note = "saves: what the best portfolio for the moved number costs less than the base portfolio does"
        out.print(note, style="dim", markup=False)
