"""What is proved of a plan's bound without a solver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.briefs.brief import Brief
from optimizer.briefs.words import usd

if TYPE_CHECKING:
    from optimizer.proof import Proof


def say(out: Brief, proof: Proof) -> None:
    """The bound, how close the plan is to it, how it was proved, and what the solver claims beyond it."""
    end = f"; {proof.why}" if proof.why else ""
    if proof.bound_usd is None or proof.gap is None:
        out.print(f"nothing is proved of the bound{end}", style="bold red")
        return
    if proof.crossed:
        out.print(f"{crossed(proof)}: it breaks a row, or the proof is of other rows", style="bold red")
        return
    out.print(
        f"proved without a solver: no plan costs less than {millions(proof.bound_usd)}, so this one, of "
        f"{millions(proof.objective_usd)}, is within {proof.gap:.3%} of the least{end}",
        style="green",
    )
    out.print(f"{size(proof)}, in whole numbers")
    claimed = proof.claimed_bound_usd
    if claimed is None:
        return
    if claimed <= proof.bound_usd:
        out.print(f"the solver's own bound is no more: {millions(claimed)}")
    else:
        between = usd(claimed - proof.bound_usd)
        out.print(
            f"the solver's own bound is {millions(claimed)}; of the {between} between them nothing is proved",
        )


def crossed(proof: Proof) -> str:
    """What is wrong where a plan costs less than any can."""
    least, paid = millions(proof.bound_usd or 0.0), millions(proof.objective_usd)
    return f"no plan costs less than {least}, and this one costs {paid}"


def size(proof: Proof) -> str:
    """How large a proof is, and the problem that it is of."""
    return (
        f"{proof.leaves:,} {'leaf' if proof.leaves == 1 else 'leaves'} of {proof.splits:,} "
        f"{'split' if proof.splits == 1 else 'splits'}, over {proof.rows:,} rows and {proof.columns:,} columns"
    )


def millions(amount: float) -> str:
    """USD to a tenth of a million, in which two bounds differ that are alike in words."""
    return f"{amount / 1e6:,.1f} M USD"
