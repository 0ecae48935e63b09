"""optimizer explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.cli.options import AsJson, InstancePath, Quiet, Seed, Threads
from optimizer.cli.output import DONE, FAILED, STOPPED, end, out, print_json, written_to
from optimizer.cli.progress import Ticker
from optimizer.conflict import Explanation
from optimizer.conflict import explain as run
from optimizer.run import load
from optimizer.solver.highs import Stop

CODES = {"plan": DONE, "explained": FAILED, "stopped": STOPPED, "unknown": STOPPED}


def explain(
    instance: InstancePath,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Folder for the answer; default none is written."),
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one value before it is explained.")
    ] = None,
    repairs: Annotated[
        bool, typer.Option("--repairs/--no-repairs", help="Also seek the least changes that restore a plan.")
    ] = True,
    time_limit: Annotated[float | None, typer.Option("--time-limit", help="Stop after this many seconds.")] = None,
    threads: Threads = None,
    seed: Seed = 0,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Say why an instance has no plan: what cannot be met together, and the least changes that restore a plan.

    Exit code 0: there is a plan; 1: there is none, and it is explained; 3: stopped before that, with what is proved.
    Example: optimizer explain instances/starter --set policy.budget.annual=1e6
    """
    checked = load(instance, set_ or ())
    with Ticker(enabled=not quiet) as ticker:
        found = run(
            checked,
            repairs=repairs,
            time_limit=time_limit,
            threads=threads,
            seed=seed,
            folder=output,
            report=ticker.report,
            stop=Stop(),
        )
    if as_json:
        print_json(found.info)
    else:
        _print(found)
    if output is not None:
        written_to(output)
    end(CODES[found.status])


def _print(found: Explanation) -> None:
    info = found.info
    if found.status == "plan":
        out.print(f"{info['instance']}: {info['why']}; nothing is to be explained", style="bold green", markup=False)
        return
    if not info["conflicts"]:
        out.print(f"{info['instance']}: {info['why']}", style="bold yellow", markup=False)
        return
    out.print(f"{info['instance']}: there is no plan", style="bold red", markup=False)
    for number, conflict in enumerate(info["conflicts"]):
        _conflict(number, conflict, info)
    if info["more_conflicts"]:
        out.print("\nThere are more conflicts beside these.", markup=False)
    out.print(f"\n{info['why']}", style="green" if found.status == "explained" else "yellow", markup=False)
    text = f"{info['tests']} sets tested, {info['tests_by_relaxation']} settled by the linear relaxation"
    out.print(f"{text}, {info['seconds']:,.0f} s", style="dim", markup=False)


def _conflict(number: int, conflict: dict[str, Any], info: dict[str, Any]) -> None:
    several = len(info["conflicts"]) > 1
    head = f"Conflict {number + 1}: cannot" if several else "Cannot"
    alone = len(conflict["requirements"]) == 1
    course = ", ".join(name for name in info["courses"] if name != "trunk")
    among = f" (undisturbed, and in {course})" if course else ""
    less = ""
    if conflict["irreducible"] and not alone:
        less = "; without any one of them the others can"
    together = "" if alone else " together"
    out.print(f"\n{head} be met{together}{among}{less}", style="bold", markup=False)
    for row in conflict["requirements"]:
        out.print(f"  {row['text']}  [{row['path']}]", markup=False)
        if row["detail"]:
            out.print(f"      {row['detail']}", style="dim", markup=False)
    if conflict["proved_by"] == "integers":
        out.print("  (only because an option is funded whole or not at all)", style="dim", markup=False)
    _repairs(number, info, several)


def _repairs(number: int, info: dict[str, Any], several: bool) -> None:
    mine = [row for row in info["repairs"] if row["conflict"] == number]
    helpless = [row for row in info["no_change_alone"] if row["conflict"] == number]
    if not mine and not helpless:
        return
    besides = ", once the other conflicts are resolved" if several else ""
    out.print(f"\nBy itself each of these restores a plan{besides}, if", style="bold", markup=False)
    for row in mine:
        if row["restores"] == "yes":
            out.print(f"  {row['text']}", markup=False)
    for row in mine:
        if row["restores"] != "yes":
            why = "does not restore a plan in every scenario" if row["restores"] == "no" else row["restores"]
            out.print(f"  not enough or not known: {row['text']} ({why})", style="yellow", markup=False)
    texts = {row["requirement"]: row["text"] for conflict in info["conflicts"] for row in conflict["requirements"]}
    for row in helpless:
        out.print(f"  no change alone: {texts[row['requirement']]}", style="dim", markup=False)
