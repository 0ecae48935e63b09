"""optimizer value."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from optimizer.briefs.brief import headed
from optimizer.briefs.words import number_of, usd
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
    Threads,
    folder_of,
    folder_option,
)
from optimizer.cli.output import DONE, FAILED, STOPPED, end, out, print_json, records, written_to
from optimizer.cli.progress import Ticker
from optimizer.errors import OptionsError
from optimizer.plan.columns import rows_of
from optimizer.run import load
from optimizer.worth import MEASURES, Value
from optimizer.worth import value as run

SHOWN = 12
WORDS = {"expected": "expected", "cvar": "CVaR", "worst_case": "worst case", "regret": "regret", "base": "base alone"}
WORDS["no_reaction"] = "no response"


def value(
    instance: InstancePath,
    output: Annotated[Path | None, folder_option("results/NAME_value")] = None,
    set_: SetValues = None,
    measures: Annotated[
        str, typer.Option(metavar="LIST", help=f"What plans are made for: {','.join(MEASURES)}.")
    ] = ",".join(MEASURES),
    alpha: Annotated[
        float | None, typer.Option(help="CVaR is the mean over the worst 1 - alpha; default the instance's, else 0.95.")
    ] = None,
    gap: GapOfEach = 1e-4,
    gap_usd: GapUsdOfEach = None,
    time_limit: SecondsOfEach = None,
    threads: Threads = None,
    seed: Seed = 0,
    workers: Annotated[int, typer.Option(help="Processes that operate a plan in its futures.")] = 2,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """What it is worth to know the future, to plan for all of them, and to be safe; with bounds.

    Ctrl-C keeps what is done; the same command goes on from there.
    Example: optimizer value instances/starter --measures expected,regret
    """
    chosen = tuple(name.strip() for name in measures.split(",") if name.strip())
    if not chosen:
        raise OptionsError(f"--measures names none of {', '.join(MEASURES)}")
    checked = load(instance, set_ or ())
    folder = folder_of(output, checked.name, "value")
    with Ticker(enabled=not quiet) as ticker:
        found = run(
            checked,
            measures=chosen,
            alpha=alpha,
            gap=gap,
            gap_usd=gap_usd,
            time_limit=time_limit,
            threads=threads,
            seed=seed,
            folder=folder,
            workers=workers,
            cluster=cluster,
            report=ticker.report,
        )
    if as_json:
        tables = {"by_measure": found.measures, "regret": found.regret, "funded": found.funded}
        print_json(found.info | {name: records(table) for name, table in tables.items()})
    else:
        _print(found)
        written_to(folder)
    code = DONE
    if "expected" not in found.plans:
        code = FAILED if found.info["status"] == "infeasible" else STOPPED
    end(code)


def _print(found: Value) -> None:
    info = found.info
    style = {"optimal": "bold", "feasible": "bold yellow", "stopped": "bold yellow"}.get(info["status"], "bold red")
    out.print(f"{info['instance']}: {info['status']} ({info['why']})", style=style, markup=False)
    if "expected" not in found.plans:
        return
    if info["status"] == "stopped":
        out.print("call it again with the same folder to go on", style="yellow")
    table = headed("", "", "USD", "between", right=("USD", "between"))
    table.add_row("one plan for all futures, expected cost", *_figure(info["best"]["expected"]))
    table.add_row("wait and see, expected cost", *_figure(info["wait_and_see"]))
    table.add_row("knowing the future is worth at most (EVPI)", *_figure(info["evpi"]))
    table.add_row("planning for all futures, not the base alone (VSS)", *_figure(info["vss"]))
    table.add_row("  of it by what is funded", *_figure(info["vss_fundings"]))
    table.add_row("  of it by what is held in stock", *_figure(info["vss_stock"]))
    if "response" in info:
        table.add_row("being able to respond: to fund in a branch", *_figure(info["response"]))
        table.add_row("  of it by branches, the plan as of who cannot", *_figure(info["response_alone"]))
        table.add_row("  of it by a plan that counts on it", *_figure(info["response_planning"]))
    out.print(table)
    for plan, why in info["unmet"].items():
        out.print(f"the plan for {WORDS[plan]}: {why}", style="bold red", markup=False)
    _measures(found)
    _regrets(found)
    _fundings(found)


def _figure(figure: dict[str, Any]) -> tuple[str, str]:
    if figure["value"] is None:
        return "-", str(figure["why"])
    low, high = figure["low"], figure["high"]
    if low is not None and high is not None and high - low < 0.5:
        return usd(figure["value"]), ""
    return usd(figure["value"]), f"{_precise(low)} and {_precise(high)}"


def _precise(number: float | None) -> str:
    """Money whose last digits matter."""
    return usd(number) if number is None or abs(number) < 1e9 else f"{number / 1e6:,.2f} M USD"


def _measures(found: Value) -> None:
    info = found.info
    names = info["measures"]
    if found.measures.empty:
        return
    heads = [WORDS[name] if name != "cvar" else f"CVaR {info['alpha']:g}" for name in names]
    table = headed("\nEach plan under each measure", "plan made for", "funds", *heads, right=("funds", *heads))
    for row in rows_of(found.measures):
        cells = [number_of(getattr(row, name)) for name in names]
        table.add_row(WORDS[row.plan], str(info["plans"][row.plan]["fundings"]), *map(usd, cells))
    table.add_row("no plan is below", "", *(usd(info["best"][name]["low"]) for name in names))
    out.print(table)
    for row in info["robustness"]:
        price, takes = usd(row["price"]["value"]), usd(row["takes_off"]["value"])
        text = f"  made for {WORDS[row['measure']]}, a plan costs {price} more on average and takes {takes} off it"
        out.print(text, markup=False)
    for note in info["notes"]:
        out.print(f"  {note}", style="dim", markup=False)


def _regrets(found: Value) -> None:
    regret = found.regret
    plans = list(dict.fromkeys(regret["plan"]))
    if not plans or regret["regret"].isna().all():
        return
    heads = ("p", "with hindsight", *(WORDS[name] for name in plans))
    table = headed("\nRegret: what each plan costs more than the best for that future", "future", *heads, right=heads)
    wide = regret.pivot_table(index="future", columns="plan", values="regret", sort=False, dropna=False)
    first = regret[regret["plan"] == plans[0]].set_index("future")
    order = wide.max(axis=1).sort_values(ascending=False, kind="stable").index
    for future in order[:SHOWN]:
        cells = [usd(number_of(wide.loc[future].get(name))) for name in plans]
        known = usd(number_of(first.loc[future, "hindsight"]))
        table.add_row(str(future), f"{first.loc[future, 'probability']:.3g}", known, *cells)
    out.print(table)
    if len(order) > SHOWN:
        out.print(f"... and {len(order) - SHOWN} more futures in regret.csv")


def _fundings(found: Value) -> None:
    plans = list(found.plans)
    if found.funded.empty or len(plans) < 2:
        return
    years = found.funded[plans]
    same = years.notna().all(axis=1) & (years.nunique(axis=1) == 1)
    differ = found.funded[~same]
    table = headed(f"\nFunded alike in all plans: {int(same.sum())}; otherwise", "option", *(WORDS[p] for p in plans))
    for row in rows_of(differ.head(SHOWN)):
        cells = ["-" if pd.isna(getattr(row, name)) else str(getattr(row, name)) for name in plans]
        table.add_row(f"{row.facility}:{row.option}", *cells)
    if len(differ):
        out.print(table)
    else:
        out.print("\nAll plans fund the same options in the same years.")
    if len(differ) > SHOWN:
        out.print(f"... and {len(differ) - SHOWN} more options in funded.csv")
