"""optimizer benchmark."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.benchmark import Benchmark, Standing, Stated, benchmarks, held
from optimizer.briefs.brief import headed
from optimizer.cli.options import AsJson
from optimizer.cli.output import FAILED, end, out, print_json, written_to
from optimizer.errors import OptionsError
from optimizer.instance.faults import did_you_mean


def benchmark(
    name: Annotated[str | None, typer.Argument(help="One of them; without it all are listed.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Copy its files into a folder that is made.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(metavar="PLAN", help="Check a result folder, and hold its values against the table.")
    ] = None,
    objective: Annotated[float | None, typer.Option(metavar="USD", help="What a plan costs that you found.")] = None,
    bound: Annotated[float | None, typer.Option(metavar="USD", help="Your bound: no plan costs less.")] = None,
    as_json: AsJson = False,
) -> None:
    """The frozen instances for those who write solvers: list them, copy one, hold your values against the best known.

    Ends with 1 where a value cannot be true together with what is known, or a plan breaks a row.
    Example: optimizer benchmark s60_5_10 -o my_copy
    Example: optimizer benchmark
    Example: optimizer benchmark s60_5_10 --objective 6447500000 --bound 6.4e9
    Example: optimizer benchmark --plan results/s60_5_10
    """
    if plan is not None and not (objective is None and bound is None):
        raise OptionsError("--plan has an objective and a bound of its own; leave out --objective and --bound")
    if name is None and plan is None:
        if output is not None or objective is not None or bound is not None:
            raise OptionsError("name the instance; without one all are listed")
        _list(as_json)
        return
    standing: Standing | None = None
    if plan is not None:
        one, standing = held(plan, None if name is None else _one(name))
    else:
        one = _one(name or "")
        if objective is not None or bound is not None:
            standing = one.against(objective, bound)
    if output is not None:
        one.copy(output)
    if as_json:
        more = {} if standing is None else {"standing": dataclasses.asdict(standing)}
        print_json(_plain(one) | more | ({} if output is None else {"copied_to": str(output)}))
    else:
        _say(one)
        if standing is not None:
            _say_standing(standing)
        if output is not None:
            written_to(output)
    if standing is not None and standing.contradictions:
        end(FAILED)


def _one(name: str) -> Benchmark:
    found = benchmarks()
    if name not in found:
        raise OptionsError(f"there is no frozen instance '{name}'; {did_you_mean(name, found)}")
    return found[name]


def _plain(one: Benchmark) -> dict[str, Any]:
    return dataclasses.asdict(one) | {"gap": one.gap, "folder": str(one.folder), "portfolio": str(one.portfolio)}


def _list(as_json: bool) -> None:
    found = benchmarks()
    if as_json:
        print_json({"benchmarks": [_plain(one) for one in found.values()]})
        return
    columns = ("rows", "columns", "binaries", "best known, M USD", "bound, M USD", "apart", "proved, M USD")
    grid = headed("Frozen instances", "name", *columns, right=columns)
    for one in found.values():
        grid.add_row(
            one.name,
            f"{one.rows:,}",
            f"{one.columns:,}",
            f"{one.binaries:,}",
            _millions(one.objective),
            _millions(one.bound),
            f"{one.gap:.3%}",
            _millions(one.proved),
        )
    out.print(grid)


def _say(one: Benchmark) -> None:
    out.print(f"{one.name}: {one.rows:,} rows, {one.columns:,} columns", style="bold", markup=False)
    out.print(f"files: {one.folder}", markup=False)
    out.print(f"portfolio of the best known plan: {one.portfolio}", markup=False)
    words = {"best known plan": one.objective, "best known bound": one.bound, "proved without a solver": one.proved}
    for what, stated in words.items():
        if stated is not None:
            out.print(f"{what}: {stated.usd:,.0f} USD", markup=False)
            out.print(
                f"  {stated.by}  ({stated.date}, version {stated.version}, HiGHS {stated.highs}, "
                f"{stated.processor_seconds:,.0f} s of the processor)",
                markup=False,
            )


def _say_standing(standing: Standing) -> None:
    if standing.above is not None and standing.above_bound is not None:
        out.print(
            f"yours: {_apart(standing.above)} the best known plan, {_apart(standing.above_bound)} the best known bound",
            markup=False,
        )
    for sentence in standing.better:
        out.print(f"better than is known: {sentence}", style="green", markup=False)
    for sentence in standing.contradictions:
        out.print(f"cannot both be true: {sentence}", style="bold red", markup=False)
    if not standing.better and not standing.contradictions:
        out.print("nothing in it is better than is known, and nothing contradicts it", markup=False)


def _millions(stated: Stated | None) -> str:
    return "-" if stated is None else f"{stated.usd / 1e6:,.2f}"


def _apart(share: float) -> str:
    return f"{abs(share):.4%} {'above' if share >= 0 else 'below'}"
