"""optimizer prove."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.briefs.words import usd
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
    end = f"; {proof.why}" if proof.why else ""
    if proof.bound_usd is None or proof.gap is None:
        out.print(f"nothing is proved of the bound{end}", style="bold red", markup=False)
        return
    if proof.crossed:
        out.print(
            f"no plan costs less than {millions(proof.bound_usd)}, and this one costs {millions(proof.objective_usd)}: "
            "it breaks a row, or the proof is of other rows",
            style="bold red",
            markup=False,
        )
        return
    out.print(
        f"proved without a solver: no plan costs less than {millions(proof.bound_usd)}, so this one, of "
        f"{millions(proof.objective_usd)}, is within {proof.gap:.3%} of the least{end}",
        style="green",
        markup=False,
    )
    out.print(
        f"{proof.leaves:,} leaves of {proof.splits:,} splits, over {proof.rows:,} rows and {proof.columns:,} columns, "
        "in whole numbers",
        markup=False,
    )
    claimed = proof.claimed_bound_usd
    if claimed is None:
        return
    if claimed <= proof.bound_usd:
        out.print(f"the solver's own bound is no more: {millions(claimed)}", markup=False)
    else:
        out.print(
            f"the solver's own bound is {millions(claimed)}; of the {usd(claimed - proof.bound_usd)} between them "
            "nothing is proved",
            markup=False,
        )


def millions(amount: float) -> str:
    """USD to a tenth of a million, in which two bounds differ that are alike in words."""
    return f"{amount / 1e6:,.1f} M USD"
