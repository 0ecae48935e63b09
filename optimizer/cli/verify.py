"""optimizer verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.options import AsJson
from optimizer.cli.output import FAILED, out, print_json
from optimizer.verifier import verify as check
from optimizer.verifier.check import EXACT

SHOWN = 20


def verify(
    plan: Annotated[Path, typer.Argument(help="A result folder.")],
    exact: Annotated[
        bool, typer.Option("--exact", help="With rational numbers, so that no rounding is the check's own.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Re-check every constraint, every rule and the objective of a plan, from its files alone.

    Example: optimizer verify results/starter
    Example: optimizer verify results/starter --exact
    """
    verdict = check(plan, exact=exact)
    if as_json:
        print_json(verdict.to_dict())
    else:
        out.print(verdict.summary(), style="green" if verdict.ok else "bold red", markup=False)
        if exact:
            out.print(EXACT, markup=False)
        for violation in verdict.violations[:SHOWN]:
            out.print(f"  {violation}", markup=False)
        if len(verdict.violations) > SHOWN:
            out.print(f"  ... and {len(verdict.violations) - SHOWN} more (--json lists all)")
    if not verdict.ok:
        raise typer.Exit(FAILED)
