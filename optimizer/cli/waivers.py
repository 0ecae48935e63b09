"""optimizer waivers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.markup import escape

from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    GapOfEach,
    GapUsdOfEach,
    InstancePath,
    Quiet,
    SecondsOfEach,
    Seed,
    SetValues,
    ThreadsOfEach,
    Workers,
    folder_of,
    folder_option,
)
from optimizer.cli.output import EXITS, end, number_of, out, print_json, records, usd, written_to
from optimizer.cli.progress import counted
from optimizer.cli.screen import headed
from optimizer.plan.columns import rows_of
from optimizer.run import load
from optimizer.waiving import Waivers
from optimizer.waiving import waivers as run

SHOWN = 20
STYLES = {"saves": "bold", "restores a plan": "bold", "within the gap": "yellow", "cannot be waived alone": "dim"}


def waivers(
    instance: InstancePath,
    output: Annotated[Path | None, folder_option("results/NAME_waivers")] = None,
    set_: SetValues = None,
    only: Annotated[list[str] | None, typer.Option(metavar="PATTERN", help="Keys, such as 'channels.*'.")] = None,
    top: Annotated[int, typer.Option(help="How many single waivers are solved whole.")] = 5,
    gap: GapOfEach = 1e-3,
    gap_usd: GapUsdOfEach = None,
    time_limit: SecondsOfEach = None,
    threads: ThreadsOfEach = 1,
    seed: Seed = 0,
    workers: Workers = 1,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """What each rule, target, budget and trust condition costs, and what single waivers would save; with brackets.

    A stopped run goes on where it was when it is called again.
    Example: optimizer waivers instances/starter --set 'scenarios=[]'
    """
    checked = load(instance, set_ or ())
    folder = folder_of(output, checked.name, "waivers")
    with counted(enabled=not quiet, every=10) as tell:
        found = run(
            checked,
            folder,
            top=top,
            only=only or (),
            gap=gap,
            gap_usd=gap_usd,
            time_limit=time_limit,
            threads=threads,
            seed=seed,
            workers=workers,
            cluster=cluster,
            tell=tell,
        )
    if as_json:
        print_json(found.info | {"table": records(found.table)})
    else:
        _print(found)
        written_to(folder)
    end(EXITS[found.info["base"]["status"]])


def _print(found: Waivers) -> None:
    info, base = found.info, found.info["base"]
    if base["objective"] is None:
        out.print(f"{info['instance']}: {base['status']} with all its conditions", style="bold red", markup=False)
    else:
        words = f"{info['instance']}: base plan {usd(base['objective'])}, gap {usd(base['gap_usd'])}"
        out.print(words, style="bold", markup=False)
    if info["stopped_early"]:
        out.print("stopped early; call it again with the same folder to go on", style="yellow")
    _table("\nConditions, each gone whole", found.conditions)
    _table("\nSingle waivers", found.single)
    note = "saves: the base's least cost less that without it; at least and at most as both gaps allow"
    out.print(note, style="dim", markup=False)


def _table(title: str, frame: pd.DataFrame) -> None:
    if frame.empty:
        return
    told = frame[frame["verdict"] != "nothing"]
    nothing = frame[frame["verdict"] == "nothing"]
    heads = ("without", "verdict", "saves at least", "at most", "comes", "goes")
    table = headed(title, *heads, right=heads[2:4])
    for row in rows_of(told.head(SHOWN)):
        verdict = row.verdict or "not reached"
        cells = (
            escape(row.label),
            verdict,
            usd(number_of(row.saves_at_least)),
            usd(number_of(row.saves_at_most)),
            row.comes,
            row.goes,
        )
        table.add_row(*cells, style=STYLES.get(verdict))
    if len(told):
        out.print(table)
    if len(told) > SHOWN:
        out.print(f"... and {len(told) - SHOWN} more in waivers.csv")
    if len(nothing):
        names = ", ".join(nothing["key"].head(SHOWN))
        more = f" and {len(nothing) - SHOWN} more" if len(nothing) > SHOWN else ""
        out.print(f"save nothing, proved: {names}{more}", markup=False)
    for row in rows_of(told[told["verdict"] == "cannot be waived alone"]):
        out.print(f"{row.key} cannot be waived alone: {row.why}", style="dim", markup=False)
