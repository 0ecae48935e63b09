"""optimizer frontier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    InstancePath,
    LossOnsets,
    LossYears,
    Quiet,
    SecondsOfEach,
    Seed,
    ServedMarkets,
    SetValues,
    ThreadsOfEach,
    Workers,
    folder_of,
    folder_option,
)
from optimizer.cli.output import DONE, FAILED, STOPPED, end, number_of, out, print_json, records, usd, written_to
from optimizer.cli.progress import counted
from optimizer.cli.screen import headed
from optimizer.cli.survival import SHOWN, cannot_words, for_years, listed, print_left_out
from optimizer.fronts import Frontier
from optimizer.fronts import frontier as run
from optimizer.fronts.sweeps import SURVIVE
from optimizer.losses import KINDS
from optimizer.plan.columns import rows_of
from optimizer.run import load


def frontier(
    instance: InstancePath,
    sweep: Annotated[
        list[str],
        typer.Option(
            metavar="KEY=A:B:N",
            help="A key and N values from A to B, or KEY=V,V,...; once or twice. KEY,KEY=... moves keys together, "
            "KEY*=... multiplies, KEY<=... or KEY>=... says which way a key limits. survive=K,K,... sweeps how many "
            "losses the named markets survive.",
        ),
    ],
    output: Annotated[Path | None, folder_option("results/NAME_frontier")] = None,
    set_: SetValues = None,
    plans: Annotated[bool, typer.Option("--plans", help="Keep a result folder for each plan, in DIR/plans.")] = False,
    method: Annotated[str, typer.Option(help="auto, extensive, benders or hedging.")] = "auto",
    gap: Annotated[float, typer.Option(help="Relative gap at which a point is settled.")] = 1e-3,
    gap_usd: Annotated[float | None, typer.Option("--gap-usd", help="Gap in USD at which it is.")] = None,
    time_limit: SecondsOfEach = None,
    threads: ThreadsOfEach = 1,
    seed: Seed = 0,
    of: Annotated[
        str | None, typer.Option(help=f"What is lost where survive is swept: {', '.join(KINDS)}; default facilities.")
    ] = None,
    duration: LossYears = None,
    onset: LossOnsets = None,
    markets: ServedMarkets = None,
    workers: Workers = 1,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """A Pareto front: least cost against what one or two keys limit, or how many losses are survived, with brackets.

    A stopped front goes on where it was when it is called again; so does one with more values or a smaller gap.
    Example: optimizer frontier instances/starter --sweep policy.budget.annual=1e8:2e8:5
    """
    checked = load(instance, set_ or ())
    folder = folder_of(output, checked.name, "frontier")
    with counted(enabled=not quiet, every=1) as tell:
        found = run(
            checked,
            sweep,
            folder,
            gap=gap,
            gap_usd=gap_usd,
            method=method,
            time_limit=time_limit,
            threads=threads,
            seed=seed,
            plans=plans,
            workers=workers,
            cluster=cluster,
            tell=tell,
            of=of,
            duration=duration,
            onsets=onset or (),
            markets=listed(markets or ()),
        )
    if as_json:
        print_json(found.info | {"table": records(found.points)})
    else:
        _print(found)
        written_to(folder)
    end(code_of(found))


def code_of(found: Frontier) -> int:
    """Done where any point has a plan; else failed where it is proved that none has."""
    status = found.points["status"]
    if status.isin(("optimal", "feasible")).any():
        return DONE
    return FAILED if (status == "infeasible").all() else STOPPED


def _print(found: Frontier) -> None:
    info = found.info
    out.print(f"{info['instance']}: {info['points']} points, {info['solves']} solves", style="bold", markup=False)
    for sweep in info["sweeps"]:
        words = f"limits: {sweep['limits']}" if sweep["limits"] in ("at most", "at least") else sweep["limits"]
        if sweep["key"] == SURVIVE:
            lasting = for_years(info["duration"])
            words = f"how many {info['of']} may be lost for {lasting}, and {', '.join(info['markets'])} served in full"
        out.print(f"  {sweep['key']} ({words})", markup=False)
    if info["stopped_early"]:
        out.print("stopped early; call it again with the same folder to go on", style="yellow")
    names = [sweep["key"] for sweep in info["sweeps"]]
    shown = [name.rpartition(",")[2].split(".", 1)[-1] if len(name) > 40 else name for name in names]
    fewer = ("than with fewer losses",) if SURVIVE in names else ()
    heads = (*shown, "cost", "gap", "dearer than the loosest", *fewer, "verdict", "options", "capex", "limit")
    table = headed("", *heads, right=(*shown, "cost", "gap", "options", "capex"))
    # Column names of the sweeps are dotted keys, which are no names of a tuple.
    plain = found.points.rename(columns={name: f"sweep{i}" for i, name in enumerate(names)})
    for row in rows_of(plain):
        values = [f"{getattr(row, f'sweep{i}'):,.6g}" for i in range(len(names))]
        verdict = row.verdict or row.status
        style = {"front": "bold", "within the gap": "yellow", "infeasible": "red"}.get(verdict)
        more = [_between(row.dearer_at_least, row.dearer_at_most)]
        if fewer:
            more.append(_between(row.than_fewer_at_least, row.than_fewer_at_most))
        cells = (*values, usd(number_of(row.objective)), usd(number_of(row.gap_usd)), *more, verdict)
        rest = ("-" if pd.isna(row.options) else str(row.options), usd(number_of(row.capex)), row.limit)
        table.add_row(*cells, *rest, style=style)
    out.print(table)
    if fewer:
        for item in info["cannot"][:SHOWN]:
            text = f"{item['from_point']} and stricter: {cannot_words(item, for_years(info['duration']))}"
            out.print(text, style="red", markup=False)
        if len(info["cannot"]) > SHOWN:
            out.print(f"... and {len(info['cannot']) - SHOWN} more (--json lists all)", style="red")
        print_left_out(info)
    for note in _notes(info):
        out.print(note, style="dim", markup=False)


def _between(least: Any, most: Any) -> str:
    low, high = number_of(least), number_of(most)
    if low is None or high is None:
        return "-"
    return f"{usd(low)} to {usd(high)}" if high > low else usd(high)


def _notes(info: dict[str, Any]) -> list[str]:
    words = {
        "front": "front: every stricter point costs more, proved",
        "within the gap": "within the gap: its plan costs less than those of stricter points, but by less than the "
        "gaps; a smaller --gap would tell",
        "dominated": "dominated: a stricter point has a plan that costs no more",
        "curve": "curve: that a key limits is not known, so points are not compared; KEY<=... or KEY>=... says it",
    }
    notes = [text for name, text in words.items() if name in info["verdicts"]]
    return [*notes, f"{info['solve_seconds']:,.0f} s in solves, {info['solve_cpu_seconds']:,.0f} s of processor time"]
