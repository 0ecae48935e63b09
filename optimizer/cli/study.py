"""optimizer study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from optimizer.briefs.brief import headed
from optimizer.briefs.words import tonnes, usd
from optimizer.cli.options import AsJson, ClusterAt, Quiet, Workers, folder_of, folder_option
from optimizer.cli.output import DONE, FAILED, STOPPED, end, err, out, print_json, records, written_to
from optimizer.cli.progress import timed
from optimizer.plan.columns import rows_of
from optimizer.studies import Study
from optimizer.studies import study as run
from optimizer.studies.read import name_of, read_study

SHOWN = 20
FUNDED = 15
ERRORS = 5


def study(
    study: Annotated[Path, typer.Argument(help="A YAML file: the instance, and a design of runs.")],
    output: Annotated[Path | None, folder_option("results/NAME_study")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one value in every run.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Check the study and count its runs; solve nothing.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Begin anew; what the folder holds is dropped.")] = False,
    reuse: Annotated[
        bool, typer.Option("--reuse", help="Of a study that has changed, take the runs that are the same.")
    ] = False,
    plans: Annotated[
        bool | None,
        typer.Option("--plans/--no-plans", help="Keep each run's result folder; default as the study says."),
    ] = None,
    at_most: Annotated[
        int | None, typer.Option("--at-most", metavar="N", help="Allow N runs; default as the study says, else 1,000.")
    ] = None,
    workers: Workers = 2,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Solve an instance in every run of a design: keys, overlays and portfolios that vary.

    A run that fails ends no other. A stopped or killed study goes on where it was when it is called again.
    Example: optimizer study docs/studies/starter.yaml -o results/rule_and_demand
    """
    if check:
        case, runs = read_study(study, overrides=set_ or (), at_most=at_most)
        distinct = len({one.hash for one in runs})
        if as_json:
            print_json({"study": case.file.study, "runs": len(runs), "distinct": distinct, "factors": [*case.factors]})
        else:
            words = f"{case.file.study}: no fault; {_runs(len(runs))} of {', '.join(case.factors) or 'no factor'}"
            out.print(words + (f", {distinct} of them distinct" if distinct < len(runs) else ""), markup=False)
        return
    folder = folder_of(output, name_of(study), "study")
    with timed(enabled=not quiet, aside="resolving") as tell:
        found = run(
            study,
            folder,
            overrides=set_ or (),
            anew=anew,
            reuse=reuse,
            plans=plans,
            at_most=at_most,
            workers=workers,
            cluster=cluster,
            tell=tell,
        )
    if as_json:
        print_json(found.info | {"results": records(found.results), "portfolios": records(found.portfolios)})
    else:
        _print(found)
        written_to(folder)
    code = DONE
    if found.info["status"] == "stopped":
        code = STOPPED
    elif found.info["failed"] or found.info["unverified"]:
        code = FAILED
    end(code)


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"


def _print(found: Study) -> None:
    info, results = found.info, found.results
    counts = ", ".join(f"{count:,} {status}" for status, count in info["by_status"].items())
    out.print(f"{info['study']}: {_runs(info['runs'])} of {info['instance']}: {counts}", style="bold", markup=False)
    if info["taken"]:
        out.print(f"{info['taken']:,} of them were done before", markup=False)
    if info["status"] == "stopped":
        out.print("stopped early: call it again with the same folder to go on", style="yellow")
    _results(info["factors"], results)
    _spread(results)
    _funded(found)
    _failed(info, results)
    if info["parquet"] != "written":
        err.print(info["parquet"], style="dim", markup=False)


def _results(factors: dict[str, str], results: pd.DataFrame) -> None:
    channels = [name for name in map(str, results) if name.startswith("short_") and not name.startswith("short_of_")]
    moving = [name for name in channels if (results[name] > 1e-6).any()]
    shorts = [f"t short, {name.removeprefix('short_')}" for name in moving]
    heads = ("run", *factors, "status", "cost", "funds", "public outlay", *shorts)
    table = headed("", *heads, right=("run", "cost", "funds", "public outlay", *shorts))
    for row in results.head(SHOWN).to_dict("records"):
        has = not pd.isna(row["objective"])
        figures = [usd(row["objective"]), str(row["funded"]), usd(row["public_outlay"])] if has else ["-"] * 3
        lacks = [tonnes(row[name]) if has else "-" for name in moving]
        table.add_row(
            str(row["run"]), *(_shown(row[name]) for name in factors.values()), row["status"], *figures, *lacks
        )
    out.print(table)
    if len(results) > SHOWN:
        out.print(f"... and {len(results) - SHOWN:,} more rows in results.csv")


def _shown(value: Any) -> str:
    if value is None or pd.isna(value):
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _spread(results: pd.DataFrame) -> None:
    planned = results[results["objective"].notna()]
    if len(planned) < 2:
        return
    rows = [("cost", "objective", usd), ("public outlay", "public_outlay", usd), ("capex", "capex", usd)]
    table = headed("\nOver the runs with a plan", "", "least", "mean", "most", right=("least", "mean", "most"))
    for label, name, unit in rows:
        values = planned[name]
        table.add_row(label, unit(values.min()), unit(values.mean()), unit(values.max()))
    out.print(table)


def _funded(found: Study) -> None:
    planned = int(found.results["objective"].notna().sum())
    if not planned or found.portfolios.empty:
        return
    groups = found.portfolios.groupby(["facility", "option"], sort=False)["funded"].agg(["size", "min", "max"])
    groups = groups.sort_values("size", ascending=False, kind="stable")
    heads = ("facility", "option", "in runs", "funded")
    table = headed("\nWhat is funded", *heads, right=heads[2:])
    for row in rows_of(groups.head(FUNDED).reset_index()):
        years = str(row.min) if row.min == row.max else f"{row.min} to {row.max}"
        table.add_row(row.facility, row.option, f"{row.size} of {planned}", years)
    out.print(table)
    if len(groups) > FUNDED:
        out.print(f"... and {len(groups) - FUNDED} more in portfolios.csv")


def _failed(info: dict[str, Any], results: pd.DataFrame) -> None:
    failed = results[results["run"].isin(info["failed"])]
    for row in rows_of(failed.head(ERRORS)):
        out.print(f"run {row.run} {row.status}: {row.error}", style="bold red", markup=False)
    if len(failed) > ERRORS:
        out.print(f"... and {len(failed) - ERRORS} more in results.csv", style="red")
    if len(failed):
        out.print("tracebacks are in the folder 'errors'; the same command tries these runs again", markup=False)
    if info["unverified"]:
        numbers = ", ".join(map(str, info["unverified"][:SHOWN]))
        out.print(f"the check of the plan failed in run {numbers}", style="bold red", markup=False)
