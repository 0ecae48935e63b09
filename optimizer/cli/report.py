"""optimizer report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.options import AsJson, Quiet
from optimizer.cli.output import print_json, written_to
from optimizer.cli.progress import timed
from optimizer.pages import report as run
from optimizer.pages.study import PAGES


def report(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER", help="Result folders, in the order of the pages.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.html", help="The file.")] = Path(
        "report.html"
    ),
    title: Annotated[str, typer.Option(help="Of the file; default names the instances.")] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """One HTML file with a page for each result folder: the answer first, figures, every table, where it comes from.

    It opens offline, in light and dark, and prints. Nothing is computed anew; a proof beside a plan (optimizer
    prove) is gone through. Several plans begin with a page that sets them side by side. Needs the extra 'report'.
    Example: optimizer report results/starter results/starter_shortfall -o starter.html
    """
    with timed(enabled=not quiet, aside=PAGES) as tell:
        file = run(folders, output, title=title, tell=tell)
    if as_json:
        print_json({"file": str(file), "folders": [str(folder) for folder in folders]})
    else:
        written_to(file)
