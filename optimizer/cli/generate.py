"""optimizer generate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.briefs.words import usd
from optimizer.cli.options import AsJson, Quiet
from optimizer.cli.output import out, print_json, written_to
from optimizer.synthetic import Synthetic, may_write
from optimizer.synthetic import generate as make


def generate(
    folder: Annotated[Path, typer.Argument(help="Instance folder to write.")],
    facilities: Annotated[int, typer.Option(help="Standing and candidate ones together.")] = 60,
    periods: Annotated[int, typer.Option(help="Of a year each.")] = 5,
    futures: Annotated[int, typer.Option(help="The undisrupted one and the scenarios.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed and sizes give the same files.")] = 0,
    candidates: Annotated[float, typer.Option(help="Share of facilities that stand only if funded.")] = 0.25,
    channels: Annotated[int, typer.Option(help="1: commercial; 2: mdap too; 3: domestic_chain too.")] = 2,
    disrupted: Annotated[float, typer.Option(help="Probability that any scenario happens.")] = 0.5,
    name: Annotated[str, typer.Option(help="Name of the instance.")] = "synthetic",
    known: Annotated[
        bool, typer.Option("--known", help="Chains whose optimum is known; written to known.json.")
    ] = False,
    must_meet: Annotated[
        bool,
        typer.Option("--must-meet", help="Some demand must be met in every future; a portfolio that does is planted."),
    ] = False,
    children: Annotated[float, typer.Option(help="Share of scenarios that leave the branch of another.")] = 0.0,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Make a synthetic instance of a given size and seed: a network of the field's shape, with a plan in every case.

    Example: optimizer generate results/synthetic --facilities 60 --periods 5 --futures 10 --seed 1
    """
    may_write(folder)
    made = make(
        facilities=facilities,
        periods=periods,
        futures=futures,
        seed=seed,
        candidates=candidates,
        channels=channels,
        disrupted=disrupted,
        name=name,
        known=known,
        must_meet=must_meet,
        children=children,
    )
    made.save(folder)
    if as_json:
        print_json(_document(made) | {"folder": str(folder)})
    elif not quiet:
        counts = _document(made)["rows"]
        listed = ", ".join(f"{number:,} {table.replace('_', ' ')}" for table, number in counts.items())
        out.print(f"{made.document['title']}", style="bold", markup=False)
        out.print(listed, markup=False)
        if made.known is not None:
            out.print(f"known optimum: {usd(made.known.objective)}, {len(made.known.portfolio)} fundings", markup=False)
        written_to(folder)


def _document(made: Synthetic) -> dict[str, Any]:
    return {
        "instance": made.sizes.name,
        "facilities": made.sizes.facilities,
        "periods": made.sizes.periods,
        "futures": made.sizes.futures,
        "seed": made.sizes.seed,
        "known": None if made.known is None else made.known.to_dict(),
        "planted": [{"facility": f, "option": o, "year": year} for f, o, year in made.planted],
        "rows": {table: len(rows) for table, rows in made.tables.items()},
    }
