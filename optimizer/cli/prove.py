"""optimizer prove."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.briefs import proofs
from optimizer.briefs.brief import Brief
from optimizer.cli.options import AsJson, Quiet
from optimizer.cli.output import FAILED, STOPPED, out, print_json, written_to
from optimizer.cli.progress import Ticker
from optimizer.proof import Proof
from optimizer.proof import prove as run


def prove(
    plan: Annotated[Path, typer.Argument(help="A result folder; the proof is put into it.")],
    gap: Annotated[float, typer.Option(help="Enough is proved at this relative gap.")] = 1e-3,
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", help="Stop after this many seconds and keep what is proved.")
    ] = None,
    threads: Annotated[int, typer.Option(help="Cores of the first relaxation.")] = 1,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Prove how much cheaper a plan could be at most, so that no solver has to be trusted: a tree with its multipliers.

    It is gone through again with optimizer verify PLAN --bound, in whole numbers and without a solver.
    Example: optimizer prove results/starter
    """
    with Ticker(enabled=not quiet) as ticker:
        proof = run(plan, gap=gap, time_limit=time_limit, threads=threads, report=ticker.report)
    if as_json:
        print_json(plain(proof))
    else:
        say(proof)
        if proof.bound_usd is not None:
            written_to(proof.file)
    if proof.crossed:
        raise typer.Exit(FAILED)
    if proof.gap is None or proof.gap > gap:
        raise typer.Exit(STOPPED)


def plain(proof: Proof) -> dict[str, Any]:
    """A proof as plain data."""
    return dataclasses.asdict(proof) | {"file": str(proof.file), "crossed": proof.crossed}


def say(proof: Proof) -> None:
    """A proof in words."""
    brief = Brief()
    proofs.say(brief, proof)
    brief.print_to(out)
