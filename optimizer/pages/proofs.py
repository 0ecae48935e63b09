"""What a plan's page says of its bound: the proof beside the plan is gone through when the page is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from optimizer.briefs import proofs
from optimizer.briefs.brief import Brief
from optimizer.briefs.words import rough, rough_share
from optimizer.errors import OptionsError, PlanError
from optimizer.pages.kinds.plan import CENTS, CHECKED
from optimizer.pages.page import Page

if TYPE_CHECKING:
    from optimizer.proof import Proof

FILE = "proof.npz"
"""Of a proof, in the folder of its plan."""
HEADING = "\nThe bound, without a solver"


@dataclass(frozen=True, slots=True)
class Gone:
    """What came of going through a proof.

    Attributes:
        proof: what it proves; None where it cannot be gone through.
        why: why it does not hold; empty where it does.
    """

    proof: Proof | None
    why: str = ""

    @property
    def bound_usd(self) -> float | None:
        """No plan costs less; None where that is not proved."""
        return None if self.why or self.proof is None else self.proof.bound_usd

    @property
    def gap(self) -> float | None:
        """Of the plan to that bound, as a share of its cost; None where nothing is proved."""
        return None if self.why or self.proof is None else self.proof.gap


def with_proofs(pages: Sequence[Page], tell: Callable[[str, int, int], None] | None = None) -> list[Page]:
    """Pages whose plans say what is proved of their bound, where a proof lies beside them; others say that none does.

    Nothing is taken from the file: it is gone through now, as `optimizer verify PLAN --bound` does.

    Args:
        pages: of a report, in order.
        tell: called with the proof that is gone through, leaves done and their number.
    """
    return [page if page.plan is None or not page.plan.tables else _with_proof(page, tell) for page in pages]


def _with_proof(page: Page, tell: Callable[[str, int, int], None] | None) -> Page:
    folder = Path(page.source)
    if not (folder / FILE).is_file():
        none = f"as the solver says; no proof without it is here (optimizer prove {folder} makes one)"
        return replace(page, provenance=(*page.provenance, ("bound", none)))
    gone = _gone_through(folder, tell)
    brief = Brief(page.brief.rows)
    brief.parts = list(page.brief.parts)
    brief.print(HEADING, style="bold")
    if gone.proof is not None:
        proofs.say(brief, gone.proof)
    else:
        brief.print(f"the proof beside the plan does not hold: {gone.why}", style="bold red")
    return replace(
        page,
        alerts=(*page.alerts, *_alerts(gone)),
        answer=tuple(_answer(page, gone)),
        brief=brief,
        provenance=(*page.provenance, ("bound", _provenance(gone))),
        proof=gone,
    )


def _gone_through(folder: Path, tell: Callable[[str, int, int], None] | None) -> Gone:
    from optimizer.proof import proven  # noqa: PLC0415 (it makes the problem anew; most reports have no proof)

    try:
        proof = proven(folder, None if tell is None else lambda done, of: tell(f"proof beside {folder}", done, of))
    except (OptionsError, PlanError) as error:
        return Gone(None, str(error).replace("`", ""))
    if proof.bound_usd is None:
        return Gone(proof, f"{proof.file}: nothing is proved of the bound")
    return Gone(proof, proofs.crossed(proof) if proof.crossed else "")


def _alerts(gone: Gone) -> Iterator[str]:
    if gone.proof is not None and gone.proof.crossed:
        yield f"The plan or its proof is wrong: {gone.why}."
    elif gone.why:
        yield f"The proof of the bound does not hold, so the bound is the solver's word alone: {gone.why}."


def _answer(page: Page, gone: Gone) -> Iterator[str]:
    """The answer, where the sentence on cost and check goes on to what is proved."""
    for text in page.answer:
        if CHECKED not in text or gone.bound_usd is None or gone.gap is None or gone.proof is None:
            yield text
            continue
        between = max(0.0, gone.proof.objective_usd - gone.bound_usd)
        claimed = gone.proof.claimed_bound_usd
        beyond = "; what is closer is the solver's word" if claimed is not None and claimed > gone.bound_usd else ""
        amount = f"by more than {rough(between)}, {rough_share(gone.gap)}{beyond}" if between >= CENTS else "at all"
        yield f"{text} Proved without a solver: no plan costs less {amount}."


def _provenance(gone: Gone) -> str:
    if gone.proof is None or gone.why:
        return f"as the solver says; {FILE} does not hold"
    return f"{FILE}, gone through when this page was made, without a solver: {proofs.size(gone.proof)}"
