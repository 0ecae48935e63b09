"""optimizer plot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.options import AsJson
from optimizer.cli.output import print_json, written_to
from optimizer.pages import plot as run


def plot(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="Result folder of a plan.")],
    figure: Annotated[
        str,
        typer.Option(
            help="map, flow, timeline, stock, service, short, cost, outlay, heavies, exposure or ownership.",
            metavar="NAME",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Ends in .svg, .png or .pdf.")],
    year: Annotated[int | None, typer.Option(help="Of map and flow; default the last.")] = None,
    future: Annotated[str, typer.Option(help="Of map and flow: base or a scenario.")] = "base",
    as_json: AsJson = False,
) -> None:
    """A figure of a plan for a paper, as SVG, PNG or PDF. Nothing is computed anew. Needs the extra 'plot'.

    Example: optimizer plot results/us_allied_2026 --figure map --year 2031 -o map.pdf
    """
    file = run(plan, figure, output, year=year, future=future)
    if as_json:
        print_json({"file": str(file), "plan": str(plan), "figure": figure})
    else:
        written_to(file)
