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
        typer.Option("-o", "--output", metavar="FILE.mps", help="The file; default NAME.mps of the instance."),
    ] = None,
    set_: SetValues = None,
    as_json: AsJson = False,
) -> None:
    """Write the problem in MPS, for other solvers: the extensive form as HiGHS is given it, under readable names.

    Of instances that are one problem: not by regret, with service first, or with least outlay first.
    Example: optimizer export instances/starter -o starter.mps
    """
    read = load(instance, set_ or [])
    made = run(read, output if output is not None else Path(f"{read.name}.mps"))
    if as_json:
        print_json(dataclasses.asdict(made) | {"file": str(made.file)})
        return
    written_to(made.file)
    out.print(
        f"{made.rows:,} rows, {made.columns:,} columns of which {made.binaries:,} are binary, {made.nonzeros:,} "
        f"nonzeros; a unit of the objective is {made.objective_unit_usd:g} USD"
    )
