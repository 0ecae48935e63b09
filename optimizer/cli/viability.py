"""optimizer viability."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.viabilities import say
from optimizer.cli.options import AsJson, folder_beside, folder_option
from optimizer.cli.output import print_json, records, show, written_to
from optimizer.closures import viability as run
from optimizer.closures.asked import CRASH_FORM, FLOOR_FORM, FUNDED, RECIPIENTS, floors_given
from optimizer.closures.tables import COLUMNS
from optimizer.errors import OptionsError
from optimizer.plan.plan import Plan


def viability(
    plan: Annotated[Path, typer.Argument(help="A result folder.")],
    hurdle_rate: Annotated[
        float | None, typer.Option(metavar="R", help="Real return per year; default that of the instance's finance.")
    ] = None,
    crash: Annotated[
        list[str] | None,
        typer.Option(metavar="MATERIAL|all=FACTOR:FROM:YEARS", help=f"A future of prices alone: {CRASH_FORM}."),
    ] = None,
    floor: Annotated[
        list[str] | None,
        typer.Option(metavar="MATERIAL|all=USD", help=f"A floor that the instance does not have: {FLOOR_FORM}."),
    ] = None,
    floor_for: Annotated[
        list[str] | None,
        typer.Option(metavar="WHOM", help=f"Whom these pay: {', '.join(RECIPIENTS)}; default {FUNDED}."),
    ] = None,
    future: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The future whose plants are shown; default the one in which most close."),
    ] = None,
    output: Annotated[Path | None, folder_option("PLAN_viability")] = None,
    as_json: AsJson = False,
) -> None:
    """In which futures a plant closes without a floor, and what a floor costs in expectation and at worst.

    From the plan's own tables, with production held as planned: nobody plans again. What lacks a price is named.
    Example: optimizer viability results/starter --hurdle-rate 0.08 --crash all=0.5:2029:2 --floor all=reference
    """
    folder = folder_beside(output, plan, "viability")
    read = Plan.read(plan)
    if floor_for and not floor:
        raise OptionsError("--floor-for says whom floors pay, and no --floor is given")
    found = run(
        read,
        hurdle_rate=hurdle_rate,
        crashes=crash or (),
        floors=floors_given(floor or ()),
        floor_for=floor_for or (FUNDED,),
    )
    known = list(found.futures["future"])
    if future is not None and future not in known:
        raise OptionsError(f"there is no future '{future}'; there is {', '.join(known)}")
    found.save(folder)
    if as_json:
        print_json(found.info | {name: records(getattr(found, name)) for name in COLUMNS if name not in AT_LENGTH})
    else:
        show(partial(say, future=future), found)
        written_to(folder)


AT_LENGTH = ("results", "payments")
"""Tables by year, which the folder holds."""
