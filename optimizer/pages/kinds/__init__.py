"""Kinds of result folders, each known by its note, with the page that each has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.errors import PlanError
from optimizer.folders import instead_of
from optimizer.instance.marks import MARKINGS, see
from optimizer.pages.folder import as_written, read_note
from optimizer.pages.kinds import (
    alternatives,
    calendar,
    compare,
    cuts,
    explain,
    flip,
    frontier,
    measures,
    plan,
    shortfall,
    stress,
    verdicts,
    viability,
    waivers,
    why,
)
from optimizer.pages.page import Content, Page
from optimizer.plan.plan import read_info


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of result folder.

    Attributes:
        note: name of the file that says what a folder holds.
        what: the same in words, with its article.
        read: the result, from the folder and its note.
        content: what it gives its page.
    """

    note: str
    what: str
    read: Callable[[Path, dict[str, Any]], Any]
    content: Content[Any]

    def page(self, folder: Path) -> Page:
        """The page of a result folder.

        Raises:
            PlanError: the folder is incomplete, or not as this version writes it.
        """
        info = read_info(folder) if self.note == PLAN else read_note(folder, self.note, self.what)
        with as_written(folder / self.note, self.what):
            see(info.get(MARKINGS) or {})
            return self.content.page(self.read(folder, info), info, str(folder))


PLAN = "plan.json"
KINDS = (
    Kind(PLAN, "a plan", plan.read, plan.CONTENT),
    Kind("shortfall.json", "a net shortfall", shortfall.read, shortfall.CONTENT),
    Kind("viability.json", "a test of viability", viability.read, viability.CONTENT),
    Kind("measures.json", "a study of measures", measures.read, measures.CONTENT),
    Kind("cuts.json", "a cut list", cuts.read, cuts.CONTENT),
    Kind("calendar.json", "a decision calendar", calendar.read, calendar.CONTENT),
    Kind("why.json", "why a plant is funded or not", why.read, why.CONTENT),
    Kind("verdicts.json", "verdicts on options", verdicts.read, verdicts.CONTENT),
    Kind("flips.json", "what flips options", flip.read, flip.CONTENT),
    Kind("comparison.json", "a comparison", compare.read, compare.CONTENT),
    Kind("frontier.json", "a front", frontier.read, frontier.CONTENT),
    Kind("alternatives.json", "alternatives", alternatives.read, alternatives.CONTENT),
    Kind("waivers.json", "waivers", waivers.read, waivers.CONTENT),
    Kind("stress.json", "a stress test", stress.read, stress.CONTENT),
    Kind("explain.json", "an explanation", explain.read, explain.CONTENT),
)
"""In the order in which a folder is asked what it holds."""

WITHOUT_PAGE = {
    "sensitivity.json": "a sensitivity study",
    "value.json": "what knowing the future is worth",
    "stock.json": "what stock is used for",
    "evaluation.json": "an evaluation",
    "study.json": "a study",
}
"""Result folders that a report has no page for."""


def kind_of(folder: Path) -> Kind:
    """What a folder holds.

    Raises:
        PlanError: it is not there, or holds no result that has a page.
    """
    if not folder.is_dir():
        raise PlanError(f"{folder} is no folder; give a result folder of a command, such as results/starter")
    for kind in KINDS:
        if (folder / kind.note).is_file():
            return kind
    for note, what in WITHOUT_PAGE.items():
        if (folder / note).is_file():
            raise PlanError(f"{folder} holds {what}, which has no page in a report")
    known = ", ".join(kind.note for kind in KINDS)
    instead = instead_of(folder, *(kind.note for kind in KINDS))
    raise PlanError(f"{folder} is no result folder{instead or f': it has none of {known}'}")
