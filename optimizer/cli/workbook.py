"""optimizer workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.options import AsJson
from optimizer.cli.output import print_json, written_to
from optimizer.workbooks import workbook as run


def workbook(
    given: Annotated[Path, typer.Argument(metavar="FOLDER|INSTANCE", help="A result folder, or an instance.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE.xlsx", help="The file; default named after what is given."),
    ] = None,
    verdicts: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Verdicts or alternatives on the plan's instance: they lead the cover of its workbook.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """One workbook (xlsx): of a result, to be read; of an instance, to be edited and given to any command.

    Of a result: the answer, the report's tables and every table of the folder. Of an instance: a sheet for each table,
    with units, drop-downs and what keys mean; what overlays change is in it. Needs the extra 'workbook'.
    Example: optimizer workbook results/starter -o starter.xlsx
    """
    file = run(given, output, verdicts=verdicts)
    if as_json:
        print_json({"file": str(file), "of": str(given)})
    else:
        written_to(file)
