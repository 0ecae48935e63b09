"""optimizer verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.options import AsJson, Quiet
from optimizer.cli.output import FAILED, out, print_json
from optimizer.cli.progress import timed
from optimizer.cli.prove import plain, say
from optimizer.proof import proven
from optimizer.verifier import verify as check
from optimizer.verifier.check import EXACT

SHOWN = 20


def verify(
    plan: Annotated[Path, typer.Argument(help="A result folder.")],
    exact: Annotated[
        bool, typer.Option("--exact", help="With rational numbers, so that no rounding is the check's own.")
    ] = False,
    bound: Annotated[
        bool, typer.Option("--bound", help="Go through the proof of its bound too, which optimizer prove makes.")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Re-check every constraint, every rule and the objective of a plan, from its files alone.

    Example: optimizer verify results/starter
    Example: optimizer verify results/starter --exact
    Example: optimizer verify results/starter --bound
    """
    verdict = check(plan, exact=exact)
    proof = None
    if bound:
        with timed(enabled=not quiet) as tell:
            proof = proven(plan, lambda done, of: tell("leaves of the proof", done, of))
    if as_json:
        print_json(verdict.to_dict() | ({} if proof is None else {"proof": plain(proof)}))
    else:
        out.print(verdict.summary(), style="green" if verdict.ok else "bold red", markup=False)
        if exact:
            out.print(EXACT, markup=False)
        for violation in verdict.violations[:SHOWN]:
            out.print(f"  {violation}", markup=False)
        if len(verdict.violations) > SHOWN:
            out.print(f"  ... and {len(verdict.violations) - SHOWN} more (--json lists all)")
        if proof is not None:
            say(proof)
    if not verdict.ok or (proof is not None and (proof.bound_usd is None or proof.crossed)):
        raise typer.Exit(FAILED)
