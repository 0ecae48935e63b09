"""What is sure beyond one plan: the first lines of a plan's answer, for a lone optimum says nothing of others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from enum import IntEnum

from optimizer.instance.instance import Instance
from optimizer.instance.write import sha256
from optimizer.pages.network.courses import option_of
from optimizer.pages.page import SENTENCES, Page, Sure, counted, listed
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

NAMED = 6
"""Options that a list of a sentence names; the page of the verdicts has all."""
UNKNOWN = (
    "Which of its fundings are sure is not told here: this is one plan, and others may cost nearly the same. "
    "The command optimizer verdicts asks over ranges of the data and variants of demand, optimizer alternatives of the "
    "data as they stand; a report of this folder and theirs begins with what they found."
)


class Kin(IntEnum):
    """What the instance of a result is to that of a plan of the same name; the nearer, the higher."""

    OTHER = 0
    """Another state of it: some number differs."""
    TRUNK = 1
    """The same without its scenarios."""
    SAME = 2
    """The same to the letter."""


def led(pages: Sequence[Page]) -> list[Page]:
    """Pages whose plans begin with what is sure beyond them, as far as a page of the same instance tells it.

    Args:
        pages: of a report, in order.
    """
    made = []
    for page in pages:
        if page.plan is None or not page.plan.tables:
            made.append(page)
            continue
        funded = {f"{row.facility}:{row.option}" for row in rows_of(page.plan.portfolio)}
        mine = [other for other in pages if other.sure is not None and other.instance[0] == page.instance[0]]
        apart = any(other.instance[1] != page.instance[1] for other in mine)
        trunk = trunk_of(page.plan.instance) if apart else None
        known = [
            (other.sure, kin_of(other.instance[1], page.instance[1], trunk)) for other in mine if other.sure is not None
        ]
        lines = list(lines_of(funded, best_of(known), page.plan))
        room = SENTENCES - len(page.answer)
        first = lines if len(lines) <= room else [" ".join(lines)]
        made.append(replace(page, answer=(*first, *page.answer)))
    return made


def trunk_of(instance: Instance) -> str | None:
    """The hash of an instance without its scenarios, as `--set scenarios=[]` makes it; None where it has none."""
    return sha256(instance.replace(scenarios=[])) if instance.scenarios else None


def kin_of(other: str, mine: str, trunk: str | None) -> Kin:
    """What the instance of a result is to that of a plan.

    Args:
        other: hash of the instance of the result.
        mine: of the plan's.
        trunk: of the plan's without its scenarios, where it has any.
    """
    if other == mine:
        return Kin.SAME
    return Kin.TRUNK if other == trunk else Kin.OTHER


def best_of(known: Sequence[tuple[Sure, Kin]]) -> tuple[Sure, Kin] | None:
    """Which verdicts lead: of the nearest state of the instance first, then over variants; the first of equals.

    Args:
        known: verdicts on an instance, with what that is to the plan's.
    """
    return max(known, key=lambda one: (one[1], one[0].variants), default=None)


def lines_of(funded: Collection[str], known: tuple[Sure, Kin] | None, plan: Plan) -> Iterator[str]:
    """What leads the answer of a plan: one sentence where nothing is known beyond it, else two.

    Args:
        funded: by the plan, as facility:option.
        known: verdicts, with what their instance is to the plan's.
        plan: whose instance has the names.
    """
    if known is None:
        yield UNKNOWN
        return
    sure, kin = known
    scenarios = len(plan.instance.scenarios)

    def said_of(names: Sequence[str]) -> str:
        return listed((option_of(plan, *name.split(":", 1)) for name in names), NAMED)

    apart = {
        Kin.SAME: "",
        Kin.TRUNK: f", without the {counted(scenarios, 'scenario')} that this plan is made for",
        Kin.OTHER: ", of another state of this instance",
    }[kin]
    without = [name for name in sure.must if name not in funded]
    said = f"; this plan leaves out {said_of(without)}" if without else "; all in this plan" if sure.must else ""
    if sure.required:
        which = "any of them" if len(sure.required) == len(sure.must) else said_of(sure.required)
        said += f"; without {which} there is no plan at all"
    yield f"Must fund, over {sure.over}{apart}: {said_of(sure.must) or 'nothing'}{said}."
    against = [name for name in sure.never if name in funded]
    parts = [
        f"Toss-up: {said_of(sure.toss_up) or 'nothing'}",
        f"never: {said_of(sure.never) or 'nothing'}"
        + (f", of which this plan funds {said_of(against)}" if against else ""),
    ]
    if sure.undecided:
        parts.append(f"undecided: {said_of(sure.undecided)}")
    asked = {*sure.must, *sure.toss_up, *sure.never, *sure.undecided}
    if unasked := [name for name in funded if name not in asked]:
        parts.append(f"not asked: {len(unasked)} of this plan's {len(funded)} fundings")
    yield "; ".join(parts) + "."
