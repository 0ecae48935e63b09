"""optimizer export."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.options import AsJson, InstancePath, SetValues
from optimizer.cli.output import out, print_json, written_to
from optimizer.exporting import export as run
from optimizer.run import load


def export(
    instance: InstancePath,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PLACE",
            help="The file, ending in .mps, or with smps the folder; default NAME.mps, or NAME.smps, of the instance.",
        ),
    ] = None,
    format_: Annotated[
        str,
        typer.Option("--format", help="mps: the extensive form. smps: two stages, and a scenario for each future."),
    ] = "mps",
    set_: SetValues = None,
    as_json: AsJson = False,
) -> None:
    """Write the problem in MPS or SMPS, for other solvers: as HiGHS is given it, under readable names.

    Of instances that are one problem: not by regret, with service first, or with least outlay first. In SMPS for the
    expected cost, where no scenario follows another.
    Example: optimizer export instances/starter -o starter.mps
    """
    read = load(instance, set_ or [])
    made = run(read, output if output is not None else Path(f"{read.name}.{format_}"), format_)
    if as_json:
        print_json(dataclasses.asdict(made) | {"file": str(made.file)})
        return
    written_to(made.file)
    out.print(
        f"{made.rows:,} rows, {made.columns:,} columns of which {made.binaries:,} are binary, {made.nonzeros:,} "
        f"nonzeros; a unit of the objective is {made.objective_unit_usd:g} USD"
    )
    if made.format == "smps":
        out.print(f"{made.scenarios} scenarios, which change {made.changes:,} numbers of the second stage")
