"""optimizer unmarked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.unmarkings import say
from optimizer.cli.options import AsJson
from optimizer.cli.output import print_json, show, written_to
from optimizer.unmarking import unmarked as run


def unmarked(
    given: Annotated[
        Path,
        typer.Argument(metavar="INSTANCE|FOLDER", help="An instance, or the result folder of a plan or of a study."),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder; it must not exist yet.")],
    keep: Annotated[
        list[str] | None, typer.Option(metavar="LABEL", help="A marking that may stay; rows with any other go.")
    ] = None,
    of: Annotated[
        Path | None,
        typer.Option("--of", metavar="INSTANCE|PLAN", help="The instance of a study, whose folder has none."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """An instance without its marked rows, to hand over; of a plan or a study, an excerpt without rows that name them.

    What names a row that is left out goes too, and all of it is told, and what of that changes the problem. Nothing is
    written where the rest is no instance. An excerpt cannot be verified, and its figures still rest on the marked rows.
    Example: optimizer unmarked marked.yaml -o for_partner --keep cui
    Example: optimizer unmarked results/marked_verdicts --of marked.yaml -o for_partner_verdicts
    """
    found = run(given, output, keep or (), of=of)
    if as_json:
        print_json(found.info)
    else:
        show(say, found)
        written_to(output)
