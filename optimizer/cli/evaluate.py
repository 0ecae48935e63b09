"""optimizer evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.briefs.brief import headed
from optimizer.briefs.words import tonnes, usd
from optimizer.cli.options import AsJson, ClusterAt, InstancePath, Quiet, SetValues, Workers, folder_of, folder_option
from optimizer.cli.output import DONE, FAILED, STOPPED, end, out, print_json, written_to
from optimizer.cli.progress import counted
from optimizer.evaluation import Evaluation
from optimizer.evaluation import evaluate as run
from optimizer.evaluation.portfolio import Portfolio
from optimizer.futures import FutureSet
from optimizer.network.reactions import without_reactions
from optimizer.plan.columns import rows_of
from optimizer.run import load

SHOWN = 10


def evaluate(
    instance: InstancePath,
    portfolio: Annotated[
        Path, typer.Option(metavar="PLAN|FILE.csv", help="A result folder, or a CSV file of facility, option, year.")
    ],
    futures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A set of futures; default the instance's own scenarios.")
    ] = None,
    exact: Annotated[
        int | None, typer.Option(metavar="N", help="Draw and operate N futures; carry the mean over to all.")
    ] = None,
    output: Annotated[Path | None, folder_option("results/NAME_evaluation")] = None,
    set_: SetValues = None,
    alpha: Annotated[float, typer.Option(help="The tail is the worst 1 - alpha.")] = 0.95,
    workers: Workers = 2,
    cluster: ClusterAt = None,
    seed: Annotated[int, typer.Option(help="Of the draw and of the intervals.")] = 0,
    react: Annotated[bool, typer.Option(help="Branches may fund the options that say so.")] = True,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """A fixed portfolio, its stock included, in futures that it was not planned for.

    A stopped evaluation goes on where it was when it is called again.
    Example: optimizer evaluate instances/starter --portfolio results/starter
    """
    checked = load(instance, set_ or ())
    checked = checked if react else without_reactions(checked)
    folder = folder_of(output, checked.name, "evaluation")
    held = Portfolio.read(portfolio)
    drawn = None if futures is None else FutureSet.read(futures, checked)
    with counted(enabled=not quiet, every=100) as tell:
        found = run(
            checked,
            held,
            futures=drawn,
            exact=exact,
            alpha=alpha,
            folder=folder,
            workers=workers,
            cluster=cluster,
            seed=seed,
            tell=tell,
        )
    if as_json:
        print_json(found.info)
    else:
        _print(found, checked.served_channels)
        written_to(folder)
    code = DONE
    if found.info["status"] == "stopped":
        code = DONE if found.info["evaluated"] else STOPPED
    elif (found.futures["status"] != "met").any():
        code = FAILED
    end(code)


def _print(found: Evaluation, channels: list[str]) -> None:
    info = found.info
    out.print(
        f"{info['portfolio']} in {info['instance']}: {info['fundings']} fundings, {info['evaluated']:,} of "
        f"{info['futures']:,} futures operated, {info['answered']:,} branches in {info['seconds']:,.0f} s",
        style="bold",
        markup=False,
    )
    if info["status"] == "stopped":
        out.print("stopped early: call it again with the same folder to go on", style="yellow")
    for broken in info["breaks"]:
        out.print(f"the fundings break {broken}", style="yellow", markup=False)
    about = info["statistics"]
    if about is None:
        out.print("no future is evaluated yet", style="yellow")
        return
    failed = about["not_met"]
    if failed["value"]:
        text = f"in {_percent(failed)} of futures something that must be met is not; what follows is of the others"
        out.print(text, style="bold red")
    heads = ("", "mean", f"mean of the worst {1 - about['alpha']:.0%}", "worst")
    table = headed("", *heads, right=heads[1:])
    for label, name, unit in _lines(channels):
        if about[name] is not None:
            row = about[name]
            table.add_row(label, _valued(row["mean"], unit), _valued(row["tail"], unit), unit(row["worst"]))
            if "mean_of_all" in row:
                carried = f"  carried over to all futures (explains {row['mean_of_all']['explained']:.0%})"
                table.add_row(carried, _valued(row["mean_of_all"], unit), "", "")
    out.print(table)
    if isinstance(info["bounds"], dict):
        _print_bounds(info)
    if len(found.reactions):
        text = f"branches fund {len(found.reactions):,} options in {found.reactions['branch'].nunique():,} of them"
        out.print(text, markup=False)
    for channel in channels:
        service, short = about[f"service_{channel}"], about[f"any_short_{channel}"]
        out.print(f"{channel}: {service:.2%} of demand served; short in {_percent(short)} of futures", markup=False)
    columns = ("future", "probability", "over the trunk", *(f"t short, {channel}" for channel in channels))
    table = headed("\nThe futures that hurt most", *columns, right=columns[1:])
    for row in rows_of(found.hurt_most(SHOWN)):
        lacks = [tonnes(getattr(row, f"short_{channel}")) for channel in channels]
        table.add_row(row.future, f"{row.probability:.4f}", usd(row.over_trunk), *lacks)
    out.print(table)


def _print_bounds(info: dict[str, Any]) -> None:
    bounds, about = info["bounds"], info["statistics"]
    explained = about["cost"].get("explained", 0.0)
    out.print(
        f"of all {info['futures']:,} futures: {bounds['first_draw']} operated to guess at every one, then "
        f"{bounds['second_draw']} drawn by these guesses, which explain {explained:.0%} of the cost",
        markup=False,
    )
    if bounds["mean_at_least_usd"] is None:
        return
    out.print(
        f"by bounds alone a future costs at least {usd(bounds['mean_at_least_usd'])} on average, one of the worst "
        f"{1 - about['alpha']:.0%} at least {usd(bounds['tail_at_least_usd'])}",
        markup=False,
    )


def _lines(channels: list[str]) -> list[tuple[str, str, Any]]:
    money = [("cost", "cost", usd), ("over the undisrupted trunk", "over_trunk", usd)]
    return money + [(f"t short, {channel}", f"short_{channel}", tonnes) for channel in channels]


def _valued(about: dict[str, float | None], unit: Any) -> str:
    text = unit(about["value"])
    return text if about["low"] is None else f"{text} ({unit(about['low'])} to {unit(about['high'])})"


def _percent(about: dict[str, float | None]) -> str:
    text = f"{about['value']:.2%}"
    return text if about["low"] is None else f"{text} ({about['low']:.2%} to {about['high']:.2%})"
